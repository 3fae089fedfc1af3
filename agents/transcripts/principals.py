"""Whom a session of a customer service benchmark served, as far as its events say it."""

import re

from agents.transcripts.base import EventKind, ParsedEvent, Role
from agents.transcripts.decoding import Undecodable, decode_json
from agents.transcripts.limits import fault_of_word

USER_ID = re.compile(r"[a-z]+(?:_[a-z]+)*_\d+")
WORD = re.compile(r"\w+")


def find_principal(events: tuple[ParsedEvent, ...]) -> str:
    """Return the user the session served, or '' when its events do not say it beyond doubt.

    Beyond doubt is one user alone whom the agent looked up with success; else one user alone whose
    id the user gave and a record that came back bears.
    """
    calls = {event.call_id: event for event in events if event.kind is EventKind.TOOL_CALL}
    looked_up: set[str] = set()
    recorded: set[str] = set()
    for event in events:
        if event.kind is EventKind.TOOL_RESULT and not event.is_error:
            call = calls.get(event.call_id)
            looked_up.add(_user_in(call.text) if call else "")
            if event.tool.startswith("find_user_id"):
                looked_up.add(event.text.strip())
            recorded.add(_user_in(event.text))
    looked_up = {user for user in looked_up if _is_user_id(user)}
    if looked_up:
        return looked_up.pop() if len(looked_up) == 1 else ""
    said = {word for e in events if e.role is Role.USER for word in WORD.findall(e.text)}
    told = {user for user in recorded & said if _is_user_id(user)}
    return told.pop() if len(told) == 1 else ""


def _is_user_id(word: str) -> bool:
    return USER_ID.fullmatch(word) is not None and not fault_of_word("principal", word)


def _user_in(text: str) -> str:
    """Return the top-level user_id of a JSON object's text, '' when there is none."""
    if '"user_id"' not in text or not text.startswith("{"):
        return ""
    try:
        value = decode_json(text)
    except Undecodable:
        return ""
    match value:
        case {"user_id": str() as user}:
            return user
    return ""
