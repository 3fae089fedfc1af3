"""Bodies sent to the API: their size, their packing, the sessions in them."""

import zlib
from collections.abc import Iterator

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from agents.errors import BodyTooLarge, MalformedRequest, UnknownContentType
from agents.transcripts.base import ParsedSession, Refused
from agents.transcripts.daybreak import MAX_SESSIONS_A_BODY, parse_body, parse_record
from agents.transcripts.decoding import Undecodable, decode_json, decode_text
from agents.transcripts.limits import MAX_LINE_BYTES, printable_reason

JSON = "application/json"
JSON_LINES = ("application/jsonl", "application/x-ndjson", "application/x-jsonlines")
GZIP_WINDOW = 16 + zlib.MAX_WBITS


def read_sessions(request: HttpRequest, agent: str) -> list[ParsedSession | Refused]:
    """Return the sessions of a body: one object, a list of them, or JSON lines by content type.

    agent: whose sessions are that name none, or ''. Raises BodyTooLarge, UnknownContentType,
    MalformedRequest, and UnreadableTranscript when the body is no JSON.
    """
    kind = (request.content_type or JSON).lower()
    if kind != JSON and kind not in JSON_LINES:
        raise UnknownContentType(
            f"The content type {kind[:60]} is not known here. Send {JSON} or {JSON_LINES[0]}."
        )
    body = read_body(request)
    if not body.strip():
        raise MalformedRequest("The body is empty; send a session.")
    if kind == JSON:
        return parse_body(body, agent=agent)
    sessions = list(read_lines(body, agent))
    if len(sessions) > MAX_SESSIONS_A_BODY:
        raise BodyTooLarge(
            f"The body holds {len(sessions):,} sessions; send at most {MAX_SESSIONS_A_BODY:,}"
            " at once."
        )
    return sessions


def read_lines(body: bytes, agent: str) -> Iterator[ParsedSession | Refused]:
    """Yield the session of each line that is not blank; its position is the line's, from 0."""
    for position, line in enumerate(body.split(b"\n")):
        if len(line) > MAX_LINE_BYTES:
            yield Refused(position, f"the line has more than {MAX_LINE_BYTES:,} bytes, the limit")
        elif text := decode_text(line).strip():
            try:
                yield parse_record(decode_json(text), position, agent=agent)
            except Undecodable as error:
                yield Refused(position, printable_reason(str(error)))


def read_body(request: HttpRequest) -> bytes:
    """Return the body unpacked; neither it nor what was sent may pass DAYBREAK_MAX_UPLOAD_BYTES."""
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise _too_large() from error
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding == "identity":
        return body
    if encoding != "gzip":
        raise UnknownContentType(
            f"The content encoding {encoding[:40]} is not known here. Send gzip, or none."
        )
    return unpack(body, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def unpack(packed: bytes, limit: int) -> bytes:
    """Return what a gzip stream holds, reading no more than `limit` bytes of it.

    Raises BodyTooLarge beyond that, and MalformedRequest for a stream that is broken or cut off.
    """
    stream = zlib.decompressobj(GZIP_WINDOW)
    try:
        body = stream.decompress(packed, limit + 1)
    except zlib.error as error:
        raise MalformedRequest(f"The body is no gzip stream: {error}.") from error
    if len(body) > limit:
        raise _too_large()
    if not stream.eof:
        raise MalformedRequest("The gzip stream of the body is cut off.")
    if stream.unused_data:
        raise MalformedRequest("The body goes on after its gzip stream; send one stream.")
    return body


def _too_large() -> BodyTooLarge:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return BodyTooLarge(f"A body holds at most {limit:,} bytes, unpacked; send less at once.")
