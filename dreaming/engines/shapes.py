"""What form the value of an argument has: code, name, sentence, number, date, wrapped command."""

import re
from collections.abc import Mapping

from dreaming.engines.commands import COMMAND_NAMES, command_word, unwrap

FORMS: Mapping[str, str] = {
    "address": "an address",
    "boolean": "true or false",
    "code": "a code",
    "command": "a bare command",
    "command in a code fence": "a command in a code fence",
    "command in execute": "a command wrapped in `execute[…]`",
    "command in quotes": "a command in quotes",
    "date": "a date as YYYY-MM-DD",
    "e-mail": "an e-mail address",
    "empty": "nothing",
    "list": "a list of bare values",
    "list of sentences": "a list with sentences",
    "name": "a name",
    "number": "a number",
    "number as text": "a number in quotes",
    "object": "an object",
    "other date": "a date in another order or in words",
    "path": "a path",
    "placeholder": "an unfilled placeholder",
    "quoted": "a value in quotes of its own",
    "sentence": "a sentence",
    "text": "text",
    "time": "a date with its time",
}
"""Form -> how a statement calls it."""

NEVER_WANTED = frozenset(
    [
        "command in a code fence",
        "command in execute",
        "command in quotes",
        "placeholder",
        "quoted",
    ]
)
"""Forms no argument is meant to have."""

SENTENCE_WORDS = 6
_HEAD = 400
_AROUND = {
    "execute[…]": "command in execute",
    "a code fence": "command in a code fence",
    "quotes": "command in quotes",
}
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_FORMS = (
    ("placeholder", re.compile(r"\$?\{\{?\s*[A-Za-z_][\w .-]{0,40}\}?\}|<[a-z][a-z_ -]{2,40}>")),
    ("placeholder", re.compile(r"(?:YOUR|INSERT|MY)_[A-Z_]{2,40}|\[[a-z]+[_ ][a-z_ ]{2,40}\]")),
    ("number as text", re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:[.,]\d+)?%?")),
    ("date", re.compile(r"\d{4}-\d\d-\d\d")),
    ("time", re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S{0,20}")),
    ("other date", re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}")),
    ("other date", re.compile(rf"(?:\d{{1,2}} )?(?:{_MONTHS})[a-z]*\.? \d[\d, ]{{0,9}}", re.I)),
    ("e-mail", re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\.[A-Za-z]{2,24}")),
    ("address", re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S+")),
    ("path", re.compile(r"(?:~|\.{1,2})?/\S*|[A-Za-z]:\\\S*")),
    ("code", re.compile(r"[#@]?(?=\S*\d)[\w./:-]+|[A-Z][A-Z0-9_-]+")),
    ("name", re.compile(r"[^\W\d_][\w'\u2019.&-]*(?: [\w'\u2019.&-]+){0,4}")),
)
_UNFILLED = re.compile(r"(?<![$%])\{[a-z]+(?:_[a-z]+)+\}")
_CODE = re.compile(r"[;|=(){}<>$\n]|--\w|\s-\w")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*[.,;:!?]?")


def name_form(name: str, value: object) -> str:
    """Return the form of the argument `name`: a key of FORMS."""
    if value is None or value in ("", [], {}):
        return "empty"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "list of sentences" if any(map(_is_told, value[:20])) else "list"
    text = str(value)
    return _name_text_form(name, text[:_HEAD].strip(), text) if text.strip() else "empty"


def _is_told(item: object) -> bool:
    return isinstance(item, str) and is_sentence(item[:_HEAD])


def _name_text_form(name: str, head: str, text: str) -> str:
    if name in COMMAND_NAMES and (form := _name_command_form(name, head, text)):
        return form
    if head.count(" ") < SENTENCE_WORDS:
        for form, pattern in _FORMS:
            if pattern.fullmatch(head):
                return form
    if _UNFILLED.search(head):
        return "placeholder"
    if unwrap(head)[1]:
        return "quoted"
    return "sentence" if is_sentence(head) else "text"


def _name_command_form(name: str, head: str, text: str) -> str:
    """Return the form of a command, '' for words that are none."""
    around = unwrap(text.strip())[1]
    if around:
        return _AROUND[around]
    if _UNFILLED.search(head):
        return "placeholder"
    if command_word({name: head}):
        return "command"
    if begins_told(head):
        return "sentence"
    return "command" if _CODE.search(head) else ""


def begins_told(text: str) -> bool:
    """Say whether a text begins as a sentence does: a capital, and five of six words plain.

    A shorter one is all plain words and ends as a sentence does. What stands in place of a command
    is told, whatever command it quotes further on.
    """
    words = text.split()[:SENTENCE_WORDS]
    plain = sum(_WORD.fullmatch(word) is not None for word in words)
    if not text[:1].isupper():
        return False
    if len(words) < SENTENCE_WORDS:
        return plain == len(words) and text.endswith((".", "!", "?"))
    return plain >= SENTENCE_WORDS - 1


def is_sentence(text: str) -> bool:
    """Say whether a text reads like one: six words or more, nearly all of them plain words."""
    words = text.split()
    if len(words) < SENTENCE_WORDS:
        return False
    plain = sum(_WORD.fullmatch(word) is not None for word in words)
    return 3 * plain >= 2 * len(words)
