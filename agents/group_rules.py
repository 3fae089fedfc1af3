"""Whether an approver group asks for qualification: set and lifted by an admin, on the record."""

from django.db import transaction

from agents import clock
from agents.errors import InvalidInput
from agents.models import ApproverGroup, Person, Workspace
from agents.people import acting, lock_workspace
from agents.qualifications import LONGEST_DAYS, SHORTEST_DAYS
from agents.rights import Right
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import Actor


@transaction.atomic
def require_qualification(
    workspace: Workspace, name: str, *, days: int, by: Person | Actor
) -> ApproverGroup:
    """Let only the qualified count in the group from now on; what they pass holds `days` days.

    Votes cast before keep counting. Setting other days changes what is passed from now on. Raises
    InvalidInput for an unknown group and for days out of range.
    """
    if not SHORTEST_DAYS <= days <= LONGEST_DAYS:
        raise InvalidInput(
            f"A qualification holds {SHORTEST_DAYS} to {LONGEST_DAYS} days; {days} is not among "
            "them."
        )
    group, actor = _locked(workspace, name, by)
    before = _facts(group)
    group.qualified_since = group.qualified_since or clock.now()
    group.qualification_days = days
    _save(group, before, actor)
    return group


@transaction.atomic
def waive_qualification(workspace: Workspace, name: str, *, by: Person | Actor) -> ApproverGroup:
    """Let everybody in the group count again; qualifications stay on the record."""
    group, actor = _locked(workspace, name, by)
    before = _facts(group)
    group.qualified_since = None
    _save(group, before, actor)
    return group


def _locked(workspace: Workspace, name: str, by: Person | Actor) -> tuple[ApproverGroup, Actor]:
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.MANAGE_PEOPLE)
    group = ApproverGroup.objects.filter(workspace=workspace, name=name).first()
    if group is None:
        raise InvalidInput(f"{workspace.name} has no group {name!r}.")
    return group, actor


def _facts(group: ApproverGroup) -> dict[str, object]:
    """Return what an entry keeps: for how many days what is passed holds, 0 where nothing is."""
    return {"qualification_days": group.qualification_days if group.qualified_since else 0}


def _save(group: ApproverGroup, before: dict[str, object], actor: Actor) -> None:
    after = _facts(group)
    if before == after:
        return
    group.save(update_fields=["qualified_since", "qualification_days"])
    log.append(
        Action.GROUP_CHANGED,
        workspace=group.workspace.slug,
        actor=actor,
        object=f"group:{group.name}",
        before=before,
        after=after,
    )
