"""Two addresses for those who watch the installation; their bodies say nothing about it."""

import pytest
from django.test import Client

from dreaming.ticks import note_tick
from reviews.audit import triggers
from tests.clock import FakeClock


def test_a_living_process_says_so_without_asking_the_database(client: Client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"alive\n")


@pytest.mark.django_db
def test_ready_when_all_is_well(client: Client, clock: FakeClock):
    note_tick()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_not_ready_says_no_more_than_that(client: Client, clock: FakeClock):
    note_tick()
    triggers.drop(triggers.AUDIT_TABLES[:1])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_only_read(client: Client, path: str):
    assert client.post(path).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_kept_out_of_caches_and_get_no_cookie(client: Client, path: str):
    answer = client.get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert not answer.cookies
