"""Searches of the queue under a name."""

import pytest

from agents.errors import InvalidInput
from reviews import saved_views
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.errors import NotAllowed
from reviews.models import SavedView
from reviews.saved_views import (
    change_view,
    delete_view,
    find_view,
    is_changed,
    may_change,
    save_view,
    views_of,
)
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db
ACTIONS = (Action.VIEW_SHARED, Action.VIEW_CHANGED, Action.VIEW_REMOVED)


def logged() -> list[str]:
    rows = Entry.objects.filter(action__in=ACTIONS).order_by("pk")
    return list(rows.values_list("action", flat=True))


def save(cast, name: str = "reviewer", *, shared: bool = False, called: str = "High") -> SavedView:
    return save_view(member(cast, name), name=called, text="risk:high", shared=shared)


def test_ones_own_view_is_ones_own_and_off_the_record(cast) -> None:
    view = save(cast)
    change_view(view, by=member(cast, "reviewer"), text="risk:low")

    assert [one.name for one in views_of(member(cast, "reviewer"))] == ["High"]
    assert views_of(member(cast, "lead")) == []
    assert find_view(member(cast, "lead"), view.key) is None
    delete_view(view, by=member(cast, "reviewer"))
    assert logged() == []


def test_a_shared_view_is_everybodys_and_each_change_is_on_the_record(cast) -> None:
    view = save(cast, shared=True)
    assert find_view(member(cast, "auditor"), view.key) == view
    change_view(view, by=member(cast, "reviewer"), text="risk:low")
    delete_view(view, by=member(cast, "reviewer"))

    assert logged() == list(ACTIONS)
    body = read_body(Entry.objects.get(action=Action.VIEW_SHARED).body)
    assert set(body["values"]) == {"actor_name", "name", "search"}
    assert "High" not in str(body)


def test_only_its_owner_or_a_lead_changes_a_shared_view(cast) -> None:
    view = save(cast, shared=True)

    for act in (lambda by: change_view(view, by=by, text=""), lambda by: delete_view(view, by=by)):
        with pytest.raises(NotAllowed, match="Rosa shares this view"):
            act(member(cast, "second_reviewer"))
    assert may_change(view, member(cast, "lead"))


def test_who_does_not_decide_keeps_views_and_shares_none(cast) -> None:
    assert save(cast, "auditor")
    with pytest.raises(NotAllowed):
        save(cast, "auditor", shared=True, called="Other")


def test_a_view_of_another_workspace_is_not_there(cast) -> None:
    other = SavedView.objects.create(
        workspace=cast.elsewhere, owner=cast.outsider, name="Theirs", shared=True
    )

    assert find_view(member(cast, "reviewer"), other.key) is None


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "odd\u202e"])
def test_a_name_that_cannot_be_read_is_refused(cast, name) -> None:
    with pytest.raises(InvalidInput, match="needs a name"):
        save(cast, called=name)


def test_a_name_is_used_once_by_a_person(cast) -> None:
    save(cast)
    with pytest.raises(InvalidInput, match="have a view called “High”"):
        save(cast, called=" High ")
    assert save(cast, "lead")


def test_views_are_not_without_number(cast, monkeypatch) -> None:
    monkeypatch.setattr(saved_views, "MOST", 1)
    save(cast)

    with pytest.raises(InvalidInput, match="You have 1 views"):
        save(cast, called="Another")


@pytest.mark.parametrize(
    ("text", "changed"),
    [("risk:high", False), ("RISK:high is:open", False), ("risk:high refund", True), ("", True)],
)
def test_a_view_is_changed_by_its_meaning_and_not_by_its_spelling(text, changed) -> None:
    assert is_changed(SavedView(text="risk:high"), text) is changed
