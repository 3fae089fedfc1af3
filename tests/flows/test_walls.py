"""The authorisation matrix: every address is asked by everybody, and by those next door.

The addresses are read from the URLconf: one that is not in tests/flows/routes fails a test.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from agents.models import Person
from agents.numbers import LETTERS, take_numbers
from agents.rights import Role
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from tests.append_only import filled_tables
from tests.cast import Cast
from tests.flows.routes import ROUTES
from tests.flows.routes.doors import reset_key
from tests.flows.routes.lines import CALLERS, Route, here, nowhere
from tests.rows import models_by_table, stored_columns

pytestmark = pytest.mark.django_db

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

PASSING = {"agents.Person": "last_login", "agents.Token": "last_used_at"}
"""Columns that tell when somebody was here last."""


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


def client_as(cast: Cast, caller: str) -> Client:
    """Return a client for one column of the matrix."""
    token = {"authorization": f"Bearer {cast.token}"} if caller == "token" else None
    client = Client(headers=token, raise_request_exception=False)
    if caller not in ("anonymous", "token"):
        person: Person = getattr(cast, caller)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


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
    """Return every row of ours that is not the log of who looked and who was kept out.

    The rows are read as they are stored, and of the tables only those that hold any.
    """
    models = models_by_table()
    rows: dict[str, Any] = {}
    for table in filled_tables():
        label = models[table]._meta.label
        if models[table]._meta.app_label in ("agents", "reviews", "dreaming"):
            left_out = PASSING.get(label)
            columns = [name for name in stored_columns(models[table]) if name != left_out]
            named = ", ".join(f'"{name}"' for name in columns)
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT {named} FROM "{table}"')  # noqa: S608 -- names from our models
                rows[label] = sorted(map(repr, cursor.fetchall()))
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
    clients = {caller: client_as(cast, caller) for caller in CALLERS}
    before = state()
    for caller, client in clients.items():
        with undone():
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
    client, sent = client_as(cast, "outsider"), route.sent(cast)
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
    clients = [client_as(cast, caller) for caller in ("lead", "admin", "reviewer")]
    before = state()
    for client in clients:
        assert client.get(address, sent).status_code < 500
    assert state() == before


def test_what_is_written_is_seen_and_who_looked_is_not(cast):
    before = state()
    client_as(cast, "lead")
    assert state() == before
    Person.objects.filter(pk=cast.lead.pk).update(name="Somebody")
    assert state() != before
