"""What a proposal rests on, in sentences: how often, compared with what, how sure, what against."""

import pytest

from reviews.changes import Op, PatternFacts
from reviews.grounds import why_of
from reviews.models import Proposal, ProposalRevision
from reviews.origins import Origin
from tests import build

NUMBERS = {
    "sessions": 6,
    "of": 40,
    "tasks": 5,
    "people": 3,
    "claim": "",
    "recovered": 0,
    "failed_with": 5,
    "known_with": 6,
    "failed_without": 8,
    "known_without": 34,
}
TOLD = (
    "Seen in 6 of 40 sessions, 3 people.",
    "Condition: on Mondays.",
    "5 of these 6 failed; of the 34 others, 8.",
    "It holds on the same task.",
    "Chance is an unlikely explanation.",
)


def row(**fields) -> Proposal:
    """A proposal of a dream as it lies in memory."""
    given = {
        "op": Op.CREATE,
        "origin_kind": "dream",
        "engine": "local",
        "engine_version": "1",
        "pattern_kind": "mistake",
        "signal": "outcome",
        "pattern_sentences": list(TOLD),
        "pattern_numbers": NUMBERS,
    }
    return Proposal(**(given | fields))


def why(proposal: Proposal, rationale: str = "", against: int = 0, **revision):
    given = ProposalRevision(number=1, rationale=rationale, **revision)
    return why_of(proposal, given, against)


def said(proposal: Proposal, against: int = 0):
    return why(proposal, against=against).said


def test_the_frozen_sentences_fall_into_their_places() -> None:
    found = said(row())

    assert found.seen == TOLD[:2]
    assert found.compared == TOLD[2:4]
    assert found.sure == TOLD[4:]
    assert found.grounds == TOLD


def test_what_was_not_compared_in_words_is_compared_by_its_numbers() -> None:
    rests = "It rests on what sessions show; whether it changes how they end cannot be told yet."

    found = said(row(pattern_sentences=["Seen in 6 of 40 sessions.", rests]))

    assert found.compared == ("5 of the 6 with a known end failed; of the 34 others, 8.",)
    assert found.sure == (rests,)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"known_without": 0}, "there are no others to compare them with."),
        ({"known_with": 0}, "is not known, so they were not compared with others."),
    ],
)
def test_what_could_not_be_compared_says_so(numbers, words) -> None:
    found = said(row(pattern_sentences=TOLD[:1], pattern_numbers=NUMBERS | numbers))

    assert found.compared[0].endswith(words)
    assert found.sure == ("Not enough sessions to tell.",)


def test_what_people_said_is_compared_with_nothing() -> None:
    found = said(row(signal="words", pattern_kind="preference", pattern_sentences=TOLD[:1]))

    assert found.compared == ("Sessions with it were not compared with others.",)
    assert found.sure == ("It rests on what people said, not on how sessions ended.",)
    assert found.against == ("No quote contradicts it.",)


ENDED_WELL = "1 of the 6 with it ended well all the same, and 8 of the 34 others failed without it."
FAILED = "5 of the 6 with it failed all the same, and 26 of the 34 others ended well without it."


@pytest.mark.parametrize(
    ("kind", "claim", "words"),
    [("mistake", "", ENDED_WELL), ("workflow", "", FAILED), ("workflow", "harms", ENDED_WELL)],
)
def test_sessions_that_ended_otherwise_speak_against_it(kind, claim, words) -> None:
    found = said(row(pattern_kind=kind, pattern_numbers=NUMBERS | {"claim": claim}))

    assert found.against == (words, "No quote contradicts it.")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "No quote contradicts it."),
        (1, "1 quote contradicts it."),
        (3, "3 quotes contradict it."),
    ],
)
def test_quotes_that_contradict_are_counted(count, words) -> None:
    assert said(row(), count).against[-1] == words


def test_a_fact_has_no_way_sessions_should_have_ended() -> None:
    assert said(row(pattern_kind="fact")).against == ("No quote contradicts it.",)


def test_how_many_got_past_it_is_told_once() -> None:
    numbers = NUMBERS | {"recovered": 4}
    found = why(
        row(pattern_numbers=numbers),
        "Sent again. " + " ".join(TOLD) + " 4 of 6 sessions got past it.",
    )

    assert found.said.seen[-1] == "4 of these 6 got past it."
    assert [piece.text for piece in found.reasons[0].pieces] == ["Sent again."]


@pytest.mark.parametrize(
    ("fields", "first"),
    [
        ({"origin_kind": "person"}, "Proposed by hand: 0 sessions were counted."),
        ({"origin_kind": "agent"}, "Filed by an agent: 0 sessions were counted."),
        ({"origin_kind": "dream"}, "It rests on what memory says: 0 sessions were counted."),
    ],
)
def test_where_no_session_was_counted_that_is_said(fields, first) -> None:
    found = said(row(pattern_numbers={}, pattern_sentences=[], **fields))

    assert found.seen == (first,)
    assert found.compared == ("It was compared with nothing.",)
    assert found.sure == ("How sure it is was not measured.",)
    assert found.against[0] == "No session was looked at for what speaks against it."


def test_a_merge_says_how_many_memories_were_compared() -> None:
    merge = row(
        pattern_numbers={},
        pattern_sentences=[],
        op=Op.MERGE,
        merged=[{"path": "/b.md", "base_version": 1}],
    )

    assert said(merge).compared == ("2 memories were held against one another.",)


# Reasons


def test_a_reason_of_an_engine_carries_its_name() -> None:
    [reason] = why(row(), "It was sent again.").reasons

    assert reason.by == "engine local 1"
    assert not reason.is_steering


def test_a_rationale_that_only_repeats_the_numbers_is_no_reason() -> None:
    assert why(row(), " ".join(TOLD)).reasons == ()


def test_a_reason_that_names_an_approval_steers() -> None:
    [reason] = why(row(), "Already approved by compliance.").reasons

    assert reason.is_steering


def test_lines_of_a_person_s_reason_stay_lines() -> None:
    by_hand = row(
        origin_kind="person", origin_label="Lena", pattern_numbers={}, pattern_sentences=[]
    )

    [reason] = why(by_hand, "One.\nTwo.\n").reasons

    assert (reason.by, reason.pieces[0].text) == ("Lena", "One.\nTwo.")


@pytest.mark.django_db
def test_who_edited_it_gives_a_reason_of_their_own(cast) -> None:
    found = why(row(), "Sent again.", reason="Shorter.", author=cast.reviewer)

    assert [reason.by for reason in found.reasons] == ["engine local 1", "Rosa, on revision 1"]


@pytest.mark.django_db
def test_what_a_filed_pattern_says_is_what_is_told(cast) -> None:
    pattern = PatternFacts("mistake", "k", "s", "outcome", NUMBERS)
    filed = build.filed(cast.store, pattern=pattern)

    assert said(filed).seen == ("Seen in 6 of 40 sessions.",)


@pytest.mark.django_db
def test_by_hand_there_are_no_numbers_behind(cast) -> None:
    origin = Origin("person", cast.lead.public_id, cast.lead.name, proposer=cast.lead)
    found = why(build.filed(cast.store, origin=origin))

    assert found.facts == ()
    assert not found.is_counted
