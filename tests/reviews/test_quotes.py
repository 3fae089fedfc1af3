"""Quotes in their place: the turns around them and how the session ended."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.http import Http404

from agents.models import Event
from agents.personal import EVERY_KIND
from agents.transcripts.base import EventKind, ParsedCheck, ParsedEvent, Role
from agents.workspaces import set_visible_checks
from reviews import quotes
from reviews.changes import Relation
from reviews.models import Evidence
from reviews.quotes import (
    CLIP,
    CLIP_TURN,
    MOST_SHOWN,
    SHOWN,
    count_shown,
    find_evidence,
    quotes_of,
    widen,
)
from tests import build

pytestmark = pytest.mark.django_db


def filed(cast, events, index: int, words: str, **facts):
    session = build.session(cast.agent, events, **facts)
    return build.filed(cast.store, evidence=[build.quote(session, index, words)])


def only(proposal):
    [quote] = quotes_of(proposal, ())
    return quote


def test_the_cited_turn_is_parted_at_the_quote(cast) -> None:
    [turn] = only(filed(cast, build.EVENTS, 2, "already shipped")).turns

    assert (turn.before, turn.quote, turn.after) == (
        "Error: order 1042 is ",
        "already shipped",
        "",
    )
    assert turn.is_cited
    assert turn.is_error
    assert (turn.who, turn.tool) == ("Tool", "cancel_order")


def test_around_a_quote_stand_two_turns_on_each_side(cast) -> None:
    events = [build.says(f"Turn {n}.") for n in range(9)]
    proposal = filed(cast, events, 4, "Turn 4.")

    turns = widen(find_evidence(proposal, 1), EVERY_KIND).turns

    assert [turn.index for turn in turns] == [2, 3, 4, 5, 6]
    assert [turn.is_cited for turn in turns] == [False, False, True, False, False]


@pytest.mark.parametrize(("index", "expected"), [(0, [0, 1, 2]), (8, [6, 7, 8])])
def test_at_the_ends_of_a_session_there_are_fewer(cast, index, expected) -> None:
    events = [build.says(f"Turn {n}.") for n in range(9)]

    quote = widen(find_evidence(filed(cast, events, index, f"Turn {index}."), 1), EVERY_KIND)

    assert [turn.index for turn in quote.turns] == expected


def test_a_long_turn_is_clipped_around_the_quote(cast) -> None:
    text = "a" * 2_000 + "words" + "b" * 2_000

    [turn] = only(filed(cast, [build.says(text)], 0, "words")).turns

    assert turn.before == "…" + "a" * CLIP
    assert turn.after == "b" * CLIP + "…"


def test_a_long_turn_beside_the_quote_is_clipped_at_its_end(cast) -> None:
    events = [build.says("c" * 5_000), build.says("words")]

    turns = widen(find_evidence(filed(cast, events, 1, "words"), 1), EVERY_KIND).turns

    assert turns[0].before == "c" * CLIP_TURN + "…"


def test_a_quote_whose_event_holds_other_words_stands_alone(cast) -> None:
    session = build.session(cast.agent)
    event = Event.objects.get(revision__session=session, index=2)
    lost = Evidence(position=1, event=event, quote="gone words", start=0, end=10)

    turn = quotes._cited(lost, EVERY_KIND)

    assert (turn.before, turn.quote, turn.after) == ("", "gone words", "")


@pytest.mark.parametrize(
    ("event", "who"),
    [
        (build.says("x words"), "User"),
        (build.says("x words", Role.ASSISTANT), "Agent"),
        (build.calls("pay", "x words"), "Agent calls"),
        (build.answers("x words", tool="pay"), "Tool"),
        (ParsedEvent(EventKind.REJECTION, Role.USER, "x words", call_id="c1"), "Rejection"),
    ],
)
def test_who_spoke_is_said(cast, event, who) -> None:
    events = [build.calls("pay"), event]

    [turn] = only(filed(cast, events, 1, "words")).turns

    assert turn.who == who


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("success", "The session succeeded"),
        ("failure", "The session failed"),
        ("unknown", "How the session ended is not known"),
    ],
)
def test_the_end_of_the_session_is_said(cast, verdict, words) -> None:
    proposal = filed(cast, build.EVENTS, 2, "shipped", verdict=build.Verdict(verdict))

    assert only(proposal).ending.words == words


def test_the_first_check_that_failed_is_named(cast) -> None:
    checks = [
        build.ParsedCheck("polite", True, "yes"),
        build.ParsedCheck("paid", False, "nothing was paid"),
        build.ParsedCheck("closed", False),
    ]

    proposal = filed(cast, build.EVENTS, 2, "shipped", checks=checks)

    assert only(proposal).ending.check == "paid: nothing was paid"


def test_opened_positions_are_marked(cast) -> None:
    session = build.session(cast.agent)
    found = [build.quote(session, 2, "shipped"), build.quote(session, 3, "shipped")]
    proposal = build.filed(cast.store, evidence=found)

    assert [quote.is_opened for quote in quotes_of(proposal, (2,))] == [False, True]


def test_all_quotes_cost_three_queries(cast, django_assert_num_queries) -> None:
    found = [build.quote(build.session(cast.agent), 2, "shipped") for _ in range(5)]
    proposal = build.filed(cast.store, evidence=found)

    with django_assert_num_queries(3):
        quotes_of(proposal, ())


def test_a_position_without_a_quote_is_not_there(cast) -> None:
    with pytest.raises(Http404, match="has no quote 1"):
        find_evidence(build.filed(cast.store), 1)


def test_a_quote_of_another_proposal_is_not_found(cast) -> None:
    filed(cast, build.EVENTS, 2, "already shipped")

    with pytest.raises(Http404):
        find_evidence(build.filed(cast.store), 1)


@pytest.mark.parametrize("length", [CLIP - 1, CLIP])
def test_nothing_is_clipped_where_all_of_it_fits(cast, length) -> None:
    text = "a" * length + "words" + "b" * length

    [turn] = only(filed(cast, [build.says(text)], 0, "words")).turns

    assert turn.before + turn.quote + turn.after == text


@pytest.mark.parametrize(
    ("message", "shown"), [("", "paid"), ("x" * 500, ("paid: " + "x" * 500)[:200])]
)
def test_a_check_without_words_is_its_name_and_a_long_one_is_cut(cast, message, shown) -> None:
    checks = [build.ParsedCheck("paid", False, message)]

    assert only(filed(cast, build.EVENTS, 2, "shipped", checks=checks)).ending.check == shown


# The order in which quotes matter


def evidence(cast, text: str = "shipped", *, against: bool = False, **facts):
    found = build.quote(build.session(cast.agent, **facts), 2, text)
    return replace(found, relation=Relation.CONTRADICTS) if against else found


def order(cast, *found) -> list[int]:
    return [quote.position for quote in quotes_of(build.filed(cast.store, evidence=found), ())]


def test_one_for_it_stands_first_then_all_against_it(cast) -> None:
    found = [evidence(cast), evidence(cast), evidence(cast, against=True), evidence(cast)]

    assert order(cast, *found, evidence(cast, against=True)) == [1, 3, 5, 2, 4]


def test_the_strongest_stand_first(cast) -> None:
    set_visible_checks(cast.workspace, ["paid"], by=cast.lead)
    cast.workspace.refresh_from_db()
    failure = build.Verdict.FAILURE
    member = build.session(cast.agent, principal=cast.reviewer.email)
    found = [
        evidence(cast),
        evidence(cast, verdict=failure),
        evidence(cast, verdict=failure, checks=[build.ParsedCheck("kept", False)]),
        evidence(cast, verdict=failure, checks=[build.ParsedCheck("paid", False)]),
        build.quote(member, 0, "cancel order"),
    ]

    assert order(cast, *found) == [5, 4, 2, 3, 1]


def test_of_equal_ones_the_newest_stands_first(cast) -> None:
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (3, 20, 9)]

    assert order(cast, *[evidence(cast, started_at=day) for day in days]) == [2, 3, 1]


@pytest.mark.parametrize(
    ("supporting", "against", "shown"),
    [
        (3, 0, 3),
        (40, 0, SHOWN),
        (40, 2, SHOWN),
        (40, SHOWN + 1, SHOWN + 2),
        (5, 40, MOST_SHOWN),
        (0, 3, 3),
    ],
)
def test_what_contradicts_is_on_the_page_from_the_start(supporting, against, shown) -> None:
    ending = quotes.Ending("unknown", "")
    one = quotes.Quote(1, True, "S-1", 1, 0, None, (), ending, is_opened=False)
    all_of_them = [one] * supporting + [replace(one, supports=False)] * against

    assert count_shown(all_of_them) == shown


def test_a_quote_from_an_earlier_transcript_says_which(cast) -> None:
    proposal = filed(cast, build.EVENTS, 2, "shipped", external_id="x")
    build.session(cast.agent, [*build.EVENTS, build.says("Thanks.")], external_id="x")

    assert only(proposal).revision == 1
    assert only(filed(cast, build.EVENTS, 2, "shipped")).revision is None


def test_how_far_words_can_be_trusted_comes_with_them(cast) -> None:
    assert only(filed(cast, build.EVENTS, 2, "shipped")).turns[0].trust == "tool"


MAIL = "ada.lovelace@example.com"
TOLD = f"Error: {MAIL} holds order 1042, already shipped to {MAIL}"


@pytest.mark.parametrize(
    ("words", "before", "quote", "after"),
    [
        (
            "already shipped",
            "Error: [e-mail masked] holds order 1042, ",
            "already shipped",
            " to [e-mail masked]",
        ),
        (TOLD, "", TOLD.replace(MAIL, "[e-mail masked]"), ""),
        # A quote that ends within an address: neither side shows a part of it.
        (
            "shipped to ada.love",
            "Error: [e-mail masked] holds order 1042, already ",
            "shipped to [e-mail masked]",
            "[e-mail masked]",
        ),
    ],
)
def test_personal_data_is_masked_and_the_quote_still_stands_in_its_turn(
    cast, words, before, quote, after
) -> None:
    events = [build.says("Hello."), build.answers(TOLD, tool="find", error=True)]
    proposal = filed(cast, events, 1, words)
    [turn] = only(proposal).turns
    assert (turn.before, turn.quote, turn.after) == (before, quote, after)
    assert turn.is_cited
    assert quotes.masked_words(find_evidence(proposal, 1), EVERY_KIND) == quote


def test_kinds_a_workspace_does_not_cover_are_shown(cast) -> None:
    cast.workspace.masked = ["card number"]
    cast.workspace.save(update_fields=["masked"])
    events = [build.says("Hello."), build.answers(TOLD, tool="find", error=True)]
    [turn] = only(filed(cast, events, 1, "already shipped")).turns
    assert turn.before == f"Error: {MAIL} holds order 1042, "


def test_turns_around_a_quote_and_what_a_check_said_are_masked_too(cast) -> None:
    events = [build.says(f"I am {MAIL}."), build.answers("already shipped", tool="find")]
    checks = [ParsedCheck(name="mail", passed=False, message=f"no mail to {MAIL}")]
    proposal = filed(cast, events, 1, "already shipped", checks=checks)
    wide = widen(find_evidence(proposal, 1), proposal.workspace.masked)
    assert wide.turns[0].before == "I am [e-mail masked]."
    assert wide.ending.check == "mail: no mail to [e-mail masked]"
    # Looked up in what a lone turn is clipped to, an address across the edge is masked whole.
    long = filed(
        cast,
        [build.says("x" * (CLIP_TURN - 5) + f" {MAIL}"), build.says("Go on.")],
        1,
        "Go on.",
    )
    edge = widen(find_evidence(long, 1), EVERY_KIND).turns[0].before
    assert edge.endswith("[e-mail masked]…")
    assert "ada" not in edge


def test_masking_a_quote_in_a_huge_turn_looks_at_its_surroundings_alone(cast) -> None:
    huge = f"{MAIL} " * 15_000 + "already shipped" + f" {MAIL}" * 15_000
    proposal = filed(cast, [build.says(huge)], 0, "already shipped")
    begun = time.process_time()
    [turn] = only(proposal).turns
    assert time.process_time() - begun < 0.5
    assert "@" not in turn.before + turn.after
