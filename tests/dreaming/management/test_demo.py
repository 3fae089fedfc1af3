"""manage.py demo: fills an empty database once, queues the first dreams, and mixes with nothing."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from agents.models import Session
from dreaming.demo.company import PASSWORD, PEOPLE
from dreaming.demo.sessions import SESSIONS
from dreaming.management.commands.demo import Command
from dreaming.models import Dream
from tests import build
from tests.processes import Installation, status_of, wait_for

pytestmark = pytest.mark.django_db


def demo() -> str:
    out = StringIO()
    call_command("demo", "--seed-only", stdout=out)
    return out.getvalue()


def test_it_says_what_it_filled_and_queues_a_dream_for_each_memory():
    said = demo()
    assert "Harbourline Mutual, an invented company" in said
    assert f"{SESSIONS} sessions of three agents" in said
    assert list(Dream.objects.values_list("state", flat=True)) == ["queued"] * 4
    assert Dream.objects.values("store").distinct().count() == 4


def test_a_second_time_changes_nothing():
    demo()
    assert demo() == ""
    assert (Session.objects.count(), Dream.objects.count()) == (SESSIONS, 4)


def test_it_mixes_with_no_other_work():
    build.workspace()
    with pytest.raises(CommandError, match="other work"):
        demo()


def test_it_introduces_address_password_and_people():
    out = StringIO()
    Command(stdout=out).introduce("127.0.0.1", 8123)
    said = out.getvalue()
    assert "http://127.0.0.1:8123/" in said
    assert PASSWORD in said
    assert all(person.email in said for person in PEOPLE)


@pytest.mark.processes
@pytest.mark.sqlite
def test_a_filled_demo_is_served_again_without_filling_it(installation: Installation):
    assert f"{SESSIONS} sessions" in installation.manage("demo", "--seed-only")
    installation.start("demo")
    wait_for("the first page", lambda: status_of(f"{installation.url}/healthz") == 200)
    wait_for("its words", lambda: PASSWORD in (installation.folder / "demo.out").read_text())
    said = (installation.folder / "demo.out").read_text()
    assert f"{SESSIONS} sessions" not in said
    assert "WARNING" not in said
