"""A workspace in which every word anybody may write is hostile, and what a page makes of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import count, cycle
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.db import connection
from django.db.models import CharField, EmailField, JSONField, Model, SlugField, TextField

from agents.models import Memory, Session
from agents.transcripts.base import EventKind, ParsedCheck, ParsedEvent, Role, Verdict
from reviews.audit import triggers
from tests import build
from tests.attacks.markup import HIDDEN, PAYLOADS, box_of, disguise
from tests.cast import Cast

CODES = frozenset(
    {
        *("answer", "arm", "call_id", "code", "content_hash", "content_sha256", "cron", "due_slot"),
        *("engine", "engine_version", "entry", "file_name", "format", "group", "input_sha256"),
        *("key", "kind", "lease_token", "letter", "op", "origin_id", "password"),
        *(
            "pattern_key",
            "pattern_kind",
            "proposal",
            "public_id",
            "reason_code",
            "relation",
            "risk",
        ),
        *("risk_tier", "sample", "sha256", "signal", "start", "state", "state_before", "status"),
        *("status_ref", "taint", "target", "trust", "verdict", "zone"),
    }
)
"""Columns only our own code writes, in words of its own."""

STAYS = frozenset({"agents.Event.text", "reviews.Evidence.quote", "dreaming.Tick.name"})
"""Columns that are hostile from the start, or name a place in such a one."""

LINES_AN_EVENT = 25
WRITABLE = frozenset({"textarea", "option"})
FOREIGN = frozenset(
    {"applet", "base", "embed", "frame", "iframe", "marquee", "math", "object", "style", "video"}
)
ADDRESSES = frozenset({"action", "data", "formaction", "href", "src", "xlink:href"})
RUNS = frozenset({"style", "srcdoc"})


def columns() -> Iterator[tuple[type[Model], Any]]:
    """Yield (model, column) for every column with words, of every model of ours."""
    for model in apps.get_models():
        if model._meta.app_label not in {"agents", "reviews", "dreaming"}:
            continue
        for column in model._meta.concrete_fields:
            if isinstance(column, SlugField | EmailField) or column.choices:
                continue
            spelled = f"{model._meta.label}.{column.name}"
            if isinstance(column, CharField | TextField | JSONField) and spelled not in STAYS:
                yield model, column


def poison() -> int:
    """Put a hostile text in place of every word in the database; return in how many places."""
    texts, numbers = cycle(PAYLOADS), count(1)
    hidden = cycle(HIDDEN)
    places = 0
    # PostgreSQL alters no table that has keys left to check.
    connection.check_constraints()
    triggers.drop()
    try:
        for model, column in columns():
            for row in model._default_manager.all():
                before = getattr(row, column.attname)
                after = _hostile(column, before, texts, hidden, numbers)
                if after != before:
                    model._default_manager.filter(pk=row.pk).update(**{column.attname: after})
                    places += 1
    finally:
        connection.check_constraints()
        triggers.install()
    return places


def _hostile(
    column: Any, before: Any, texts: Iterator[str], hidden: Iterator[str], numbers: Iterator[int]
) -> Any:
    if isinstance(column, JSONField):
        return _hostile_leaves(before, texts)
    if column.name in CODES:
        return before
    room = (column.max_length or 4_000) - 12
    text = f"{next(texts)[:room]}{next(hidden)}{next(numbers)}"
    return f"/{text.replace('/', '-')}" if column.name == "path" else text


def _hostile_leaves(value: Any, texts: Iterator[str]) -> Any:
    """Replace the sentences in a JSON value; a word without a blank is a code of ours."""
    if isinstance(value, dict):
        return {name: _hostile_leaves(leaf, texts) for name, leaf in value.items()}
    if isinstance(value, list):
        return [_hostile_leaves(leaf, texts) for leaf in value]
    return next(texts) if isinstance(value, str) and " " in value else value


def lines() -> list[str]:
    """Return every payload and every disguised order, a line each."""
    return [*PAYLOADS, *(disguise(char, at) for at, char in enumerate(HIDDEN))]


def one_line(text: str) -> str:
    """Return the text as a name may hold it."""
    return " ".join(text.split())


def hostile_session(cast: Cast) -> Session:
    """Store a session in which users, tools and checks say all of it, and tools are called so."""
    said = lines()
    events = []
    for at in range(0, len(said), LINES_AN_EVENT):
        text = "\n".join(said[at : at + LINES_AN_EVENT])
        events += [
            ParsedEvent(kind=EventKind.MESSAGE, role=Role.USER, text=text),
            build.calls(one_line(PAYLOADS[at % len(PAYLOADS)]), text, f"c{at}"),
            build.answers(
                text, tool=one_line(PAYLOADS[at % len(PAYLOADS)]), call_id=f"c{at}", error=True
            ),
        ]
    checks = [
        ParsedCheck(name=f"{at} {one_line(text)}"[:200], passed=bool(at % 2), message=text)
        for at, text in enumerate(said[:40])
    ]
    return build.session(
        cast.agent,
        events,
        verdict=Verdict.FAILURE,
        checks=checks,
        task_key=PAYLOADS[0],
        principal=PAYLOADS[1],
        model=PAYLOADS[2],
    )


def hostile_memory(cast: Cast) -> Memory:
    """Store a memory that says all of it, one line each."""
    return build.memory(cast.store, "/hostile.md", "\n".join(lines()) + "\n", title=PAYLOADS[3])


@dataclass(slots=True)
class Reading(HTMLParser):
    """A page as a browser would read it: its words, and what of the hostile texts became markup."""

    words: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    within: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Judge an element."""
        names = [name for name, _ in attrs]
        if "pwn" in tag or tag in FOREIGN or any("pwn" in name for name in names):
            self.faults.append(f"<{tag} {names}>")
        if tag == "script" and "src" not in names:
            self.faults.append("a script within the page")
        for name, value in attrs:
            if name.startswith(("on", "hx-on")) or name in RUNS:
                self.faults.append(f"{name}={value}")
            if name in ADDRESSES and urlsplit(value or "").scheme not in {"", "http", "https"}:
                self.faults.append(f"{name}={value}")
            if name in ADDRESSES and "evil.example" in (urlsplit(value or "").netloc):
                self.faults.append(f"{name}={value}")
            if name == "value":
                self.typed.append(value or "")
        if tag in WRITABLE | {"title"}:
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave what may hold raw text."""
        if self.within and self.within[-1] == tag:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        """Keep the words a person reads; what stands in a field is typed, not shown."""
        (self.typed if self.within else self.words).append(data)

    @property
    def text(self) -> str:
        """Return everything that is read, as one text."""
        return "".join(self.words)


def read(page: str) -> Reading:
    """Read a page."""
    reading = Reading()
    reading.feed(page)
    reading.close()
    return reading


def hidden_in(text: str) -> list[str]:
    """Return where hidden characters stand in what is shown: their code points, what is beside."""
    return [
        f"{box_of(char)} {text[max(0, text.index(char) - 40) : text.index(char) + 20]!r}"
        for char in HIDDEN
        if char in text and char not in _TYPESET
    ]


_TYPESET = frozenset("\u00a0")
"""Templates may use it between a number and its unit."""


def missing(texts: Iterable[str], page: str) -> list[str]:
    """Return the texts that do not stand on the page as they were written."""
    return [text for text in texts if text not in page]
