"""Dreams: how good what they say is (tests.bench.quality), and a year of nights.

The nights are dreams of the local engine over 15,000 and 30,000 sessions of 30 events. A session
holds 10 KB of words no other has, calls of twelve tools and of a database, errors of one in three,
wishes of one in fifteen, a check, and what it was given from a memory of 300 entries.
BENCH_SCALE=0.1 makes a tenth of the nights.
"""

import json
import os
import random
import resource
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.bench.house import named, on_both
from tests.bench.lines import Line, at_most, percentile, told
from tests.bench.quality import report

SESSIONS = 15_000
EVENTS = 30
TURN_BYTES = 600
TIMES = 3
S_A_SESSION = 60 / 15_000
MOST_MIB = 1_024.0
MOST_RATIO = 2.6
MEMORIES = 300
CHECK = "order settled"
TOOLS = tuple(
    f"{verb}_{noun}"
    for verb in ("find", "list", "change", "cancel")
    for noun in ("order", "refund", "invoice")
)
FAULTS = (
    "Error: order #W{} is locked by another clerk",
    "Error: no invoice for customer {}",
    "Error: amount {}.50 is above the limit",
    "Error: item {} was already exchanged",
    "Error: payment method credit_card_{} does not belong to the user",
    "Error: HTTP 503 from warehouse {}",
)
TABLES = ("orders", "clients", "refunds", "stock_items", "suppliers")
WISHES = (
    "Please always answer with the order number first.",
    "From now on, write the totals in euros.",
    "Never close a complaint without asking me.",
)
TALK = (
    "the clerk looks up an order and reads what this customer wrote about late parcels while "
    "staff count returned items again because labels were lost during transport last week"
)
WORDS = TALK.split()


def measure() -> Iterator[Line]:
    """Yield the quality, then how long dreams take and what they hold, on both databases."""
    yield from report.measure()
    yield from on_both("tests.bench.dream:measure_here")


def measure_here(sessions: int = 0) -> Iterator[Line]:
    """Yield seconds from queued to filed for `sessions` and twice as many, and the most memory."""
    from tests.bench import rows  # noqa: PLC0415 (after the settings are chosen)

    count = sessions or round(SESSIONS * float(os.environ.get("BENCH_SCALE", "1")))
    place = rows.make_place()
    took = [list(dream_over(place, size)) for size in (count, 2 * count)]
    yield from took[0]
    yield from took[1]
    ratio = took[1][0].value / took[0][0].value
    yield at_most("dream", named("twice the sessions"), ratio, "x", MOST_RATIO)


def dream_over(place: Any, sessions: int) -> Iterator[Line]:
    """Yield the lines of dreams over an agent with so many sessions; the time is their median."""
    from dreaming.dreams import Wish, queue_dream, run_to_end  # noqa: PLC0415

    place = fill(place, sessions)
    walls: list[float] = []
    works: list[float] = []
    for _ in range(TIMES):
        began, cpu = time.perf_counter(), time.process_time()
        dream = run_to_end(queue_dream(place.store, Wish()))
        walls.append(time.perf_counter() - began)
        works.append(time.process_time() - cpu)
        if dream.sessions_read != sessions or dream.state not in {"completed", "held"}:
            raise RuntimeError(f"{dream} is {dream.state}: {dream.failure}")
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    name = f"{sessions:,} sessions"
    wall, budget = percentile(walls, 0.5), sessions * S_A_SESSION
    yield at_most("dream", named(f"dream over {name}"), wall, "s", budget)
    yield told("dream", named(f"processor time of {name}"), percentile(works, 0.5), "s")
    yield told("dream", named(f"events a second of {name}"), sessions * EVENTS / wall, "1/s")
    yield at_most("dream", named(f"most memory up to {name}"), held, "MiB", MOST_MIB)


def fill(place: Any, sessions: int) -> Any:
    """Return the place of a new agent with so many sessions, each of which was given memory."""
    from agents.models import MemoryRead, MemoryStore  # noqa: PLC0415
    from agents.reads import read_memory  # noqa: PLC0415
    from agents.workspaces import create_agent, set_visible_checks  # noqa: PLC0415
    from reviews.audit.actors import SYSTEM  # noqa: PLC0415
    from tests.bench import rows  # noqa: PLC0415

    set_visible_checks(place.workspace, [CHECK], by=SYSTEM)
    agent = create_agent(place.workspace, f"desk-{sessions}", name=f"Desk {sessions}", by=SYSTEM)
    store = MemoryStore.objects.select_related("workspace", "agent").get(agent=agent)
    place = replace(place, agent=agent, store=store)
    rows.make_memories(place, min(MEMORIES, sessions))
    read_memory(agent, "night-0", budget_tokens=100_000)
    first = MemoryRead.objects.get(agent=agent)
    rows.ingest(place, nights(sessions))
    copies = []
    for number in range(1, sessions):
        first.pk, first.external_session_id = None, f"night-{number}"
        copies.append(
            MemoryRead(**{f.attname: getattr(first, f.attname) for f in first._meta.fields})
        )
    MemoryRead.objects.bulk_create(copies, batch_size=1_000)
    return place


def nights(sessions: int) -> Iterator[Any]:
    """Yield the sessions; the same ones each time."""
    from agents.transcripts.base import (  # noqa: PLC0415
        ParsedCheck,
        ParsedOutcome,
        ParsedSession,
        Verdict,
    )

    for number in range(sessions):
        chance = random.Random(number)  # noqa: S311
        faults = chance.choice((0, 0, 1, 2))
        failed = chance.random() < 0.2 + 0.2 * faults
        check = ParsedCheck(CHECK, not failed, "The order is open." if failed else "")
        yield ParsedSession(
            position=number,
            external_id=f"night-{number}",
            agent="desk",
            events=tuple(events_of(number, faults, chance)),
            outcome=ParsedOutcome(Verdict.FAILURE if failed else Verdict.SUCCESS, (check,)),
            task_key=f"shop:{number % (sessions // 20 + 1)}",
            principal=f"person-{number % 250}",
            environment="shop",
        )


def events_of(number: int, faults: int, chance: random.Random) -> Iterator[Any]:
    """Yield a question, then calls and answers by turns, the first of them faulty."""
    from agents.transcripts.base import EventKind, ParsedEvent, Role  # noqa: PLC0415

    wish = chance.choice(WISHES) if number % 15 == 0 else ""
    yield ParsedEvent(EventKind.MESSAGE, Role.USER, f"{wish} Settle {number}. {words(chance)}")
    for turn in range(EVENTS // 2 - 1):
        fault = turn < faults
        tool, arguments, answer = step_of(number, chance, fault)
        call = f"call-{turn}"
        text = json.dumps(arguments)
        yield ParsedEvent(EventKind.TOOL_CALL, Role.ASSISTANT, text, tool, call)
        answer = answer if fault else f"{answer} {words(chance)}"
        yield ParsedEvent(EventKind.TOOL_RESULT, Role.TOOL, answer, tool, call, is_error=fault)
    yield ParsedEvent(EventKind.MESSAGE, Role.ASSISTANT, f"{number} is settled. {words(chance)}")


def step_of(number: int, chance: random.Random, fault: bool) -> tuple[str, dict[str, str], str]:
    """Return a tool, its arguments and what it answers; one call in four asks a database."""
    if chance.random() < 0.25:
        table = chance.choice(TABLES)
        asked = table.rstrip("s") if fault else table
        query = f"SELECT name FROM {asked} WHERE id = {number}"  # noqa: S608 (an agent's query, run by nobody)
        wrong = f"Error executing query: no such table: {asked}"
        return "sql", {"query": query}, wrong if fault else "[('one',)]"
    arguments = {"id": f"W{number}", "note": " ".join(chance.choices(WORDS, k=4))}
    fault_text = chance.choice(FAULTS).format(number)
    return chance.choice(TOOLS), arguments, fault_text if fault else '{"status": "ok"}'


def words(chance: random.Random) -> str:
    """Return about TURN_BYTES of words in an order of their own."""
    return " ".join(chance.choices(WORDS, k=TURN_BYTES // 6))
