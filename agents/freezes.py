"""Freezing an agent or a workspace: nothing is dreamt, applied or published until it is lifted.

What is served stays the last release, and containment still works. A lead or an admin freezes; a
lead lifts it.
"""

from django.db import transaction
from django.db.models import Q

from agents import clock
from agents.errors import InvalidInput
from agents.models import Agent, MemoryStore, Person, Workspace
from agents.people import acting, lock_workspace
from agents.rights import Right
from agents.workspaces import name_agent
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import Actor

REASON_LENGTH = 2_000


@transaction.atomic
def freeze_workspace(workspace: Workspace, *, reason: str, by: Person | Actor) -> None:
    """Freeze every store of the workspace at once. Raises InvalidInput without a reason."""
    reason = clean_reason(reason)
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.FREEZE)
    at = clock.now()
    if not Workspace.objects.filter(pk=workspace.pk, frozen_at=None).update(frozen_at=at):
        raise InvalidInput(f"{workspace.name} is already frozen.")
    workspace.frozen_at = at
    log.append(
        Action.WORKSPACE_FROZEN,
        workspace=workspace.slug,
        actor=actor,
        object=f"workspace:{workspace.slug}",
        values={"reason": reason},
    )


@transaction.atomic
def unfreeze_workspace(workspace: Workspace, *, reason: str, by: Person | Actor) -> None:
    """Lift the freeze of the workspace; agents frozen by themselves stay frozen."""
    reason = clean_reason(reason)
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.UNFREEZE)
    frozen = Workspace.objects.filter(pk=workspace.pk, frozen_at__isnull=False)
    if not frozen.update(frozen_at=None):
        raise InvalidInput(f"{workspace.name} is not frozen.")
    workspace.frozen_at = None
    log.append(
        Action.WORKSPACE_UNFROZEN,
        workspace=workspace.slug,
        actor=actor,
        object=f"workspace:{workspace.slug}",
        values={"reason": reason},
    )


@transaction.atomic
def freeze_agent(agent: Agent, *, reason: str, by: Person | Actor) -> None:
    """Freeze the store of one agent. Raises InvalidInput without a reason."""
    reason = clean_reason(reason)
    lock_workspace(agent.workspace)
    actor = acting(by, agent.workspace, Right.FREEZE)
    at = clock.now()
    if not Agent.objects.filter(pk=agent.pk, frozen_at=None).update(frozen_at=at):
        raise InvalidInput(f"{agent.name} is already frozen.")
    agent.frozen_at = at
    log.append(
        Action.AGENT_FROZEN,
        workspace=agent.workspace.slug,
        actor=actor,
        object=name_agent(agent),
        values={"reason": reason},
    )


@transaction.atomic
def unfreeze_agent(agent: Agent, *, reason: str, by: Person | Actor) -> None:
    """Lift the freeze of one agent; a frozen workspace still holds it."""
    reason = clean_reason(reason)
    lock_workspace(agent.workspace)
    actor = acting(by, agent.workspace, Right.UNFREEZE)
    if not Agent.objects.filter(pk=agent.pk, frozen_at__isnull=False).update(frozen_at=None):
        raise InvalidInput(f"{agent.name} is not frozen.")
    agent.frozen_at = None
    log.append(
        Action.AGENT_UNFROZEN,
        workspace=agent.workspace.slug,
        actor=actor,
        object=name_agent(agent),
        values={"reason": reason},
    )


def is_frozen(store: MemoryStore) -> bool:
    """Return whether the store's agent or workspace is frozen now, read afresh."""
    held = Q(workspace__frozen_at__isnull=False) | Q(agent__frozen_at__isnull=False)
    return MemoryStore.objects.filter(held, pk=store.pk).exists()


def clean_reason(reason: str) -> str:
    """Return the reason in words, or raise InvalidInput."""
    reason = reason.strip()
    if not reason:
        raise InvalidInput("A reason is missing: write why, in words, for those who read the log.")
    if len(reason) > REASON_LENGTH:
        raise InvalidInput(
            f"The reason has {len(reason):,} characters; {REASON_LENGTH:,} are the most."
        )
    return reason
