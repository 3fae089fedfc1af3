"""Ends process groups whose supervisor is gone: a kill -9 of the supervisor leaves no orphan.

The supervisor writes `+PGID` and `-PGID` lines to the keeper's standard input. When that pipe ends,
however the supervisor ended, every group still on the list is killed. Run as a file, so that it
starts at once and loads none of the product.
"""

import os
import signal
import sys
from collections.abc import Iterable


def groups_left(lines: Iterable[str]) -> set[int]:
    """Return the process groups that were added and not taken off again."""
    left: set[int] = set()
    for line in lines:
        word = line.strip()
        if word.startswith("+"):
            left.add(int(word[1:]))
        elif word.startswith("-"):
            left.discard(int(word[1:]))
    return left


def kill_group(group: int, chosen: signal.Signals) -> None:
    """Send `chosen` to a process group; one that is already gone is fine."""
    try:
        os.killpg(group, chosen)
    except (ProcessLookupError, PermissionError):
        # macOS says EPERM for a group that has only zombies left.
        return


def main() -> None:
    """Wait for the end of the pipe, then end what is left."""
    for chosen in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(chosen, signal.SIG_IGN)
    for group in groups_left(sys.stdin):
        kill_group(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
