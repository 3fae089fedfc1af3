"""The page of one dream: what it read, what was asked, what it found, and what it left out, why."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.transcripts.base import Verdict
from dreaming.contradictions import UNSETTLED
from dreaming.dreams import Wish, queue_dream, run_dream
from dreaming.engines.base import Dropped
from dreaming.models import Dream, Pattern
from dreaming.views import report
from reviews import decisions
from reviews.models import Proposal
from tests import build
from tests.cast import Cast
from tests.dreaming import nights
from tests.dreaming.conftest import Seated
from tests.fake_engine import FakeEngine

pytestmark = pytest.mark.django_db

DREAMS = "/w/northwind/dreams/"
NUMBERS: dict[str, Any] = {
    "sessions": 6,
    "of": 40,
    "tasks": 4,
    "people": 3,
    "agents": 1,
    "known_with": 6,
    "failed_with": 5,
    "known_without": 34,
    "failed_without": 8,
    "compared": "task",
    "effect": "0.4100",
    "strata": 4,
    "q": "0.012000",
    "tested": 9,
    "told": True,
    "conditions": [],
}


@pytest.fixture
def reviewer(cast: Cast, client_of) -> Client:
    return client_of(cast.reviewer)


def page(client: Client, dream: Dream, query: str = "") -> str:
    answer = client.get(f"{DREAMS}{dream}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def pattern(dream: Dream, position: int = 1, **fields: Any) -> Pattern:
    values = {
        "key": f"{position:064d}",
        "kind": "mistake",
        "title": f"cancel_order: order is shipped {position}",
        "statement": "Look at the order before you cancel it.",
        "signal": "outcome",
        "support": 6,
        "numbers": {**NUMBERS, **fields.pop("numbers", {})},
        "sentences": ["Seen in 6 of 40 sessions, 3 people.", "Chance is an unlikely explanation."],
        "status": "filed",
    }
    return Pattern.objects.create(dream=dream, position=position, **{**values, **fields})


def many(dream: Dream, status: str, count: int, start: int = 1) -> None:
    for at in range(start, start + count):
        pattern(dream, at, status=status, why="Seen in 2 sessions; 3 are needed.")


# What it found


def test_patterns_stand_under_their_kind_in_plain_sentences(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store)
    for at, kind in enumerate(report.KINDS, start=1):
        pattern(dream, at, kind=kind)
    shown = page(reviewer, dream)
    heads = [shown.index(f">{head}</h3>") for head in report.KINDS.values()]
    assert heads == sorted(heads)
    assert "Seen in 6 of 40 sessions, 3 people. Chance is an unlikely explanation." in shown
    assert "Look at the order before you cancel it." in shown


def test_an_engines_own_kind_has_a_head_too(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store)
    pattern(dream, kind="odd_habit")
    assert ">Odd habit</h3>" in page(reviewer, dream)


def test_the_numbers_are_one_click_away(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store)
    pattern(dream)
    _, _, behind = page(reviewer, dream).partition("<details>")
    for words in ("Failures within the same task", "+41 points", "0.012", "of 9 tested", "5 of 6"):
        assert words in behind
    assert "4 tasks, 3 people, 1 agent" in behind


@pytest.mark.parametrize(
    ("compared", "words"),
    [
        ("agent", "Failures at the same agent"),
        ("both", "Failures among sessions alike"),
        (None, "Failures within the same task"),
    ],
)
def test_the_numbers_say_what_was_kept_alike(
    cast: Cast, reviewer: Client, compared: str | None, words: str
):
    dream = build.dream(cast.store)
    pattern(dream, numbers={"compared": compared})
    assert words in page(reviewer, dream)


def test_what_rests_on_words_shows_no_comparison(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store)
    bare = {"known_with": 0, "known_without": 0, "effect": None, "q": None}
    pattern(dream, kind="preference", signal="words", numbers=bare)
    shown = page(reviewer, dream)
    assert "what people said" in shown
    assert 'class="contrast"' not in shown


def test_where_and_when_it_holds_stands_beside_it(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store)
    pattern(dream, scope="domain:airline", numbers={"conditions": ["on <Mondays>"]})
    shown = page(reviewer, dream)
    assert "Only in airline sessions" in shown
    assert "On &lt;Mondays&gt;" in shown


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("", ()),
        ("people", ()),
        ("tool:cancel_order", ()),
        ("domain:bash", ("Only in bash sessions",)),
        ("future:thing", ()),
    ],
)
def test_a_scope_in_words(scope: str, words: tuple[str, ...]):
    assert report.where_of(scope, {}) == words


def test_a_statement_that_is_the_title_is_said_once(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store)
    pattern(dream, title="Ask first", statement="Ask first.")
    item = report.item_of(dream.patterns.get())
    assert (item.title, item.says) == ("Ask first", "")


def test_words_of_sessions_are_shown_as_text(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store)
    pattern(dream, title="<script>alert(1)</script>", statement="<img src=x>", why="<b>")
    shown = page(reviewer, dream)
    assert "<script>alert" not in shown
    assert "<img src=x>" not in shown


# What became of it


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("pending", "waits for a reviewer"),
        ("applied", "applied"),
        ("rejected", "rejected"),
        ("changes_requested", "sent back"),
        ("conflicted", "its base changed"),
        ("superseded", "filed anew since"),
    ],
)
def test_a_pattern_says_where_its_proposal_stands_now(
    cast: Cast, reviewer: Client, state: str, words: str
):
    dream = build.dream(cast.store)
    proposal = build.proposal(cast.store, state)
    pattern(dream, proposal=proposal)
    shown = page(reviewer, dream)
    assert f"/review/{proposal}/" in shown
    assert f"{words}</span>" in shown


def test_what_a_rule_applied_is_said_so(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store)
    route = {"rule": "fold", "needs": [[None, 1]], "mode": "automatic"}
    pattern(dream, proposal=build.proposal(cast.store, "applied", route=route))
    assert "applied by rule</span>" in page(reviewer, dream)


@pytest.mark.parametrize(
    ("status", "reference", "words"),
    [
        ("already_open", "P-7", ">P-7</a> is open already"),
        ("already_in_memory", "M-3", "M-3 is in memory already"),
        ("rejected_before", "P-7", ">P-7</a> was rejected before"),
    ],
)
def test_what_is_known_names_what_has_it(
    cast: Cast, reviewer: Client, status: str, reference: str, words: str
):
    dream = build.dream(cast.store)
    pattern(dream, status=status, status_ref=reference)
    shown = page(reviewer, dream)
    assert "Found and known already" in shown
    assert words in shown


@pytest.mark.parametrize(
    ("state", "words"),
    [("pending", "waits for a reviewer"), ("changes_requested", "sent back")],
)
def test_what_waits_already_says_where_it_stands_now(
    cast: Cast, reviewer: Client, state: str, words: str
):
    dream = build.dream(cast.store)
    proposal = build.proposal(cast.store, state)
    pattern(dream, status="already_open", status_ref=str(proposal))
    assert f">{proposal}</a> {words}" in page(reviewer, dream)


def test_what_is_not_proposed_says_why(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store)
    pattern(dream, status="listed", why="It looks that way only because it is done on hard tasks.")
    shown = page(reviewer, dream)
    assert "Seen and not proposed" in shown
    assert "It looks that way only because it is done on hard tasks." in shown


def test_a_reason_among_the_sentences_is_said_once(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store)
    why = "Not enough sessions to tell."
    pattern(dream, status="listed", why=why, sentences=["Seen in 2 of 9 sessions.", why])
    assert page(reviewer, dream).count(why) == 1


# Many


def test_long_sections_show_a_few_and_lead_to_all(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store)
    many(dream, "listed", 12)
    shown = page(reviewer, dream)
    assert shown.count('class="told"') == report.FEW
    assert '<a href="?only=listed">Show all 12</a>' in shown


def test_a_section_by_itself_is_walked_by_pages(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store)
    many(dream, "listed", report.MANY + 3)
    pattern(dream, 900, title="Filed one")
    first = reviewer.get(f"{DREAMS}{dream}/", {"only": "listed"})
    (section,) = first.context["sections"]
    rest = page(reviewer, dream, f"?only=listed&at={section.page.older}")
    assert first.content.decode().count('class="told"') == report.MANY
    assert rest.count('class="told"') == 3
    assert "Filed one" not in rest


@pytest.mark.parametrize("query", ["?only=rubbish", "?only=listed&at=rubbish"])
def test_an_odd_address_shows_a_page_all_the_same(cast: Cast, reviewer: Client, query: str):
    dream = build.dream(cast.store)
    many(dream, "listed", 2)
    assert page(reviewer, dream, query).count('class="told"') == 2


def test_five_hundred_patterns_cost_as_many_queries_as_three(cast: Cast, reviewer: Client):
    def queries(count: int) -> tuple[int, int]:
        dream = build.dream(cast.store, dropped=[{"what": "A.", "why": "B."}] * count)
        for at, status in enumerate(("filed", "listed", "already_open")):
            for place in range(count // 3):
                pattern(dream, 1000 * at + place, status=status)
        page(reviewer, dream)
        with CaptureQueriesContext(connection) as asked:
            shown = page(reviewer, dream)
        return len(asked), shown.count('class="told"')

    few, _ = queries(3)
    lots, told = queries(501)
    assert lots == few
    assert told == report.MANY + 2 * report.FEW


def test_long_lists_of_what_was_dropped_are_folded(cast: Cast, reviewer: Client):
    dropped = [{"what": f"Line {at}.", "why": "Planted."} for at in range(300)]
    shown = page(reviewer, build.dream(cast.store, dropped=dropped))
    assert f"{report.MOST_DROPPED - report.SHOWN_DROPPED} more</summary>" in shown
    assert "and 100 more" in shown


# What was asked


def test_instructions_and_who_gave_them_are_on_the_page(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store, instructions="focus: <refunds>", started_by=cast.lead)
    assert "Lena asked: “focus: &lt;refunds&gt;”" in page(reviewer, dream)


def test_notes_say_what_became_of_them(cast: Cast, reviewer: Client):
    asked = {"proposal": "P-12", "words": "Too <broad>.", "reference": ""}
    dream = build.dream(cast.store, requests=[{**asked, "outcome": "Filed anew as P-20."}])
    shown = page(reviewer, dream)
    assert "was sent back: “Too &lt;broad&gt;.”" in shown
    assert "Filed anew as P-20." in shown
    assert "/review/P-12/" in shown


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("running", "The answer comes when the dream has ended."),
        ("failed", "Not answered: the dream came to no end."),
    ],
)
def test_a_note_without_an_answer_says_so(cast: Cast, reviewer: Client, state: str, words: str):
    asked = {"proposal": "P-12", "words": "Too broad.", "outcome": "", "reference": ""}
    assert words in page(reviewer, build.dream(cast.store, state, requests=[asked]))


def test_the_answer_is_on_the_proposals_page_as_well(cast: Cast, reviewer: Client):
    nights.sessions(cast.agent)
    (proposal,) = nights.filed_by(nights.dreamt(cast.store, "local"))
    shown = decisions.Shown(1, "pending")
    by = nights.member(cast, cast.reviewer)
    decisions.request_changes(proposal, by=by, shown=shown, reason="Too broad.")
    dream = nights.dreamt(cast.store, "local")
    words = reviewer.get(f"/w/northwind/review/{proposal}/").content.decode()
    assert f"{dream} answers: Still seen (4 sessions), unchanged" in words


# What it read


def test_it_says_what_was_read_and_what_was_left_out(cast: Cast, reviewer: Client):
    other = build.agent(cast.workspace, "billing")
    for at, agent in enumerate((cast.agent, other, other), start=3):
        build.session(agent, started_at=datetime(2026, 11, at, tzinfo=UTC), verdict=Verdict.SUCCESS)
    build.session(other, not_agent_fault="The desk was closed.")
    dream = queue_dream(cast.shared_store, Wish(engine="local"))
    run_dream(dream)
    shown = page(reviewer, nights.fresh(dream))
    assert "3 read, of 2 agents" in shown
    assert "3 Nov to 5 Nov" in shown
    assert "1 failed for reasons outside the agent" in shown
    assert "3 of 3" in shown


def test_it_is_told_in_short_first(cast: Cast, reviewer: Client, seat: Seated):
    seen = nights.sessions(cast.agent)
    few = nights.wish(seen[:2], "Ring the desk")
    lost = Dropped("Ask nobody.", "Its words stand in a tool's result.")
    seat(FakeEngine((nights.wish(seen), few), dropped=(lost,)))
    shown = page(reviewer, nights.dreamt(cast.store))
    assert (
        "It read 4 sessions. It proposed 1 change, saw 1 that it does not propose and dropped 1."
        in shown
    )


# Changes to memory itself


def change(**fields: Any) -> dict[str, Any]:
    values = {
        "op": "merge",
        "path": "/a.md",
        "merged": ["/b.md"],
        "title": "Fold identical memories into one",
        "content": "A.\n",
        "rationale": "/b.md and /a.md say the same.",
        "pattern": None,
    }
    return {"status": "filed", "reference": "", "change": {**values, **fields}}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "Merge"),
        ({"content": f"{UNSETTLED}\n\n- 10.\n- 30.\n"}, "Contradiction"),
        ({"op": "retire", "merged": []}, "Retire"),
        ({"op": "update", "merged": []}, "Update"),
        ({"op": "create", "merged": []}, "New"),
    ],
)
def test_changes_to_memory_say_their_kind_and_why(
    cast: Cast, reviewer: Client, fields: dict[str, Any], kind: str
):
    dream = build.dream(cast.store, proposed=[change(**fields)])
    shown = page(reviewer, dream)
    assert f'<span class="chip">{kind}</span>' in shown
    assert "/b.md and /a.md say the same." in shown


def test_a_change_leads_to_its_proposal(cast: Cast, reviewer: Client):
    dream = build.dream(cast.store, proposed=[change()])
    Proposal.objects.filter(
        pk=build.proposal(cast.store, path="/a.md", origin_id=str(dream)).pk
    ).update(origin_id=str(dream))
    proposal = Proposal.objects.get()
    assert f">{proposal}</a> waits for a reviewer" in page(reviewer, dream)


# Ends


@pytest.mark.parametrize(
    ("state", "failure", "title"),
    [
        ("completed", "Nothing to change: no pattern had enough support.", "Nothing to change"),
        ("skipped", "There are no sessions to read yet.", "Nothing was read"),
        ("cancelled", "Cancelled; nothing was filed.", "Nothing was found"),
        ("failed", "The engine could not be reached.", "Nothing was found"),
    ],
)
def test_a_dream_without_patterns_says_why_once(
    cast: Cast, reviewer: Client, state: str, failure: str, title: str
):
    shown = page(reviewer, build.dream(cast.store, state, failure=failure))
    assert title in shown
    assert shown.count(failure) == 1


def test_a_partial_dream_says_what_is_missing_beside_what_it_found(cast: Cast, reviewer: Client):
    words = "1 session was not analysed; they are listed below."
    dream = build.dream(cast.store, "partial", failure=words)
    pattern(dream)
    shown = page(reviewer, dream)
    assert words in shown
    assert "cancel_order: order is shipped 1" in shown
