"""Every page as a browser meets it: who opens it, where, and in which states.

A new page is one line in SHEETS. `full` says where it is in the demo's workspace (its own line of
the authorisation matrix, unless given), `bare` where it is before anything happened, `wrong` what
makes it complain: a query, or a form that is sent empty.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from agents import clock
from agents.models import MemoryStore, Person, Publishing, Session, Workspace
from dreaming.demo.company import ANA, CLAIMS, DEEPA, JONAS, MARTA, TOM, WORKSPACE, DemoPerson
from dreaming.demo.seed import seed
from dreaming.dreams import Wish, run_due_dreams, start_dream
from dreaming.models import Dream
from dreaming.spending import spell_estimate
from reviews.models import Baseline, Proposal
from tests import build
from tests.cast import Cast
from tests.flows.routes import ROUTES
from tests.flows.routes.lines import Place, here

DOORS = {route.name: route.place for route in ROUTES if route.method == "GET"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of the atlas. `who` names one of the cast, '' a stranger."""

    name: str
    who: str = "reviewer"
    note: str = ""
    full: Place | None = None
    bare: Place | None = None
    wrong: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.name, self.note)))

    @property
    def states(self) -> tuple[str, ...]:
        """Return the states the page can be in."""
        wrong = ("wrong",) if self.wrong else ()
        return (*(("bare",) if self.bare else ()), "full", *wrong)

    def address(self, state: str, cast: Cast) -> str:
        """Return where the page is in that state."""
        place = self.bare if state == "bare" and self.bare else self.full or DOORS[self.name]
        query = self.wrong if state == "wrong" and self.wrong.startswith("?") else ""
        return reverse(self.name, kwargs=place(cast)) + query


def first(cast: Cast, **facts: Any) -> dict[str, Any]:
    """Return the address of the first proposal with these facts."""
    wanted = Proposal.objects.filter(workspace=cast.workspace, **facts).order_by("number")
    return here(cast) | {"number": wanted.values_list("number", flat=True)[0]}


def at_waiting(cast: Cast) -> dict[str, Any]:
    return first(cast, state="pending", agent=cast.agent, evidence__isnull=False)


def at_near(cast: Cast) -> dict[str, Any]:
    waiting = at_waiting(cast)
    path = Proposal.objects.get(workspace=cast.workspace, number=waiting["number"]).path
    live = cast.store.memories.exclude(path=path).exclude(head__is_tombstone=True)
    return waiting | {"memory": live.order_by("number")[0].number}


def at_applied(cast: Cast) -> dict[str, Any]:
    return first(cast, state="applied")


def at_state(state: str) -> Place:
    def place(cast: Cast) -> dict[str, Any]:
        return here(cast) | {"number": build.proposal(cast.store, state).number}

    return place


def at_own(cast: Cast) -> dict[str, Any]:
    mine = build.proposal(cast.store, proposer=cast.lead, origin_kind="person")
    return here(cast) | {"number": mine.number}


def at_quote(cast: Cast) -> dict[str, Any]:
    return at_waiting(cast) | {"position": 1}


def at_dream(cast: Cast) -> dict[str, Any]:
    done = Dream.objects.filter(workspace=cast.workspace, store=cast.store).latest("number")
    return here(cast) | {"number": done.number}


def at_dream_in(state: str, **fields: Any) -> Place:
    def place(cast: Cast) -> dict[str, Any]:
        # A memory has one unfinished dream at most.
        agent = build.agent(cast.workspace, f"desk-{next(build.counted)}")
        return here(cast) | {"number": build.dream(agent.store, state, **fields).number}

    return place


def at_dream_asking(cast: Cast) -> dict[str, Any]:
    now = clock.now()
    asking = {"engine": "claude", "started_by": cast.lead, "started_at": now, "asked_at": now}
    numbers = {"requests": 41, "input_tokens": 812_004, "output_tokens": 176_000}
    estimate = {**numbers, "cost_micros": 610_000}
    return at_dream_in(
        "queued", **asking, estimate=estimate, failure=spell_estimate(estimate), step="mining"
    )(cast)


def at_failure(cast: Cast) -> dict[str, Any]:
    failed = Session.objects.filter(workspace=cast.workspace, verdict="failure")
    return here(cast) | {"number": failed.order_by("number").values_list("number", flat=True)[0]}


def at_memory(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": cast.store.memories.order_by("number")[0].number}


def at_left_baseline(cast: Cast) -> dict[str, Any]:
    """A memory that is due for revalidation."""
    agent = build.agent(cast.workspace, f"desk-{next(build.counted)}")
    empty = agent.store.releases.get()
    build.memory(agent.store, f"/tool_limit/orders-{agent.pk}.md")
    Baseline.objects.create(
        workspace=cast.workspace,
        store=agent.store,
        number=1,
        release=empty,
        purpose="Answers questions about orders.",
        limits="Never cancels one.",
        statement="Every text read.",
        signed_by=cast.lead,
        measured=agent.store.releases.latest("sequence"),
        changes=1,
        bytes=36,
        left_at=clock.now(),
    )
    return here(cast) | {"agent": agent.slug}


def at_parcel(cast: Cast) -> dict[str, Any]:
    """A memory of which something waits to be published by hand."""
    agent = build.agent(cast.workspace, f"desk-{next(build.counted)}")
    MemoryStore.objects.filter(pk=agent.store.pk).update(publishing=Publishing.BY_HAND)
    build.written(agent.store, f"/tool_limit/orders-{agent.pk}.md")
    return here(cast) | {"agent": agent.slug}


def at_release(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": cast.store.releases.latest("sequence").number}


def at_outside_writes(cast: Cast) -> dict[str, Any]:
    """A link that broke off, with a write that waits and one that was answered."""
    agent = build.agent(cast.workspace, f"desk-{next(build.counted)}")
    link = build.hosted_store(agent.store, cast.lead, failure="It does not accept the key.")
    build.outside_write(link)
    build.outside_write(link, answer="reverted", answered_by=cast.lead)
    link.sessions.create(remote_id="sesn_7", access="read_write")
    link.pushes.create(path="/rules/a.md", state="refused", cause="stale", words="Another text.")
    return here(cast) | {"store": agent.slug}


LOSS = {"removed": 3, "memories": 6, "lost_percent": 50, "protected": []}
DOOR = (
    Sheet("account_login", "", wrong="form"),
    Sheet("account_reset_password", "", wrong="form"),
    Sheet("account_reset_password_done", ""),
    Sheet("account_reset_password_from_key_done", ""),
    Sheet("account_inactive", ""),
    Sheet("account_signup", ""),
    Sheet("socialaccount_login_cancelled", ""),
    Sheet("account_logout"),
    Sheet("account_email"),
    Sheet("account_change_password", wrong="main form"),
    Sheet("account_reauthenticate", wrong="main form"),
    Sheet("mfa_index"),
    Sheet("socialaccount_connections"),
)
DESK = (
    Sheet("work", bare=here),
    Sheet("queue", bare=here, wrong="?q=older:soon+risk:odd"),
    Sheet("queue", "auditor", "a filter without a match", wrong="?q=is:open+nothing-says-this"),
    Sheet("batch", bare=here, wrong="main form[method=post]"),
    Sheet("batch_decided"),
    Sheet("proposal", full=at_waiting),
    Sheet("proposal", "auditor", "without controls", full=at_waiting),
    Sheet("proposal", "reviewer", "applied", full=at_applied),
    Sheet("proposal", "lead", "scheduled", full=at_state("scheduled")),
    Sheet("proposal", "lead", "sent back", full=at_state("changes_requested")),
    Sheet("proposal_reject", full=at_waiting, wrong="main form[method=post]"),
    Sheet("proposal_request_changes", full=at_waiting, wrong="main form[method=post]"),
    Sheet("proposal_later", full=at_waiting, wrong="main form[method=post]"),
    Sheet("proposal_withdraw", "lead", full=at_own),
    Sheet("proposal_edit", full=at_waiting),
    Sheet("proposal_conflict"),
    Sheet("proposal_evidence", full=at_quote),
    Sheet("proposal_reads", full=at_waiting),
    Sheet("proposal_near", full=at_near),
    Sheet("proposal_past", full=at_waiting),
    Sheet("proposal_revisions", full=at_waiting, wrong="?from=r9&to=x"),
    Sheet("propose", bare=here, wrong="main form[method=post]"),
    Sheet("rules", bare=here),
    Sheet("decision", "lead"),
    Sheet("due_times", "lead", bare=here),
    Sheet("absences", bare=here),
    Sheet("rule"),
    Sheet("rule_new", "lead"),
    Sheet("rule_propose", "lead"),
    Sheet("rule_change", "lead"),
    Sheet("containment", "lead"),
    # Practice
    Sheet("practice", bare=here),
    Sheet("practice_sample"),
    Sheet("sample_reject", wrong="main form[method=post]"),
    Sheet("sample_request_changes", wrong="main form[method=post]"),
    Sheet("sample_evidence"),
    Sheet("memory", full=at_memory),
    Sheet("release", full=at_release),
    Sheet("releases", "lead", bare=lambda cast: here(cast) | {"agent": cast.agent.slug}),
    Sheet("releases", "reviewer", "that wait", full=at_parcel),
    Sheet("release_texts", full=at_release),
    Sheet("baseline", "lead", "unsigned", wrong="main form"),
    Sheet("baseline", "lead", "left", full=at_left_baseline),
)
ROOMS = (
    Sheet("audit", "auditor", bare=here, wrong="?q=whom:me+since:soon"),
    Sheet("audit_entry", "auditor"),
    Sheet("population", "auditor", bare=here, wrong="form[action$='/sample/']"),
    Sheet("audit_sample", "auditor"),
    Sheet("exceptions", "auditor", bare=here, wrong="?since=soon"),
    Sheet("exception", "auditor", wrong="?question=barred&since=soon"),
    Sheet("exports", "auditor", bare=here),
    # Agents
    Sheet("agents", bare=here),
    Sheet("agent", "lead", bare=lambda cast: here(cast) | {"agent": cast.agent.slug}),
    Sheet("shared_memory", bare=here),
    Sheet("outcomes"),
    Sheet("insights", bare=here),
    Sheet("sessions", bare=here, wrong="?agent=nobody-here"),
    Sheet("session", full=at_failure),
    Sheet("quarantines", "lead", bare=here, wrong="?is=late"),
    Sheet("quarantine"),
    # Dreams
    Sheet("dreams", "lead", bare=here),
    Sheet("dream", full=at_dream),
    Sheet("dream", "lead", "running", full=at_dream_in("running", step="mining")),
    Sheet("dream", "lead", "asking", full=at_dream_asking),
    Sheet("dream", "lead", "held", full=at_dream_in("held", loss=LOSS)),
    Sheet("dream", "lead", "failed", full=at_dream_in("failed", failure="The spool is gone.")),
    Sheet("hosted", "lead", "with writes past review", full=at_outside_writes),
    Sheet("hosted", "lead", bare=lambda cast: here(cast) | {"store": cast.agent.slug}),
    Sheet("schedule", "lead", wrong="form[action$='/set/']"),
    # The workspace
    Sheet("workspace", "admin", bare=here, wrong="form[action$='/add/']"),
    Sheet("notices"),
    Sheet("notifications"),
    Sheet("webhooks", "admin"),
    Sheet("deliveries", "admin"),
    Sheet("people", "admin", bare=here, wrong="form[action$='/people/add/']"),
    Sheet("tokens", "admin", bare=here, wrong="form[action$='/issue/']"),
    Sheet("landing", "outsider", "in no workspace"),
    Sheet("design"),
)
PARTS = {"door": DOOR, "desk": DESK, "rooms": ROOMS}
SHEETS = (*DOOR, *DESK, *ROOMS)
UNSEEN = {
    "healthz": "a word for probes",
    "readyz": "JSON for probes",
    "metrics": "text for Prometheus",
    "api_memory": "for agents",
    "api_openapi": "for programs",
    "audit_checkpoint": "a signed note to take away",
    "export_manifest": "JSON to take away",
    "mfa_download_recovery_codes": "text to take away",
    "quarantine_new": "stands behind a target in its query; on the list where there is none",
    "workspace_home": "leads to the first page of a role",
    "proposal_turn": "a piece of the proposal's page",
    "release_on": "leads to the release of a day",
    "proposal_more_evidence": "a piece of the proposal's page",
    "notice_open": "leads to what a notice is about",
    "queue_completions": "a piece of the queue's search field",
    "practice_run": "leads to its first sample that waits",
    "dream_progress": "a piece of the dream's page; a running one is opened",
    "account_email_verification_sent": "leads on without an address to confirm",
    "account_confirm_login_code": "signing in by code is off",
    "account_set_password": "leads on with a password set",
    "account_reset_password_from_key": "tests/browser/test_doors.py walks through it",
    "mfa_authenticate": "tests/browser/test_doors.py walks through it",
    "mfa_reauthenticate": "tests/browser/test_doors.py walks through it",
    "mfa_activate_totp": "tests/browser/test_doors.py walks through it",
    "mfa_deactivate_totp": "asks to confirm first, like setting it up",
    "mfa_view_recovery_codes": "tests/browser/test_doors.py walks through it",
    "mfa_generate_recovery_codes": "asks to confirm first, like setting it up",
    "socialaccount_login_error": "no provider is set up",
    "socialaccount_signup": "people join by invitation",
    "accounts/social/login/cancelled/": "an old address that leads on",
    "accounts/social/login/error/": "an old address that leads on",
    "accounts/social/signup/": "an old address that leads on",
    "accounts/social/connections/": "an old address that leads on",
}
"""Addresses that answer a GET and are no page to look at, each with the reason."""

LOOKS = (("light", 390), ("dark", 1280), ("dark", 390), ("light", 1280))
ORDERS = tuple(tuple(LOOKS[at ^ start] for at in range(4)) for start in range(4))
"""Every order begins with two opposites, and each look begins one of them."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at a page: in which state, in which light, how wide."""

    sheet: Sheet
    state: str
    scheme: str
    width: int


def by_pairs() -> Iterator[Sight]:
    """Yield looks in which each page meets each light and width, and every two meet somewhere."""
    met: set[tuple[str, tuple[str, int]]] = set()
    for sheet in SHEETS:
        states = sheet.states if len(sheet.states) > 1 else sheet.states * 2
        orders = [list(zip(states, order, strict=False)) for order in ORDERS]
        # The order that shows most of what no page before it has shown.
        chosen = max(orders, key=lambda order: len(set(order) - met))
        met.update(chosen)
        for state, (scheme, width) in chosen:
            yield Sight(sheet, state, scheme, width)


def in_full() -> Iterator[Sight]:
    """Yield every look there is."""
    for sheet in SHEETS:
        for state in sheet.states:
            for scheme, width in LOOKS:
                yield Sight(sheet, state, scheme, width)


def demo_cast() -> Cast:
    """Return the demo's company with everything dreamt, as the people tests know."""
    seed()
    workspace = Workspace.objects.get(slug=WORKSPACE)
    for store in MemoryStore.objects.filter(workspace=workspace).order_by("pk"):
        start_dream(store, Wish())
    run_due_dreams(clock.now())
    elsewhere = build.workspace("elsewhere")
    admin, other_admin = person(MARTA), build.person("Emil", within=elsewhere, role="admin")
    agent = workspace.agents.get(slug=CLAIMS.slug)
    other_agent = build.agent(elsewhere, "other-desk")
    return Cast(
        workspace=workspace,
        reviewer=person(ANA),
        second_reviewer=person(JONAS),
        lead=person(DEEPA),
        auditor=person(TOM),
        admin=admin,
        agent=agent,
        store=agent.store,
        shared_store=build.shared_store(workspace),
        token=build.token(admin, agent)[1],
        elsewhere=elsewhere,
        outsider=build.person("Olga"),
        other_agent=other_agent,
        other_token=build.token(other_admin, other_agent)[1],
    )


def person(known: DemoPerson) -> Person:
    return Person.objects.get(email=known.email)
