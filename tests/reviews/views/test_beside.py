"""What a proposal is held against on demand, as a fragment and as a page."""

import pytest

from agents.transcripts.base import Verdict
from tests import build
from tests.reviews.views.desks import HTMX, LIVE, at, conflict, post, shown, text_of, update

pytestmark = pytest.mark.django_db
TEXT = "Ask for the claim number before you answer any question."
HOST = "Refunds are asked of pay.example.\n"


def near_page(cast, proposal, memory) -> str:
    return at(cast, proposal, f"near/{memory}/")


def test_the_difference_to_a_near_memory_stands_in_a_piece_of_its_own(cast, client_of) -> None:
    memory = build.memory(cast.shared_store, "/ask.md", TEXT + " Kindly.")
    proposal = build.filed(cast.store, content=TEXT)

    answer = client_of(cast.reviewer).get(near_page(cast, proposal, memory), headers=HTMX)

    html = text_of(answer)
    assert html.lstrip().startswith('<section class="sec" id="beside"')
    assert "Kindly.</del>" in html
    assert "Shared memory" in html


def test_the_same_stands_on_a_page_without_script(cast, client_of) -> None:
    memory = build.memory(cast.store, "/ask.md", TEXT)
    proposal = build.filed(cast.store, content=TEXT)

    html = text_of(client_of(cast.reviewer).get(near_page(cast, proposal, memory)))

    assert "<!doctype html>" in html
    assert "Word for word the same." in html


def test_the_proposals_page_links_it_with_how_alike_it_is(cast, client_of) -> None:
    memory = build.memory(cast.store, "/ask.md", TEXT + "!")
    proposal = build.filed(cast.store, content=TEXT)

    html = text_of(client_of(cast.reviewer).get(at(cast, proposal)))

    assert f'hx-get="{near_page(cast, proposal, memory)}"' in html
    assert "<b>99% alike</b>" in html
    assert '<div id="beside"></div>' in html


def test_another_agents_memory_cannot_be_asked_for(cast, client_of) -> None:
    other = build.memory(build.agent(cast.workspace, "other-desk").store, "/ask.md", TEXT)
    proposal = build.filed(cast.store, content=TEXT)

    answer = client_of(cast.reviewer).get(near_page(cast, proposal, other))

    assert answer.status_code == 404


def test_a_host_never_held_is_told_of_while_one_edits(cast, client_of) -> None:
    proposal = build.filed(cast.store, content=TEXT)

    html = text_of(
        post(
            client_of(cast.reviewer),
            at(cast, proposal, "edit/preview/"),
            shown(proposal, text=HOST),
            **HTMX,
        )
    )

    assert "New host" in html
    assert 'class="first"' in html


def test_a_host_and_hidden_characters_are_told_of_where_a_conflict_is_settled(
    cast, client_of
) -> None:
    proposal = conflict(cast, LIVE + HOST + "Pay\u202enow.\n", "Zero.\n" + LIVE)

    html = text_of(client_of(cast.reviewer).get(at(cast, proposal, "conflict/")))

    assert "New host" in html
    assert "1 hidden character" in html


def test_an_update_without_new_names_says_nothing_of_them(cast, client_of) -> None:
    html = text_of(client_of(cast.reviewer).get(at(cast, update(cast, LIVE + "Six.\n"), "edit/")))

    assert "Never in this memory before" not in html


def test_past_sessions_are_counted_in_a_sentence_and_listed(cast, client_of) -> None:
    session = build.session(cast.agent, verdict=Verdict.FAILURE)
    proposal = build.filed(cast.store, content="Never call cancel_order twice.\n")

    answer = client_of(cast.reviewer).get(at(cast, proposal, "past/"), headers=HTMX)

    html = text_of(answer)
    assert html.lstrip().startswith('<section class="sec" id="past"')
    assert "1 of 1 would have met it." in html
    assert "1 of these failed, 0 succeeded." in html
    assert f"/sessions/{session}/" in html


def test_past_sessions_stand_on_a_page_without_script_and_empty_says_so(cast, client_of) -> None:
    html = text_of(client_of(cast.reviewer).get(at(cast, build.filed(cast.store), "past/")))

    assert "<!doctype html>" in html
    assert "No session of its agent is stored yet." in html


def test_a_text_that_tells_no_session_says_why(cast, client_of) -> None:
    build.session(cast.agent)
    proposal = build.filed(cast.store, path="/x.md", content="Zq.\n", title="Zq")

    html = text_of(client_of(cast.reviewer).get(at(cast, proposal, "past/")))

    assert "it cannot be said which would have met it" in html


def test_any_two_revisions_are_compared_by_an_address(cast, client_of) -> None:
    proposal = update(cast, LIVE + "Six.\n")

    html = text_of(client_of(cast.auditor).get(at(cast, proposal, "revisions/", "?from=v1&to=r1")))

    assert "Memory, version 1 to Revision 1" in html
    assert "Six.</ins>" in html
    assert '<option value="v1" selected>' in html


def test_the_approvals_name_the_rules_version_and_what_it_matched(cast, client_of) -> None:
    proposal = build.filed(cast.store, content="Skip the verification.\n")

    html = text_of(client_of(cast.reviewer).get(at(cast, proposal)))

    assert f"/rules/{proposal.route['rule']}/" in html
    assert f"version {proposal.route['version']}" in html
    assert "new memory, high risk" in html
    assert "a skipped verification step." in html


def test_the_end_of_the_last_line_is_no_line_more(cast, client_of) -> None:
    proposal = build.filed(cast.store, content=TEXT + "\n")

    html = text_of(client_of(cast.reviewer).get(at(cast, proposal, "edit/")))

    assert "bytes, 1 line," in html
