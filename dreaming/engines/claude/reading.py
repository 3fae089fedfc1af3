"""The first half: each session is read by itself, and what it shows is kept in the journal."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dreaming.engines.base import DreamMaterial, Dropped, EngineSession, Quote
from dreaming.engines.claude import prompts
from dreaming.engines.claude.asking import Question, Reply
from dreaming.engines.claude.options import Options
from dreaming.engines.claude.records import Part, between, parts_of, render
from dreaming.engines.claude.replies import Observation, Observations, read_items, schema_of

MOST_OBSERVATIONS = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation of one session, with its quotes as quotes of that session."""

    session: str
    said: Observation
    quotes: tuple[Quote, ...]


def question_of(part: Part, mark: str, options: Options, instructions: str) -> Question:
    """Return the request that has one part of a session read."""
    told = between(mark, render(part.session))
    asked = f"\n\nThe person who starts this asks: {instructions}" if instructions else ""
    system = prompts.READ.format(mark=mark, most=MOST_OBSERVATIONS) + asked
    return Question(
        part.name,
        {
            "model": options.read_model,
            "max_tokens": options.read_tokens,
            # The same for every session of a run, so it is read from the cache after the first.
            "system": [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": told}],
            "output_config": {"format": schema_of(Observations)},
        },
    )


def unread(material: DreamMaterial, done: Mapping[str, Any]) -> Iterator[Part]:
    """Yield the parts of the material's sessions of which the journal holds nothing yet."""
    for session in material.sessions:
        for part in parts_of(session):
            if part.name not in done:
                yield part


def note_of(part: Part, reply: Reply) -> dict[str, Any]:
    """Return what the journal keeps of a reply: observations as they are, or the fault.

    An answer that is no JSON is a fault of this part; a bad item in it costs that item.
    """
    note: dict[str, Any] = {
        "session": part.session.id,
        "part": part.number,
        "usage": dict(reply.usage or {}),
        "request": reply.request,
    }
    if reply.fault:
        return note | {"fault": reply.fault}
    try:
        read = read_items(reply.text, "observations", Observation, part.session.id)
    except ValueError as error:
        return note | {"fault": f"The answer cannot be read: {error}."}
    return note | {
        "observations": [one.model_dump() for one in read.items[:MOST_OBSERVATIONS]],
        "dropped": [[one.what, one.why] for one in read.dropped],
    }


def emptied(note: Mapping[str, Any]) -> dict[str, Any]:
    """Return the note of a part that its halves speak for."""
    kept = {name: value for name, value in note.items() if name != "fault"}
    return kept | {"observations": [], "dropped": []}


@dataclass(frozen=True, slots=True)
class Reading:
    """What all sessions showed, what was dropped of it, and the sessions nobody could read."""

    seen: tuple[Seen, ...]
    dropped: tuple[Dropped, ...]
    not_analysed: tuple[Dropped, ...]


def reading_of(material: DreamMaterial, notes: Iterable[Mapping[str, Any]]) -> Reading:
    """Return what the notes say, in the order of the sessions; invented quotes are dropped.

    A quote counts when its words stand in the event as it was sent and are no echo of memory.
    """
    by_session: dict[str, list[Mapping[str, Any]]] = {}
    for note in sorted(notes, key=lambda note: str(note["part"])):
        by_session.setdefault(str(note["session"]), []).append(note)
    seen: list[Seen] = []
    dropped: list[Dropped] = []
    failed: list[Dropped] = []
    for session in material.sessions:
        for note in by_session.get(session.id, ()):
            if "fault" in note:
                failed.append(Dropped(session.id, f"Not analysed: {note['fault']}"))
                continue
            dropped += [Dropped(what, why) for what, why in note["dropped"]]
            for one in note["observations"]:
                found, lost = _see(session, Observation.model_validate(one))
                dropped += lost
                seen += [found] if found is not None else []
    return Reading(tuple(seen), tuple(dropped), tuple(failed))


def _see(session: EngineSession, said: Observation) -> tuple[Seen | None, list[Dropped]]:
    events = {event.index: event for event in session.events}
    quotes: list[Quote] = []
    lost: list[Dropped] = []
    for place in said.quotes:
        event = events.get(place.event)
        if event is None or place.text not in event.text:
            why = f"The words are not in {session.id} event {place.event}."
            lost.append(Dropped(f"quote for {said.topic}", why))
        elif not event.remembered:
            quotes.append(Quote(session.id, place.event, place.text, place.relation))
    if not quotes:
        what = f"observation of {session.id}: {said.topic}"
        return None, [*lost, Dropped(what, "None of its quotes stands in the session.")]
    return Seen(session.id, said, tuple(quotes)), lost
