"""Due times of a workspace: settled at filing, set by a lead, on the record."""

from datetime import timedelta

import pytest

from agents.errors import InvalidInput, NotAllowed
from agents.people import remove_group, set_group
from reviews import revisions
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.deadlines import Settings, limits_of, set_due_times, settings_of
from reviews.due_times import Limits
from reviews.models import DueTimes, Proposal
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.reviews.filings import WITH_COMMAND
from tests.reviews.views.desks import approve, fresh, member

pytestmark = pytest.mark.django_db

QUICK = Limits(high_hours=2, medium_hours=10, low_hours=20, recheck_days=5)


def set_by(cast: Cast, wanted: Settings, name: str = "lead") -> None:
    set_due_times(cast.workspace, wanted, by=member(cast, name))


def edit(cast: Cast, proposal: Proposal, content: str) -> Proposal:
    return revisions.submit_edit(
        proposal, content=content, reason="Plainer.", by=member(cast, "reviewer"),
        expected_revision=proposal.revision,
    )  # fmt: skip


# What is in force


def test_without_a_setting_the_defaults_are_in_force(cast: Cast) -> None:
    assert settings_of(cast.workspace) == Settings(Limits(24, 72, 168, 30), "")


def test_a_setting_holds_in_its_workspace_only(cast: Cast) -> None:
    set_by(cast, Settings(QUICK))
    assert limits_of(cast.workspace) == QUICK
    assert limits_of(cast.elsewhere) == Limits()


def test_a_group_that_is_removed_leaves_the_leads(cast: Cast) -> None:
    set_group(cast.workspace, "risk-desk", [cast.lead], by=SYSTEM)
    set_by(cast, Settings(QUICK, "risk-desk"))
    remove_group(cast.workspace, "risk-desk", by=SYSTEM)
    assert settings_of(cast.workspace) == Settings(QUICK, "")


# Setting it


def test_setting_it_is_on_the_record_with_both_sides(cast: Cast) -> None:
    set_group(cast.workspace, "risk-desk", [cast.lead], by=SYSTEM)
    set_by(cast, Settings(QUICK, "risk-desk"))
    entry = Entry.objects.get(action=Action.SETTING_CHANGED)
    body = read_body(entry.body)
    assert entry.object == "setting:due-times"
    assert entry.actor_id == cast.lead.public_id
    assert body["before"] == {
        "high_hours": 24, "medium_hours": 72, "low_hours": 168, "recheck_days": 30, "group": "*",
    }  # fmt: skip
    assert body["after"] == {
        "high_hours": 2, "medium_hours": 10, "low_hours": 20, "recheck_days": 5,
        "group": "risk-desk",
    }  # fmt: skip


def test_the_same_again_writes_nothing(cast: Cast) -> None:
    set_by(cast, Settings(QUICK))
    set_by(cast, Settings(QUICK))
    assert Entry.objects.filter(action=Action.SETTING_CHANGED).count() == 1
    assert DueTimes.objects.count() == 1


@pytest.mark.parametrize("name", ["reviewer", "auditor", "admin"])
def test_nobody_but_a_lead_sets_it(cast: Cast, name: str) -> None:
    with pytest.raises(NotAllowed, match="set due times"):
        set_by(cast, Settings(QUICK), name)
    assert not DueTimes.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Settings(Limits(high_hours=0)), "0 hours for high risk"),
        (Settings(QUICK, "night-desk"), "no group 'night-desk'"),
    ],
)
def test_what_cannot_be_set_is_said_and_not_kept(cast: Cast, wanted: Settings, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        set_by(cast, wanted)
    assert not DueTimes.objects.exists()


def test_a_group_of_another_workspace_is_none_of_this_one(cast: Cast) -> None:
    set_group(cast.elsewhere, "risk-desk", [cast.outsider], by=SYSTEM)
    with pytest.raises(InvalidInput, match="no group"):
        set_by(cast, Settings(QUICK, "risk-desk"))


# At filing and after


def test_filing_settles_when_the_decision_is_due(cast: Cast, clock: FakeClock) -> None:
    low = build.filed(cast.store)
    high = build.filed(cast.store, content=WITH_COMMAND)
    assert (low.risk, high.risk) == ("low", "high")
    assert low.due_at == clock() + timedelta(hours=168)
    assert high.due_at == clock() + timedelta(hours=24)
    assert high.remind_at == clock() + timedelta(hours=24) * 0.8


def test_what_waits_keeps_the_time_it_was_given(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store)
    set_by(cast, Settings(QUICK))
    assert fresh(proposal).due_at == clock() + timedelta(hours=168)
    assert build.filed(cast.store).due_at == clock() + timedelta(hours=20)


def test_an_edit_starts_the_time_anew_at_the_risk_of_its_words(
    cast: Cast, clock: FakeClock
) -> None:
    proposal = build.filed(cast.store)
    clock.advance(days=6)
    edited = edit(cast, proposal, WITH_COMMAND)
    assert edited.risk == "high"
    assert fresh(edited).due_at == clock() + timedelta(hours=24)


def test_the_first_of_two_approvals_leaves_the_time_as_it_is(cast: Cast, clock: FakeClock) -> None:
    proposal = build.filed(cast.store, content=WITH_COMMAND)
    clock.advance(hours=20)
    assert approve(cast, proposal).state == "awaiting_second"
    assert fresh(proposal).due_at == clock() + timedelta(hours=4)
