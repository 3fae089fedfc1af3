"""From bytes to JSON values, whatever the bytes are: gzip by its magic bytes, never a crash.

Bytes that are not UTF-8 become lone surrogates, which ingest replaces and counts like every other
character that cannot be stored. What the JSON reader cannot take (10,000 nested brackets, numbers
of 5,000 digits) is an Undecodable with a reason; in a list only that element is lost.
"""

import gzip
import io
import json
import re
import zlib
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, BinaryIO, NoReturn, cast

from agents.transcripts.base import UnreadableTranscript
from agents.transcripts.limits import MAX_FILE_BYTES, MAX_LINE_BYTES

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP_MAGIC = b"\x1f\x8b"
BROKEN_GZIP = (gzip.BadGzipFile, EOFError, zlib.error)

SKIP_BYTES = 64 * 1024

TYPE_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}


class Undecodable(ValueError):
    """A text is no JSON value that can be read; the message says why."""


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were read to see what it is, put back together."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self.head = head
        self.rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        chunk = self.head[: len(view)] or self.rest.read(len(view))
        self.head = self.head[len(view) :]
        view[: len(chunk)] = chunk
        return len(chunk)


def open_plain(stream: BinaryIO) -> BinaryIO:
    """Return a stream of the unpacked bytes; a gzip stream is known by its first two bytes.

    Reading it may raise one of BROKEN_GZIP. Raises UnreadableTranscript for UTF-16 and UTF-32.
    """
    head = stream.read(4)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head == b"\x00\x00\xfe\xff":
        raise UnreadableTranscript("The file is UTF-16 or UTF-32; save it as UTF-8.")
    whole = io.BufferedReader(_Rejoined(head, stream))
    if head[:2] == GZIP_MAGIC:
        return cast("BinaryIO", gzip.GzipFile(fileobj=whole))
    return whole


def read_text(stream: BinaryIO) -> str:
    """Return a whole file as text, unpacked, without a byte order mark.

    Raises UnreadableTranscript when the gzip data is broken or the file passes MAX_FILE_BYTES.
    """
    try:
        content = open_plain(stream).read(MAX_FILE_BYTES + 1)
    except BROKEN_GZIP as error:
        raise UnreadableTranscript(f"The gzip data is broken: {error}.") from error
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableTranscript(
            f"The file has more than {MAX_FILE_BYTES:,} bytes unpacked; split it."
        )
    return decode_text(content)


def read_lines(plain: BinaryIO) -> Iterator[bytes | Undecodable]:
    """Yield each line, an Undecodable for one that is too long or where the gzip data breaks.

    Raises UnreadableTranscript when not even the first line can be unpacked.
    """
    first = True
    while True:
        try:
            line: bytes | Undecodable = plain.readline(MAX_LINE_BYTES + 1)
            if isinstance(line, bytes) and len(line) > MAX_LINE_BYTES and line[-1:] != b"\n":
                _skip_line(plain)
                line = Undecodable(f"the line has more than {MAX_LINE_BYTES:,} bytes, the limit")
        except BROKEN_GZIP as error:
            if first:
                raise UnreadableTranscript(f"The gzip data is broken: {error}.") from error
            yield Undecodable(f"the gzip data breaks off here: {error}")
            return
        if line == b"":
            return
        first = False
        yield line


def _skip_line(plain: BinaryIO) -> None:
    while chunk := plain.readline(SKIP_BYTES):
        if chunk.endswith(b"\n"):
            return


def decode_text(content: bytes) -> str:
    """Return UTF-8 bytes as text without a byte order mark; other bytes as lone surrogates."""
    return content.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def decode_json(text: str) -> object:
    """Return the JSON value of a text; raises Undecodable."""
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant)
    except (RecursionError, ValueError) as error:
        raise _undecodable(error) from error
    return value


def name_type(value: object) -> str:
    """Return what a JSON value is, in words for a message."""
    if value is None:
        return "null"
    return TYPE_NAMES.get(type(value), "a number")


def iterate_array(text: str) -> Iterator[object]:
    """Yield each element of a JSON list, one decoded at a time, an Undecodable for a broken one.

    Raises UnreadableTranscript when the text is no list. What cannot be told apart from a broken
    element (the file was cut, a bracket is missing) is lost inside that one Undecodable, which
    says so. An empty text yields nothing.
    """
    position = _skip_space(text, 0)
    if position == len(text):
        return
    if text[position] != "[":
        raise UnreadableTranscript("The file is not a JSON list: it does not begin with [.")
    end = yield from _iterate_list(text, position)
    if _skip_space(text, end) != len(text):
        yield Undecodable("there is text after the end of the list")


def iterate_list_in(text: str, start: int) -> Iterator[object]:
    """Yield each element of the JSON list that begins at `start`, as iterate_array does.

    What follows the list is another's to read. Raises UnreadableTranscript when there is no list.
    """
    if text[start : start + 1] != "[":
        raise UnreadableTranscript(f"There is no JSON list at character {start + 1:,}.")
    yield from _iterate_list(text, start)


def iterate_object(text: str, *, inside: str | None = None) -> Iterator[tuple[str, object]]:
    """Yield each member of a JSON object as (name, value), one decoded at a time.

    inside: a member of that name that is an object itself is entered: its members are yielded as
    if they stood beside it. A broken value is an Undecodable under its name; where the names are
    lost as well (the file was cut), one last Undecodable under '' says so. Raises
    UnreadableTranscript when the text is no object. An empty text yields nothing.
    """
    position = _skip_space(text, 0)
    if position == len(text):
        return
    if text[position] != "{":
        raise UnreadableTranscript("The file is not a JSON object: it does not begin with {.")
    position = _skip_space(text, position + 1)
    depth = 1
    while depth:
        if text[position : position + 1] == "}":
            depth -= 1
            position = _skip_comma(text, position + 1)
            continue
        name, position = _read_name(text, position)
        if isinstance(name, Undecodable):
            yield "", name
            return
        if depth == 1 and name == inside and text[position : position + 1] == "{":
            depth = 2
            position = _skip_space(text, position + 1)
            continue
        value, position = _decode_element(text, position, ",}")
        yield name, value
        position = _skip_comma(text, position)
        if position == len(text) and isinstance(value, Undecodable):
            return
    if position != len(text):
        yield "", Undecodable("there is text after the end of the object")


def find_member(text: str, name: str) -> int:
    """Return where the value of an object's member begins, -1 when there is no such member.

    Members before it are passed over undecoded: what they hold is never seen. Raises
    UnreadableTranscript when the text is no object.
    """
    position = _skip_space(text, 0)
    if text[position : position + 1] != "{":
        raise UnreadableTranscript("The file is not a JSON object: it does not begin with {.")
    position = _skip_space(text, position + 1)
    while text[position : position + 1] not in ("}", ""):
        found, position = _read_name(text, position)
        if isinstance(found, Undecodable):
            return -1
        if found == name:
            return position
        position = _skip_comma(text, _end_of_element(text, position, ",}"))
    return -1


def decode_at(text: str, start: int) -> object:
    """Return the JSON value that begins at `start`, of at most MAX_LINE_BYTES characters.

    Raises Undecodable.
    """
    try:
        value: object = DECODER.raw_decode(text[start : start + MAX_LINE_BYTES])[0]
    except (RecursionError, ValueError) as error:
        raise _undecodable(error) from error
    return value


def _iterate_list(text: str, start: int) -> Generator[object, None, int]:
    """Yield the elements of the list at `start` and return where it ends."""
    position = _skip_space(text, start + 1)
    while text[position : position + 1] != "]":
        if position == len(text):
            yield Undecodable("the file ends before the list is closed")
            return position
        value, position = _decode_element(text, position, ",]")
        yield value
        position = _skip_space(text, position)
        if position == len(text) and isinstance(value, Undecodable):
            return position
        if text[position : position + 1] == ",":
            position = _skip_space(text, position + 1)
    return position + 1


def _read_name(text: str, start: int) -> tuple[str | Undecodable, int]:
    """Return a member's name and where its value begins."""
    if start == len(text):
        return Undecodable("the file ends before the object is closed"), start
    if text[start] != '"':
        return Undecodable(f"no name of a member at character {start + 1:,}"), start
    try:
        name, end = DECODER.raw_decode(text, start)
    except ValueError as error:
        return _undecodable(error), start
    colon = _skip_space(text, end)
    if text[colon : colon + 1] != ":":
        return Undecodable(f"no colon after the name at character {start + 1:,}"), start
    return name, _skip_space(text, colon + 1)


def _decode_element(text: str, start: int, ends: str) -> tuple[object, int]:
    """Return the element at `start` and where it ends; ends: the characters that may follow it."""
    try:
        value, end = DECODER.raw_decode(text, start)
    except (RecursionError, ValueError) as error:
        value, end = _undecodable(error), _end_of_element(text, start, ends)
        if end == len(text):
            value = Undecodable(f"{value}; it is not closed, so the rest of the file is lost in it")
        return value, end
    stop = _skip_space(text, end)
    if text[stop : stop + 1] not in (*ends, ""):
        kind = "elements" if "]" in ends else "members"
        end = _end_of_element(text, stop, ends)
        return Undecodable(f"two {kind} without a comma between"), end
    if end - start > MAX_LINE_BYTES:
        return Undecodable(f"{end - start:,} characters; the limit is {MAX_LINE_BYTES:,}"), end
    return value, end


# A whole string (its brackets do not count), a bracket, or a comma. Possessive, so linear.
TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*"?|[\[{]|[\]}]|,', re.DOTALL)
SPACE = re.compile(r"[ \t\n\r]*")


def _end_of_element(text: str, start: int, ends: str) -> int:
    """Return where a broken element ends: the comma or bracket after it, else the text's end."""
    depth = 0
    for token in TOKEN.finditer(text, start):
        sign = token.group()[0]
        if sign in "[{":
            depth += 1
        elif depth == 0 and sign in ends:
            return token.start()
        elif sign in "]}":
            depth = max(depth - 1, 0)
    return len(text)


def _skip_space(text: str, position: int) -> int:
    found = SPACE.match(text, position)
    return found.end() if found else position


def _skip_comma(text: str, position: int) -> int:
    """Return where the next member begins, past one comma and the space around it."""
    position = _skip_space(text, position)
    return _skip_space(text, position + 1) if text[position : position + 1] == "," else position


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _undecodable(error: RecursionError | ValueError) -> Undecodable:
    if isinstance(error, RecursionError):
        return Undecodable("nested too deeply")
    if isinstance(error, json.JSONDecodeError):
        return Undecodable(f"not JSON: {error.msg} at character {error.pos + 1:,}")
    if "integer string conversion" in str(error):
        return Undecodable("a number of more than 4,300 digits")
    return Undecodable(str(error))
