"""The authorisation matrix: every address, whoever asks, what they are told.

The addresses are read from the URLconf: one that is not in ROUTES fails a test. To add a page, add
one line a method to ROUTES: its URL name, the method, the place (what makes its kwargs; `here` for
the workspace alone), what each caller of CALLERS is told, and for a POST what is sent.

What is told: a status; several that are all right, as 302|422; or `in`, sent to the sign-in page.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from agents import clock
from agents.access import member_for
from agents.models import Person, Token
from agents.numbers import LETTERS, take_numbers
from agents.people import add_person, set_group
from agents.rights import Role
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.exports import Period, export_history
from reviews.models import Containment
from tests import build
from tests.cast import Cast

pytestmark = pytest.mark.django_db

CALLERS = ("anonymous", "outsider", "reviewer", "lead", "auditor", "admin", "token")
REFUSED = {"in", "401", "403", "404", "405"}
# What may be written although nothing was done: who looked at what, and who was kept out.
NOTED = {
    Action.SIGNED_IN,
    Action.SIGNED_OUT,
    Action.SIGN_IN_FAILED,
    Action.ACCESS_DENIED,
    Action.TOKEN_REFUSED,
    Action.DECISION_REFUSED,
    Action.SESSION_OPENED,
    Action.SESSION_REVEALED,
    Action.EVIDENCE_OPENED,
    Action.AUDIT_OPENED,
    Action.EXPORT_DOWNLOADED,
    Action.AUDIT_VERIFIED,
}
Place = Callable[[Cast], dict[str, Any]]
Sent = Callable[[Cast], dict[str, Any]]


def nowhere(_: Cast) -> dict[str, Any]:
    return {}


def here(cast: Cast) -> dict[str, Any]:
    return {"workspace": cast.workspace.slug}


def at_agent(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"agent": cast.agent.slug}


def at_person(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"person": cast.second_reviewer.public_id}


def at_invited(cast: Cast) -> dict[str, Any]:
    waiting = add_person(
        cast.workspace, email="rita@x.example", name="Rita", role="lead", by=cast.admin
    )
    return here(cast) | {"person": waiting.person.public_id}


def at_group(cast: Cast) -> dict[str, Any]:
    set_group(cast.workspace, "risk-desk", [cast.lead], by=cast.admin)
    return here(cast) | {"group": "risk-desk"}


def at_token(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"token": Token.objects.get(agent=cast.agent).public_id}


def at_dream(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.dream(cast.store).number}


def at_running(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.dream(cast.store, "running").number}


def at_held(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.dream(cast.store, "held").number}


def at_own_store(cast: Cast) -> dict[str, Any]:
    return {"store": cast.agent.slug}


def at_store(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"store": cast.agent.slug}


def sends(**given: Any) -> Sent:
    return lambda _: given


def reset_key(cast: Cast) -> dict[str, Any]:
    invited = add_person(
        cast.workspace, email="rita@x.example", name="Rita", role="lead", by=cast.admin
    )
    key = (invited.path or "").rstrip("/").rpartition("/")[2]
    uidb36, _, secret = key.partition("-")
    return {"uidb36": uidb36, "key": secret}


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the matrix."""

    name: str
    method: str
    place: Place
    told: str
    sent: Sent = field(default=nowhere)

    def __str__(self) -> str:
        return f"{self.method} {self.name}"

    @property
    def expected(self) -> dict[str, str]:
        return dict(zip(CALLERS, self.told.split(), strict=True))


def of_role(told: str) -> str:
    """Spell what is told on an address that tells every signed-in person the same."""
    anonymous, signed_in, token = told.split()
    return " ".join([anonymous, *[signed_in] * (len(CALLERS) - 2), token])


def at_proposal(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.filed(cast.store).number}


def at_conflict(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.proposal(cast.store, "conflicted").number}


def at_evidence(cast: Cast) -> dict[str, Any]:
    quote = build.quote(build.session(cast.agent), 2, "already shipped")
    filed = build.filed(cast.store, evidence=[quote])
    return here(cast) | {"number": filed.number, "position": 1}


def at_session(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.session(cast.agent).number}


def at_memory(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.memory(cast.store).number}


def at_release(cast: Cast) -> dict[str, Any]:
    take_numbers(cast.workspace, "R", 1_000)
    build.memory(cast.store)
    return here(cast) | {"number": cast.store.releases.latest("sequence").number}


def at_containment(cast: Cast) -> dict[str, Any]:
    made = Containment.objects.create(
        workspace=cast.workspace,
        store=cast.store,
        kind="roll_back",
        target="R-1",
        by=cast.lead,
        reason="Odd",
        due_at=clock.now(),
    )
    return here(cast) | {"pk": made.pk}


def at_entry(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"pk": Entry.objects.filter(workspace=cast.workspace.slug).latest("id").pk}


def at_export(cast: Cast) -> dict[str, Any]:
    member = member_for(cast.auditor, cast.workspace.slug)
    made = export_history(cast.workspace, form="jsonl", period=Period(None, None), by=member)
    return here(cast) | {"number": made.number}


REASON = sends(reason="Odd writes since noon")
TIMES = sends(
    cron="0 2 * * *", zone="UTC", min_sessions=5, min_hours=24, idle_minutes=0, instructions=""
)
SHOWN = sends(revision=1, state="pending")
REJECTED = sends(revision=1, state="pending", code="wrong", reason="It is not so.")
ASKED = sends(revision=1, state="pending", reason="Say which orders it holds for.")
EDITED = sends(revision=1, text="Shipped orders stay shipped.", reason="Said more plainly.")
REBASED = sends(revision=1, live=0, by_hand="on", text="Shipped orders stay shipped.")
ANSWER = sends(verdict="confirmed", reason="Looked at")
EARLIER = sends(release="R-1", reason="Odd")
VERSION = sends(version=1, reason="Odd")
SESSIONS = sends(
    external_id="run-1", events=[{"kind": "message", "role": "user", "text": "Cancel order 1042."}]
)
PROPOSED = sends(
    store="refund-desk", path="/notes/a.md", text="Ask for the number.", rationale="It helps."
)
ROUTES = [
    # Outside the workspaces                        anonymous, anybody signed in, token
    Route("healthz", "GET", nowhere, of_role("200 200 200")),
    Route("readyz", "GET", nowhere, of_role("200|503 200|503 200|503")),
    # The test client speaks from this machine; others are in tests/dreaming/views/test_metrics.py.
    Route("metrics", "GET", nowhere, of_role("200 200 200")),
    Route("landing", "GET", nowhere, of_role("in 302 in")),
    Route("set_theme", "POST", nowhere, of_role("302 302 302"), sends(theme="dark")),
    # Sign-in; nobody registers themselves
    Route("account_login", "GET", nowhere, of_role("200 302 200")),
    Route("account_logout", "GET", nowhere, of_role("302 200 302")),
    Route("account_inactive", "GET", nowhere, of_role("200 200 200")),
    Route("account_signup", "GET", nowhere, of_role("200 302 200")),
    Route("account_reset_password", "GET", nowhere, of_role("200 200 200")),
    Route("account_reset_password_done", "GET", nowhere, of_role("200 200 200")),
    Route("account_reset_password_from_key", "GET", reset_key, of_role("302 302 302")),
    Route("account_reset_password_from_key_done", "GET", nowhere, of_role("200 200 200")),
    Route("account_email_verification_sent", "GET", nowhere, of_role("in 302 in")),
    Route("account_confirm_login_code", "GET", nowhere, of_role("in 302 in")),
    Route("account_reauthenticate", "GET", nowhere, of_role("in 200 in")),
    Route("account_email", "GET", nowhere, of_role("in 200 in")),
    Route("account_change_password", "GET", nowhere, of_role("in 200 in")),
    Route("account_set_password", "GET", nowhere, of_role("in 302 in")),
    Route("mfa_index", "GET", nowhere, of_role("in 200 in")),
    Route("mfa_authenticate", "GET", nowhere, of_role("in 302 in")),
    Route("mfa_reauthenticate", "GET", nowhere, of_role("in 302 in")),
    Route("mfa_activate_totp", "GET", nowhere, of_role("in 302 in")),
    Route("mfa_deactivate_totp", "GET", nowhere, of_role("in 404 in")),
    Route("mfa_view_recovery_codes", "GET", nowhere, of_role("in 404 in")),
    Route("mfa_generate_recovery_codes", "GET", nowhere, of_role("in 302 in")),
    Route("mfa_download_recovery_codes", "GET", nowhere, of_role("in 404 in")),
    Route("socialaccount_login_cancelled", "GET", nowhere, of_role("200 200 200")),
    Route("socialaccount_login_error", "GET", nowhere, of_role("401 401 401")),
    Route("socialaccount_signup", "GET", nowhere, of_role("in in in")),
    Route("socialaccount_connections", "GET", nowhere, of_role("in 200 in")),
    Route("accounts/social/login/cancelled/", "GET", nowhere, of_role("301 301 301")),
    Route("accounts/social/login/error/", "GET", nowhere, of_role("301 301 301")),
    Route("accounts/social/signup/", "GET", nowhere, of_role("301 301 301")),
    Route("accounts/social/connections/", "GET", nowhere, of_role("301 301 301")),
    # The workspace                 anonymous outsider reviewer lead auditor admin token
    Route("workspace_home", "GET", here, "in 404 200|302 200|302 200|302 302 in"),
    Route("people", "GET", here, "in 404 403 403 403 200 in"),
    Route(
        "person_add",
        "POST",
        here,
        "in 404 403 403 403 200 in",
        sends(name="Rita", email="rita@x.example", role="lead"),
    ),
    Route("person_role", "POST", at_person, "in 404 403 403 403 302 in", sends(role="lead")),
    Route("person_invite", "POST", at_invited, "in 404 403 403 403 200 in"),
    Route("person_remove", "POST", at_person, "in 404 403 403 403 302 in"),
    Route(
        "group_set",
        "POST",
        here,
        "in 404 403 403 403 302 in",
        lambda cast: {"name": "risk", "people": [cast.lead.public_id]},
    ),
    Route("group_remove", "POST", at_group, "in 404 403 403 403 302 in"),
    Route("tokens", "GET", here, "in 404 403 403 403 200 in"),
    Route(
        "token_issue",
        "POST",
        here,
        "in 404 403 403 403 200 in",
        sends(label="Pipeline", scopes=["memory:read"], days=30),
    ),
    Route("token_revoke", "POST", at_token, "in 404 403 403 403 302 in"),
    Route("workspace", "GET", here, "in 404 403 200 403 200 in"),
    Route("workspace_freeze", "POST", here, "in 404 403 302 403 302 in", REASON),
    Route("workspace_unfreeze", "POST", here, "in 404 403 422 403 403 in", REASON),
    Route("checks_set", "POST", here, "in 404 403 302 403 403 in", sends(names="lint")),
    Route("agent_add", "POST", here, "in 404 403 403 403 302 in", sends(slug="claims")),
    Route("agent_owner", "POST", at_agent, "in 404 403 403 403 302 in", sends(owner="")),
    Route("agent_freeze", "POST", at_agent, "in 404 403 302 403 302 in", REASON),
    Route("agent_unfreeze", "POST", at_agent, "in 404 403 422 403 403 in", REASON),
    # Dreams                        anonymous outsider reviewer lead auditor admin token
    Route("dreams", "GET", here, "in 404 200 200 200 403 in"),
    Route("dream_start", "POST", here, "in 404 403 302 403 403 in", at_own_store),
    Route("schedule", "GET", at_store, "in 404 200 200 200 403 in"),
    Route("schedule_set", "POST", at_store, "in 404 403 302 403 403 in", TIMES),
    Route("dreams_pause", "POST", here, "in 404 403 302 403 403 in", REASON),
    Route("dreams_resume", "POST", here, "in 404 403 422 403 403 in", REASON),
    Route("dream", "GET", at_dream, "in 404 200 200 200 403 in"),
    Route("dream_progress", "GET", at_running, "in 404 302 302 302 403 in"),
    Route("dream_cancel", "POST", at_running, "in 404 403 302 403 403 in"),
    Route("dream_admit", "POST", at_held, "in 404 302 302 403 403 in"),
    # Review                        anonymous outsider reviewer lead auditor admin token
    Route("queue", "GET", here, "in 404 200 200 200 403 in"),
    Route("propose", "GET", here, "in 404 200 200 403 403 in"),
    Route("propose", "POST", here, "in 404 303 303 403 403 in", PROPOSED),
    Route("proposal", "GET", at_proposal, "in 404 200 200 200 403 in"),
    Route("proposal_approve", "POST", at_proposal, "in 404 303 303 403 403 in", SHOWN),
    Route("proposal_reject", "GET", at_proposal, "in 404 200 200 403 403 in"),
    Route("proposal_reject", "POST", at_proposal, "in 404 303 303 403 403 in", REJECTED),
    Route("proposal_request_changes", "GET", at_proposal, "in 404 200 200 403 403 in"),
    Route("proposal_request_changes", "POST", at_proposal, "in 404 303 303 403 403 in", ASKED),
    Route("proposal_withdraw", "GET", at_proposal, "in 404 200|403 200|403 200|403 403 in"),
    Route("proposal_withdraw", "POST", at_proposal, "in 404 403 403 403 403 in", REASON),
    Route("proposal_edit", "GET", at_proposal, "in 404 200 200 403 403 in"),
    Route("proposal_edit", "POST", at_proposal, "in 404 303 303 403 403 in", EDITED),
    Route("proposal_edit_preview", "POST", at_proposal, "in 404 200 200 403 403 in", EDITED),
    Route("proposal_conflict", "GET", at_conflict, "in 404 200 200 200 403 in"),
    Route("proposal_conflict", "POST", at_conflict, "in 404 303 303 403 403 in", REBASED),
    Route("proposal_conflict_preview", "POST", at_conflict, "in 404 200 200 403 403 in", REBASED),
    Route("proposal_evidence", "GET", at_evidence, "in 404 200 200 200 403 in"),
    Route("rules", "GET", here, "in 404 200 200 200 200 in"),
    # Containment                   anonymous outsider reviewer lead auditor admin token
    Route("containment", "GET", at_containment, "in 404 200 200 200 403 in"),
    Route("containment", "POST", at_containment, "in 404 303 403 403 403 in", ANSWER),
    Route("roll_back", "POST", at_agent, "in 404 403 303|404|409|422 403 403 in", EARLIER),
    Route("restore_version", "POST", at_memory, "in 404 403 303|409|422 403 403 in", VERSION),
    # Agents                        anonymous outsider reviewer lead auditor admin token
    Route("agents", "GET", here, "in 404 200 200 200 403 in"),
    Route("agent", "GET", at_agent, "in 404 200 200 200 403 in"),
    Route("shared_memory", "GET", here, "in 404 200 200 200 403 in"),
    # Sessions and memory           anonymous outsider reviewer lead auditor admin token
    Route("sessions", "GET", here, "in 404 200 200 200 403 in"),
    Route("session", "GET", at_session, "in 404 200 200 200 403 in"),
    Route("memory", "GET", at_memory, "in 404 200 200 200 403 in"),
    Route("release", "GET", at_release, "in 404 200 200 200 403 in"),
    # The agents' own door          anonymous outsider reviewer lead auditor admin token
    Route("api_sessions", "POST", nowhere, of_role("401 401 200"), SESSIONS),
    Route(
        "api_memory",
        "GET",
        lambda cast: {"slug": cast.agent.slug},
        of_role("401 401 200"),
        sends(session="run-1"),
    ),
    Route("api_openapi", "GET", nowhere, of_role("200 200 200")),
    # Audit                         anonymous outsider reviewer lead auditor admin token
    Route("audit", "GET", here, "in 404 200 200 200 200 in"),
    Route("audit_verify", "POST", here, "in 404 403 403 302 302 in"),
    Route("audit_entry", "GET", at_entry, "in 404 404 200 200 200 in"),
    Route("audit_checkpoint", "GET", here, "in 404 200|404 200|404 200|404 200|404 in"),
    Route("exports", "GET", here, "in 404 403 403 200 403 in"),
    Route("export_make", "POST", here, "in 404 403 403 302 403 in", sends(form="jsonl")),
    Route("export_download", "POST", at_export, "in 404 403 403 200 403 in"),
    Route("export_manifest", "GET", at_export, "in 404 403 403 200 403 in"),
]


def addresses(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (URL name, or the pattern where there is none; the pattern) of every address."""
    for entry in (resolver or get_resolver()).url_patterns:
        spelled = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield entry.name or spelled, entry
        else:
            yield from addresses(entry, spelled)


def address_of(route: Route, kwargs: dict[str, Any]) -> str:
    """Return where the route is; one without a name is its own address."""
    return f"/{route.name}" if "/" in route.name else reverse(route.name, kwargs=kwargs)


def callers_of(cast: Cast) -> dict[str, Client]:
    """Return a client for every column of the matrix."""
    people: dict[str, Person] = {
        name: getattr(cast, name) for name in ("outsider", "reviewer", "lead", "auditor", "admin")
    }
    clients = {
        "anonymous": Client(),
        "token": Client(headers={"authorization": f"Bearer {cast.token}"}),
    }
    for name, person in people.items():
        clients[name] = Client()
        clients[name].force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    for client in clients.values():
        client.raise_request_exception = False
    return {name: clients[name] for name in CALLERS}


@contextmanager
def undone() -> Iterator[None]:
    """Take back what the block wrote; the verbs inside see no outer transaction but a test's."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


def ask(client: Client, method: str, address: str, sent: dict[str, Any]) -> Any:
    """Send the request; what is sent to the API is JSON."""
    if address.startswith("/api/") and method == "POST":
        return client.post(address, sent, content_type="application/json")
    return getattr(client, method.lower())(address, sent)


def told(answer: Any) -> str:
    """Spell what a caller was told."""
    if answer.streaming:
        b"".join(answer.streaming_content)  # a file is closed when it was read
    place = answer.headers.get("Location", "")
    if answer.status_code == 302 and place.startswith("/accounts/login/"):
        return "in"
    return str(answer.status_code)


def state() -> dict[str, Any]:
    """Return every row of ours that is not the log of who looked and who was kept out."""
    rows: dict[str, Any] = {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.app_label in ("agents", "reviews", "dreaming")
    }
    for person in rows["agents.Person"]:
        person.pop("last_login")
    for token in rows["agents.Token"]:
        token.pop("last_used_at")
    rows["entries"] = list(
        Entry.objects.exclude(action__in=NOTED).order_by("id").values_list("hash", flat=True)
    )
    return rows


def test_every_address_is_in_the_matrix():
    listed = {route.name for route in ROUTES}
    known = {name for name, _ in addresses()}
    assert known - listed == set(), "add a line to ROUTES for these"
    assert listed - known == set(), "these no longer exist"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_caller_is_told_what_the_matrix_says(cast, route):
    kwargs = route.place(cast)
    address, sent = address_of(route, kwargs), route.sent(cast)
    got, changed = {}, []
    for caller, client in callers_of(cast).items():
        with undone():
            before = state()
            got[caller] = told(ask(client, route.method, address, sent))
            if got[caller] in REFUSED and state() != before:
                changed.append(caller)
    wrong = {
        caller: f"{got[caller]}, not {expected}"
        for caller, expected in route.expected.items()
        if got[caller] not in expected.split("|")
    }
    assert not wrong
    assert not changed, "these were refused, and something changed"


def within_workspace(route: Route) -> bool:
    """Say whether the address names a row of a workspace beside the workspace."""
    return route.place not in (nowhere, here, reset_key) and "api" not in route.name


@pytest.mark.parametrize("route", [*filter(within_workspace, ROUTES)], ids=str)
def test_a_row_of_another_workspace_is_not_there(cast, route):
    for letter in LETTERS:
        # Otherwise both workspaces would have a row of the same number.
        take_numbers(cast.workspace, letter, 1_000)
    address = address_of(route, route.place(cast) | {"workspace": cast.elsewhere.slug})
    client, sent = callers_of(cast)["outsider"], route.sent(cast)
    found = {}
    for role in Role:
        with undone():
            cast.outsider.memberships.update(role=role)
            got = told(ask(client, route.method, address, sent))
        # Whoever lacks the right may be told that first; it says nothing about the row.
        if got != "404" and (got, route.expected[role]) != ("403", "403"):
            found[role] = got
    assert not found


@pytest.mark.parametrize("slug", ["refund-desk", "no-such-desk"])
def test_a_token_of_another_workspace_finds_no_agent_of_this_one(cast, slug):
    client = Client(headers={"authorization": f"Bearer {cast.other_token}"})
    answer = client.get(f"/api/v1/agents/{slug}/memory", {"session": "run-1"})
    assert told(answer) == "404"


@pytest.mark.parametrize(
    "address",
    [
        f"{before}{number}{after}"
        for number in (0, 2**63, 10**30)
        for before, after in (
            ("/w/northwind/memory/M-", "/"),
            ("/w/northwind/releases/R-", "/"),
            ("/w/northwind/review/P-", "/"),
            ("/w/northwind/dreams/D-", "/"),
            ("/w/northwind/sessions/S-", "/"),
            ("/w/northwind/audit/exports/X-", "/manifest/"),
            ("/w/northwind/audit/entry/", "/"),
            ("/w/northwind/containment/", "/"),
            ("/w/northwind/review/P-1/evidence/", "/"),
        )
    ],
)
def test_a_number_no_row_can_have_is_not_there(cast, client_of, address):
    client = client_of(cast.auditor)
    client.raise_request_exception = False
    assert client.get(address).status_code == 404


def test_a_token_is_let_into_no_page_of_a_workspace():
    for route in ROUTES:
        if route.place not in (nowhere, reset_key) and "api" not in route.name:
            assert route.expected["token"] in REFUSED, route


def test_nobody_but_members_is_let_into_a_workspace():
    for route in ROUTES:
        if route.place not in (nowhere, reset_key) and "api" not in route.name:
            assert route.expected["anonymous"] == "in", route
            assert route.expected["outsider"] == "404", route


POSTS = [route for route in ROUTES if route.method == "POST" and "api" not in route.name]


@pytest.mark.parametrize("route", POSTS, ids=str)
def test_a_form_from_another_site_is_refused(cast, route):
    address, sent = address_of(route, route.place(cast)), route.sent(cast)
    clients = [Client(enforce_csrf_checks=True) for _ in range(2)]
    for client, person in zip(clients, (cast.lead, cast.admin), strict=True):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    before = state()
    assert [ask(client, "POST", address, sent).status_code for client in clients] == [403, 403]
    assert state() == before


@pytest.mark.parametrize("route", POSTS, ids=str)
def test_looking_at_where_a_form_goes_changes_nothing(cast, route):
    address, sent = address_of(route, route.place(cast)), route.sent(cast)
    clients = callers_of(cast)
    before = state()
    for caller in ("lead", "admin", "reviewer"):
        assert clients[caller].get(address, sent).status_code < 500
    assert state() == before
