"""Where a member can go: the tabs of a role, and the page it begins on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import OuterRef, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents.models import Membership
from agents.people import Member
from agents.prepared import Prepared, Slot
from agents.rights import Right, Role
from reviews.lines import spell_count
from reviews.models import Notice
from reviews.queue import Counted
from reviews.waiting import count_waiting

MOST_UNREAD = 100
KEPT_ADDRESSES = 2_048
"""Of some hundred workspaces: a navigation is a dozen addresses, each time the same."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One entry of the navigation: shown to whom, leading where, with which count.

    `name` is the same in every language: elements are called after it. go: the key that leads there
    after G, no two alike.
    """

    name: str
    go: str
    label: Promise
    url_name: str
    right: Right
    count: Callable[[Member], str] | None = None


def count_open(member: Member) -> str:
    """Return how many proposals the member's queue holds, as printed: "" for none, "1,000+"."""
    count = count_waiting(member)
    return spell_count(count) if count else ""


TABS = (
    Tab("work", "w", _("Work"), "work", Right.DECIDE),
    Tab("review", "q", _("Review"), "queue", Right.SEE_QUEUE, count_open),
    Tab("dreams", "d", _("Dreams"), "dreams", Right.SEE_DREAMS),
    Tab("agents", "a", _("Agents"), "agents", Right.SEE_MEMORY),
    Tab("insights", "i", _("Insights"), "insights", Right.SEE_MEMORY),
    Tab("rules", "r", _("Rules"), "rules", Right.READ_RULES),
    Tab("audit", "l", _("Audit"), "audit", Right.AUDIT_OWN),
    Tab("exports", "x", _("Exports"), "exports", Right.AUDIT_EXPORT),
    Tab("people", "p", _("People"), "people", Right.MANAGE_PEOPLE),
    Tab("tokens", "t", _("Tokens"), "tokens", Right.MANAGE_TOKENS),
    Tab("webhooks", "h", _("Webhooks"), "webhooks", Right.MANAGE_WEBHOOKS),
    Tab("workspace", "s", _("Workspace"), "workspace", Right.FREEZE),
)
HOMES: dict[Role, tuple[str, ...]] = {
    Role.REVIEWER: ("queue", "workspace_home"),
    Role.LEAD: ("insights", "queue", "workspace_home"),
    Role.AUDITOR: ("audit", "workspace_home"),
    Role.ADMIN: ("people", "workspace_home"),
}


def navigation_of(member: Member, path: str) -> list[dict[str, Any]]:
    """Return the tabs whose pages exist and that the member's role may see."""
    seen = [(tab, url_of(tab.url_name, member.workspace.slug)) for tab in TABS]
    urls = [(tab, url) for tab, url in seen if url is not None and member.may(tab.right)]
    here = max((url for _, url in urls if path.startswith(url)), key=len, default="")
    return [
        {
            "name": tab.name,
            "go": tab.go,
            "label": tab.label,
            "url": url,
            "current": url == here,
            "count": tab.count(member) if tab.count else "",
        }
        for tab, url in urls
    ]


@lru_cache(maxsize=KEPT_ADDRESSES)
def url_of(name: str, slug: str) -> str | None:
    """Return the address of a page of the workspace, None where there is no such page."""
    try:
        return reverse(name, kwargs={"workspace": slug})
    except NoReverseMatch:
        return None


def home_of(role: Role, slug: str) -> str:
    """Return the page on which a person of that role begins, "/" where none of them exists."""
    found = (url_of(name, slug) for name in HOMES[role])
    return next((url for url in found if url is not None), "/")


@Prepared
def _memberships(person: Slot) -> QuerySet[Membership, tuple[str, str, int, str, int]]:
    told = Notice.objects.filter(
        person=OuterRef("person"), workspace=OuterRef("workspace"), read_at=None, settled_at=None
    )
    rows = Membership.objects.filter(person=person).order_by("workspace__name")
    rows = rows.annotate(unread=Counted(told.values("pk")[:MOST_UNREAD]))
    return rows.values_list("workspace__name", "workspace__slug", "workspace", "role", "unread")


def workspaces_of(member: Member) -> list[dict[str, Any]]:
    """Return the workspaces of the person, the present one marked, with what is unread in each."""
    return [
        {
            "name": name,
            "url": home_of(Role(role), slug),
            "current": key == member.workspace.pk,
            "unread": unread,
        }
        for name, slug, key, role, unread in _memberships(person=member.person.pk)
    ]
