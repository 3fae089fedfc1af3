"""Due times: what is in force in a workspace, setting it, and the rounds of a proposal."""

from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import F

from agents import clock
from agents.errors import InvalidInput
from agents.models import ApproverGroup, Workspace
from agents.people import Member, actor_of, lock_workspace, require_right
from agents.rights import Right
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.due_times import Limits
from reviews.models import Deadline, DueTimes, Proposal

NUMBERS = ("high_hours", "medium_hours", "low_hours", "recheck_days")


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force in a workspace. group: who hears of what is late, '' for its leads."""

    limits: Limits
    group: str = ""


def settings_of(workspace: Workspace) -> Settings:
    """Return the due times in force, the defaults where nobody has set any."""
    found = DueTimes.objects.filter(workspace=workspace).values_list(
        *NUMBERS, "escalation_group__name"
    )
    row = found.first()
    return Settings(Limits(*row[:-1]), row[-1] or "") if row else Settings(Limits())


def limits_of(workspace: Workspace) -> Limits:
    """Return how long deciding may take in the workspace."""
    return settings_of(workspace).limits


@transaction.atomic
def set_due_times(workspace: Workspace, wanted: Settings, *, by: Member) -> None:
    """Set how long deciding may take; proposals that wait keep the time they were given.

    The same again writes nothing. Raises agents.errors.NotAllowed for who is no lead, InvalidInput
    for numbers out of range and for a group the workspace does not have.
    """
    require_right(by, Right.SET_DUE_TIMES)
    problems = wanted.limits.problems()
    if problems:
        raise InvalidInput(" ".join(problems))
    lock_workspace(workspace)
    group = _group_of(workspace, wanted.group)
    before = settings_of(workspace)
    if before == wanted:
        return
    DueTimes.objects.update_or_create(
        workspace=workspace,
        defaults={**asdict(wanted.limits), "escalation_group": group},
    )
    append(
        Action.SETTING_CHANGED,
        workspace=workspace.slug,
        actor=actor_of(by.person),
        object="setting:due-times",
        before=_facts(before),
        after=_facts(wanted),
    )


def _group_of(workspace: Workspace, name: str) -> ApproverGroup | None:
    if not name:
        return None
    group = ApproverGroup.objects.filter(workspace=workspace, name=name).first()
    if group is None:
        raise InvalidInput(f"{workspace.name} has no group {name[:60]!r}.")
    return group


def _facts(given: Settings) -> dict[str, int | str]:
    return {**asdict(given.limits), "group": given.group or "*"}


def begin_round(row: Proposal) -> None:
    """Let a proposal's time run from now on: it was just filed, changed, or found to apply still.

    In the caller's transaction; `due_at` and `remind_at` are the row's own columns.
    """
    fresh = {
        "look_at": clock.now(),
        "reminded_at": None,
        "escalated_at": None,
        "escalated_to": "",
    }
    rows = Deadline.objects.filter(proposal=row)
    if not rows.update(round=F("round") + 1, **fresh):
        Deadline.objects.create(proposal=row, **fresh)
