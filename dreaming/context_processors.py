"""What base.html needs on every page: where one is, who one is, and where one can go."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from agents import clock
from agents.models import Agent, Person, Workspace, WorkspaceRole
from agents.people import Member
from agents.prepared import Prepared, Slot
from agents.rights import Right
from dreaming.engines.claude.options import RECORDING
from dreaming.models import Schedule
from dreaming.navigation import navigation_of, url_of, workspaces_of
from dreaming.schedules import next_start
from reviews.baselines import due_in

THEMES = ("light", "dark")
MOST_NAMED = 3


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the theme, and on a member's page navigation, rights, freeze and workspaces.

    Everything but the theme is absent on pages outside the workspaces, and for strangers.
    """
    theme = request.COOKIES.get("theme", "")
    context: dict[str, Any] = {"theme": theme if theme in THEMES else "", "navigation": ()}
    user = getattr(request, "user", None)
    if isinstance(user, Person):
        context["person"] = user
    member = getattr(request, "member", None)
    if not isinstance(member, Member):
        return context
    # Lazy, because a fragment shows none of these and must not pay for their queries.
    workspaces = SimpleLazyObject(partial(workspaces_of, member))
    return context | {
        "member": member,
        "workspace": member.workspace,
        "role": WorkspaceRole(member.role).label,
        "may": {right.name.lower(): member.may(right) for right in Right},
        "navigation": SimpleLazyObject(partial(navigation_of, member, request.path)),
        "workspaces": workspaces,
        # The bell's number comes with the workspaces: it costs no query of its own.
        "unread": partial(unread_in, workspaces),
        "frozen": SimpleLazyObject(partial(frozen_notice, member)),
        "is_recorded": any(
            options.get("key") == RECORDING for options in settings.ENGINE_OPTIONS.values()
        ),
        # Asked for by the pages of the queue alone: one query of a whole page, none of a fragment.
        "revalidation": SimpleLazyObject(partial(due_in, member.workspace)),
        # Called by the one page that says it: a lazy object is no datetime to a filter.
        "next_dream": partial(next_dream, member),
    }


def unread_in(workspaces: Iterable[Mapping[str, Any]]) -> int:
    """Return how much of the present workspace the person was told and has not read."""
    return sum(one["unread"] for one in workspaces if one["current"])


def next_dream(member: Member) -> datetime | None:
    """Return when the next dream of the workspace starts by itself, None where none does."""
    if member.workspace.paused_at is not None:
        return None
    schedules = Schedule.objects.filter(workspace=member.workspace, enabled=True)
    now = clock.now()
    times = (next_start(schedule, now) for schedule in schedules)
    return min((time for time in times if time is not None), default=None)


@Prepared
def _frozen(workspace: Slot) -> QuerySet[Agent, str]:
    """Return the names of the first frozen agents: those the notice says, and one for "others"."""
    frozen = Agent.objects.filter(workspace=workspace, frozen_at__isnull=False)
    return frozen.order_by("name").values_list("name", flat=True)[: MOST_NAMED + 1]


def frozen_notice(member: Member) -> dict[str, Any] | None:
    """Return what the banner says while the workspace or agents of it are frozen, or it paused."""
    workspace = member.workspace
    url = url_of("workspace", workspace.slug) if member.may(Right.FREEZE) else None
    if workspace.frozen_at is not None:
        return {"title": f"{workspace.name} is frozen.", "text": None, "url": url}
    names = _frozen(workspace=workspace.pk)
    if not names:
        return _paused_notice(member)
    named = ", ".join(names[:MOST_NAMED]) + (" and others" if len(names) > MOST_NAMED else "")
    verb = "is" if len(names) == 1 else "are"
    paused = f" {paused_title(workspace)}" if workspace.paused_at else ""
    return {"title": f"{named} {verb} frozen.{paused}", "text": None, "url": url}


def _paused_notice(member: Member) -> dict[str, Any] | None:
    workspace = member.workspace
    if workspace.paused_at is None:
        return None
    url = url_of("dreams", workspace.slug) if member.may(Right.SEE_DREAMS) else None
    text = "None starts and none runs. Decisions and releases go on."
    return {"title": paused_title(workspace), "text": text, "url": url, "is_pause": True}


def paused_title(workspace: Workspace) -> str:
    """Return the first words of every notice of a pause."""
    return f"Dreams of {workspace.name} are paused."
