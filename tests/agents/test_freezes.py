import pytest

from agents.errors import InvalidInput, NotAllowed
from agents.freezes import (
    freeze_agent,
    freeze_workspace,
    is_frozen,
    unfreeze_agent,
    unfreeze_workspace,
)
from agents.models import Agent, Workspace
from reviews.audit.actions import Action
from reviews.audit.bodies import commitments_of, read_body
from reviews.audit.models import Entry
from reviews.audit.values import open_values

pytestmark = pytest.mark.django_db


def test_a_frozen_workspace_freezes_every_store_of_it(cast):
    freeze_workspace(cast.workspace, reason="Odd writes", by=cast.lead)
    assert is_frozen(cast.store)
    assert is_frozen(cast.shared_store)
    assert not is_frozen(cast.other_agent.store)


def test_a_frozen_agent_freezes_its_own_store_only(cast):
    freeze_agent(cast.agent, reason="Odd writes", by=cast.lead)
    assert is_frozen(cast.store)
    assert not is_frozen(cast.shared_store)


def test_a_row_read_before_the_freeze_does_not_hide_it(cast):
    store = cast.store
    assert store.agent.frozen_at is None
    freeze_agent(Agent.objects.get(pk=cast.agent.pk), reason="Odd writes", by=cast.lead)
    assert is_frozen(store)


def test_lifting_ends_it(cast):
    freeze_workspace(cast.workspace, reason="Odd writes", by=cast.lead)
    unfreeze_workspace(cast.workspace, reason="Looked at", by=cast.lead)
    assert not is_frozen(cast.store)


def test_lifting_the_workspace_leaves_a_frozen_agent_frozen(cast):
    freeze_agent(cast.agent, reason="Odd writes", by=cast.lead)
    freeze_workspace(cast.workspace, reason="Odd writes", by=cast.lead)
    unfreeze_workspace(cast.workspace, reason="Looked at", by=cast.lead)
    assert is_frozen(cast.store)
    unfreeze_agent(cast.agent, reason="Looked at", by=cast.lead)
    assert not is_frozen(cast.store)


def test_an_admin_freezes_and_cannot_lift(cast):
    freeze_workspace(cast.workspace, reason="Emergency", by=cast.admin)
    with pytest.raises(NotAllowed, match="lift a freeze"):
        unfreeze_workspace(cast.workspace, reason="Over", by=cast.admin)
    assert is_frozen(cast.store)


def test_an_admin_cannot_lift_the_freeze_of_an_agent(cast):
    freeze_agent(cast.agent, reason="Emergency", by=cast.admin)
    with pytest.raises(NotAllowed):
        unfreeze_agent(cast.agent, reason="Over", by=cast.admin)


@pytest.mark.parametrize("who", ["reviewer", "auditor", "outsider"])
def test_others_cannot_freeze(cast, who):
    with pytest.raises(NotAllowed):
        freeze_workspace(cast.workspace, reason="Odd", by=getattr(cast, who))
    with pytest.raises(NotAllowed):
        freeze_agent(cast.agent, reason="Odd", by=getattr(cast, who))


@pytest.mark.parametrize("verb", [freeze_workspace, unfreeze_workspace])
@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2_001])
def test_a_workspace_needs_a_reason_that_can_be_read(cast, verb, reason):
    with pytest.raises(InvalidInput, match="reason"):
        verb(cast.workspace, reason=reason, by=cast.lead)


@pytest.mark.parametrize("verb", [freeze_agent, unfreeze_agent])
def test_an_agent_needs_a_reason(cast, verb):
    with pytest.raises(InvalidInput, match="reason"):
        verb(cast.agent, reason=" ", by=cast.lead)


def test_a_second_freeze_is_refused_and_keeps_the_time_of_the_first(cast, clock):
    freeze_workspace(cast.workspace, reason="Odd", by=cast.lead)
    first = clock.at
    clock.advance(hours=1)
    with pytest.raises(InvalidInput, match="already frozen"):
        freeze_workspace(cast.workspace, reason="Odd", by=cast.lead)
    assert Workspace.objects.get(pk=cast.workspace.pk).frozen_at == first


def test_lifting_what_is_not_frozen_is_refused(cast):
    with pytest.raises(InvalidInput, match="not frozen"):
        unfreeze_workspace(cast.workspace, reason="Over", by=cast.lead)
    with pytest.raises(InvalidInput, match="not frozen"):
        unfreeze_agent(cast.agent, reason="Over", by=cast.lead)


def test_each_step_is_in_the_log_with_its_reason_as_a_value(cast):
    freeze_agent(cast.agent, reason="Odd writes since noon", by=cast.lead)
    unfreeze_agent(cast.agent, reason="Looked at", by=cast.lead)
    freeze_workspace(cast.workspace, reason="Again", by=cast.admin)
    unfreeze_workspace(cast.workspace, reason="Over", by=cast.lead)
    entries = Entry.objects.filter(
        object__in=["agent:refund-desk", "workspace:northwind"], actor_kind="person"
    )
    said = [
        (entry.action, open_values(commitments_of(read_body(entry.body)))["reason"])
        for entry in entries.order_by("id")
    ]
    assert said == [
        (Action.AGENT_FROZEN, "Odd writes since noon"),
        (Action.AGENT_UNFROZEN, "Looked at"),
        (Action.WORKSPACE_FROZEN, "Again"),
        (Action.WORKSPACE_UNFROZEN, "Over"),
    ]
    assert not any("noon" in entry.body for entry in entries)
