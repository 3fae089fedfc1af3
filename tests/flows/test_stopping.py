"""A dream that runs stops within five seconds of a freeze or a pause, by the clock on the wall."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection

from agents.freezes import freeze_agent, freeze_workspace
from agents.pauses import pause_workspace
from dreaming.dreams import run_dream
from dreaming.engines.base import DreamMaterial, DreamResult, Report
from dreaming.models import Dream, DreamState
from reviews.audit.models import Entry
from tests.cast import Cast
from tests.dreaming import nights
from tests.dreaming.conftest import Seated, seat
from tests.fake_engine import FakeEngine

__all__ = ["seat"]

pytestmark = pytest.mark.django_db(transaction=True)

PROMISED_S = 5.0
TOO_LONG_S = 60.0
PAUSE_S = 0.1


class Endless(FakeEngine):
    """Reports like an engine with far too much to read; gives up when nobody stops it."""

    def __init__(self) -> None:
        super().__init__(())
        self.began = threading.Event()

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        steps = int(TOO_LONG_S / PAUSE_S)
        for done in range(steps):
            report(done, steps)
            self.began.set()
            time.sleep(PAUSE_S)
        return super().dream(material, report)


def freeze_the_agent(cast: Cast) -> None:
    freeze_agent(cast.agent, reason="Odd refunds.", by=cast.lead)


def freeze_all(cast: Cast) -> None:
    freeze_workspace(cast.workspace, reason="Odd refunds.", by=cast.lead)


def pause(cast: Cast) -> None:
    pause_workspace(cast.workspace, reason="Model change.", by=cast.lead)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (freeze_the_agent, "The memory was frozen; nothing was filed."),
        (freeze_all, "The memory was frozen; nothing was filed."),
        (pause, "The workspace was paused; nothing was filed."),
    ],
)
def test_a_running_dream_stops_in_time_and_says_why(
    cast: Cast, seat: Seated, act: Callable[[Cast], None], words: str
):
    nights.sessions(cast.agent)
    engine = Endless()
    seat(engine)
    dream = nights.queued(cast.store)

    def work() -> None:
        try:
            run_dream(dream)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert engine.began.wait(TOO_LONG_S)
    act(cast)
    worker.join(PROMISED_S)
    assert not worker.is_alive()
    ended = nights.fresh(dream)
    assert (ended.state, ended.failure) == (DreamState.CANCELLED, words)
    assert nights.filed_by(dream) == []
    assert Entry.objects.filter(action="dream.cancelled", object=str(dream)).count() == 1


def test_a_pause_of_another_workspace_stops_nothing(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)
    seat(FakeEngine(()))
    dream = nights.queued(cast.store)
    pause_workspace(cast.elsewhere, reason="Model change.", by=cast.outsider)
    assert run_dream(dream)
    assert Dream.objects.get(pk=dream.pk).state == DreamState.COMPLETED
