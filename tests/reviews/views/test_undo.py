"""Undo on the page: offered while the grace lasts, with and without script, and never twice."""

import re

import pytest

from reviews.decisions import apply_due
from reviews.models import Undo
from tests import build
from tests.reviews.views.desks import HTMX, approve, at, fresh, post, shown, text_of

pytestmark = pytest.mark.django_db

SHOWN = {"round": 0, "state": "scheduled"}
OPEN = {"round": 0, "state": "awaiting_second"}


@pytest.fixture(autouse=True)
def ten_seconds(settings, clock):
    settings.GRACE_S = 10
    return clock


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def foot(html: str) -> str:
    found = re.search(r'<div class="queue-foot"[^>]*>.*?</section>', html, re.DOTALL)
    assert found is not None
    return found[0]


def test_after_a_decision_the_queue_and_the_toast_offer_to_undo_it(cast, client_of) -> None:
    first, second = build.filed(cast.store), build.filed(cast.store, content="Two.\n")
    client = client_of(cast.reviewer)

    html = text_of(post(client, at(cast, first, "approve/"), shown(first), **HTMX))

    assert f"Undo {first}, 10 s Z" in plain(foot(html))
    assert html.count(f'action="{at(cast, first, "undo/")}"') == 2
    assert html.count('data-left="10"') == 2
    assert f"{first} approved. Undo {first}" in plain(html)
    assert f"{second} is open." in html


def test_the_offer_stands_on_every_page_of_the_desk_until_it_is_over(cast, client_of, clock):
    first = build.filed(cast.store)
    other = build.filed(cast.store, content="Two.\n")
    approve(cast, first, "reviewer")
    client = client_of(cast.reviewer)
    clock.advance(seconds=3.5)

    assert f"Undo {first}, 7 s" in plain(foot(text_of(client.get("/w/northwind/review/"))))
    assert f"Undo {first}, 7 s" in plain(foot(text_of(client.get(at(cast, other)))))
    others = text_of(client_of(cast.second_reviewer).get("/w/northwind/review/"))
    assert "Undo" not in foot(others)
    apply_due(clock.advance(seconds=7))
    assert "Undo" not in foot(text_of(client.get("/w/northwind/review/")))


def test_without_script_undo_is_a_form_on_the_proposals_page(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    client = client_of(cast.reviewer)
    html = text_of(client.get(at(cast, proposal)))
    assert "Approved, can be undone" in html
    assert "Not carried out yet." in html

    response = post(client, at(cast, proposal, "undo/"), SHOWN)

    assert (response.status_code, response.url) == (303, at(cast, proposal))
    assert fresh(proposal).state == "pending"
    assert "the decision is undone. It waits again." in text_of(client.get(response.url))


def test_in_the_pane_undo_opens_the_proposal_again_with_the_queue(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")

    response = post(
        client_of(cast.reviewer), at(cast, proposal, "undo/", "?q=risk:low"), SHOWN, **HTMX
    )

    html = text_of(response)
    assert response["HX-Push-Url"] == at(cast, proposal, query="?q=risk%3Alow")
    assert f'data-row="row-{proposal}"' in html
    assert f'id="row-{proposal}"' in html
    assert "Your turn" in html
    assert "Undo" not in foot(html)


def test_the_history_tells_of_both(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    client = client_of(cast.reviewer)
    post(client, at(cast, proposal, "undo/"), SHOWN)

    said = plain(text_of(client.get(at(cast, proposal))))

    assert "Rosa approved revision 1" in said
    assert "Rosa undid the decision on revision 1" in said
    assert "Rosa approved this revision" not in said


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_too_late_shows_the_proposal_and_the_way_back(cast, client_of, clock, headers) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    apply_due(clock.advance(seconds=10))

    response = post(client_of(cast.reviewer), at(cast, proposal, "undo/"), SHOWN, **headers)

    html = text_of(response)
    assert response.status_code == 409
    assert "Nothing was undone." in html
    assert "a lead can roll back to an earlier release at once" in html
    assert "Applied" in html


def test_somebody_else_is_refused(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    client = client_of(cast.second_reviewer)
    assert "Undo" not in text_of(client.get(at(cast, proposal)))

    response = post(client, at(cast, proposal, "undo/"), SHOWN)

    assert response.status_code == 403
    assert "Only who cast the last vote" in text_of(response)
    assert fresh(proposal).state == "scheduled"


def test_pressed_twice_it_undoes_once_and_is_no_error(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    client = client_of(cast.reviewer)

    answers = [post(client, at(cast, proposal, "undo/"), SHOWN) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert Undo.objects.count() == 1


@pytest.mark.parametrize("sent", [{}, {"round": "x"}, {"round": -1}])
def test_a_form_that_does_not_say_which_decision_undoes_none(cast, client_of, sent) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")

    response = post(client_of(cast.reviewer), at(cast, proposal, "undo/"), sent)

    assert response.status_code == 422
    assert fresh(proposal).state == "scheduled"


def test_what_a_freeze_holds_back_counts_no_seconds(cast, client_of, clock) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    clock.advance(seconds=30)

    html = text_of(client_of(cast.reviewer).get(at(cast, proposal)))

    assert "A freeze holds it back; until then it can be undone." in html
    assert "data-until" not in html


def test_who_approved_first_of_two_is_offered_to_take_it_back(cast, client_of) -> None:
    proposal = build.filed(cast.store, content="Skip the identity verification.\n")
    approve(cast, proposal, "reviewer")
    client = client_of(cast.reviewer)

    html = text_of(client.get(at(cast, proposal)))

    assert "Until then you can take your decision back." in html
    assert 'name="state" value="awaiting_second"' in html
    assert f'href="{at(cast, proposal, "edit/")}' in html, "it can still be edited"
    response = post(client, at(cast, proposal, "undo/"), OPEN)
    assert (response.status_code, fresh(proposal).state) == (303, "pending")
    assert "Your turn" in text_of(client.get(response.url))


@pytest.mark.parametrize("name", ["second_reviewer", "lead", "auditor"])
def test_nobody_else_is_offered_to_take_a_first_approval_back(cast, client_of, name) -> None:
    proposal = build.filed(cast.store, content="Skip the identity verification.\n")
    approve(cast, proposal, "reviewer")
    client = client_of(getattr(cast, name))

    assert "Undo" not in text_of(client.get(at(cast, proposal)))
    assert post(client, at(cast, proposal, "undo/"), OPEN).status_code == 403
    assert fresh(proposal).state == "awaiting_second"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_first_approval_another_has_followed_stays_and_the_page_says_so(
    cast, client_of, headers
) -> None:
    proposal = build.filed(cast.store, content="Skip the identity verification.\n")
    approve(cast, proposal, "lead")
    approve(cast, proposal, "second_reviewer")

    response = post(client_of(cast.lead), at(cast, proposal, "undo/"), OPEN, **headers)

    assert response.status_code == 409
    assert "Another person has decided on" in text_of(response)
    assert fresh(proposal).state == "scheduled"


@pytest.mark.parametrize("state", ["", "pending", "applied"])
def test_a_form_that_names_no_state_that_can_be_undone_is_refused(cast, client_of, state) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")

    response = post(
        client_of(cast.reviewer), at(cast, proposal, "undo/"), {"round": 0, "state": state}
    )

    assert "does not say which decision it showed" in text_of(response)
    assert fresh(proposal).state == "scheduled"
