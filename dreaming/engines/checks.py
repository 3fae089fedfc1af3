"""What the workspace's own visible checks said of outcomes: something missing, extra or wrong.

A check is more trusted than an agent, but its message may repeat words of a transcript: it is
masked like an error, and a message that gives orders is not used. Quotes can only be found in
events, so each session is quoted where the thing checked was done, else where the session ended.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from dreaming.engines.base import Candidate, Dropped, EngineCheck, EngineEvent, EngineSession, Quote
from dreaming.engines.calls import SAFE_NAME, Found, Reading
from dreaming.engines.signatures import is_command, mask_line, says_something, show_template
from dreaming.engines.wording import cut_title, name_sessions, order_session

QUOTES = 5
_MESSAGE_LIMIT = 2000
_QUOTE_LIMIT = 200
_CHECK_NAME = re.compile(r"[^\W\d_][\w .:/-]{0,59}")
_QUOTED_NAME = re.compile(r"[\"'`]([A-Za-z_][\w.-]{0,63})[\"'`]")
_MISSING = re.compile(
    r"\b(?:missing|absent|lacks?|lacking|omitted|not (?:found|made|present|set))\b"
)
_EXTRA = re.compile(
    r"\b(?:extra|unexpected|superfluous|surplus|duplicated?|not (?:wanted|expected))\b"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """One session's failing of one check: where to read it, and the message as it came."""

    session: str
    event: int
    excerpt: str
    message: str


@dataclass(slots=True)
class CheckLedger:
    """The failed checks of a dream: (check, masked message) -> session -> where it shows."""

    failures: dict[tuple[str, str], dict[str, Failure]] = field(default_factory=dict)
    checked: dict[str, set[str]] = field(default_factory=dict)
    commands: set[str] = field(default_factory=set)

    def read_session(self, reading: Reading) -> None:
        """Take in the visible checks of one session."""
        for check in reading.session.checks:
            if not _CHECK_NAME.fullmatch(check.name):
                continue
            self.checked.setdefault(check.name, set()).add(reading.session.id)
            if not check.passed:
                self._read_failed(reading.session, check)

    def _read_failed(self, session: EngineSession, check: EngineCheck) -> None:
        message = " ".join(check.message[:_MESSAGE_LIMIT].split())
        if is_command(message):
            self.commands.add(session.id)
            return
        template = mask_message(message)
        shown = self.failures.setdefault((check.name, template), {})
        if session.id not in shown and (event := find_event(session, message)):
            excerpt = event.text[:_QUOTE_LIMIT]
            shown[session.id] = Failure(session.id, event.index, excerpt, message)

    def summarise(self, *, at_least: int) -> Found:
        """Return a candidate for each way a check failed in `at_least` sessions or more."""
        recurring = {key: shown for key, shown in self.failures.items() if len(shown) >= at_least}
        rare = {session for shown in self.failures.values() for session in shown}
        rare -= {session for shown in recurring.values() for session in shown}
        dropped = []
        if self.commands:
            told = f"Instruction found inside a check's message in {name_sessions(self.commands)}"
            dropped.append(Dropped("checks", f"{told}; not used."))
        if rare:
            told = f"Each in one session only: {name_sessions(rare)}."
            dropped.append(Dropped("checks failed once", told))
        candidates = tuple(
            make_candidate(name, template, tuple(shown.values()), frozenset(self.checked[name]))
            for (name, template), shown in sorted(recurring.items())
        )
        return candidates, tuple(dropped)


def mask_message(message: str) -> str:
    """Return a check's message with ids, numbers, dates and foreign words masked.

    Plain names in quotes stay, for what is missing or wrong is mostly such a name.
    """
    return mask_line(_QUOTED_NAME.sub(r"\1", message))


def find_event(session: EngineSession, message: str) -> EngineEvent | None:
    """Return the event a failed check is best read at, None where the session has no words.

    The last call of a tool the message names, else the last words or call of the agent.
    """
    own = [e for e in session.events if e.role == "assistant" and e.text.strip()]
    named = [e for e in own if e.kind == "tool_call" and e.tool and _names(message, e.tool)]
    return next(reversed(named or own), None)


def _names(message: str, tool: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(tool)}(?!\w)", message) is not None


def make_candidate(
    name: str, template: str, failures: Sequence[Failure], checked: frozenset[str]
) -> Candidate:
    """Return one way of failing the check `name` as a candidate."""
    ordered = sorted(failures, key=lambda failure: order_session(failure.session))
    shown = show_template(template) if says_something(template) else ""
    return Candidate(
        kind="check",
        tool=_find_tool(template),
        template=f"{name}: {template}",
        statement=say_check(name, template, shown),
        title=cut_title(f"{name}: {shown}" if shown else f"{name} failed"),
        matched=frozenset(failure.session for failure in ordered),
        quotes=tuple(Quote(f.session, f.event, f.excerpt) for f in ordered[:QUOTES]),
        signal="ground_truth",
        scope=f"check:{name}",
        exposed=checked,
        sources=("check",),
        rationale=_say_messages(name, ordered),
    )


def _find_tool(template: str) -> str:
    """Return the tool a message names: a word written like one, '' where there is none."""
    words = (word.strip(".,:;()") for word in template.split())
    return next((w for w in words if "_" in w and SAFE_NAME.match(w)), "")


def say_check(name: str, template: str, shown: str) -> str:
    """Return what to do so that the check passes, in words of the check's message, masked."""
    if not shown:
        return f"Before you end, make sure that what the check `{name}` looks at is right."
    low = template.lower()
    if _MISSING.search(low):
        return f"Before you end, make sure nothing is missing that `{name}` asks for: {shown}."
    if _EXTRA.search(low):
        return f"Leave out what `{name}` does not want: {shown}."
    return f"Before you end, check what `{name}` says goes wrong: {shown}."


def _say_messages(name: str, failures: Sequence[Failure]) -> str:
    (message, _), *_ = Counter(failure.message for failure in failures).most_common(1)
    said = f'The check "{name}" failed'
    if not message:
        return f"{said}, without a message."
    cut = message if len(message) <= _QUOTE_LIMIT else f"{message[:_QUOTE_LIMIT].rstrip()} …"
    return f'{said}, in the words "{cut}".'
