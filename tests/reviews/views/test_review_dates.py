"""The review-by date on pages: asked for beside the approvals, listed, answered."""

from datetime import timedelta

import pytest

from agents import clock as now
from reviews import decisions
from reviews.comments import add_comment
from tests import build
from tests.reviews.views.desks import HTMX, approve, at, fresh, member, post, shown, text_of

pytestmark = pytest.mark.django_db


def day(days: int) -> str:
    return (now.now().date() + timedelta(days=days)).isoformat()


def due(cast, days: int = -1):
    memory = build.memory(cast.store, "/limits.md", "Two per day.\n", title="Limits")
    memory.review_by = now.now().date() + timedelta(days=days)
    memory.save()
    return memory


def test_who_may_approve_can_set_a_day_and_enter_in_it_approves_nothing(cast, client_of) -> None:
    html = text_of(client_of(cast.reviewer).get(at(cast, build.filed(cast.store))))

    assert 'type="date" name="review_by"' in html
    assert 'form="approve-form"' in html
    form = html[html.index('id="approve-form"') :]
    assert form.index('<button type="submit" hidden disabled>') < form.index("Approve change")


def test_who_may_not_approve_has_no_day_to_set(cast, client_of) -> None:
    html = text_of(client_of(cast.auditor).get(at(cast, build.filed(cast.store))))

    assert "review_by" not in html


def test_approving_with_a_day_sends_it_along(cast, client_of) -> None:
    proposal = build.filed(cast.store)

    post(
        client_of(cast.reviewer),
        at(cast, proposal, "approve/"),
        shown(proposal, review_by=day(30)),
    )

    assert fresh(proposal).state == "scheduled"
    assert fresh(proposal).decisions.get().shown["review_by"] == day(30)


@pytest.mark.parametrize("given", ["soon", "1999-01-01"])
def test_a_day_that_cannot_be_is_refused_in_place(cast, client_of, given) -> None:
    proposal = build.filed(cast.store)

    answer = post(
        client_of(cast.reviewer),
        at(cast, proposal, "approve/"),
        shown(proposal, review_by=given),
        **HTMX,
    )

    assert answer.status_code == 422
    assert "Your decision was not recorded." in text_of(answer)
    assert fresh(proposal).state == "pending"


def test_the_page_of_work_lists_what_is_due_and_who_named_one(cast, client_of) -> None:
    memory = due(cast)
    due_later = build.memory(cast.store, "/later.md", "Later.\n", title="Not yet")
    due_later.review_by = now.now().date() + timedelta(days=9)
    due_later.save()
    proposal = build.filed(cast.store)
    add_comment(proposal, f"@{cast.reviewer.name} look", by=member(cast, "lead"))

    html = text_of(client_of(cast.reviewer).get(f"/w/{cast.workspace.slug}/work/"))

    assert f"/memory/{memory}/#facts" in html
    assert "Not yet" not in html
    assert f"/review/{proposal}/?q=is%3Ayours#c-1" in html
    assert "Lena names you" in html


def test_once_opened_a_comment_names_nobody_on_the_page_of_work(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    add_comment(proposal, f"@{cast.reviewer.name} look", by=member(cast, "lead"))
    client = client_of(cast.reviewer)
    client.get(at(cast, proposal))

    assert "names you</span>" not in text_of(client.get(f"/w/{cast.workspace.slug}/work/"))


def test_the_queue_lists_what_brought_a_text_whose_day_has_come(cast, client_of, clock) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal, "reviewer")
    clock.advance(minutes=1)
    decisions.apply_due(clock())
    other = build.filed(cast.store, path="/other.md", content="Other.\n", title="Other")
    memory = fresh(proposal).memory
    memory.review_by = now.now().date()
    memory.save()

    html = text_of(
        client_of(cast.reviewer).get(f"/w/{cast.workspace.slug}/review/?q=is:overdue-review")
    )

    assert f'id="row-{proposal}"' in html
    assert f'id="row-{other}"' not in html
    assert "Memory due for review" in html


def test_the_memorys_page_says_that_it_is_overdue_and_takes_the_answer(cast, client_of) -> None:
    memory = due(cast)
    address = f"/w/{cast.workspace.slug}/memory/{memory}/"
    client = client_of(cast.reviewer)
    assert "overdue" in text_of(client.get(address))

    answer = post(client, f"{address}reviewed/", {"until": day(60)})

    assert answer.status_code == 303
    assert "overdue" not in text_of(client.get(address))


def test_without_a_day_nothing_is_kept(cast, client_of) -> None:
    memory = due(cast)

    answer = post(
        client_of(cast.reviewer), f"/w/{cast.workspace.slug}/memory/{memory}/reviewed/", {}
    )

    assert answer.status_code == 422
