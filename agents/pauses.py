"""Pausing a workspace: nothing is dreamt until a lead lets it go on.

Unlike a freeze it holds back dreams only: decisions are carried out and releases published.
"""

from django.db import transaction

from agents import clock
from agents.errors import InvalidInput
from agents.freezes import clean_reason
from agents.models import MemoryStore, Person, Workspace
from agents.people import acting, lock_workspace
from agents.rights import Right
from agents.wakeups import DREAM, wake_on_commit
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import Actor


@transaction.atomic
def pause_workspace(workspace: Workspace, *, reason: str, by: Person | Actor) -> None:
    """Start no dream any more and stop those that run. Raises InvalidInput without a reason."""
    reason = clean_reason(reason)
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.PAUSE)
    at = clock.now()
    if not Workspace.objects.filter(pk=workspace.pk, paused_at=None).update(paused_at=at):
        raise InvalidInput(f"{workspace.name} is already paused.")
    workspace.paused_at = at
    log.append(
        Action.WORKSPACE_PAUSED,
        workspace=workspace.slug,
        actor=actor,
        object=f"workspace:{workspace.slug}",
        values={"reason": reason},
    )


@transaction.atomic
def resume_workspace(workspace: Workspace, *, reason: str, by: Person | Actor) -> None:
    """Let dreams go on: queued ones run, and a slot that came meanwhile is made up once."""
    reason = clean_reason(reason)
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.PAUSE)
    paused = Workspace.objects.filter(pk=workspace.pk, paused_at__isnull=False)
    if not paused.update(paused_at=None):
        raise InvalidInput(f"{workspace.name} is not paused.")
    workspace.paused_at = None
    log.append(
        Action.WORKSPACE_RESUMED,
        workspace=workspace.slug,
        actor=actor,
        object=f"workspace:{workspace.slug}",
        values={"reason": reason},
    )
    wake_on_commit(DREAM)


def is_paused(store: MemoryStore) -> bool:
    """Return whether the dreams of the store's workspace are paused now, read afresh."""
    return Workspace.objects.filter(pk=store.workspace_id, paused_at__isnull=False).exists()
