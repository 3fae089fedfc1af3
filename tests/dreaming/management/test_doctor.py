"""`manage.py doctor` says what is not well, and what to do."""

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from dreaming.ticks import note_tick
from reviews.audit import triggers
from tests.clock import FakeClock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


def test_a_well_installation_gets_a_line_for_each_thing(
    clock: FakeClock, capsys: pytest.CaptureFixture[str]
):
    note_tick()
    call_command("doctor")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "ok  data folder",
        "ok  database",
        "ok  migrations",
        "ok  append-only triggers",
        "ok  broker",
        "ok  worker",
        "ok  word search",
    ]


def test_what_is_not_well_comes_with_the_way_out(
    clock: FakeClock, capsys: pytest.CaptureFixture[str]
):
    triggers.drop(triggers.AUDIT_TABLES[:1])
    with pytest.raises(CommandError, match="not ready"):
        call_command("doctor")
    said = capsys.readouterr().out
    assert "NOT append-only triggers: missing or altered: audit_entry_no" in said
    assert "      Start the worker and beat" in said
