"""The demo with engines that are recordings: both dream without a key, and every page says so."""

import os

import pytest

from agents import clock
from agents.models import Agent, HostedStore, MemoryStore, Person, Session, SessionRevision
from dreaming.demo.company import ANA, LETTERS
from dreaming.demo.letters import CHATS, WISHES
from dreaming.dreams import run_due_dreams
from dreaming.hosted.tending import tend
from dreaming.management.commands.demo import Command
from dreaming.management.recordings import fill, recorded
from dreaming.models import Dream
from reviews.models import Evidence, Proposal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


@pytest.fixture(autouse=True)
def _as_before(settings, monkeypatch):
    """What the block sets for processes begun in it is taken back behind the test."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    settings.ENGINE_OPTIONS = {
        "claude": {"retries": "0"},
        "managed": {"retries": "0", "poll_s": "0", "most_poll_s": "0"},
    }


def dream_all():
    for _ in range(40):
        if not Dream.objects.filter(state__in=("queued", "running")).exists():
            return
        run_due_dreams(clock.now())


def test_both_engines_dream_and_what_they_filed_says_it_is_a_recording(client_of):
    with recorded() as vendor:
        Command().fill(vendor)
        dream_all()
        assert os.environ["DAYBREAK_MANAGED_BASE_URL"] == vendor.url
        dreams = {row.engine: row for row in Dream.objects.exclude(engine="local")}
        assert {row.state for row in dreams.values()} <= {"completed", "partial"}, dreams
        assert all(row.is_recording for row in dreams.values())
        assert set(dreams) == {"claude", "managed"}
        hosted = Proposal.objects.filter(origin_id=str(dreams["managed"]))
        found, made_up = (hosted.filter(risk_reasons__icontains=word) for word in ("", "no_source"))
        assert found.count() == len(WISHES) + 1
        assert [row.path for row in made_up] == ["/preferences/summary.md"]
        assert Evidence.objects.filter(proposal__in=hosted).exists()
        assert {row.origin_label for row in hosted} == {f"Dream {dreams['managed']}, a recording"}
        ana = client_of(_person(ANA.email))
        proposal = hosted.first()
        places = (
            ("dreams/", "a recording"),
            (f"dreams/{dreams['managed']}/", "A recording: no model read these sessions."),
            (f"review/{proposal}/", "a recording"),
            ("review/", "are a recording here"),
        )
        for place, words in places:
            page = ana.get(f"/w/harbourline/{place}").content.decode()
            assert words in page, place
            assert "The engines claude and managed are a recording here." in page, place


def _person(email):

    return Person.objects.get(email=email)


def test_a_second_start_finds_the_same_store_and_sessions():
    with recorded() as vendor:
        Command().fill(vendor)
        first = HostedStore.objects.get()
        assert Session.objects.filter(agent__slug=LETTERS.slug).count() == len(CHATS)
    with recorded() as again:
        Command().fill(again)
        assert HostedStore.objects.get() == first
        assert list(again.stores.rows) == [first.remote_id]
        assert set(again.sessions.rows) == set(
            Session.objects.filter(agent__slug=LETTERS.slug).values_list("external_id", flat=True)
        )
        assert tend(first)
        assert SessionRevision.objects.filter(session__agent__slug=LETTERS.slug).count() == len(
            CHATS
        )
    assert Agent.objects.filter(slug=LETTERS.slug).count() == 1
    assert Dream.objects.count() == MemoryStore.objects.count()


def test_what_was_approved_stands_in_the_stand_in_after_a_restart():
    with recorded() as vendor:
        Command().fill(vendor)
        fill(vendor)
        assert [one.texts() for one in vendor.stores.rows.values()] == [{}, {}]


def test_without_it_no_page_says_so(client_of):
    Command().fill()
    page = client_of(_person(ANA.email)).get("/w/harbourline/dreams/").content.decode()
    assert "recording" not in page
    assert not Agent.objects.filter(slug=LETTERS.slug).exists()
