"""Ingest of sessions with events of a kilobyte, against the database's own fastest way in."""

import time
from collections.abc import Iterator
from typing import Any

from tests.bench.house import named, on_both
from tests.bench.lines import Line, at_least, told

SESSIONS = 1_500
EVENTS = 20
SHARE_OF_COPY = 0.25
SHARE_OF_EXECUTEMANY = 0.2
WORDS = "the clerk looks up the order and reads what the customer wrote about it "


def measure() -> Iterator[Line]:
    """Yield events a second and the share of the raw way, on both databases."""
    yield from on_both("tests.bench.sessions:measure_here")


def measure_here(sessions: int = SESSIONS) -> Iterator[Line]:
    """Yield the lines of this process's database: whole verb against bare rows, one after both."""
    from django.db import connection  # noqa: PLC0415 (after the settings are chosen)

    from tests.bench import rows  # noqa: PLC0415

    place = rows.make_place()
    rows.ingest(place, talks(sessions // 10, "warm"))
    count = sessions * EVENTS
    began, cpu = time.perf_counter(), time.process_time()
    rows.ingest(place, talks(sessions, "talk"))
    took, worked = time.perf_counter() - began, time.process_time() - cpu
    raw = insert_raw(count)
    is_copy = connection.vendor == "postgresql"
    way = "COPY" if is_copy else "executemany"
    least = SHARE_OF_COPY if is_copy else SHARE_OF_EXECUTEMANY
    yield told("sessions", named("ingest of 1 KB events"), count / took, "1/s")
    yield told("sessions", named("ingest, processor time"), worked / count * 1e6, "us/event")
    yield told("sessions", named(f"raw {way} of the same rows"), count / raw, "1/s")
    yield at_least("sessions", named(f"ingest against raw {way}"), raw / took, "x", least)


def talks(sessions: int, prefix: str) -> Iterator[Any]:
    """Yield sessions of EVENTS messages of 1 KB, no two texts alike."""
    from agents.transcripts.base import (  # noqa: PLC0415
        EventKind,
        ParsedEvent,
        ParsedOutcome,
        ParsedSession,
        Role,
        Verdict,
    )

    filler = WORDS * 20
    for number in range(sessions):
        events = tuple(
            ParsedEvent(
                EventKind.MESSAGE,
                Role.USER if turn % 2 else Role.ASSISTANT,
                f"{prefix} {number} turn {turn}: {filler}"[:1024],
            )
            for turn in range(EVENTS)
        )
        yield ParsedSession(
            position=number,
            external_id=f"{prefix}-{number}",
            agent="desk",
            events=events,
            outcome=ParsedOutcome(Verdict.SUCCESS),
        )


def insert_raw(count: int) -> float:
    """Return the seconds of writing the last `count` events into an empty table of their form."""
    from django.db import connection, transaction  # noqa: PLC0415

    with connection.cursor() as cursor:
        make_like_events(cursor)
        cursor.execute("SELECT * FROM agents_event ORDER BY id DESC LIMIT %s", [count])
        found = cursor.fetchall()
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy("COPY bare_event FROM STDIN") as copy:
                for row in found:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(found[0]))
            cursor.executemany(f"INSERT INTO bare_event VALUES ({marks})", found)  # noqa: S608
    took = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bare_event")
    return took


def make_like_events(cursor: Any) -> None:
    """Make the empty table `bare_event` with the columns and indexes of the events."""
    from django.db import connection  # noqa: PLC0415

    if connection.vendor == "postgresql":
        cursor.execute("CREATE TABLE bare_event (LIKE agents_event INCLUDING ALL)")
        return
    cursor.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'agents_event'"
        " AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC"
    )
    for _, name, sql in cursor.fetchall():
        form = sql.replace('"agents_event"', '"bare_event"').replace(f'"{name}"', f'"bare_{name}"')
        cursor.execute(form.replace('"bare_agents_event"', '"bare_event"').replace("%", "%%"))
