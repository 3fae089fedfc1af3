"""What the records of benchmark result files have in common: chats, short fields, rewards.

Each function takes the value as it was decoded and the place it stood at, and returns what it says
or raises Malformed with that place, which refuses the record.
"""

import json
import math
from collections.abc import Iterable, Mapping

from agents.transcripts.base import ParsedEvent, Verdict
from agents.transcripts.decoding import Undecodable, name_type
from agents.transcripts.limits import MAX_EVENTS, fault_of_text, fault_of_word
from agents.transcripts.pairing import pair_calls


class Malformed(ValueError):
    """A record is not what its format promises; the message names the place."""


def read_record(value: object) -> Mapping[str, object]:
    """Return the record as an object; raises Malformed, also for one that could not be decoded."""
    if isinstance(value, Undecodable):
        raise Malformed(str(value))
    if not isinstance(value, dict):
        raise Malformed(f"the record is {name_type(value)}; it has to be an object")
    return value


def read_id(record: Mapping[str, object], field: str) -> str:
    """Return a task's id, a number or a text, as it stands in keys; raises Malformed."""
    task = record.get(field)
    if isinstance(task, bool) or not isinstance(task, int | str) or not str(task).strip():
        raise Malformed(f"{field} has to be a number or a text")
    if fault := fault_of_word("trial", str(task)):
        raise Malformed(fault.replace("trial", field, 1))
    return str(task)


def read_word(field: str, word: object, place: str) -> str:
    """Return a short field (a key of MAX_WORD), '' for null; raises Malformed."""
    if word is None:
        return ""
    if not isinstance(word, str):
        raise Malformed(f"{place}: {field} is {name_type(word)}; it has to be a text")
    if fault := fault_of_word(field, word):
        raise Malformed(f"{place}: {fault}")
    return word


def read_prose(text: object, place: str) -> str:
    """Return a long field, '' for null; raises Malformed."""
    if text is None:
        return ""
    if not isinstance(text, str):
        raise Malformed(f"{place} is {name_type(text)}; it has to be a text")
    return check_text(text, place)


def check_text(text: str, place: str) -> str:
    """Return the text; raises Malformed when it is longer than an event's may be."""
    if fault := fault_of_text(place, text):
        raise Malformed(fault)
    return text


def read_list(values: object, place: str) -> list[object]:
    """Return a list; raises Malformed."""
    if not isinstance(values, list):
        raise Malformed(f"{place} is {name_type(values)}; it has to be a list")
    return values


def read_content(content: object, place: str) -> str:
    """Return a message's text; OpenAI allows none, a text, or a list of text parts."""
    match content:
        case None:
            text = ""
        case str():
            text = content
        case list():
            text = "\n".join(_read_part(part, place) for part in content)
        case _:
            raise Malformed(f"{place}.content is {name_type(content)}; it has to be a text")
    return check_text(text, f"{place}.content")


def read_verdict(reward: object) -> Verdict:
    """Only the two ends, 1.0 and 0.0, are verdicts: a partial reward says neither."""
    if isinstance(reward, bool) or not isinstance(reward, int | float):
        return Verdict.UNKNOWN
    if math.isclose(reward, 1.0, abs_tol=1e-6):
        return Verdict.SUCCESS
    return Verdict.FAILURE if math.isclose(reward, 0.0, abs_tol=1e-6) else Verdict.UNKNOWN


def write_arguments(arguments: Mapping[str, object], place: str) -> str:
    """Return a call's arguments as JSON text in the order they have; raises Malformed."""
    return check_text(json.dumps(arguments, ensure_ascii=False), place)


def finish_events(events: Iterable[ParsedEvent]) -> tuple[ParsedEvent, ...]:
    """Return a session's events with calls and results paired; raises Malformed for too many.

    Reads no further than the limit.
    """
    kept: list[ParsedEvent] = []
    for event in events:
        if len(kept) == MAX_EVENTS:
            raise Malformed(f"more than {MAX_EVENTS:,} events, the limit of a session")
        kept.append(event)
    return pair_calls(kept)


def _read_part(part: object, place: str) -> str:
    match part:
        case {"type": "text", "text": str() as text}:
            return text
    raise Malformed(f"{place}.content has a part that is no text")
