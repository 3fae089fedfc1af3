"""One poisoned session of 200: out of every release and three running loops at once, and back.

Loops read by the API with their token, the lead and the reviewer act on the pages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from agents import clock as product_clock
from agents.models import Memory, Quarantine, Release, Session
from agents.releases import contents
from agents.sessions import ingest_sessions
from agents.transcripts.base import ParsedSession
from reviews import containment, reconcile
from reviews.audit import sealing
from reviews.audit.actors import SYSTEM
from reviews.audit.report import Status
from reviews.changes import Op
from reviews.models import Containment
from tests import build
from tests.cast import Cast
from tests.reviews.poison import WORDS, learn, memory_at, says
from tests.reviews.views.desks import fresh, member

pytestmark = pytest.mark.django_db(transaction=True)

MEMORY = "/api/v1/agents/refund-desk/memory"
HOME = "/w/northwind/quarantine/"
LOOPS = ("loop-1", "loop-2", "loop-3")
BAD = ("/again.md", "/both.md", "/edited.md", "/shared.md", "/told.md")
FLAGGED = ("/after-1.md", "/after-2.md", "/after-3.md")
GOOD = ("/by-hand.md", "/sound-1.md", "/sound-2.md", "/sound-3.md")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a loop was told: paths in it, its tag, its status."""

    paths: tuple[str, ...]
    etag: str
    status: int


@dataclass(frozen=True, slots=True)
class Scene:
    """The poisoned session, and a client for each who acts."""

    poisoned: Session
    loop: Client
    lead: Client
    reviewer: Client


@pytest.fixture(autouse=True)
def own_keys(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""


@pytest.fixture
def scene(own_keys, cast: Cast, agent_client: Client, client_of: Callable[..., Client]) -> Scene:
    """200 sessions, 12 memories: 5 rest on the poisoned one, 3 were learned from its readers."""
    poisoned = says(cast.agent, external_id="poisoned")
    fill(cast, 193)
    sound = [says(cast.agent, external_id=f"sound-{n}") for n in range(3)]
    for n, session in enumerate(sound, start=1):
        learn(cast, f"/sound-{n}.md", [session])
    build.memory(cast.store, "/by-hand.md", "Ask for the number.\n")
    teach(cast, poisoned, sound)
    readers = [read(agent_client, f"reader-{n}") for n in range(3)]
    assert all(set(BAD) <= set(one.paths) for one in readers)
    for n in range(3):
        ended = says(cast.agent, external_id=f"reader-{n}", ended_at=product_clock.now())
        learn(cast, f"/after-{n + 1}.md", [ended])
    assert Session.objects.filter(workspace=cast.workspace).count() == 200
    return Scene(poisoned, agent_client, client_of(cast.lead), client_of(cast.reviewer))


def fill(cast: Cast, count: int) -> None:
    """So many sessions nobody learned from."""
    parsed = (
        ParsedSession(
            position=n,
            external_id=f"plain-{n}",
            agent="refund-desk",
            events=(build.says("Hello."),),
        )
        for n in range(count)
    )
    made = ingest_sessions(cast.workspace, parsed, agent_for=lambda _: cast.agent, actor=SYSTEM)
    assert made.added == count


def teach(cast: Cast, poisoned: Session, sound: Sequence[Session]) -> None:
    """Five memories that rest on it: told, told by two, edited since, put back, and shared."""
    learn(cast, "/told.md", [poisoned])
    learn(cast, "/both.md", [poisoned, sound[0]])
    learn(cast, "/edited.md", [poisoned])
    learn(cast, "/edited.md", [sound[1]])
    learn(cast, "/again.md", [poisoned])
    learn(cast, "/again.md", op=Op.RETIRE, content="")
    memory = memory_at("/again.md")
    containment.restore_version(
        memory, memory.versions.get(number=1), by=member(cast, "lead"), reason="Wanted again."
    )
    learn(cast, "/shared.md", [poisoned], store=cast.shared_store)


def read(client: Client, session: str, etag: str = "") -> Answered:
    """One call of a loop."""
    answer = client.get(
        MEMORY,
        {"session": session},
        headers={"accept": "application/json", **({"if-none-match": etag} if etag else {})},
    )
    told = answer.json()["items"] if answer.status_code == 200 else []
    paths = sorted(item["path"] for item in told if item["in"])
    return Answered(tuple(paths), answer.headers["ETag"], answer.status_code)


def served_everywhere() -> set[str]:
    """Every path any release of the workspace holds."""
    return {line.path for one in Release.objects.all() for line in contents(one)}


def verify() -> Status:
    sealing.seal()
    sealing.checkpoint(product_clock.now())
    report = reconcile.verify()
    assert report.status is Status.SOUND, report
    return report.status


def take_out(scene: Scene) -> Containment:
    """The lead looks at what rests on the session, and confirms."""
    target = {"kind": "session", "target": str(scene.poisoned)}
    page = scene.lead.get(f"{HOME}new/", target)
    assert page.status_code == 200
    assert sorted(one.memory.path for one in page.context["memories"]) == sorted(BAD)
    assert sorted(one.memory.path for one in page.context["flagged"]) == sorted(FLAGGED)
    assert page.context["having_count"] == len(LOOPS)
    counted = {"memories": 5, "flagged": 3, "sessions": 1, "proposals": 1}
    done = scene.lead.post(f"{HOME}new/", target | counted | {"reason": "It was told to lie."})
    assert done.status_code == 303
    return Containment.objects.get(kind="quarantine")


def test_one_action_takes_five_of_five_out_and_nothing_else(cast: Cast, scene: Scene) -> None:
    waiting = build.filed(
        cast.store, path="/next.md", evidence=[build.quote(scene.poisoned, 0, WORDS)]
    )
    before = {name: read(scene.loop, name) for name in LOOPS}
    assert {one.paths for one in before.values()} == {tuple(sorted((*BAD, *FLAGGED, *GOOD)))}
    releases = list(Release.objects.order_by("pk").values())

    made = take_out(scene)

    after = {name: read(scene.loop, name, before[name].etag) for name in LOOPS}
    assert {one.status for one in after.values()} == {200}
    assert {one.paths for one in after.values()} == {tuple(sorted((*FLAGGED, *GOOD)))}
    assert all(after[name].etag != before[name].etag for name in LOOPS)
    assert read(scene.loop, "new").paths == tuple(sorted((*FLAGGED, *GOOD)))
    assert list(Release.objects.order_by("pk").values()) == releases
    assert set(BAD) <= served_everywhere()
    assert fresh(waiting).state == "withdrawn"
    assert list(Session.objects.exclude(quarantined_at=None)) == [scene.poisoned]
    page = scene.reviewer.get(f"{HOME}{made}/")
    assert page.context["having_count"] == 0
    assert verify() is Status.SOUND


def test_every_release_a_loop_pins_is_without_it(cast: Cast, scene: Scene) -> None:
    read(scene.loop, "loop-1")
    read(scene.loop, "loop-2")
    read(scene.loop, "loop-3")
    take_out(scene)
    for release in Release.objects.filter(workspace=cast.workspace):
        answer = scene.loop.get(
            MEMORY,
            {"session": "loop-1", "release": str(release)},
            headers={"accept": "application/json"},
        )
        given = {item["path"] for item in answer.json()["items"] if item["in"]}
        assert not given & set(BAD), release


def test_confirmed_by_another_person_it_is_retired_and_stays_out(cast: Cast, scene: Scene) -> None:
    before = {name: read(scene.loop, name) for name in LOOPS}
    made = take_out(scene)
    own = scene.lead.post(f"{HOME}{made}/", {"verdict": "confirmed"})
    assert own.status_code == 403
    assert fresh_answer(made) == ""
    done = scene.reviewer.post(f"{HOME}{made}/", {"verdict": "confirmed"})
    assert done.status_code == 303
    assert fresh_answer(made) == "confirmed"
    for name in LOOPS:
        assert set(read(scene.loop, name, before[name].etag).paths) == {*FLAGGED, *GOOD}
    assert set(read(scene.loop, "new").paths) == {*FLAGGED, *GOOD}
    assert all(memory_at(path).head.is_tombstone for path in BAD)
    assert not any(memory_at(path).head.is_tombstone for path in (*FLAGGED, *GOOD))
    assert verify() is Status.SOUND


def test_restored_by_another_person_it_is_exactly_what_it_was(cast: Cast, scene: Scene) -> None:
    before = {name: read(scene.loop, name) for name in LOOPS}
    heads = dict(Memory.objects.values_list("pk", "head"))
    made = take_out(scene)
    without = {name: read(scene.loop, name) for name in LOOPS}
    assert all(without[name] != before[name] for name in LOOPS)
    done = scene.reviewer.post(
        f"{HOME}{made}/", {"verdict": "reversed", "reason": "It was a test of ours."}
    )
    assert done.status_code == 303
    for name in LOOPS:
        assert read(scene.loop, name) == before[name]
        assert read(scene.loop, name, before[name].etag).status == 304
    assert dict(Memory.objects.values_list("pk", "head")) == heads
    assert not Quarantine.objects.filter(lifted_at=None).exists()
    assert not Session.objects.exclude(quarantined_at=None).exists()
    assert verify() is Status.SOUND


def fresh_answer(made: Containment) -> str:
    return Containment.objects.get(pk=made.pk).answer
