from datetime import UTC, datetime

import pytest

from dreaming.engines.base import Candidate, Dropped, EngineSession
from dreaming.engines.calls import read_calls
from dreaming.engines.preferences import WishLedger, find_wishes
from dreaming.likeness import form_of
from tests.dreaming.build_sessions import answers, rejects, says, session

METRIC = "Please always use metric units instead of imperial units."


def day(number: int) -> datetime:
    return datetime(2026, 5, number, tzinfo=UTC)


def mine(
    *sessions: EngineSession, at_least: int = 2
) -> tuple[tuple[Candidate, ...], tuple[Dropped, ...]]:
    ledger = WishLedger()
    for one in sessions:
        ledger.read_session(read_calls(one))
    return ledger.summarise(at_least=at_least)


def candidates(*sessions: EngineSession) -> tuple[Candidate, ...]:
    return mine(*sessions)[0]


def test_a_wish_of_several_sessions_is_one_candidate():
    (found,) = candidates(*(session(n, says("Hi."), says(METRIC)) for n in (1, 2, 3)))
    assert found.statement == "Always use metric units instead of imperial units."
    assert found.matched == {"S-1", "S-2", "S-3"}
    assert found.people == {"person-1", "person-2", "person-3"}
    assert (found.kind, found.signal, found.tool) == ("preference", "words", "")


def test_paraphrases_are_one_wish():
    (found,) = candidates(
        session(1, says("I'd prefer not to be transferred.")),
        session(2, says("I really don't want to be transferred.")),
        session(3, says("No, I would prefer not to be transferred")),
    )
    assert len(found.matched) == 3


def test_opposite_wishes_stay_apart():
    found = candidates(
        session(1, says("Use tabs instead of spaces.")),
        session(2, says("Use tabs instead of spaces!")),
        session(3, says("Use spaces instead of tabs.")),
        session(4, says("Use spaces instead of tabs!")),
    )
    assert sorted(one.statement for one in found) == [
        "Use spaces instead of tabs.",
        "Use tabs instead of spaces.",
    ]


def test_a_wish_repeated_in_one_session_counts_once():
    found, (dropped,) = mine(session(1, says(METRIC), says(METRIC)))
    assert found == ()
    assert dropped.why == "1 of them, each in one session only."


def test_a_named_speaker_counts_before_the_principal():
    (found,) = candidates(
        session(1, says(METRIC, person="ada")), session(2, says(METRIC, person="ada"))
    )
    assert found.people == {"ada"}


@pytest.mark.parametrize(
    ("trusts", "expected"),
    [
        (("principal", "principal"), ("principal",)),
        (("member", "principal"), ("member",)),
        (("agent", "agent"), ("principal",)),
        (("outside", "outside"), ("outside",)),
        (("tool", "outside"), ("tool",)),
    ],
)
def test_the_source_is_the_trust_of_the_words_that_are_used(trusts, expected):
    (found,) = candidates(
        *(session(n, says(METRIC, trust=trust)) for n, trust in enumerate(trusts))
    )
    assert found.sources == expected


def test_a_members_words_are_chosen_before_a_principals():
    (found,) = candidates(
        session(1, says("Always use the metric units")),
        session(2, says("Always use the metric units")),
        session(3, says("Please always use metric units.", trust="member")),
    )
    assert found.statement == "Always use metric units."
    assert found.quotes[-1].session == "S-3"


def test_rejections_with_words_are_read():
    (found,) = candidates(
        session(1, rejects("Use two columns.", person="ada")),
        session(2, rejects("No, use two columns.", person="bob")),
    )
    assert found.statement == "Use two columns."
    assert found.sources == ("member",)
    assert found.people == {"ada", "bob"}


@pytest.mark.parametrize(
    "event",
    [
        says(METRIC, role="assistant", trust="agent"),
        answers("read_page", METRIC),
        says(METRIC, remembered=True),
    ],
)
def test_only_people_state_wishes_and_never_what_memory_said(event):
    assert mine(session(1, event), session(2, event)) == ((), ())


def test_quotes_are_of_different_people_and_stand_in_their_events():
    sessions = [session(n, says("Hello."), says(METRIC)) for n in range(1, 9)]
    (found,) = candidates(*sessions)
    assert len({quote.session for quote in found.quotes}) == 5
    assert all(quote.event == 1 and quote.text == METRIC for quote in found.quotes)


def test_the_order_of_sessions_does_not_matter():
    sessions = [
        session(n, says(text))
        for n, text in enumerate(
            ["Always use metric units.", "Always use the metric units", "Never use imperial units."]
            * 4
        )
    ]
    assert set(candidates(*sessions)) == set(candidates(*sessions[::-1]))


def test_the_key_of_a_wish_does_not_depend_on_courtesy():
    one = next(iter(find_wishes(says("Please always use metric units."))))[1]
    other = next(iter(find_wishes(says("Always use the metric units!"))))[1]
    assert form_of(one.instruction).words == form_of(other.instruction).words


def test_many_different_wishes_stay_apart():
    words = [f"{a}{b}" for a in "abcdefghij" for b in "klmnopqrst"]
    found = candidates(
        *(
            session(n, says(f"Always keep {word} before the {word}x."))
            for n, word in enumerate(words + words)
        )
    )
    assert len(found) == 100


def test_wishes_of_different_conditions_stay_apart():
    found = candidates(
        *(session(n, says("On Fridays, always send a summary.")) for n in (1, 2)),
        *(session(n, says("On Mondays, always send a summary.")) for n in (3, 4)),
        *(session(n, says("Always send a summary.")) for n in (5, 6)),
    )
    assert sorted((one.conditions, one.statement) for one in found) == [
        ((), "Always send a summary."),
        (("on Fridays",), "On Fridays: always send a summary."),
        (("on Mondays",), "On Mondays: always send a summary."),
    ]


def test_quotes_stand_in_the_order_they_were_said_newest_last():
    found = candidates(
        *(session(n, says(METRIC), started_at=day(9 - n)) for n in range(1, 5)),
    )
    assert [quote.session for quote in found[0].quotes] == ["S-4", "S-3", "S-2", "S-1"]


def test_the_time_of_the_words_counts_before_the_start_of_the_session():
    (found,) = candidates(
        session(1, says(METRIC, at=day(9)), started_at=day(1)),
        session(2, says(METRIC, at=day(2)), started_at=day(2)),
    )
    assert [quote.session for quote in found.quotes] == ["S-2", "S-1"]


def test_undated_words_stand_before_dated_ones():
    (found,) = candidates(session(1, says(METRIC), started_at=day(1)), session(2, says(METRIC)))
    assert [quote.session for quote in found.quotes] == ["S-2", "S-1"]


OPPOSITES = [
    ("Always use tabs.", "Never use tabs."),
    ("Use tabs instead of spaces.", "Use spaces instead of tabs."),
    ("On Fridays, always call first.", "On Fridays, never call first."),
]


@pytest.mark.parametrize(("before", "after"), OPPOSITES, ids=[b for b, _ in OPPOSITES])
def test_opposite_words_speak_against_each_other_and_nothing_is_settled(before, after):
    old, new = (
        next(one for one in found if one.matched == {f"S-{n}", f"S-{n + 1}"})
        for found in [
            candidates(
                *(session(n, says(before), started_at=day(n)) for n in (1, 2)),
                *(session(n, says(after), started_at=day(n)) for n in (3, 4)),
            )
        ]
        for n in (1, 3)
    )
    assert [(q.session, q.relation) for q in old.quotes][-1] == ("S-4", "contradicts")
    assert (new.quotes[0].session, new.quotes[0].relation) == ("S-2", "contradicts")
    assert "The opposite was said last." in old.rationale
    assert "This was said last." in new.rationale


def test_undated_opposites_are_not_put_in_order():
    found = candidates(
        *(session(n, says("Always use tabs.")) for n in (1, 2)),
        *(session(n, says("Never use tabs.")) for n in (3, 4)),
    )
    assert {one.rationale for one in found} == {
        "People also said the opposite; both stand in the evidence. Ask who decides."
    }


def test_the_same_words_under_another_condition_are_no_opposite():
    found = candidates(
        *(session(n, says("On Fridays, always call first.")) for n in (1, 2)),
        *(session(n, says("On Mondays, never call first.")) for n in (3, 4)),
    )
    assert {one.rationale for one in found} == {""}
