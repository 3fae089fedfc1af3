"""The demo: filled and served by one command, ended by Ctrl-C, there at once the second time."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreaming.demo.company import ANA, MARTA, PASSWORD, WORKSPACE
from dreaming.demo.trap import TITLE
from tests.flows.visitor import Visitor
from tests.processes import (
    ROOT,
    Installation,
    free_port,
    is_alive,
    status_of,
    wait_for,
)
from tests.requires import leave_out

pytestmark = pytest.mark.processes

FIRST_PAGE_S = 60
SECOND_START_S = 5
DREAMS_S = 60
DOOR = "/accounts/login/"
ENDED = {"completed", "partial", "skipped"}


def shared(seconds: float) -> float:
    """Return the budget as long as others have the processors as well; alone it is `seconds`."""
    return seconds * max(1.0, os.getloadavg()[0])


COUNT = """
from django.apps import apps
print(json.dumps({model._meta.label: model.objects.count() for model in apps.get_models()}))
"""
DREAMS = """
from dreaming.models import Dream
from reviews.models import Proposal
print(json.dumps({
    "states": list(Dream.objects.values_list("state", flat=True)),
    "read": list(Dream.objects.values_list("sessions_read", flat=True)),
    "starts": [at.timestamp() for at in Dream.objects.values_list("started_at", flat=True) if at],
    "filed": list(
        Proposal.objects.filter(origin_kind="dream", state="pending").values_list(
            "number", "origin_id"
        )
    ),
}))
"""


@pytest.fixture
def demo(empty_installation: Installation) -> Installation:
    """An installation with nothing in it. Python may keep what it compiles, as it would there."""
    empty_installation.env.pop("PYTHONDONTWRITEBYTECODE", None)
    return empty_installation


def look_into(installation: Installation, program: str) -> dict:
    """Run a program inside the installation and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", f"import django, json; django.setup()\n{program}"],
        env=installation.env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def started_at(pid: int) -> float:
    """Return when a process started, in seconds since 1970."""
    ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - age


def press_ctrl_c(process: subprocess.Popen) -> int:
    """Interrupt as a terminal does, the whole group, and return the exit code."""
    os.killpg(process.pid, signal.SIGINT)
    return process.wait(timeout=30)


@pytest.mark.long
def test_the_demo_dreams_in_its_worker_ends_without_a_trace_and_is_there_again_at_once(
    demo: Installation,
):
    process = demo.start("demo")
    seconds = wait_for(
        "the sign-in page", lambda: status_of(demo.url + DOOR) == 200, seconds=shared(FIRST_PAGE_S)
    )
    print(f"demo to sign-in page: {seconds:.1f} s")  # noqa: T201

    worker = demo.pid_of("dreaming worker")
    dreams: dict = {}

    def have_ended() -> bool:
        dreams.update(look_into(demo, DREAMS))
        return set(dreams["states"]) <= ENDED

    print(f"its dreams: {wait_for('the dreams', have_ended, shared(DREAMS_S)):.1f} s")  # noqa: T201
    assert len(dreams["states"]) == 4
    assert all(read > 50 for read in dreams["read"])
    assert min(dreams["starts"]) > started_at(worker)

    ana = Visitor(demo.port)
    page = ana.follow(ana.sign_in(ANA.email, PASSWORD))
    queue = ana.get(f"/w/{WORKSPACE}/review/")
    ana.close()
    assert (page.status, queue.status) == (200, 200)
    listed = {int(number) for number in re.findall(r'id="row-P-(\d+)"', queue.text)}
    assert {origin for _, origin in dreams["filed"]} == {"D-1", "D-2", "D-3", "D-4"}
    filed = {number for number, _ in dreams["filed"]}
    assert filed < listed
    assert len(listed - filed) == 1
    assert TITLE in queue.text

    assert press_ctrl_c(process) == 0
    assert demo.processes() == {}
    said = (demo.folder / "demo.out").read_text(encoding="utf-8")
    assert "Traceback" not in said
    assert f"Daybreak is at {demo.url}/" in said

    before = look_into(demo, COUNT)
    process = demo.start("demo")
    seconds = wait_for("the second start", lambda: status_of(f"{demo.url}/healthz") == 200)
    print(f"second start: {seconds:.1f} s")  # noqa: T201
    assert seconds <= shared(SECOND_START_S)
    assert press_ctrl_c(process) == 0
    assert demo.processes() == {}
    after = look_into(demo, COUNT)
    for grows in ("audit.Entry", "audit.Leaf", "audit.Checkpoint", "dreaming.Tick"):
        before.pop(grows, None), after.pop(grows, None)
    assert after == before


# What the command says; tests/dreaming/demo/test_seed.py refuses on both databases.
@pytest.mark.sqlite
def test_the_demo_refuses_a_database_that_holds_anything_else(installation: Installation):
    installation.manage("create_workspace", "acme", "--admin", "amir@acme.example")
    before = look_into(installation, COUNT)
    said = installation.manage("demo", code=1)
    assert "holds other work" in said
    assert "DAYBREAK_DATA_DIR" in said
    assert look_into(installation, COUNT) == before
    assert installation.processes() == {}


# What the command says; tests/dreaming/demo/test_seed.py refuses on both databases.
@pytest.mark.sqlite
def test_a_demo_whose_filling_was_stopped_says_what_to_remove(installation: Installation):
    installation.manage("create_workspace", WORKSPACE, "--admin", MARTA.email)
    before = look_into(installation, COUNT)
    assert "Remove its data folder" in installation.manage("demo", code=1)
    assert look_into(installation, COUNT) == before


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """What a stranger gets: the committed files, nothing installed. Its processes end with it."""
    if os.environ.get("DAYBREAK_REQUIRE") != "1":
        leave_out("a fresh clone installs from the package index; DAYBREAK_REQUIRE=1 asks for it")
    if not (shutil.which("git") and shutil.which("make")):
        leave_out("git and make")
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True, timeout=60)
    yield folder
    for pid in living_in(folder):
        os.kill(pid, signal.SIGKILL)


def living_in(folder: Path) -> dict[int, str]:
    """Return the pid and command line of every living process that runs from `folder`."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            at = (entry / "cwd").readlink()
        except OSError:
            continue
        if is_alive(int(entry.name)) and (str(folder) in line or at.is_relative_to(folder)):
            found[int(entry.name)] = line
    return found


@pytest.mark.sqlite
def test_make_demo_in_a_fresh_clone_shows_the_first_page_within_a_minute(clone: Path):
    port = free_port()
    path = ":".join(
        folder
        for folder in os.environ["PATH"].split(":")
        if not Path(folder).is_relative_to(Path(sys.prefix))
    )
    env = {"PATH": path, "HOME": os.environ["HOME"], "PORT": str(port)}
    began = time.monotonic()
    with (clone.parent / "said").open("wb") as said:
        process = subprocess.Popen(
            ["make", "demo"],
            cwd=clone,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}{DOOR}"
        wait_for(
            "the sign-in page",
            lambda: status_of(url) == 200 or process.poll() is not None,
            seconds=shared(FIRST_PAGE_S),
        )
    finally:
        seconds = time.monotonic() - began
        words = (clone.parent / "said").read_text(encoding="utf-8")
        print(f"make demo to sign-in page: {seconds:.1f} s\n{words}")  # noqa: T201
    assert status_of(url) == 200, words
    press_ctrl_c(process)
    assert living_in(clone) == {}
    assert "Traceback" not in (clone.parent / "said").read_text(encoding="utf-8")
