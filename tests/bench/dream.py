"""A night: one dream of the local engine over 3,000 sessions of 30 events and 10 KB."""

import resource
import time
from collections.abc import Iterator
from typing import Any

from tests.bench.house import named, on_both
from tests.bench.lines import Line, at_most, told

SESSIONS = 3_000
EVENTS = 30
S_A_SESSION = 60 / 15_000
MOST_MIB = 1_024.0
TOOLS = ("orders", "refunds", "invoices", "mail", "stock")
FAULTS = ("order {} is locked by another clerk", "no invoice for customer {}", "amount {} too high")
WORDS = "what the tool gave back about this order and its customer, line by line; " * 5


def measure() -> Iterator[Line]:
    """Yield how long a dream takes, on both databases."""
    yield from on_both("tests.bench.dream:measure_here")


def measure_here(sessions: int = SESSIONS) -> Iterator[Line]:
    """Yield seconds from queued to filed, and the most memory this process ever held."""
    from dreaming.dreams import Wish, queue_dream, run_to_end  # noqa: PLC0415
    from tests.bench import rows  # noqa: PLC0415 (after the settings are chosen)

    place = rows.make_place()
    rows.ingest(place, nights(sessions))
    began, cpu = time.perf_counter(), time.process_time()
    dream = run_to_end(queue_dream(place.store, Wish()))
    took, worked = time.perf_counter() - began, time.process_time() - cpu
    if dream.state != "completed" or dream.sessions_read != sessions:
        raise RuntimeError(f"{dream} is {dream.state} after {dream.sessions_read}: {dream.failure}")
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    name = f"{sessions:,} sessions"
    yield at_most("dream", named(f"dream over {name}"), took, "s", sessions * S_A_SESSION)
    yield told("dream", named(f"dream over {name}, processor time"), worked, "s")
    yield told("dream", named("events a second"), sessions * EVENTS / took, "1/s")
    yield at_most("dream", named("most memory, with ingest"), held, "MiB", MOST_MIB)


def nights(sessions: int) -> Iterator[Any]:
    """Yield sessions of tool calls; one in five meets a fault that is met elsewhere too."""
    from agents.transcripts.base import ParsedOutcome, ParsedSession, Verdict  # noqa: PLC0415

    for number in range(sessions):
        is_faulty = number % 5 == 0
        failed = number % 10 == 0 or number % 7 == 0
        yield ParsedSession(
            position=number,
            external_id=f"night-{number}",
            agent="desk",
            events=tuple(events_of(number, is_faulty)),
            outcome=ParsedOutcome(Verdict.FAILURE if failed else Verdict.SUCCESS),
            task_key=f"task-{number % 40}",
            principal=f"person-{number % 25}",
        )


def events_of(number: int, is_faulty: bool) -> Iterator[Any]:
    """Yield a question, then calls and answers by turns."""
    from agents.transcripts.base import EventKind, ParsedEvent, Role  # noqa: PLC0415

    yield ParsedEvent(EventKind.MESSAGE, Role.USER, f"Please settle order {number}. {WORDS}")
    for turn in range(1, EVENTS - 1, 2):
        tool, call = TOOLS[(number + turn) % len(TOOLS)], f"call-{turn}"
        yield ParsedEvent(
            EventKind.TOOL_CALL, Role.ASSISTANT, f'{{"order": {number + turn}}}', tool, call
        )
        fault = is_faulty and turn == 5
        text = FAULTS[number // 5 % len(FAULTS)].format(number) if fault else f"{turn} {WORDS}"
        yield ParsedEvent(EventKind.TOOL_RESULT, Role.TOOL, text, tool, call, is_error=fault)
    yield ParsedEvent(EventKind.MESSAGE, Role.ASSISTANT, f"Order {number} is settled.")
