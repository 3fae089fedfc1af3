"""Rules and flows: process groups whose supervisor is gone are ended, and no other."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming import keeper
from dreaming.keeper import groups_left, kill_group

KEEPER = Path(keeper.__file__)
SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def sleeper():
    """A process in a group of its own."""
    process = subprocess.Popen(SLEEPER, start_new_session=True)
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


def keep(lines, *, during=None):
    """Run the keeper over these lines; `during` happens before its pipe ends."""
    process = subprocess.Popen([sys.executable, str(KEEPER)], stdin=subprocess.PIPE, text=True)
    process.stdin.write(lines)
    process.stdin.flush()
    if during:
        during(process)
    process.stdin.close()
    return process.wait(30)


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ([], set()),
        (["+7\n"], {7}),
        (["+7\n", "-7\n"], set()),
        (["+7\n", "+8\n", "-7\n"], {8}),
        (["-7\n", "+7\n"], {7}),
        (["+7\n", "+7\n", "-7\n"], set()),
        (["-9\n"], set()),
        (["+7"], {7}),
        (["\n", "noise\n", "+7\n"], {7}),
    ],
)
def test_groups_are_left_that_were_added_and_not_taken_off(lines, left):
    assert groups_left(lines) == left


@given(st.lists(st.tuples(st.sampled_from("+-"), st.integers(2, 9))))
def test_the_last_word_about_a_group_counts(words):
    last = {group: sign for sign, group in words}
    assert groups_left(f"{sign}{group}\n" for sign, group in words) == {
        group for group, sign in last.items() if sign == "+"
    }


def test_a_group_that_is_gone_is_no_fault(sleeper):
    sleeper.kill()
    sleeper.wait(30)
    assert kill_group(sleeper.pid, signal.SIGKILL) is None


def test_a_group_on_the_list_is_ended_when_the_pipe_ends(sleeper):
    assert keep(f"+{sleeper.pid}\n") == 0
    assert sleeper.wait(30) == -signal.SIGKILL


def test_a_group_taken_off_the_list_lives_on(sleeper):
    assert keep(f"+{sleeper.pid}\n-{sleeper.pid}\n") == 0
    assert sleeper.poll() is None


@pytest.mark.parametrize("chosen", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_signals_that_stop_the_supervisor_do_not_stop_the_keeper(sleeper, chosen):
    def interrupt(process):
        status = Path(f"/proc/{process.pid}/status")
        if not status.exists():
            pytest.skip("no /proc: when the keeper has begun to ignore signals cannot be seen")
        while not ignores(status.read_text(), chosen):
            assert process.poll() is None
        process.send_signal(chosen)

    assert keep(f"+{sleeper.pid}\n", during=interrupt) == 0
    assert sleeper.wait(30) == -signal.SIGKILL


def ignores(status, chosen):
    """Say whether a process's /proc status lists the signal, and the last one set, as ignored."""
    (line,) = (line for line in status.splitlines() if line.startswith("SigIgn"))
    mask = int(line.split()[1], 16)
    return all(mask >> (number - 1) & 1 for number in (chosen, signal.SIGHUP))
