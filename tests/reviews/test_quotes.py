"""Quotes in their place: the turns around them and how the session ended."""

import pytest
from django.http import Http404

from agents.models import Event
from agents.transcripts.base import EventKind, ParsedEvent, Role
from reviews import quotes
from reviews.models import Evidence
from reviews.quotes import CLIP, CLIP_TURN, find_evidence, quotes_of, widen
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

    turns = widen(find_evidence(proposal, 1)).turns

    assert [turn.index for turn in turns] == [2, 3, 4, 5, 6]
    assert [turn.is_cited for turn in turns] == [False, False, True, False, False]


@pytest.mark.parametrize(("index", "expected"), [(0, [0, 1, 2]), (8, [6, 7, 8])])
def test_at_the_ends_of_a_session_there_are_fewer(cast, index, expected) -> None:
    events = [build.says(f"Turn {n}.") for n in range(9)]

    quote = widen(find_evidence(filed(cast, events, index, f"Turn {index}."), 1))

    assert [turn.index for turn in quote.turns] == expected


def test_a_long_turn_is_clipped_around_the_quote(cast) -> None:
    text = "a" * 2_000 + "words" + "b" * 2_000

    [turn] = only(filed(cast, [build.says(text)], 0, "words")).turns

    assert turn.before == "…" + "a" * CLIP
    assert turn.after == "b" * CLIP + "…"


def test_a_long_turn_beside_the_quote_is_clipped_at_its_end(cast) -> None:
    events = [build.says("c" * 5_000), build.says("words")]

    turns = widen(find_evidence(filed(cast, events, 1, "words"), 1)).turns

    assert turns[0].before == "c" * CLIP_TURN + "…"


def test_a_quote_whose_event_holds_other_words_stands_alone(cast) -> None:
    session = build.session(cast.agent)
    event = Event.objects.get(revision__session=session, index=2)
    lost = Evidence(position=1, event=event, quote="gone words", start=0, end=10)

    turn = quotes._cited(lost)

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
