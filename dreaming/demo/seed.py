"""Filling an empty database with the demo company, through the same verbs everybody uses.

Nothing is backdated and no row is written past a verb: the log of the demo verifies like any other.
"""

import time
from datetime import datetime

from allauth.account.adapter import get_adapter
from django.conf import settings

from agents import clock
from agents.models import Agent, MemoryStore, Person, Workspace
from agents.people import add_person, find_member, set_group
from agents.sessions import Ingested, ingest_sessions
from agents.workspaces import create_agent, create_workspace, set_visible_checks
from dreaming.demo.company import (
    AGENTS,
    ANA,
    CLAIMS,
    DEEPA,
    EVIDENCE,
    HELPDESK,
    JONAS,
    MARTA,
    MEMORIES,
    NAME,
    PASSWORD,
    PEOPLE,
    WORKSPACE,
    DemoPerson,
    SeededMemory,
)
from dreaming.demo.scenes import LETTER_CHECK
from dreaming.demo.sessions import demo_sessions
from dreaming.demo.trap import plant_trap
from dreaming.errors import DreamingError
from dreaming.models import Dream
from reviews import decisions, proposals, rule_changes, rules
from reviews.approval_rules import DEFAULT_RULES, Mode, Rule, Trait
from reviews.audit import sealing
from reviews.audit.actors import SYSTEM
from reviews.changes import Op
from reviews.decisions import Shown
from reviews.rule_changes import Told

ONE_OF_EACH = Rule(
    "helpdesk-one-of-each",
    needs=(("compliance", 1), ("security", 1)),
    agent=HELPDESK.slug,
)
FOLD_IDENTICAL = Rule(
    "evidence-fold-identical",
    agent=EVIDENCE.slug,
    ops=frozenset({Op.MERGE}),
    traits=frozenset({Trait.IDENTICAL}),
    mode=Mode.AUTOMATIC,
)
BOTH_FORGET = Rule(
    "claims-forget-by-both",
    needs=(("compliance", 1), ("security", 1)),
    agent=CLAIMS.slug,
    ops=frozenset({Op.RETIRE}),
)
BOTH_FORGET_WHY = "Twice a memory about limits was retired and missed a week later."
"""What the lead proposes; it waits for the admin on the rules page."""

FILERS = (DEEPA, JONAS)
APPROVERS = (ANA, JONAS, DEEPA)


class NotTheDemo(DreamingError):
    """The database holds something else; the demo does not mix with real work."""


def is_seeded() -> bool:
    """Say whether the demo company is there; raise NotTheDemo when anything else is."""
    slugs = set(Workspace.objects.values_list("slug", flat=True))
    if slugs - {WORKSPACE} or (not slugs and Person.objects.exists()):
        raise NotTheDemo(
            "This database holds other work, and the demo fills an empty one only. "
            "Give it a folder of its own: DAYBREAK_DATA_DIR=/some/empty/folder"
        )
    if not slugs:
        return False
    expected = {agent.slug for agent in AGENTS}
    found = set(Agent.objects.values_list("slug", flat=True))
    # A dream over each memory is the last thing the demo starts.
    dreamt = Dream.objects.values("store").distinct().count()
    if not expected <= found or dreamt < len(AGENTS) + 1:
        raise NotTheDemo(
            "The demo was being filled when it was stopped. Remove its data folder and try again."
        )
    return True


def seed() -> Ingested:
    """Fill the empty database: people, groups, rules, agents, memory, sessions."""
    workspace = _found()
    _add_agents(workspace)
    for filer, memory in zip(_alternate(), MEMORIES, strict=False):
        _remember(workspace, memory, filer)
    approved_at = clock.now()
    _propose_rule(workspace)
    agents = {agent.slug: agent for agent in workspace.agents.all()}
    made = ingest_sessions(
        workspace,
        demo_sessions(clock.now().date()),
        agent_for=lambda slug: agents[slug],
        actor=SYSTEM,
    )
    plant_trap(agents[CLAIMS.slug])
    _wait_for_grace(approved_at)
    sealing.seal()
    sealing.checkpoint(clock.now())
    return made


def _wait_for_grace(since: datetime) -> None:
    """Let the grace of what was approved pass, as everybody does, and carry it out."""
    left = settings.GRACE_S - (clock.now() - since).total_seconds()
    if left > 0:
        time.sleep(left)
    decisions.apply_due(clock.now())


def _found() -> Workspace:
    founded = create_workspace(WORKSPACE, name=NAME, admin_email=MARTA.email, admin_name=MARTA.name)
    workspace = founded.workspace
    rules.set_default_rules(workspace, SYSTEM)
    for position, rule in enumerate((ONE_OF_EACH, FOLD_IDENTICAL), start=len(DEFAULT_RULES) + 1):
        rules.set_rule(workspace, rule, position=position, actor=SYSTEM, by=None)
    for person in PEOPLE:
        if person is not MARTA:
            add_person(workspace, email=person.email, name=person.name, role=person.role, by=SYSTEM)
        _let_in(person)
    for group in ("compliance", "security"):
        people = [_row(person) for person in PEOPLE if group in person.groups]
        set_group(workspace, group, people, by=SYSTEM)
    # "Accepted by a colleague" repeats the verdict: a dream would learn nothing from it.
    set_visible_checks(workspace, [LETTER_CHECK.name], by=_row(DEEPA))
    return workspace


def _let_in(person: DemoPerson) -> None:
    """Give a demo person the password that is printed, as if they had followed their invitation."""
    get_adapter().set_password(_row(person), PASSWORD)


def _row(person: DemoPerson) -> Person:
    return Person.objects.get(email=person.email)


def _add_agents(workspace: Workspace) -> None:
    for agent in AGENTS:
        create_agent(
            workspace,
            slug=agent.slug,
            name=agent.name,
            owner=_row(agent.owner) if agent.owner else None,
            purpose=agent.purpose,
            limits=agent.limits,
            risk_tier=agent.risk_tier,
            by=SYSTEM,
        )


def _propose_rule(workspace: Workspace) -> None:
    """Let the lead propose a stricter rule, which waits for the admin."""
    by = find_member(_row(DEEPA), workspace)
    if by is None:
        raise NotTheDemo(f"{DEEPA.name} is no member of the demo.")
    rule_changes.propose_rule(workspace, BOTH_FORGET, place=1, told=Told(BOTH_FORGET_WHY), by=by)


def _alternate() -> list[DemoPerson]:
    return [FILERS[at % len(FILERS)] for at in range(len(MEMORIES))]


def _remember(workspace: Workspace, memory: SeededMemory, filer: DemoPerson) -> None:
    """File a memory as one person and approve it as others, until its rule is satisfied."""
    slug = memory.agent.slug if memory.agent else None
    store = MemoryStore.objects.select_related("workspace", "agent").get(
        workspace=workspace, agent__slug=slug
    )
    by = find_member(_row(filer), workspace)
    if by is None:
        raise NotTheDemo(f"{filer.name} is no member of the demo.")
    proposal = proposals.file_by_hand(
        store, path=memory.path, content=memory.content, rationale=memory.why, by=by
    )
    for approver in APPROVERS:
        proposal.refresh_from_db()
        member = find_member(_row(approver), workspace)
        if approver is filer or member is None or proposal.state == "scheduled":
            continue
        shown = Shown(proposal.revision, proposal.state)
        decisions.approve(proposal, by=member, shown=shown)
