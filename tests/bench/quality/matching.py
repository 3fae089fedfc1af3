"""The rule m(s): when a held-out session matches a memory. Kept apart from the engine on purpose.

A memory matches a session it has something to say to:
- mistake and recovery: the session has an error of the same tool whose text has a line the memory's
  template fits from its beginning; what is masked stands for any words;
- fact: an error of the same tool in the same field of work is about a name the memory says is not
  there, and the failed call used that name, with the table that lacks it where the memory names
  one; where the memory names a database, the session's task is about that database, as errors of
  any session of the task name it;
- workflow and habit that harm, or that are merely common: the session took the steps, one right
  after the other, at its beginning where the memory is about beginnings;
- workflow that helps: the session called the tools the steps are about and did not take the steps;
- preference: every word of it stands in one sentence a person said;
- check: the visible check it names failed.

A kind nobody wrote a rule for matches nothing. An error event is covered when a mistake, recovery
or fact matches by it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from dreaming.engines.base import Candidate, EngineEvent, EngineSession
from dreaming.engines.calls import read_calls
from dreaming.likeness import form_of
from tests.bench.quality.facts import Absent, read_absent

PLACEHOLDER = re.compile(r"<(?:url|email|path|date|text|id|n)>")
HTTP = re.compile(r"HTTP (?:[A-Z][\w'-]*(?: [A-Z][\w'-]*)*|<n>)")
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Match:
    """Whether a memory matches, and the indexes of the error events by which it does."""

    is_shown: bool
    errors: frozenset[int] = frozenset()


NO_MATCH = Match(is_shown=False)


@dataclass(frozen=True)
class Failure:
    """One error: its event, the tool, its lines, and the arguments of the call it answers."""

    event: EngineEvent
    arguments: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Return the lines of the text with runs of white space as one blank."""
        return tuple(" ".join(line.split()) for line in self.event.text[:6000].splitlines())


class Held:
    """A held-out session as the rules look at it. places: the databases its task is about."""

    def __init__(self, session: EngineSession, places: frozenset[str] = frozenset()) -> None:
        self.session = session
        self.places = places
        calls = {e.call_id: e for e in session.events if e.kind == "tool_call" and e.call_id}
        self.tools = frozenset(e.tool for e in session.events if e.kind == "tool_call")
        self.failures = tuple(
            Failure(event, calls[event.call_id].text if event.call_id in calls else "")
            for event in session.events
            if event.kind == "tool_result" and event.is_error
        )

    def is_in(self, place: str) -> bool:
        """Say whether the session is about a place; '' is everywhere."""
        return not place or place in self.places

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """Return the steps in their order, runs of one step counted once."""
        found: list[str] = []
        for step in read_calls(self.session).steps:
            if not found or found[-1] != step:
                found.append(step)
        return tuple(found)

    @cached_property
    def said(self) -> tuple[frozenset[str], ...]:
        """Return the words of each sentence people said."""
        texts = [
            event.text
            for event in self.session.events
            if event.role == "user" and event.kind in {"message", "edit", "rejection"}
        ]
        sentences = (part for text in texts for part in SENTENCE.split(text))
        return tuple(frozenset(form_of(part).words.split()) for part in sentences if part.strip())


def match(candidate: Candidate, held: Held) -> Match:
    """Return whether the memory made of `candidate` matches the session, and by which errors."""
    if not _is_in_scope(candidate, held):
        return NO_MATCH
    rule = RULES.get(candidate.kind)
    return rule(candidate, held) if rule else NO_MATCH


def _is_in_scope(candidate: Candidate, held: Held) -> bool:
    kind, _, name = candidate.scope.partition(":")
    return kind != "domain" or name == held.session.domain


def _by_errors(held: Held, fits: Callable[[Failure], bool], tool: str) -> Match:
    errors = frozenset(
        failure.event.index
        for failure in held.failures
        if failure.event.tool == tool and fits(failure)
    )
    return Match(is_shown=bool(errors), errors=errors)


@cache
def pattern_of(template: str) -> re.Pattern[str]:
    """Return what a template fits: its words as they stand, anything where it is masked.

    Before them may stand who speaks, and where in a script a shell was: templates leave it out.
    """
    parts = [re.escape(part) for part in PLACEHOLDER.split(HTTP.sub("<n>", template))]
    return re.compile(r"(?:\S+: (?:-c: )?(?:line \d+: )?)?" + r".{1,200}?".join(parts))


def match_mistake(candidate: Candidate, held: Held) -> Match:
    """An error of the tool with a line that the template fits."""
    fits = pattern_of(candidate.template).match
    return _by_errors(held, lambda f: any(fits(line) for line in f.lines), candidate.tool)


def match_fact(candidate: Candidate, held: Held) -> Match:
    """An error of the tool about a name the memory says is not there, which the call used."""
    absent = [one for one in read_absent(candidate.statement) if held.is_in(one.place)]
    return _by_errors(held, lambda f: any(tells(f, one) for one in absent), candidate.tool)


def tells(failure: Failure, absent: Absent) -> bool:
    """Say whether an error is about the name, its call used it, and named what lacks it."""
    said = _words_of(failure.event.text[:600])
    used = _words_of(failure.arguments)
    return absent.name in said & used and (not absent.holder or absent.holder in used)


@cache
def _words_of(text: str) -> frozenset[str]:
    words = set(re.findall(r"[\w./-]+", text.lower()))
    return frozenset(words | {part for word in words for part in word.strip(".").split(".")})


def match_steps(candidate: Candidate, held: Held) -> Match:
    """The steps taken; for those that help, the tools called and the steps not taken."""
    where, _, written = candidate.template.partition(": ")
    path = tuple(written.split(" > "))
    took = _took(path, held.steps, at_start=where == "begin")
    if candidate.claim == "helps":
        tools = {step.partition(": ")[0] for step in path}
        return Match(is_shown=not took and bool(tools & held.tools))
    return Match(is_shown=took)


def _took(path: Sequence[str], steps: Sequence[str], *, at_start: bool) -> bool:
    starts = range(1 if at_start else len(steps) - len(path) + 1)
    return any(tuple(steps[at : at + len(path)]) == tuple(path) for at in starts)


def match_words(candidate: Candidate, held: Held) -> Match:
    """One sentence of a person that has every word of the preference."""
    wanted = set(form_of(candidate.statement).words.split())
    return Match(is_shown=any(wanted <= words for words in held.said))


def match_check(candidate: Candidate, held: Held) -> Match:
    """The check it names failed."""
    failed = {check.name for check in held.session.checks if not check.passed}
    return Match(is_shown=candidate.tool in failed or candidate.template in failed)


RULES: Mapping[str, Callable[[Candidate, Held], Match]] = {
    "mistake": match_mistake,
    "recovery": match_mistake,
    "fact": match_fact,
    "workflow": match_steps,
    "habit": match_steps,
    "preference": match_words,
    "check": match_check,
}
