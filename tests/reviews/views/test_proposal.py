"""The proposal page: what is said, in which order, to whom, and what opening a quote records."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.changes import Op, PatternFacts, Relation, Trust
from reviews.models import OriginKind
from reviews.origins import Origin
from tests import build
from tests.reviews.views.desks import HTMX, LIVE, approve, at, text_of, update

pytestmark = pytest.mark.django_db

NUMBERS = {
    "sessions": 6,
    "of": 40,
    "tasks": 5,
    "people": 3,
    "agents": 1,
    "failed_with": 5,
    "known_with": 6,
    "failed_without": 8,
    "known_without": 34,
    "effect": "0.5000",
    "strata": 4,
    "q": "0.012000",
    "tested": 44,
}
TOLD = ["Seen in 6 of 40 sessions, 3 people.", "Chance is an unlikely explanation."]


def show(client, cast, proposal, query: str = "", **headers) -> str:
    response = client.get(at(cast, proposal, query=query), headers=headers)
    assert response.status_code == 200
    return text_of(response)


def quoted(cast, **facts):
    """A proposal with one quote from the second turn of a session."""
    session = build.session(cast.agent, **facts.pop("session", {}))
    quote = build.quote(session, 2, "already shipped")
    return build.filed(cast.store, evidence=[quote], **facts)


def patterned(cast, sentences=(), **numbers):
    found = build.filed(
        cast.store, pattern=PatternFacts("mistake", "key", "s", "outcome", NUMBERS | numbers)
    )
    found.pattern_sentences = list(sentences)
    found.save()
    return found


def test_the_head_says_when_a_decision_is_due(cast, client_of, clock) -> None:
    proposal = build.filed(cast.store)

    assert "Due in 7 d" in show(client_of(cast.reviewer), cast, proposal)
    clock.advance(days=7, hours=3)
    assert '<span class="dot bad">Late by 3 h</span>' in show(
        client_of(cast.reviewer), cast, proposal
    )


def test_what_is_settled_has_no_due_time_any_more(cast, client_of, clock) -> None:
    proposal = build.proposal(cast.store, "applied", due_at=clock())

    assert "Late by" not in show(client_of(cast.reviewer), cast, proposal)


def test_what_is_judged_stands_in_reading_order(cast, client_of) -> None:
    html = show(client_of(cast.reviewer), cast, quoted(cast))

    places = [html.index(part) for part in ('id="why"', 'id="chg"', "Evidence</h2>", 'id="needs"')]
    assert places == sorted(places)
    assert html.index("Evidence</h2>") < html.index("Approve change")


def test_the_fragment_is_the_pane_of_the_page(cast, client_of) -> None:
    proposal = quoted(cast)
    client = client_of(cast.reviewer)

    whole, pane = show(client, cast, proposal), show(client, cast, proposal, **HTMX)

    assert pane.lstrip().startswith('<main class="pane" id="pane"')
    assert 'id="queue"' in whole
    assert 'id="queue"' not in pane
    start = whole.index('<main class="pane"')
    assert "".join(pane.split())[:400] == "".join(whole[start:].split())[:400]


def test_back_in_the_browser_gets_the_whole_page(cast, client_of) -> None:
    html = show(
        client_of(cast.reviewer),
        cast,
        quoted(cast),
        **HTMX,
        **{"HX-History-Restore-Request": "true"},
    )

    assert html.lstrip().startswith("<!doctype html>")


def test_plain_sentences_come_first_and_the_numbers_on_demand(cast, client_of) -> None:
    html = show(client_of(cast.reviewer), cast, patterned(cast, TOLD))

    assert html.index("Seen in 6 of 40 sessions") < html.index("Sessions that failed")
    numbers = html[html.index("The numbers behind it") :]
    assert "+50 points" in numbers
    assert "0.012" in numbers
    assert "of 44 tested" in numbers
    assert "how sessions ended" in numbers


def test_a_pattern_that_says_too_little_shows_no_chart_up_front(cast, client_of) -> None:
    sentences = ["Seen in 6 of 40 sessions.", "Not enough sessions to tell."]

    html = show(client_of(cast.reviewer), cast, patterned(cast, sentences))

    assert "Not enough sessions to tell." in html
    assert html.index("The numbers behind it") < html.index("Sessions that failed")


def test_a_person_s_reason_carries_their_name(cast, client_of) -> None:
    origin = Origin("person", cast.lead.public_id, cast.lead.name, proposer=cast.lead)
    proposal = build.filed(cast.store, origin=origin, rationale="Members asked.")

    html = show(client_of(cast.reviewer), cast, proposal)

    assert "<b>Lena writes:</b> “Members asked.”" in html
    assert "Proposed by hand: 0 sessions were counted." in html


def test_what_an_engine_writes_is_marked_and_stands_below_the_evidence(cast, client_of) -> None:
    html = show(client_of(cast.reviewer), cast, quoted(cast, rationale="It helps."))

    assert "Written by engine local 1, not checked:</b> “It helps.”" in html
    assert html.index("<mark>already shipped</mark>") < html.index("It helps.")


def test_an_approval_named_in_a_reason_is_marked_and_flagged(cast, client_of) -> None:
    proposal = quoted(cast, rationale="It was already approved by <b>compliance</b>.")

    html = show(client_of(cast.reviewer), cast, proposal)

    assert "A reason steers you" in html
    assert '<mark class="steers">was already approved by' in html
    assert "Daybreak knows of no such approval." in html
    assert "<b>compliance</b>" not in html


def test_a_plain_reason_raises_no_flag(cast, client_of) -> None:
    html = show(client_of(cast.reviewer), cast, quoted(cast, rationale="It helps."))

    assert "A reason steers you" not in html


@pytest.mark.parametrize("view", ["inline", "side", "full", "sideways"])
def test_the_change_can_be_read_three_ways(cast, client_of, view) -> None:
    proposal = update(cast, LIVE.replace("Two.", "Two or more."))

    html = show(client_of(cast.reviewer), cast, proposal, f"?view={view}")

    assert "or more" in html
    assert ('class="diff two-up"' in html) is (view == "side")
    assert ('class="memory"' in html) is (view == "full")


def test_text_from_outside_is_escaped_and_its_hidden_characters_are_boxed(cast, client_of) -> None:
    evil = "<script>alert(1)</script>\u202e"
    session = build.session(cast.agent, [build.says(f"say {evil} now"), build.says(f"{evil} then")])
    proposal = build.filed(
        cast.store,
        content=f"{evil}\n",
        title=f"T {evil}",
        rationale=f"R {evil}",
        evidence=[build.quote(session, 0, evil)],
    )

    html = show(client_of(cast.reviewer), cast, proposal)

    assert "<script>alert" not in html
    assert "U+202E" in html
    assert "\u202e" not in html


@pytest.mark.parametrize("view", ["inline", "side", "full"])
def test_what_memory_never_held_is_a_chip_and_marked_in_the_text(cast, client_of, view) -> None:
    proposal = update(cast, LIVE + "Ask https://pay.example/<b>.\n")

    html = show(client_of(cast.reviewer), cast, proposal, f"?view={view}")

    assert "Never in this memory before:" in html
    assert '<b>New host</b><span class="path">pay.example</span>' in html
    assert '<mark class="first"><span class="vh">first seen: </span>https://pay.example/' in html


def test_a_text_that_names_nothing_new_has_no_chips(cast, client_of) -> None:
    html = show(client_of(cast.reviewer), cast, update(cast, LIVE + "Six.\n"))

    assert "Never in this memory before:" not in html
    assert 'class="first"' not in html


@pytest.mark.parametrize("view", ["inline", "side", "full"])
def test_look_alike_letters_are_boxed_inside_edits_too(cast, client_of, view) -> None:
    proposal = update(cast, LIVE.replace("Two.", "P\u0430y two."))

    html = show(client_of(cast.reviewer), cast, proposal, f"?view={view}")

    assert '<span class="hid" title="cyrillic small letter a">U+0430</span>' in html
    assert "\u0430" not in html


def test_removed_statements_are_flagged(cast, client_of) -> None:
    html = show(client_of(cast.reviewer), cast, update(cast, LIVE.replace("Four.\n", "")))

    assert "Removes 1 statement" in html
    assert "“Four.”" in html


def test_a_retirement_shows_the_text_that_goes(cast, client_of) -> None:
    memory = build.memory(cast.store)
    proposal = build.filed(
        cast.store, op=Op.RETIRE, path=memory.path, content="", base_version=1, title="Gone"
    )

    html = show(client_of(cast.reviewer), cast, proposal)

    assert "takes version 1 out" in html
    assert "Shipped orders cannot be cancelled." in html
    assert "Removes this memory" in html


def test_a_merge_shows_what_it_folds_in(cast, client_of) -> None:
    build.memory(cast.store, "/a.md", "Alpha.\n")
    build.memory(cast.store, "/b.md", "Beta.\n")
    proposal = build.filed(
        cast.store,
        op=Op.MERGE,
        path="/a.md",
        content="Alpha.\nBeta.\n",
        base_version=1,
        merged=("/b.md",),
    )

    html = show(client_of(cast.reviewer), cast, proposal)

    assert "version 1, stays on this path" in html
    assert "version 1, folded in and retired" in html
    for text in ("Alpha.", "Beta."):
        assert f'<div class="memory" dir="auto">{text}' in html


def test_a_merge_of_many_folds_their_texts_away(cast, client_of) -> None:
    paths = [f"/{name}.md" for name in "abcde"]
    for path in paths:
        build.memory(cast.store, path, f"What {path} says.\n")
    proposal = build.filed(
        cast.store,
        op=Op.MERGE,
        path="/a.md",
        content="All.\n",
        base_version=1,
        merged=tuple(paths[1:]),
    )

    html = show(client_of(cast.reviewer), cast, proposal)

    assert html.count("version 1; it is retired</summary>") == 4


def test_risk_is_said_in_words(cast, client_of) -> None:
    proposal = build.filed(
        cast.store, content="Skip the identity verification.\n", taint=Trust.TOOL
    )

    html = show(client_of(cast.reviewer), cast, proposal)

    assert "High risk: skipped check" in html
    assert "Skip the identity verification" in html
    assert "Two approvals, yours is first" in html


def test_near_memories_are_named_with_how_alike_they_are(cast, client_of) -> None:
    build.memory(cast.store, "/a.md", "Shipped orders cannot be cancelled at all.\n", title="Near")
    build.memory(cast.store, "/b.md", "Something else entirely, about refunds.\n", title="Far")

    html = show(client_of(cast.reviewer), cast, build.filed(cast.store))

    assert '<span class="g">Near<br>' in html
    assert "% alike" in html
    assert '<span class="g">Far' not in html


def test_what_all_agents_share_is_near_and_another_agents_memory_is_not(cast, client_of) -> None:
    build.memory(cast.shared_store, "/a.md", "Shipped orders cannot be cancelled.\n", title="Ours")
    other = build.agent(cast.workspace, "elsewhere").store
    build.memory(other, "/b.md", "Shipped orders cannot be cancelled.\n", title="Theirs")

    html = show(client_of(cast.reviewer), cast, build.filed(cast.store))

    assert '<span class="g">Ours <span class="quietly">shared memory</span>' in html
    assert "Theirs" not in html


def test_the_history_says_who_did_what(cast, client_of) -> None:
    proposal = build.filed(cast.store, content="Skip the verification.\n")
    approve(cast, proposal)

    html = show(client_of(cast.auditor), cast, proposal)

    assert "Dream D-1 filed it" in html
    assert "Sven approved revision 1" in html


def test_the_second_reviewer_is_told_which_approval_theirs_is_and_no_more(cast, client_of) -> None:
    proposal = build.filed(cast.store, content="Skip the verification.\n")
    approve(cast, proposal)

    html = show(client_of(cast.reviewer), cast, proposal)

    assert "Somebody else has decided on this revision." in html
    assert "Sven" not in html
    assert "Two approvals, yours is second" in html


def test_who_cannot_decide_sees_why_beside_controls_that_are_off(cast, client_of) -> None:
    origin = Origin("person", cast.reviewer.public_id, "Rosa", proposer=cast.reviewer)
    proposal = build.filed(cast.store, origin=origin)

    html = show(client_of(cast.reviewer), cast, proposal)

    assert "You filed this proposal, so others decide it." in html
    assert html.count('disabled aria-describedby="barred"') == 2
    assert "Withdraw" in html
    assert 'id="reject"' not in html


def test_an_auditor_finds_no_controls_in_the_page(cast, client_of) -> None:
    html = show(client_of(cast.auditor), cast, quoted(cast))

    for control in ("Approve change", "Reject", "proposal_edit", "/edit/", 'class="actions"'):
        assert control not in html


def test_a_decided_proposal_has_no_controls(cast, client_of) -> None:
    html = show(client_of(cast.reviewer), cast, build.proposal(cast.store, "applied"))

    assert "Approve change" not in html
    assert "Applied" in html


def test_a_proposal_nobody_can_complete_says_so(cast, client_of) -> None:
    route = {"rule": "r", "version": 1, "needs": [["legal", 1]], "mode": "people", "reasons": []}

    html = show(client_of(cast.reviewer), cast, build.proposal(cast.store, route=route))

    assert "Nobody can complete this" in html
    assert "The approval still needed is one from legal." in html


def test_the_pane_says_where_it_stands_in_the_list(cast, client_of) -> None:
    first = build.proposal(cast.store, content="a\n")
    second = build.proposal(cast.store, content="b\n")
    third = build.proposal(cast.store, content="c\n")

    html = show(client_of(cast.reviewer), cast, second, "?q=risk:low")

    assert "2 of 3" in html
    assert f'/review/{first}/?q=risk%3Alow"' in html
    assert f'/review/{third}/?q=risk%3Alow"' in html


def test_a_proposal_deep_in_the_list_is_seen_in_its_queue(cast, client_of) -> None:
    made = [build.proposal(cast.store, content=f"{n}\n") for n in range(55)]

    html = show(client_of(cast.reviewer), cast, made[-1])

    assert f'id="row-{made[-1]}"' in html
    assert f'id="row-{made[0]}"' not in html


def test_a_proposal_of_another_workspace_is_not_there(cast, client_of) -> None:
    for _ in range(3):
        other = build.proposal(cast.other_agent.store)

    assert client_of(cast.reviewer).get(at(cast, other)).status_code == 404


def test_the_pane_costs_the_same_whatever_it_holds(cast, client_of) -> None:
    client = client_of(cast.reviewer)
    asked = []
    for quotes in (1, 8):
        found = [
            build.quote(build.session(cast.agent), 2, "already shipped") for _ in range(quotes)
        ]
        # Each of a dream of its own: what belongs together is listed, and that is one query more.
        origin = Origin(OriginKind.DREAM, f"D-{quotes}", "A dream")
        proposal = build.filed(cast.store, evidence=found, content=f"{quotes}\n", origin=origin)
        show(client, cast, proposal, **HTMX)
        with CaptureQueriesContext(connection) as queries:
            show(client, cast, proposal, **HTMX)
        asked.append(len(queries))

    assert asked[0] == asked[1]
    assert asked[1] <= 24


# Evidence


def entries_of(proposal) -> list[Entry]:
    return list(
        Entry.objects.filter(object=str(proposal), action=Action.EVIDENCE_OPENED).order_by("pk")
    )


def test_a_quote_stands_in_its_own_turn_from_the_start(cast, client_of) -> None:
    html = show(client_of(cast.reviewer), cast, quoted(cast))

    assert "<mark>already shipped</mark>" in html
    assert "Error: order 1042 is " in html
    assert "Not opened" in html
    assert "0 of 1 opened" in html


def test_a_contradicting_quote_has_the_same_shape(cast, client_of) -> None:
    quote = build.quote(build.session(cast.agent), 2, "already shipped")
    against = replace(quote, relation=Relation.CONTRADICTS)

    html = show(client_of(cast.reviewer), cast, build.filed(cast.store, evidence=[against]))

    assert "Contradicts" in html
    assert "<mark>already shipped</mark>" in html


def test_how_the_session_ended_is_said(cast, client_of) -> None:
    checks = [build.ParsedCheck("refund_paid", False, "nothing was paid")]
    session = {"verdict": build.Verdict.FAILURE, "checks": checks}

    html = show(client_of(cast.reviewer), cast, quoted(cast, session=session))

    assert "The session failed: refund_paid: nothing was paid." in html


def test_opening_a_quote_shows_the_turns_around_it_and_is_recorded(cast, client_of) -> None:
    proposal = quoted(cast)
    client = client_of(cast.reviewer)

    html = text_of(client.get(at(cast, proposal, "evidence/1/"), headers=HTMX))

    assert "Please cancel order 1042." in html
    assert "It is already shipped, so it cannot be cancelled." in html
    assert html.lstrip().startswith('<article class="ev" id="quote-1"')
    assert ">1 of 1 opened<" in html
    [entry] = entries_of(proposal)
    assert entry.actor_id == cast.reviewer.public_id
    assert '"position":1' in entry.body


def test_opening_a_quote_again_writes_nothing(cast, client_of) -> None:
    proposal = quoted(cast)
    client = client_of(cast.reviewer)
    for _ in range(2):
        client.get(at(cast, proposal, "evidence/1/"))

    assert len(entries_of(proposal)) == 1


@pytest.mark.parametrize("header", ["Purpose", "Sec-Purpose"])
def test_what_a_browser_fetches_ahead_was_opened_by_nobody(cast, client_of, header) -> None:
    proposal = quoted(cast)
    client = client_of(cast.reviewer)

    response = client.get(at(cast, proposal, "evidence/1/"), headers={header: "prefetch"})

    assert response.status_code == 200
    assert entries_of(proposal) == []


def test_only_i_opened_what_i_opened(cast, client_of) -> None:
    proposal = quoted(cast)
    client_of(cast.second_reviewer).get(at(cast, proposal, "evidence/1/"))

    assert "Not opened" in show(client_of(cast.reviewer), cast, proposal)
    assert "Not opened" not in show(client_of(cast.second_reviewer), cast, proposal)


def test_without_script_a_quote_opens_as_a_page(cast, client_of) -> None:
    html = text_of(client_of(cast.reviewer).get(at(cast, quoted(cast), "evidence/1/")))

    assert html.lstrip().startswith("<!doctype html>")
    assert "Please cancel order 1042." in html


def test_a_quote_that_is_not_there_is_not_there(cast, client_of) -> None:
    proposal = quoted(cast)

    assert client_of(cast.reviewer).get(at(cast, proposal, "evidence/2/")).status_code == 404
    assert entries_of(proposal) == []


def test_a_quote_in_a_long_turn_is_shown_with_what_stands_around_it(cast, client_of) -> None:
    long = "x" * 5_000 + " the words " + "y" * 5_000
    session = build.session(cast.agent, [build.says(long)])
    proposal = build.filed(cast.store, evidence=[build.quote(session, 0, "the words")])

    html = show(client_of(cast.reviewer), cast, proposal)

    assert "<mark>the words</mark>" in html
    assert "x" * 400 not in html


# Many quotes


def many(cast, count: int = 40):
    """A proposal with so many quotes, of which the last contradicts."""
    session = build.session(cast.agent, [build.says(f"Turn {n} of it.") for n in range(count)])
    found = [build.quote(session, n, f"Turn {n} of") for n in range(count)]
    found[-1] = replace(found[-1], relation=Relation.CONTRADICTS)
    return build.filed(cast.store, evidence=found)


def test_of_many_quotes_the_first_stand_on_the_page_with_all_against(cast, client_of) -> None:
    html = show(client_of(cast.reviewer), cast, many(cast))

    assert html.count('<article class="ev"') == 6
    assert "Contradicts" in html
    assert "Show 34 more quotes" in html
    assert "40 quotes, 1 against" in html


def test_the_other_quotes_come_in_pages(cast, client_of) -> None:
    client, proposal = client_of(cast.reviewer), many(cast)

    first = text_of(client.get(at(cast, proposal, "evidence/?after=6"), headers=HTMX))
    last = text_of(client.get(at(cast, proposal, "evidence/?after=26"), headers=HTMX))

    assert first.count('<article class="ev"') == 20
    assert "Show 14 more quotes" in first
    assert last.count('<article class="ev"') == 14
    assert 'id="more-quotes"' not in last


def test_without_script_the_other_quotes_are_a_page(cast, client_of) -> None:
    html = text_of(client_of(cast.reviewer).get(at(cast, many(cast), "evidence/?after=26&q=x")))

    assert html.lstrip().startswith("<!doctype html>")
    assert html.count('<article class="ev"') == 14


@pytest.mark.parametrize("after", ["", "x", "-3", "9999999", "999"])
def test_a_place_that_is_none_gives_a_page_all_the_same(cast, client_of, after) -> None:
    address = at(cast, many(cast, 3), f"evidence/?after={after}")

    assert client_of(cast.reviewer).get(address).status_code == 200


def test_a_secret_that_was_removed_is_a_block_with_its_kind(cast, client_of) -> None:
    secret = "ghp_" + "a1B2" * 10
    session = build.session(cast.agent, [build.says(f"Use {secret} for the words.")])
    proposal = build.filed(cast.store, evidence=[build.quote(session, 0, "the words")])

    html = show(client_of(cast.reviewer), cast, proposal)

    assert '<span class="gone">GitHub token removed</span>' in html
    assert "[secret removed" not in html


def test_a_quote_leads_to_its_turn_in_the_transcript_it_was_found_in(cast, client_of) -> None:
    session = build.session(cast.agent, external_id="x")
    proposal = build.filed(cast.store, evidence=[build.quote(session, 2, "shipped")])
    address = f"/sessions/{session}/?"

    before = show(client_of(cast.reviewer), cast, proposal)
    build.session(cast.agent, [*build.EVENTS, build.says("Thanks.")], external_id="x")
    after = show(client_of(cast.reviewer), cast, proposal)

    assert f"{address}turn=2#t2" in before
    assert f"{address}revision=1&amp;turn=2#t2" in after
