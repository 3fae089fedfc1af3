"""The keeper ends what a supervisor left behind when it was killed."""

import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming import keeper


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ([], set()),
        (["+10\n"], {10}),
        (["+10\n", "+11\n", "-10\n"], {11}),
        (["-10\n"], set()),
        (["+10\n", "-10\n", "+10\n"], {10}),
        (["+10\n", "+10\n", "-10\n"], set()),
        (["", "\n", "noise\n", "+10"], {10}),
    ],
)
def test_what_was_added_and_not_taken_off_is_left(lines: list[str], left: set[int]) -> None:
    assert keeper.groups_left(lines) == left


@given(st.lists(st.tuples(st.sampled_from("+-"), st.integers(1, 5))))
def test_the_last_word_about_a_group_counts(words: list[tuple[str, int]]) -> None:
    last = {group: sign for sign, group in words}
    found = keeper.groups_left(f"{sign}{group}\n" for sign, group in words)
    assert found == {group for group, sign in last.items() if sign == "+"}


@pytest.fixture
def sleeper():
    """A process in a group of its own that would sleep for a minute."""
    words = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(words, start_new_session=True) as process:
        yield process
        if process.poll() is None:
            process.kill()


def keep(said: str) -> int:
    """Run the keeper as the supervisor does, say this, and end the pipe."""
    done = subprocess.run(
        [sys.executable, keeper.__file__], input=said, text=True, timeout=30, check=False
    )
    return done.returncode


def test_the_end_of_the_pipe_ends_what_is_on_the_list(sleeper: subprocess.Popen) -> None:
    assert keep(f"+{sleeper.pid}\n") == 0
    assert sleeper.wait(10) == -signal.SIGKILL


def test_what_was_taken_off_the_list_lives_on(sleeper: subprocess.Popen) -> None:
    assert keep(f"+{sleeper.pid}\n-{sleeper.pid}\n") == 0
    assert sleeper.poll() is None


def test_a_group_that_is_gone_is_fine(sleeper: subprocess.Popen) -> None:
    sleeper.kill()
    sleeper.wait(10)
    keeper.kill_group(sleeper.pid, signal.SIGKILL)
    assert keep(f"+{sleeper.pid}\n") == 0


def test_a_polite_signal_reaches_the_whole_group(sleeper: subprocess.Popen) -> None:
    assert os.getpgid(sleeper.pid) == sleeper.pid
    keeper.kill_group(sleeper.pid, signal.SIGTERM)
    assert sleeper.wait(10) == -signal.SIGTERM
