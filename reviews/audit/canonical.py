"""RFC 8785 under a restricted profile: one spelling for one value, on every machine.

No floats (spell decimals as strings), integers within 2^53, no NUL, no lone surrogates, strings in
NFC, ASCII keys, no null (absent is absent). Under this profile sorting keys by code point is the
same as sorting by UTF-16 unit, so json.dumps is a second, independent writer to check against, six
times as fast as the first.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

import rfc8785

from reviews.audit.errors import NotCanonical

MAX_BODY_BYTES = 65_536
MAX_VALUE_BYTES = 4_194_304
MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 16

Json: TypeAlias = str | int | bool | Sequence["Json"] | Mapping[str, "Json"]


def encode(value: Json, *, limit: int = MAX_BODY_BYTES) -> bytes:
    """Return the canonical bytes of `value`, at most `limit` of them.

    Raises NotCanonical for whatever the profile has no spelling for. Source: RFC 8785 section 3.2.
    """
    check_profile(value, "$", 0)
    encoded: bytes = rfc8785.dumps(value)
    if len(encoded) > limit:
        raise NotCanonical(f"{len(encoded):,} bytes are more than the {limit:,} allowed.")
    return encoded


def encode_text(text: str) -> bytes:
    """Return the canonical bytes of one text, verbatim: not normalised, at most 4 MiB.

    Raises NotCanonical for NUL and lone surrogates, which have no spelling in both databases.
    """
    check_characters(text, "text")
    encoded: bytes = rfc8785.dumps(text)
    if len(encoded) > MAX_VALUE_BYTES:
        raise NotCanonical(f"{len(encoded):,} bytes are more than the {MAX_VALUE_BYTES:,} allowed.")
    return encoded


def decode(body: str) -> dict[str, Json]:
    """Return the object spelled by `body`; raise NotCanonical unless it is its only spelling.

    Written with the standard library alone, so that it can disagree with the writer.
    """
    try:
        value = READER.decode(body)
        again = WRITER.encode(value)
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"Not JSON: {error}") from error
    if not isinstance(value, dict):
        raise NotCanonical("Not a JSON object.")
    if again != body:
        raise NotCanonical("Not the canonical spelling of its own content.")
    return value


def refuse_number(text: str) -> NoReturn:
    """Raise NotCanonical: the profile has neither fractions nor NaN."""
    raise NotCanonical(f"{text} is a float; spell decimals as strings.")


# Made once: json.loads and json.dumps make them anew at every call.
READER = json.JSONDecoder(parse_float=refuse_number, parse_constant=refuse_number)
WRITER = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), check_circular=False
)


def check_profile(value: object, where: str, depth: int) -> None:
    """Raise NotCanonical, naming the place, where `value` leaves the profile."""
    if depth > MAX_DEPTH:
        raise NotCanonical(f"{where} lies deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        check_characters(value, where)
        if not unicodedata.is_normalized("NFC", value):
            raise NotCanonical(f"{where} is not in Unicode normal form C.")
    elif isinstance(value, bool):
        return
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise NotCanonical(f"{where} is {value}, beyond 2^53: spell it as a string.")
    elif isinstance(value, Mapping):
        for key, member in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise NotCanonical(f"{where} has the key {key!r}: keys are ASCII strings.")
            check_characters(key, f"a key of {where}")
            check_profile(member, f"{where}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for position, member in enumerate(value):
            check_profile(member, f"{where}[{position}]", depth + 1)
    else:
        raise NotCanonical(f"{where} is a {type(value).__name__}, which has no canonical spelling.")


def check_characters(text: str, where: str) -> None:
    """Raise NotCanonical where `text` holds NUL or half of a surrogate pair."""
    if "\x00" in text:
        raise NotCanonical(f"{where} holds a NUL character.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(f"{where} holds a lone surrogate at {error.start}.") from error
