"""A crowd decides at once: every proposal is decided once, and everybody else is told so."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from tests.flows import crowd
from tests.processes import ROOT, Installation, status_of, wait_for

pytestmark = pytest.mark.processes
OPEN = {"pending", "awaiting_second", "scheduled"}


def run(installation: Installation, call: str) -> dict:
    """Call a function of the crowd inside the installation and return what it printed."""
    program = f"import django; django.setup()\nfrom tests.flows import crowd\ncrowd.{call}"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=installation.env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def serve(installation: Installation) -> None:
    installation.start("serve")
    wait_for("the first page", lambda: status_of(f"{installation.url}/healthz") == 200, 60)
    installation.pid_of("dreaming worker")


def settled(installation: Installation) -> dict:
    """Wait until the worker has carried out every decision, and return what is there then."""
    left: dict = {}

    def is_settled() -> bool:
        left.update(run(installation, "settle()"))
        return not OPEN & set(left["states"])

    wait_for("every decision carried out", is_settled)
    return left


def check(race: crowd.Race, left: dict, people: int, proposals: int) -> None:
    """Hold what everybody was told against what is there."""
    assert race.statuses == {crowd.REFUSED: (people - 1) * proposals}, [
        one for one in race.tries if not one.is_won and one.status != crowd.REFUSED
    ][:3]
    told = {(one.number, one.verdict) for one in race.won}
    assert Counter(number for number, _ in left["decisions"]).most_common(1)[0][1] == 1
    assert {(number, verdict) for number, verdict in left["decisions"]} == told
    assert len(told) == proposals
    assert left["refused"] == (people - 1) * proposals
    assert left["deciders"] == len(race.wins)
    approved = [left["paths"][str(number)] for number, verdict in told if verdict == "approve"]
    assert sorted(left["versions"]) == sorted(approved)
    assert left["states"] == {
        state: count
        for state, count in (
            ("applied", len(approved)),
            ("rejected", proposals - len(approved)),
        )
        if count
    }
    assert (left["log"], left["problems"]) == ("SOUND", [])


def complaints(installation: Installation) -> list[str]:
    """Return the logs of processes that tell of something unforeseen."""
    words = ("Traceback", " ERROR ", "deadlock", "database is locked")
    texts = [log.read_text(encoding="utf-8") for log in (installation.folder / "logs").iterdir()]
    return [text for text in texts if any(word in text for word in words)]


@pytest.mark.postgresql
def test_fifty_people_decide_fifty_proposals_once_through_two_web_processes(
    installation: Installation,
):
    installation.env["DAYBREAK_WEB_PROCESSES"] = "2"
    who = run(installation, "gather(50, 50)")
    serve(installation)
    wait_for("two web processes", lambda: len(installation.pids("dreaming.wsgi")) >= 3)
    race = crowd.race(installation.port, who["sessions"], who["numbers"])
    left = settled(installation)
    print(race.told())  # noqa: T201
    check(race, left, people=50, proposals=50)
    assert len(race.wins) >= 10
    assert {one.verdict for one in race.won} == {"approve", "reject"}
    assert complaints(installation) == []


@pytest.mark.sqlite
def test_ten_people_decide_twenty_proposals_once_on_one_file(installation: Installation):
    who = run(installation, "gather(10, 20)")
    serve(installation)
    race = crowd.race(installation.port, who["sessions"], who["numbers"])
    left = settled(installation)
    print(race.told())  # noqa: T201
    check(race, left, people=10, proposals=20)
    assert {one.verdict for one in race.won} == {"approve", "reject"}
    assert complaints(installation) == []
