"""Workspaces and the agents in them: how they begin and who answers for them."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypedDict, Unpack

from django.db import transaction

from agents.errors import InvalidInput
from agents.memory import create_store
from agents.models import Agent, Membership, Person, Workspace
from agents.people import (
    Invitation,
    acting,
    clean_email,
    clean_name,
    create_person,
    find_person,
    join,
    lock_workspace,
    log_invitation,
    one_time_path,
    subject_of,
)
from agents.rights import Right, Role, may
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor

WORKSPACE_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
WORKSPACE_SLUG_LENGTH = 60
AGENT_SLUG = re.compile(r"[A-Za-z0-9_]+(?:-+[A-Za-z0-9_]+)*")
AGENT_SLUG_LENGTH = 80
MOST_CHECKS = 100
CHECK_NAME_LENGTH = 200
RESERVED_SLUGS = frozenset({"shared", "new"})
"""`shared` names the workspace's own store in addresses and commands, `new` a form."""


@dataclass(frozen=True, slots=True)
class Founded:
    """A new workspace and how its first admin gets in."""

    workspace: Workspace
    admin: Invitation


class AgentFacts(TypedDict, total=False):
    """What is known about an agent beside its name; every one may be left out."""

    purpose: str
    limits: str
    risk_tier: str
    model: str
    environment: str


@transaction.atomic
def open_workspace(slug: str, *, name: str, by: Actor = SYSTEM) -> Workspace:
    """Create a workspace with its shared store that nobody is in yet: what an import may need.

    The caller sets the default approval rules in the same transaction; `create_workspace` lets the
    first admin in. Raises InvalidInput for a bad or taken slug or name.
    """
    slug, name = clean_workspace_slug(slug), clean_name(name)
    if Workspace.objects.filter(slug=slug).exists():
        raise InvalidInput(f"The workspace {slug} exists already. Choose another name.")
    workspace = Workspace.objects.create(slug=slug, name=name)
    log.append(
        Action.WORKSPACE_CREATED,
        workspace=slug,
        actor=by,
        object=f"workspace:{slug}",
        values={"name": name},
    )
    create_store(workspace, None, actor=by)
    return workspace


@transaction.atomic
def create_workspace(
    slug: str, *, name: str, admin_email: str, admin_name: str, by: Actor = SYSTEM
) -> Founded:
    """Create a workspace with its shared store and its first admin.

    A workspace that was opened by an import and that nobody is in yet gets its first admin.
    by: the installation itself; nobody inside another workspace may found one. The caller sets the
    default approval rules in the same transaction: they belong to a higher room.
    Raises InvalidInput for a bad or taken slug, address or name.
    """
    slug, name = clean_workspace_slug(slug), clean_name(name)
    email, admin_name = clean_email(admin_email), clean_name(admin_name)
    workspace = Workspace.objects.select_for_update().filter(slug=slug).first()
    if workspace is None:
        workspace = open_workspace(slug, name=name, by=by)
    elif workspace.memberships.exists():
        raise InvalidInput(f"The workspace {slug} exists already. Choose another name.")
    person = find_person(email)
    path = None
    if person is None:
        person = create_person(email, admin_name)
        path = one_time_path(person)
        log.append(
            Action.PERSON_ADDED,
            workspace=slug,
            actor=by,
            object=subject_of(person),
            values={"name": admin_name, "email": email},
            subject=subject_of(person),
        )
    join(workspace, person, Role.ADMIN, by)
    if path:
        log_invitation(workspace, person, by)
    return Founded(workspace=workspace, admin=Invitation(person=person, path=path))


@transaction.atomic
def create_agent(
    workspace: Workspace,
    slug: str,
    *,
    name: str = "",
    owner: Person | None = None,
    by: Person | Actor,
    **facts: Unpack[AgentFacts],
) -> Agent:
    """Add an agent with its empty memory store, served from the first moment.

    name: the slug when left out. by: an admin, or the system in commands; never a token.
    Raises InvalidInput for a bad, reserved or taken slug and for an owner from outside.
    """
    slug = clean_agent_slug(slug)
    name = clean_name(name or slug)
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.MANAGE_TOKENS)
    if Agent.objects.filter(workspace=workspace, slug=slug).exists():
        raise InvalidInput(f"{workspace.name} already has an agent {slug}.")
    check_owner(workspace, owner)
    agent = Agent.objects.create(workspace=workspace, slug=slug, name=name, owner=owner, **facts)
    log.append(
        Action.AGENT_CREATED,
        workspace=workspace.slug,
        actor=actor,
        object=name_agent(agent),
        after={"owner": owner.public_id if owner else None},
        values={"name": name},
    )
    create_store(workspace, agent, actor=actor)
    return agent


@transaction.atomic
def set_owner(agent: Agent, owner: Person | None, *, by: Person | Actor) -> None:
    """Say who answers for an agent; the same owner again writes nothing.

    The owner never gets the deciding vote when two reviewers disagree about the agent's memory.
    """
    lock_workspace(agent.workspace)
    actor = acting(by, agent.workspace, Right.MANAGE_TOKENS)
    check_owner(agent.workspace, owner)
    current = Agent.objects.select_related("owner").get(pk=agent.pk)
    if current.owner == owner:
        return
    before = current.owner
    Agent.objects.filter(pk=agent.pk).update(owner=owner)
    agent.owner = owner
    log.append(
        Action.AGENT_CHANGED,
        workspace=agent.workspace.slug,
        actor=actor,
        object=name_agent(agent),
        before={"owner": before.public_id if before else None},
        after={"owner": owner.public_id if owner else None},
    )


@transaction.atomic
def set_visible_checks(workspace: Workspace, names: Collection[str], *, by: Person | Actor) -> None:
    """Say which checks of an outcome engines may read, by name; every other stays unread.

    Nothing is visible until it is named here: a check may hold the expected answer. The same names
    again write nothing. Raises InvalidInput for too many or too long names.
    """
    chosen = clean_check_names(names)
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.START_DREAMS)
    before = list(Workspace.objects.values_list("visible_checks", flat=True).get(pk=workspace.pk))
    if before == chosen:
        return
    Workspace.objects.filter(pk=workspace.pk).update(visible_checks=chosen)
    workspace.visible_checks = chosen
    log.append(
        Action.WORKSPACE_CHANGED,
        workspace=workspace.slug,
        actor=actor,
        object=f"workspace:{workspace.slug}",
        before={"visible_checks": len(before)},
        after={"visible_checks": len(chosen)},
        values={"visible_checks": "\n".join(chosen)},
    )


def name_agent(agent: Agent) -> str:
    """Return how the log names an agent."""
    return f"agent:{agent.slug}"


def check_owner(workspace: Workspace, owner: Person | None) -> None:
    """Raise InvalidInput unless `owner` is nobody or somebody who may see this agent's memory."""
    if owner is None:
        return
    membership = Membership.objects.filter(workspace=workspace, person=owner).first()
    if membership is None or not may(membership.role, Right.SEE_MEMORY):
        raise InvalidInput(
            f"{owner.name} cannot own an agent of {workspace.name}: owners are reviewers, leads"
            " or auditors there."
        )


def clean_check_names(names: Collection[str]) -> list[str]:
    """Return the names sorted, each once, or raise InvalidInput naming the limit that is passed."""
    chosen = sorted({name.strip() for name in names if name.strip()})
    if len(chosen) > MOST_CHECKS:
        raise InvalidInput(f"{len(chosen)} checks are named; {MOST_CHECKS} are the most.")
    for name in chosen:
        if len(name) > CHECK_NAME_LENGTH:
            raise InvalidInput(
                f"The check {name[:40]!r}… has {len(name)} characters;"
                f" {CHECK_NAME_LENGTH} are the most."
            )
    return chosen


def clean_workspace_slug(slug: str) -> str:
    """Return the slug, or raise InvalidInput saying what one looks like."""
    if not WORKSPACE_SLUG.fullmatch(slug) or len(slug) > WORKSPACE_SLUG_LENGTH:
        raise InvalidInput(
            f"{slug[:70]!r} cannot name a workspace. Use at most {WORKSPACE_SLUG_LENGTH} small"
            " letters, digits and single hyphens: northwind-health."
        )
    return slug


def clean_agent_slug(slug: str) -> str:
    """Return the slug, or raise InvalidInput saying what one looks like."""
    slug = slug.strip()
    if not AGENT_SLUG.fullmatch(slug) or len(slug) > AGENT_SLUG_LENGTH:
        raise InvalidInput(
            f"{slug[:90]!r} cannot name an agent. Use at most {AGENT_SLUG_LENGTH} letters,"
            " digits, hyphens and underscores: claims-review."
        )
    if slug.lower() in RESERVED_SLUGS:
        raise InvalidInput(f"No agent can be called {slug!r}: the word has a meaning of its own.")
    return slug
