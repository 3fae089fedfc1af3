"""Arguments of a wrong form: a code where a name is wanted, a sentence where a bare value is.

Only forms of values are kept, never the values. A form is a mistake where calls with it fail and
calls with another form of the same argument do not, or where sessions that used it ended worse than
comparable ones that used another.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import sqrt

from dreaming.engines.base import Candidate, EngineSession
from dreaming.engines.calls import SAFE_NAME, Call, Found, Reading
from dreaming.engines.contrasts import Roll
from dreaming.engines.examples import Examples
from dreaming.engines.names import is_plain_name
from dreaming.engines.shapes import FORMS, NEVER_WANTED, name_form
from dreaming.engines.wording import cut_title

LEAST_SESSIONS = 3
LEAST_TASKS = 2
FAILS = 0.75
"""Share of its sessions in which a form never worked, from which on it may be called wrong."""

WORKS = 0.25
"""Share of its sessions in which a form never worked, up to which it is called right."""

RIVAL = 2
"""A form most sessions used is not called wrong for one that fewer than half as many used."""

PLAIN = 3.0
CLAIM_LIMIT = 30

Argument = tuple[str, str]
"""Tool and name of an argument; '' where the whole text is the argument."""


@dataclass(slots=True)
class Usage:
    """The sessions that used one form of an argument: position of the first use; what came of it.

    failed: sessions in which a call with it failed; worked: those in which one was answered.
    """

    first: dict[str, int] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    worked: set[str] = field(default_factory=set)
    examples: Examples = field(default_factory=Examples)
    failures: Examples = field(default_factory=Examples)

    @property
    def never_worked(self) -> set[str]:
        """Return the sessions in which every call with it failed."""
        return self.failed - self.worked


@dataclass(slots=True)
class FormLedger:
    """The forms of the arguments of all calls, by tool and argument."""

    usages: dict[Argument, dict[str, Usage]] = field(default_factory=dict)
    spans: dict[Argument, dict[str, int]] = field(default_factory=dict)
    roll: Roll = field(default_factory=Roll)

    def read_session(self, reading: Reading) -> None:
        """Take in the form of every argument of every call of one session."""
        if not reading.calls:
            return
        self.roll.note(reading.session)
        for call, given in zip(reading.calls, reading.given, strict=True):
            if call.at >= 0 and SAFE_NAME.match(call.tool):
                for name, value in given.items():
                    if name == "" or is_plain_name(name):
                        self._note(reading.session, call, name, name_form(name, value))

    def _note(self, session: EngineSession, call: Call, name: str, form: str) -> None:
        key = call.tool, name
        spans = self.spans.setdefault(key, {})
        position = spans.get(session.id, 0)
        spans[session.id] = position + 1
        forms = self.usages.setdefault(key, {})
        usage = forms.get(form)
        if usage is None:
            usage = forms[form] = Usage()
        if session.id not in usage.first:
            usage.first[session.id] = position
            usage.examples.add(session.id, session.task_key, call.at, call.arguments)
        if call.failed:
            usage.failed.add(session.id)
            usage.failures.add(session.id, session.task_key, call.at, call.arguments)
        elif call.result is not None:
            usage.worked.add(session.id)

    def summarise(self, *, at_least: int) -> Found:
        """Return the forms that are mistakes, by what calls came to or by how sessions ended."""
        self.roll.close()
        least = max(at_least, LEAST_SESSIONS)
        found: list[Candidate] = []
        claims: list[tuple[float, Argument, str]] = []
        for key, forms in sorted(self.usages.items()):
            usual = {form: u for form, u in forms.items() if self._is_usual(u, least)}
            if not usual or len(forms) < 2:
                continue
            wrong = dict(find_wrong(usual))
            for form, right in wrong.items():
                if self.roll.has_support(
                    usual[form].never_worked, sessions=least, tasks=LEAST_TASKS
                ):
                    found.append(self._make_failing(key, form, right))
            claims += [(-self._weigh(key, u), key, form) for form, u in usual.items()]
        stated = {(one.tool, one.template) for one in found}
        looked_at = [
            (key, form) for weight, key, form in sorted(claims)[:CLAIM_LIMIT] if weight < 0
        ]
        for key, form in looked_at:
            one = self._make_claim(key, form)
            if one is not None and (one.tool, one.template) not in stated:
                found.append(replace(one, chosen_from=len(looked_at)))
        return tuple(found), ()

    def _is_usual(self, usage: Usage, least: int) -> bool:
        return self.roll.has_support(usage.first, sessions=least, tasks=LEAST_TASKS)

    def _weigh(self, key: Argument, usage: Usage) -> float:
        return self.roll.weigh(usage.first, self.spans[key])

    def _make_failing(self, key: Argument, form: str, right: str) -> Candidate:
        """Return the form as a mistake that rests on calls that failed with it."""
        usage = self.usages[key][form]
        return self._make(key, form, right, usage.failures, frozenset(usage.failed), claim="")

    def _make_claim(self, key: Argument, form: str) -> Candidate | None:
        """Return the form with what it is claimed to do, None where nothing speaks against it.

        A session with more calls has more forms; where sessions differ in how often they gave the
        argument, the effect has to stand out with that taken out.
        """
        spans, usage = self.spans[key], self.usages[key][form]
        lean = self.roll.lean(usage.first, spans)
        if lean <= 0:
            return None
        is_repeated = any(span > 1 for span in spans.values())
        if is_repeated and self.roll.lean_over_time(usage.first, spans) < PLAIN:
            return None
        right = choose_right(self.usages[key], form)
        if not right or RIVAL * len(self.usages[key][right].first) < len(usage.first):
            return None
        matched = frozenset(usage.first)
        return self._make(key, form, right, usage.examples, matched, claim="harms")

    def _make(
        self,
        key: Argument,
        form: str,
        right: str,
        examples: Examples,
        matched: frozenset[str],
        *,
        claim: str,
    ) -> Candidate:
        tool, name = key
        return Candidate(
            kind="mistake",
            tool=tool,
            template=f"form: {name or 'text'} as {form}",
            statement=say_form(key, form, right),
            title=cut_title(title_form(key, form)),
            matched=matched,
            quotes=examples.quotes(),
            signal="outcome",
            scope=f"tool:{tool}",
            claim=claim,
            exposed=frozenset(self.spans[key]),
        )


def find_wrong(forms: Mapping[str, Usage]) -> Iterator[tuple[str, str]]:
    """Yield each form whose calls fail where another's do not, with the other that works best."""
    shares = {form: len(usage.never_worked) / len(usage.first) for form, usage in forms.items()}
    right = [form for form in list_wanted(forms) if shares[form] <= WORKS]
    for form in sorted(forms.keys() - {"command"}):
        if shares[form] < FAILS or not right:
            continue
        best = min(right, key=lambda other: (-len(forms[other].first), other))
        if _differ(forms[form], forms[best]) >= PLAIN:
            yield form, best


def _differ(wrong: Usage, right: Usage) -> float:
    """Return the difference in failing sessions in standard errors, ends counted as halves too."""
    n, m = len(wrong.first) + 1, len(right.first) + 1
    p, q = (len(wrong.never_worked) + 0.5) / n, (len(right.never_worked) + 0.5) / m
    return (p - q) / sqrt(p * (1 - p) / n + q * (1 - q) / m)


def list_wanted(forms: Mapping[str, Usage]) -> list[str]:
    """Return the forms an argument may be meant to have: where it takes commands, commands only."""
    return ["command"] if "command" in forms else [f for f in forms if f not in NEVER_WANTED]


def choose_right(forms: Mapping[str, Usage], form: str) -> str:
    """Return the other form most sessions used, '' where none is one that may be wanted."""
    others = [other for other in list_wanted(forms) if other != form]
    return min(others, key=lambda other: (-len(forms[other].first), other)) if others else ""


def title_form(key: Argument, form: str) -> str:
    """Return the title of a form that is a mistake."""
    tool, name = key
    what = f"{tool}: {name or 'text'}"
    return f"{what} left empty" if form == "empty" else f"{what} not as {FORMS[form]}"


def say_form(key: Argument, form: str, right: str) -> str:
    """Return the instruction: tool, argument, wanted and unwanted form; never a value."""
    tool, name = key
    what = f"`{name}` of `{tool}`" if name else f"what `{tool}` takes"
    if form == "empty":
        return f"Do not leave {what} empty: give {FORMS[right]}."
    if right == "empty":
        return f"Leave {what} empty: do not give {FORMS[form]}."
    return f"Give {what} as {FORMS[right]}, not as {FORMS[form]}."
