"""Errors about tables and columns that are not there: what facts of seen databases say about them.

Covered is an error whose missing name a memory from the other half names for that database (and,
for a column, for a table the query used). A false touch is a session that ended well in which a
memory speaks against a name that worked.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from dreaming.engines.base import Candidate, EngineSession
from tests.bench.quality.facts import Absent, read_absent, uses
from tests.bench.quality.matching import Held, tells
from tests.bench.quality.measures import Measures

LACKS = re.compile(
    r"Table '[^']*' doesn't exist|Unknown column '|no such (?:table|column)", re.IGNORECASE
)


def note_names(
    found: Measures,
    memories: Iterable[Candidate],
    held: Sequence[Held],
    *,
    learned_from: set[str],
) -> None:
    """Keep coverage of such errors and false touch, on databases the dream had sessions of."""
    facts = [memory for memory in memories if memory.kind == "fact"]
    absent = {one for memory in facts for one in read_absent(memory.statement)}
    errors = covered = well = against = recovered = unplaced = 0
    for one in held:
        lacking = [failure for failure in one.failures if LACKS.search(failure.event.text[:600])]
        if not one.places & learned_from:
            unplaced += len(lacking)
            continue
        said = [name for name in absent if name.place and one.is_in(name.place)]
        told = sum(any(tells(failure, name) for name in said) for failure in lacking)
        errors += len(lacking)
        covered += told
        if one.session.verdict == "success":
            well += 1
            recovered += bool(told)
            against += speaks_against(one.session, said)
    if errors:
        found.note("names covered", covered / errors)
        found.note("names errors", errors)
        found.note("names errors elsewhere", unplaced)
    if well and errors:
        found.note("names false touch", against / well)
        found.note("names met and recovered", recovered / well)


def speaks_against(session: EngineSession, absent: Iterable[Absent]) -> bool:
    """Say whether a call of the session that worked used one of the names."""
    return any(uses(query, one) for query in list_worked(session) for one in absent)


def list_worked(session: EngineSession) -> Iterator[str]:
    """Yield the queries that were answered without an error."""
    calls = {e.call_id: e.text for e in session.events if e.kind == "tool_call" and e.call_id}
    for event in session.events:
        if event.kind == "tool_result" and not event.is_error and event.call_id in calls:
            yield read_query(calls[event.call_id])


def read_query(arguments: str) -> str:
    """Return the query among a call's arguments, '' where there is none."""
    try:
        value = json.loads(arguments)
    except ValueError:
        return arguments
    return str(value.get("query", "")) if isinstance(value, dict) else ""
