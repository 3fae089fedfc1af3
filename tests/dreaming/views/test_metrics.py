"""/metrics: who may read it, and that it names nobody."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.cast import Cast

pytestmark = pytest.mark.django_db
SECRET = "a-token-for-the-scraper"
ELSEWHERE = "203.0.113.9"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1"])
def test_without_a_token_this_machine_reads(client: Client, address: str) -> None:
    answer = client.get("/metrics", REMOTE_ADDR=address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("address", [ELSEWHERE, "10.0.0.4", "::ffff:203.0.113.9", "", "unix:"])
def test_without_a_token_nobody_else_does(client: Client, address: str) -> None:
    answer = client.get("/metrics", REMOTE_ADDR=address)
    assert (answer.status_code, b"DAYBREAK_METRICS_TOKEN" in answer.content) == (403, True)


@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For", "X-Real-IP"])
def test_what_a_proxy_on_this_machine_passes_on_is_not_local(client: Client, name: str) -> None:
    assert client.get("/metrics", headers={name: "127.0.0.1"}).status_code == 403


def test_behind_named_proxies_a_token_is_wanted(client: Client, settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert client.get("/metrics").status_code == 403


def test_the_token_lets_in_from_anywhere(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = SECRET
    headers = {"Authorization": f"bearer {SECRET}", "X-Forwarded-For": ELSEWHERE}
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=ELSEWHERE).status_code == 200


@pytest.mark.parametrize(
    "sent",
    ["", "Bearer", "Bearer ", f"Basic {SECRET}", SECRET, "Bearer other", f"Bearer {SECRET}x"],
)
def test_where_there_is_a_token_nothing_else_does(
    client: Client, settings: Settings, sent: str
) -> None:
    settings.METRICS_TOKEN = SECRET
    answer = client.get("/metrics", headers={"Authorization": sent})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_it_is_only_read(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


def test_it_names_neither_people_nor_workspaces(client: Client, cast: Cast) -> None:
    body = client.get("/metrics").content.decode()
    names = [cast.workspace.slug, cast.workspace.name, cast.reviewer.name, cast.reviewer.email]
    assert [name for name in names if name in body] == []
