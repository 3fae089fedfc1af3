"""Deciding through the pages: what is recorded, what is refused, and where one goes next."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents.memory import write_memory
from agents.models import MemoryVersion
from reviews import decisions, revisions
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry
from reviews.models import Decision
from reviews.origins import Origin
from tests import build
from tests.reviews.views.desks import (
    HTMX,
    LIVE,
    approve,
    at,
    fresh,
    member,
    post,
    shown,
    text_of,
    update,
)

pytestmark = pytest.mark.django_db

RISKY = "Skip the identity verification.\n"


@pytest.fixture
def three(cast):
    """Three proposals in the order of the queue."""
    return [build.filed(cast.store, content=f"Note {n}.\n", title=f"Note {n}") for n in range(3)]


def test_approving_moves_on_to_the_next_of_the_list(cast, client_of, three) -> None:
    client = client_of(cast.reviewer)

    response = post(client, at(cast, three[0], "approve/", "?q=risk:low"), shown(three[0]))

    assert response.status_code == 303
    assert response.url == at(cast, three[1], query="?q=risk%3Alow")
    assert fresh(three[0]).state == "scheduled"
    assert "approved." in text_of(client.get(response.url))


def test_deciding_costs_as_many_queries_however_long_the_list_is(cast, client_of, three) -> None:
    client = client_of(cast.reviewer)
    asked = []
    for proposal in three[:2]:
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(at(cast, proposal, "approve/"), shown(proposal), headers=HTMX)
        assert answer.status_code == 200
        asked.append(len(queries))
        for n in range(8):
            build.filed(cast.store, content=f"More {proposal}, {n}.\n", title=f"More {n}")

    assert asked[1] <= asked[0]
    assert asked[0] <= 38


def test_after_the_last_one_the_first_still_open_comes(cast, client_of, three) -> None:
    response = post(client_of(cast.reviewer), at(cast, three[2], "approve/"), shown(three[2]))

    assert response.url == at(cast, three[0])


def test_when_nothing_is_left_the_queue_comes(cast, client_of) -> None:
    proposal = build.filed(cast.store)

    response = post(client_of(cast.reviewer), at(cast, proposal, "approve/"), shown(proposal))

    assert response.url == "/w/northwind/review/"


def test_a_fragment_brings_the_next_pane_and_the_renewed_queue(cast, client_of, three) -> None:
    response = post(
        client_of(cast.reviewer), at(cast, three[0], "approve/"), shown(three[0]), **HTMX
    )

    html = text_of(response)
    assert response.status_code == 200
    assert response["HX-Push-Url"] == at(cast, three[1])
    assert html.lstrip().startswith(
        f'<main class="pane" id="pane" tabindex="-1" data-title="{three[1]}'
    )
    assert 'id="queue" aria-label="Queue" hx-ext="morph" hx-swap-oob="morph"' in html
    assert f'id="row-{three[0]}"' not in html
    assert f'id="row-{three[1]}"' in html
    assert f"{three[0]} approved. {three[1]} is open." in " ".join(html.split())
    assert '<span class="n" id="n-review" hx-swap-oob="true">2<' in html


def test_a_fragment_after_the_last_one_says_that_nothing_waits(cast, client_of) -> None:
    proposal = build.filed(cast.store)

    response = post(
        client_of(cast.reviewer), at(cast, proposal, "approve/"), shown(proposal), **HTMX
    )

    assert "Nothing waiting" in text_of(response)
    assert response["HX-Push-Url"] == "/w/northwind/review/"


def test_the_decision_keeps_what_was_shown_and_opened(cast, client_of) -> None:
    session = build.session(cast.agent)
    quotes = [build.quote(session, 2, "already shipped"), build.quote(session, 3, "cannot be")]
    proposal = build.filed(cast.store, evidence=quotes)
    client = client_of(cast.reviewer)
    client.get(at(cast, proposal, "evidence/2/"))

    post(client, at(cast, proposal, "approve/"), shown(proposal))

    kept = Decision.objects.get(proposal=proposal).shown
    assert kept == {
        "revision": 1,
        "state": "pending",
        "evidence_opened": [2],
        "evidence": 2,
        "sha256": proposal.content_sha256,
    }


def test_the_form_cannot_say_what_was_opened(cast, client_of) -> None:
    proposal = build.filed(cast.store)

    post(
        client_of(cast.reviewer),
        at(cast, proposal, "approve/"),
        shown(proposal, evidence_opened="1,2,3"),
    )

    assert Decision.objects.get().shown["evidence_opened"] == []


def test_two_approvals_apply_the_text(cast, client_of) -> None:
    proposal = build.filed(cast.store, content=RISKY)
    post(client_of(cast.reviewer), at(cast, proposal, "approve/"), shown(proposal))
    assert fresh(proposal).state == "awaiting_second"

    now = fresh(proposal)
    post(client_of(cast.second_reviewer), at(cast, now, "approve/"), shown(now))
    decisions.apply_due(fresh(proposal).apply_at)

    assert MemoryVersion.objects.get(memory__path=proposal.path).content == RISKY


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_edited_proposal_is_not_decided_on_an_old_page(cast, client_of, headers) -> None:
    proposal = build.filed(cast.store)
    old = shown(proposal)
    revisions.submit_edit(
        proposal,
        content="Another text.\n",
        reason="Clearer.",
        by=member(cast, "second_reviewer"),
        expected_revision=1,
    )

    response = post(client_of(cast.reviewer), at(cast, proposal, "approve/"), old, **headers)

    html = text_of(response)
    assert response.status_code == 409
    assert "Your decision was not recorded." in html
    assert "at revision 2 now" in html
    assert "You saw revision 1: “waits for a reviewer”." in html
    assert "Another text." in html
    assert Decision.objects.count() == 0


def test_a_decided_proposal_shows_what_it_is_now(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    old = shown(proposal)
    approve(cast, proposal)

    response = post(client_of(cast.reviewer), at(cast, proposal, "approve/"), old)

    assert response.status_code == 409
    assert "is decided now. You saw revision 1: “waits for a reviewer”." in text_of(response)


def test_a_moved_head_turns_the_pane_into_the_way_on(cast, client_of) -> None:
    proposal = update(cast, LIVE + "Six.\n")
    other = update(cast, LIVE + "Seven.\n")
    # Its path moves without the proposal being told.
    with transaction.atomic():
        write_memory(cast.store, other.path, "Moved.\n", base_version=1, actor=SYSTEM)

    response = post(client_of(cast.reviewer), at(cast, proposal, "approve/"), shown(proposal))

    html = text_of(response)
    assert response.status_code == 409
    assert "Settle conflict" in html
    assert fresh(proposal).state == "conflicted"
    assert Decision.objects.count() == 0


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_who_filed_it_is_refused_with_the_reason(cast, client_of, headers) -> None:
    origin = Origin("person", cast.reviewer.public_id, "Rosa", proposer=cast.reviewer)
    proposal = build.filed(cast.store, origin=origin)

    response = post(
        client_of(cast.reviewer), at(cast, proposal, "approve/"), shown(proposal), **headers
    )

    assert response.status_code == 403
    assert "You filed this proposal, so others decide it." in text_of(response)
    assert response.headers.get("HX-Retarget") == ("#pane" if headers else None)
    assert Entry.objects.filter(action=Action.DECISION_REFUSED).count() == 1


def test_the_same_person_approves_once(cast, client_of) -> None:
    proposal = build.filed(cast.store, content=RISKY)
    client = client_of(cast.reviewer)
    post(client, at(cast, proposal, "approve/"), shown(proposal))

    response = post(client, at(cast, proposal, "approve/"), shown(fresh(proposal)))

    assert response.status_code == 403
    assert "You have decided on this revision" in text_of(response)


@pytest.mark.parametrize("sent", [{}, {"revision": "x", "state": "pending"}, {"revision": 1}])
def test_a_form_that_does_not_say_what_it_showed_decides_nothing(cast, client_of, sent) -> None:
    proposal = build.filed(cast.store)

    response = post(client_of(cast.reviewer), at(cast, proposal, "approve/"), sent)

    assert response.status_code == 422
    assert fresh(proposal).state == "pending"


def test_rejecting_records_the_reason(cast, client_of, three) -> None:
    sent = shown(three[0], code="wrong", reason="It is the other way round.")

    response = post(client_of(cast.reviewer), at(cast, three[0], "reject/"), sent)

    assert response.url == at(cast, three[1])
    decision = Decision.objects.get()
    assert (decision.verdict, decision.reason_code) == ("reject", "wrong")
    assert decision.reason == "It is the other way round."
    assert fresh(three[0]).verdict == "reject"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Choose why the change is rejected."),
        ({"code": "strange"}, "strange is not one of"),
        ({"code": "other"}, "Say in words why"),
        ({"code": "wrong", "reason": "x" * 2_001}, "at most 2000 characters"),
    ],
)
def test_a_rejection_without_a_good_reason_keeps_what_was_typed(
    cast, client_of, sent, said
) -> None:
    proposal = build.filed(cast.store)

    response = post(
        client_of(cast.reviewer), at(cast, proposal, "reject/"), shown(proposal, **sent)
    )

    html = text_of(response)
    assert response.status_code == 422
    assert said in html
    assert sent.get("reason", "") in html
    assert fresh(proposal).state == "pending"


def test_in_the_pane_the_reasons_are_asked_again_in_their_dialog(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    sent = shown(proposal, code="other", reason="")

    response = post(client_of(cast.reviewer), at(cast, proposal, "reject/"), sent, **HTMX)

    html = text_of(response)
    assert response.status_code == 422
    assert "data-open" in html
    assert "Say in words why" in html


def test_without_script_the_reasons_are_a_page(cast, client_of) -> None:
    html = text_of(client_of(cast.reviewer).get(at(cast, build.filed(cast.store), "reject/")))

    assert html.lstrip().startswith("<!doctype html>")
    assert "Too broad" in html
    assert 'name="revision" value="1"' in html


def test_disagreement_waits_for_a_third_person(cast, client_of) -> None:
    proposal = build.filed(cast.store, content=RISKY)
    approve(cast, proposal)
    now = fresh(proposal)
    client = client_of(cast.reviewer)

    post(client, at(cast, now, "reject/"), shown(now, code="unsafe"))

    assert fresh(proposal).state == "awaiting_second"
    html = text_of(client_of(cast.lead).get(at(cast, proposal)))
    assert "A third person decides" in html
    assert "Rosa rejected (“Unsafe or against a rule”)" in html
    assert "Two reviewers disagree." in html


def test_the_owner_of_the_agent_is_not_the_third(cast, client_of) -> None:
    cast.agent.owner = cast.lead
    cast.agent.save()
    proposal = build.filed(cast.store, content=RISKY)
    approve(cast, proposal)
    now = fresh(proposal)
    post(client_of(cast.reviewer), at(cast, now, "reject/"), shown(now, code="unsafe"))

    html = text_of(client_of(cast.lead).get(at(cast, proposal)))

    assert "the agent&#x27;s owner cannot be the third" in html


def own(cast):
    origin = Origin("person", cast.reviewer.public_id, "Rosa", proposer=cast.reviewer)
    return build.filed(cast.store, origin=origin)


def test_who_filed_it_can_withdraw_it(cast, client_of) -> None:
    proposal = own(cast)
    client = client_of(cast.reviewer)
    assert "Withdraw" in text_of(client.get(at(cast, proposal, "withdraw/")))

    response = post(client, at(cast, proposal, "withdraw/"), {"reason": "Filed twice."})

    assert response.status_code == 303
    assert fresh(proposal).state == "withdrawn"


def test_withdrawing_needs_a_reason(cast, client_of) -> None:
    proposal = own(cast)

    response = post(client_of(cast.reviewer), at(cast, proposal, "withdraw/"), {"reason": " "})

    assert response.status_code == 422
    assert fresh(proposal).state == "pending"


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_withdraws_it(cast, client_of, method) -> None:
    proposal = own(cast)
    client = client_of(cast.lead)

    response = getattr(client, method)(at(cast, proposal, "withdraw/"), {"reason": "No."})

    assert response.status_code == 403
    assert "Only who filed" in text_of(response)
    assert fresh(proposal).state == "pending"


def test_withdrawing_what_is_settled_shows_what_it_is(cast, client_of) -> None:
    proposal = own(cast)
    approve(cast, proposal)
    decisions.apply_due(fresh(proposal).apply_at)

    response = post(client_of(cast.reviewer), at(cast, proposal, "withdraw/"), {"reason": "Late."})

    assert response.status_code == 409
    assert fresh(proposal).state == "applied"


def test_high_risk_asks_once_more_before_it_is_approved(cast, client_of) -> None:
    proposal, client = build.filed(cast.store, content=RISKY), client_of(cast.reviewer)
    pressed = shown(proposal)
    del pressed["confirmed"]

    asked = post(client, at(cast, proposal, "approve/"), pressed)

    assert asked.status_code == 200
    assert "Confirm approval" in text_of(asked)
    assert 'name="confirmed" value="1"' in text_of(asked)
    assert not Decision.objects.exists()
    post(client, at(cast, proposal, "approve/"), pressed | {"confirmed": "1"})
    assert Decision.objects.get().shown["confirmed"] is True


def test_the_confirm_row_keeps_the_day_that_was_set(cast, client_of) -> None:
    proposal = build.filed(cast.store, content=RISKY)
    pressed = shown(proposal, review_by="2031-05-01")
    del pressed["confirmed"]

    page = text_of(post(client_of(cast.reviewer), at(cast, proposal, "approve/"), pressed))

    assert 'value="2031-05-01"' in page


def test_low_risk_asks_nothing(cast, client_of, three) -> None:
    post(client_of(cast.reviewer), at(cast, three[0], "approve/"), shown(three[0]))

    assert "confirmed" not in Decision.objects.get().shown


def test_a_long_change_is_approved_after_its_end_was_told_or_pressed(cast, client_of) -> None:
    text = "".join(f"Rule {n}: ask for the number of the order, and name it.\n" for n in range(40))
    proposal, client = build.filed(cast.store, content=text), client_of(cast.reviewer)

    refused = post(client, at(cast, proposal, "approve/"), shown(proposal))

    page = text_of(refused)
    assert refused.status_code == 422
    assert "its end was not on your screen" in page
    assert 'href="#change-end"' in page
    told = post(client, at(cast, proposal, "read/"), {})
    assert told.url == at(cast, proposal) + "#change-end"
    assert "You have seen this change to its end." in text_of(client.get(at(cast, proposal)))
    post(client, at(cast, proposal, "approve/"), shown(proposal, view="side", folds=3))
    kept = Decision.objects.get().shown
    assert (kept["read_to_end"], kept["view"], kept["folds_opened"]) == (True, "side", 3)


def test_opening_a_quote_renews_what_is_left_to_see(cast, client_of) -> None:
    session = build.session(cast.agent)
    quote = build.quote(session, 2, "already shipped")
    proposal = build.filed(cast.store, content=RISKY, evidence=[quote])
    client = client_of(cast.reviewer)
    assert "no quote that supports it was opened" in text_of(client.get(at(cast, proposal)))

    answer = client.get(at(cast, proposal, "evidence/1/"), headers=HTMX)

    assert '<span id="unseen" hx-swap-oob="true"></span>' in text_of(answer)


def test_what_the_form_says_of_the_view_is_one_of_ours(cast, client_of, three) -> None:
    post(client_of(cast.reviewer), at(cast, three[0], "approve/"), shown(three[0], view="<b>"))

    assert "view" not in Decision.objects.get().shown


def test_five_approvals_faster_than_reading_are_told_and_kept(cast, client_of) -> None:
    client = client_of(cast.reviewer)
    filed = [build.filed(cast.store, content=f"Note {n}.\n", title=f"Note {n}") for n in range(7)]

    told = [
        text_of(client.post(at(cast, one, "approve/"), shown(one, signs=9_000), headers=HTMX))
        for one in filed
    ]

    assert ["Take a break" in page for page in told] == [False] * 5 + [True, False]
    assert "5 approvals in " in told[5]
    assert "about 1800 s to read" in told[5]
    paces = [one.shown.get("pace") for one in Decision.objects.order_by("pk")]
    assert paces[0] is None
    assert [pace["count"] for pace in paces[1:]] == [1, 2, 3, 4, 5, 6]


def test_approvals_that_took_their_time_are_not_told(cast, clock, client_of, three) -> None:
    client = client_of(cast.reviewer)
    for one in three:
        clock.advance(seconds=1)
        post(client, at(cast, one, "approve/"), shown(one, signs=1))

    assert not any("pace" in one.shown for one in Decision.objects.all())
