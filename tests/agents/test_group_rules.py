"""Asking a group for qualification: by an admin, within limits, on the record."""

import json

import pytest

from agents.errors import InvalidInput, NotAllowed
from agents.group_rules import require_qualification, waive_qualification
from agents.models import ApproverGroup
from agents.people import set_group
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def risk(cast, clock):
    return set_group(cast.workspace, "risk", [cast.reviewer], by=SYSTEM)


def changes():
    found = Entry.objects.filter(action=Action.GROUP_CHANGED).order_by("pk")
    return [json.loads(entry.body) for entry in found]


def test_an_admin_asks_for_it_and_the_log_says_for_how_long_it_holds(cast, risk, clock):
    require_qualification(cast.workspace, "risk", days=180, by=cast.admin)
    group = ApproverGroup.objects.get()
    assert (group.qualified_since, group.qualification_days) == (clock.at, 180)
    (entry,) = changes()
    assert entry["before"] == {"qualification_days": 0}
    assert entry["after"] == {"qualification_days": 180}
    assert entry["object"] == "group:risk"


def test_asking_again_for_other_days_keeps_since_when(cast, risk, clock):
    since = clock.at
    require_qualification(cast.workspace, "risk", days=180, by=cast.admin)
    clock.advance(days=3)
    require_qualification(cast.workspace, "risk", days=365, by=cast.admin)
    assert ApproverGroup.objects.get().qualified_since == since


def test_asking_for_the_same_writes_nothing(cast, risk):
    for _ in range(2):
        require_qualification(cast.workspace, "risk", days=180, by=cast.admin)
    assert len(changes()) == 1


def test_it_is_lifted_and_asked_for_anew_from_then_on(cast, risk, clock):
    require_qualification(cast.workspace, "risk", days=180, by=cast.admin)
    waive_qualification(cast.workspace, "risk", by=cast.admin)
    assert ApproverGroup.objects.get().qualified_since is None
    clock.advance(days=9)
    require_qualification(cast.workspace, "risk", days=180, by=cast.admin)
    assert ApproverGroup.objects.get().qualified_since == clock.at
    assert [one["after"]["qualification_days"] for one in changes()] == [180, 0, 180]


@pytest.mark.parametrize("days", [0, 29, 731])
def test_days_out_of_range_are_refused(cast, risk, days):
    with pytest.raises(InvalidInput, match="30 to 730"):
        require_qualification(cast.workspace, "risk", days=days, by=cast.admin)
    assert changes() == []


@pytest.mark.parametrize("name", ["reviewer", "lead", "auditor"])
def test_nobody_but_an_admin_changes_it(cast, risk, name):
    person = getattr(cast, name)
    with pytest.raises(NotAllowed):
        require_qualification(cast.workspace, "risk", days=180, by=person)
    with pytest.raises(NotAllowed):
        waive_qualification(cast.workspace, "risk", by=person)


def test_a_group_that_is_not_there_is_said_not_to_be(cast):
    with pytest.raises(InvalidInput, match="has no group 'risk'"):
        require_qualification(cast.workspace, "risk", days=180, by=cast.admin)
