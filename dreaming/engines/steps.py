"""The way a session took: its steps in order, runs of one step counted once."""

from collections.abc import Iterator
from dataclasses import dataclass

from dreaming.engines.calls import Reading

CALL_LIMIT = 64
"""Calls of a session that are looked at: what comes later is no opening and no habit."""

EXCERPT_LIMIT = 120
LONGEST = 5

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """One session's way. runs: its steps, '' for a tool with an unusual name.

    starts: the position among the calls at which each run begins; calls: how many calls there are.
    shown: step -> event index and first words of its first call, for quoting.
    """

    session: str
    runs: Path
    starts: tuple[int, ...]
    calls: int
    shown: dict[str, tuple[int, str]]


def read_track(reading: Reading) -> Track:
    """Return the way of the session itself; what its sub-sessions did is another way."""
    runs: list[str] = []
    starts: list[int] = []
    shown: dict[str, tuple[int, str]] = {}
    position = 0
    for call, step in zip(reading.calls, reading.steps, strict=True):
        if call.sub_session or call.at < 0:
            continue
        if position == CALL_LIMIT:
            break
        if not runs or runs[-1] != step:
            runs.append(step)
            starts.append(position)
        if step not in shown:
            shown[step] = call.at, call.arguments[:EXCERPT_LIMIT]
        position += 1
    return Track(reading.session.id, tuple(runs), tuple(starts), position, shown)


def list_paths(runs: Path, length: int) -> Iterator[tuple[int, Path]]:
    """Yield every contiguous path of `length` runs with the run it begins at."""
    for place in range(len(runs) - length + 1):
        yield place, runs[place : place + length]


def name_place(step: str) -> str:
    """Return a step in words: `show` in `sql`, or the tool alone."""
    tool, _, word = step.partition(": ")
    return f"`{word}` in `{tool}`" if word else f"`{tool}`"


def name_word(step: str) -> str:
    """Return the shortest name of a step: its command, or the tool."""
    return f"`{step.partition(': ')[2] or step}`"
