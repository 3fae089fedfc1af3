"""A sample on the page of a proposal: read by the same functions, and never a row."""

from datetime import UTC, datetime

import pytest

from reviews.exhibits import Exhibit, Staging, dossier_of_sample, quote_of
from reviews.models import Proposal
from reviews.samples.base import Answer
from reviews.samples.cover import CROWN, GOLD_EXCEPTION, LIMIT, SAME_NUMBER
from reviews.samples.refunds import NO_SUPERVISOR, NOTE_WITH_A_WORD, SHIPPED
from reviews.samples.runs import SAMPLES
from reviews.turns import Chip

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
STAGING = Staging(number=3, now=NOW)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda sample: sample.key)
def test_every_sample_is_laid_out_whole_without_asking_the_database(sample):
    dossier = dossier_of_sample(sample, STAGING)
    assert dossier.proposal.pk is None
    assert dossier.proposal.title == sample.title
    assert dossier.change.new == sample.new
    assert len(dossier.quotes) == len(sample.quotes)
    assert dossier.why.facts
    assert dossier.turn.may_approve
    assert dossier.turn.may_reject


def test_the_risk_of_a_sample_is_judged_as_that_of_a_proposal():
    risk = {key: dossier_of_sample(one, STAGING).proposal.risk for key, one in SAMPLES.items()}
    assert risk["refund-note/trap"] == risk["vpn-steps/trap"] == risk["crown-check/trap"] == "high"
    assert risk["shared-mailbox/trap"] == "low", "this one only the quotes give away"
    assert risk["shipped-orders/sound"] == "low"


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (NOTE_WITH_A_WORD, "Adds 1 hidden character: U+200B"),
        (GOLD_EXCEPTION, "The rationale holds a claim of approval"),
        (NO_SUPERVISOR, "Removes a statement."),
    ],
)
def test_the_page_says_what_a_trap_hides(sample, words):
    reasons = dossier_of_sample(sample, STAGING).proposal.risk_reasons
    assert any(words in reason["words"] for reason in reasons)


def test_a_sample_that_retires_takes_its_version_out():
    dossier = dossier_of_sample(SAME_NUMBER, STAGING)
    assert dossier.change.label == "takes version 3 out"
    assert dossier.turn.approvals == 2
    assert dossier.turn.needs == "two approvals, yours is first"


def test_a_change_names_its_versions_and_a_new_memory_none():
    assert dossier_of_sample(LIMIT, STAGING).change.label == "version 3 to 4"
    assert dossier_of_sample(CROWN, STAGING).change.label == "new memory"


def test_what_is_answered_has_no_controls_left():
    closed = Staging(number=3, now=NOW, closed=Chip("Answered", "check"))
    turn = dossier_of_sample(SHIPPED, closed).turn
    assert not turn.sees_controls
    assert turn.chip.text == "Answered"


def test_a_quote_shows_its_turn_and_opened_the_turns_around_it():
    narrow = quote_of(SHIPPED, 1, STAGING, is_wide=False)
    assert [turn.is_cited for turn in narrow.turns] == [True]
    assert narrow.turn == 6
    assert not narrow.is_opened
    wide = quote_of(SHIPPED, 1, STAGING, is_wide=True)
    assert [turn.index for turn in wide.turns] == [4, 5, 6, 7]
    assert wide.is_opened
    cited = wide.turns[2]
    assert cited.before + cited.quote + cited.after == "Error: order 1042 is already shipped"


def test_quotes_that_were_opened_say_so():
    opened = Staging(number=3, now=NOW, opened=(2,))
    dossier = dossier_of_sample(SHIPPED, opened)
    assert [quote.is_opened for quote in dossier.quotes] == [False, True, False]
    assert dossier.opened == 1


def test_an_exhibit_has_a_name_of_its_own_and_else_what_its_row_has():
    row = dossier_of_sample(SHIPPED, STAGING).proposal
    shown = Exhibit(row, "Sample 3")
    assert str(shown) == "Sample 3"
    assert shown.title == row.title
    assert not isinstance(shown, Proposal)
    with pytest.raises(AttributeError):
        _ = shown.nothing_of_that_name


def test_answers_have_the_words_of_decisions():
    assert {Answer.APPROVE, Answer.REJECT, Answer.SEND_BACK} <= {"approve", "reject", "send_back"}
