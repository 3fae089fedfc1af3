"""The queue's rows as they are printed."""

from datetime import timedelta

import pytest

from agents import clock as product_clock
from agents.models import Person, Workspace
from agents.people import Member
from agents.rights import Role
from reviews import lines
from reviews.models import Containment
from reviews.queue import COUNTED, Counts, Row
from reviews.searches import read_search

NOUGHT = Counts(high=0, medium=0, low=0, conflicted=0, containments=0, decided_today=0, open=0)


def row(**more: object) -> Row:
    now = product_clock.now()
    facts: dict[str, object] = {
        "number": 7,
        "risk_rank": 0,
        "lead": more.get("number", 7),
        "about": "",
        "op": "update",
        "title": "Ask first",
        "state": "pending",
        "verdict": "",
        "support": 0,
        "merged": [],
        "filed_at": now - timedelta(hours=2),
        "decided_at": None,
        "revision": 1,
        "origin_kind": "dream",
        "agent_name": "Claims",
        "agent_slug": "claims",
    }
    return Row(**{**facts, **more})  # type: ignore[arg-type]


def address(name: str, *parts: object) -> str:
    return f"/w/P-1/review/{name}/P-{parts[0]}/?q=review%2FP-1%2F"


ROSA = Member(Workspace(pk=1), Person(pk=1, name="Rosa"), Role.REVIEWER, frozenset())
READER = lines.Reader(ROSA, address)


def printed(**more: object) -> lines.Line:
    return lines.lines_of([row(**more)], READER)[0]


def test_a_row_leads_to_its_proposal_with_the_list_kept(clock) -> None:
    assert printed(number=1042).url == "/w/P-1/review/proposal/P-1042/?q=review%2FP-1%2F"


def test_a_row_for_another_group_says_so_and_is_not_yours(clock) -> None:
    line = printed(bar="group")

    assert line.fact.text == "For another group"
    assert (line.is_yours, line.is_others) == (False, True)


def test_a_row_without_a_bar_is_yours(clock) -> None:
    line = printed()

    assert line.fact is None or line.fact.text != "For another group"
    assert (line.is_yours, line.is_others) == (True, False)


def test_a_conflict_leads_to_where_it_is_settled(clock) -> None:
    assert printed(state="conflicted").url.endswith("P-7/conflict/?q=review%2FP-1%2F")


@pytest.mark.parametrize(
    ("facts", "text", "is_flag"),
    [
        ({"support": 13}, "13 sessions", False),
        ({"support": 1}, "1 session", False),
        ({}, "", False),
        ({"origin_kind": "person", "support": 3}, "By hand", False),
        ({"revision": 2, "support": 3}, "Edited", True),
        ({"op": "retire", "support": 3}, "Removes", True),
        ({"op": "merge", "merged": [{}, {}]}, "3 into 1", True),
        ({"state": "awaiting_second", "op": "retire"}, "2nd approval", True),
        ({"state": "conflicted", "op": "retire"}, "Base changed", True),
        ({"state": "scheduled", "verdict": "approve"}, "Approved", True),
        ({"state": "scheduled", "verdict": "reject"}, "Rejected", True),
        ({"state": "applied"}, "Applied", True),
    ],
)
def test_a_row_says_one_fact_and_a_flag_comes_first(clock, facts, text, is_flag) -> None:
    fact = printed(**facts).fact

    assert (fact.text, fact.is_flag) == (text, is_flag)


def test_only_a_changed_base_is_red(clock) -> None:
    tones = {state: fact.tone for state, fact in lines.STATE_FACTS.items() if fact.tone}

    assert tones == {"conflicted": "bad"}


@pytest.mark.parametrize(
    ("facts", "sign"),
    [
        ({"op": "create"}, "plus"),
        ({"op": "merge"}, "merge"),
        ({"op": "retire"}, "archive"),
        ({"verdict": "approve", "decided": True}, "check"),
        ({"verdict": "reject", "decided": True}, "x"),
    ],
)
def test_the_sign_is_the_kind_of_change_and_then_the_verdict(clock, facts, sign) -> None:
    if facts.pop("decided", False):
        facts = {**facts, "decided_at": clock()}

    assert printed(**facts).sign == sign


def test_the_age_is_since_it_was_filed_and_then_since_it_was_decided(clock) -> None:
    assert printed().age == "2 h"
    assert printed(decided_at=clock() - timedelta(minutes=4), verdict="approve").age == "4 min"


def test_hidden_characters_of_a_title_are_boxed(clock) -> None:
    assert "U+202E" in printed(title="a\u202e<b>").title
    assert "&lt;b&gt;" in printed(title="a\u202e<b>").title


def test_rows_stand_in_groups_by_risk_with_the_counts_of_the_whole_list(clock) -> None:
    rows = [row(number=3, risk_rank=2), row(number=1, risk_rank=0), row(number=2, risk_rank=0)]
    counts = Counts(
        high=1, medium=4, low=COUNTED + 1, conflicted=0, containments=0, decided_today=0, open=9
    )

    groups = lines.groups_of(rows, counts, read_search(""), READER, {})

    assert [(one.label, one.count, one.is_high) for one in groups] == [
        ("High risk", "1", True),
        ("Low", f"{COUNTED:,}+", False),
    ]
    assert [len(one.lines) for one in groups] == [1, 2]


def test_what_is_decided_is_one_group(clock) -> None:
    [group] = lines.groups_of([row(), row(number=8)], NOUGHT, read_search("is:decided"), READER, {})

    assert (group.label, len(group.lines)) == ("Decided", 2)


def test_an_empty_page_has_no_group(clock) -> None:
    assert lines.groups_of([], NOUGHT, read_search("is:decided"), READER, {}) == ()
    assert lines.groups_of([], NOUGHT, read_search(""), READER, {}) == ()


def test_a_filter_that_is_on_is_taken_away_by_its_link() -> None:
    search = read_search("risk:high agent:claims words")

    filters = lines.filters_of(search, [row()], "/queue/")

    risks = {link.label: link for link in filters.risks}
    assert risks["High risk"].is_on
    assert risks["High risk"].url == "/queue/?q=agent%3Aclaims+words"
    assert risks["Low"].url == "/queue/?q=risk%3Alow+agent%3Aclaims+words"
    [agent] = filters.agents
    assert (agent.label, agent.is_on) == ("Claims", True)


def test_every_list_has_a_name() -> None:
    for where in lines.Where:
        assert lines.filters_of(read_search(f"is:{where}"), [], "/queue/").label


@pytest.mark.parametrize(
    ("kind", "hours", "title", "due", "is_late"),
    [
        ("roll_back", 40, "Rolled back to R-7", "due 40 h", False),
        ("restore", -3, "Restored R-7", "late 3 h", True),
    ],
)
def test_a_containment_says_when_its_answer_is_due(
    cast, clock, kind, hours, title, due, is_late
) -> None:
    made = Containment(
        number=5,
        workspace=cast.workspace,
        store=cast.store,
        kind=kind,
        target="R-7",
        by=cast.lead,
        due_at=clock() + timedelta(hours=hours),
    )

    [line] = lines.containment_lines([made], lambda *_: "/x/")

    assert (line.id, line.title, line.due, line.is_late) == ("C-5", title, due, is_late)


@pytest.mark.parametrize(
    ("left", "words"),
    [(timedelta(hours=-3), "late 3 h"), (timedelta(minutes=20), "due 20 min")],
)
def test_a_row_that_is_late_or_nearly_so_says_when_it_is_due(clock, left, words) -> None:
    due = clock() + left
    mark = printed(due_at=due, remind_at=due - timedelta(hours=1)).due
    assert mark is not None
    assert mark.words == words


@pytest.mark.parametrize("facts", [{"state": "applied"}, {"state": "conflicted"}, {"due_at": None}])
def test_a_row_that_waits_for_no_decision_has_no_due_time(clock, facts) -> None:
    assert printed(**{"due_at": clock() - timedelta(hours=1), **facts}).due is None


@pytest.mark.parametrize(
    ("facts", "words", "is_yours"),
    [
        ({}, "", True),
        ({"bar": "filed"}, "Filed by you", False),
        ({"bar": "started"}, "From your dream", False),
        ({"bar": "wrote"}, "Edited by you", False),
        ({"bar": "voted", "state": "awaiting_second"}, "Needs another", False),
        ({"state": "awaiting_second"}, "2nd approval", True),
        ({"state": "applied", "bar": "filed"}, "Applied", False),
    ],
)
def test_a_row_says_whose_turn_it_is(clock, facts, words, is_yours) -> None:
    found = printed(**facts)

    assert (found.fact.text, found.is_yours) == (words, is_yours)
