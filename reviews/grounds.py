"""What a proposal rests on, told by the server: plain sentences first, the numbers behind them.

Four things are said of every proposal, in this order: in how many sessions it was seen, compared
with what, how sure that is, and what speaks against it. What an engine, an agent or a person wrote
as a reason is kept apart from it: nobody checked it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.web.amounts import spell_number, spell_points, spell_q
from agents.web.charts import Rate, TwoRates, two_rates
from reviews.appeals import Piece, mark_appeals
from reviews.changes import Op
from reviews.models import OriginKind, Proposal, ProposalRevision

NOT_ENOUGH = "Not enough sessions to tell."
SIGNALS: Mapping[str, str] = {
    "ground_truth": "checks against the truth",
    "outcome": "how sessions ended",
    "approval": "approvals alone; no outcome confirms it",
    "words": "what people said",
}
ALIKE_BY: Mapping[str, tuple[str, str]] = {
    "task": ("within the same task", "task"),
    "agent": ("at the same agent", "agent"),
    "both": ("among sessions alike", "group"),
}
HARMS, HELPS = 1, -1
_BY_CLAIM = {"harms": HARMS, "helps": HELPS}
_BY_KIND = {"mistake": HARMS, "check": HARMS, "recovery": HELPS, "workflow": HELPS}

# How the sentences begin that a dream freezes with a pattern.
_SEEN = re.compile(r"Seen in |Condition: ")
_COMPARED = re.compile(
    r"\d+ of (?:these \d+|the \d+ with a known end) failed;|It holds |On the same |At the same "
    r"|Tasks were not repeated"
)
_GOT_PAST = re.compile(r"(?:^|(?<= ))\d+ of \d+ sessions got past it\.")
_BY_WORDS = "It rests on what people said, not on how sessions ended."


@dataclass(frozen=True, slots=True)
class Said:
    """What the server says of a proposal, in the order in which it is judged."""

    seen: tuple[str, ...]
    compared: tuple[str, ...]
    sure: tuple[str, ...]
    against: tuple[str, ...]

    @property
    def grounds(self) -> tuple[str, ...]:
        """Return everything but what speaks against it."""
        return (*self.seen, *self.compared, *self.sure)


@dataclass(frozen=True, slots=True)
class Fact:
    """A number of the pattern with its label and what it is of."""

    label: str
    value: str
    small: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Words somebody gave as a reason: who wrote them, and the text with what steers marked."""

    by: str
    pieces: tuple[Piece, ...]

    @property
    def is_steering(self) -> bool:
        """Say whether the words say more to who decides than why."""
        return any(piece.is_marked for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Why:
    """Why it was proposed. is_told: the numbers say more than chance does.

    reasons: what was written as a reason, unchecked; the origin's first, an editor's after it.
    """

    said: Said
    is_told: bool
    is_counted: bool
    reasons: tuple[Reason, ...]
    chart: TwoRates | None
    facts: tuple[Fact, ...]


def why_of(proposal: Proposal, revision: ProposalRevision, against: int) -> Why:
    """Return why the change was proposed; against: how many of its quotes contradict it."""
    numbers: Mapping[str, Any] = proposal.pattern_numbers
    sentences = tuple(proposal.pattern_sentences)
    is_by_hand = proposal.origin_kind == OriginKind.PERSON
    return Why(
        said=say(proposal, against),
        is_told=bool(numbers.get("told", sentences and NOT_ENOUGH not in sentences)),
        is_counted=bool(numbers.get("sessions")) or bool(sentences),
        reasons=reasons_of(proposal, revision),
        chart=chart_of(numbers),
        facts=() if is_by_hand else facts_of(numbers, proposal.signal),
    )


def say(proposal: Proposal, against: int) -> Said:
    """Return what the server says of the proposal; against: quotes that contradict it."""
    numbers: Mapping[str, Any] = proposal.pattern_numbers
    sentences = tuple(proposal.pattern_sentences)
    if not sentences and not numbers.get("sessions"):
        return _say_uncounted(proposal, against)
    seen = tuple(one for one in sentences if _SEEN.match(one))
    compared = tuple(one for one in sentences if _COMPARED.match(one))
    sure = tuple(one for one in sentences if one not in seen and one not in compared)
    is_words = proposal.signal == "words" and not numbers.get("claim")
    return Said(
        seen=(seen or (_say_seen(numbers),)) + _say_recovered(numbers),
        compared=compared or (_say_others(numbers, is_words=is_words),),
        sure=sure or (_BY_WORDS if is_words else NOT_ENOUGH,),
        against=(*_say_otherwise(proposal), _say_quotes(against)),
    )


def _say_seen(numbers: Mapping[str, Any]) -> str:
    return f"Seen in {numbers.get('sessions', 0)} of {numbers.get('of', 0)} sessions."


def _say_recovered(numbers: Mapping[str, Any]) -> tuple[str, ...]:
    recovered = numbers.get("recovered")
    return (f"{recovered} of these {numbers['sessions']} got past it.",) if recovered else ()


def _say_others(numbers: Mapping[str, Any], *, is_words: bool) -> str:
    """Return what it was compared with, where the dream did not say it."""
    known_with, known_without = numbers.get("known_with", 0), numbers.get("known_without", 0)
    if is_words:
        return "Sessions with it were not compared with others."
    if not known_with:
        return "How these sessions ended is not known, so they were not compared with others."
    failed = f"{numbers.get('failed_with', 0)} of the {known_with} with a known end failed"
    if not known_without:
        return f"{failed}; there are no others to compare them with."
    return f"{failed}; of the {known_without} others, {numbers.get('failed_without', 0)}."


def _say_otherwise(proposal: Proposal) -> tuple[str, ...]:
    """Return how many sessions ended otherwise than the pattern suggests, where it suggests one."""
    numbers: Mapping[str, Any] = proposal.pattern_numbers
    way = _BY_CLAIM.get(numbers.get("claim", ""), _BY_KIND.get(proposal.pattern_kind, 0))
    known_with, known_without = numbers.get("known_with", 0), numbers.get("known_without", 0)
    if not way or not known_with:
        return ()
    failed_with, failed_without = numbers.get("failed_with", 0), numbers.get("failed_without", 0)
    if way == HARMS:
        first = f"{known_with - failed_with} of the {known_with} with it ended well all the same"
        second = f"{failed_without} of the {known_without} others failed without it"
    else:
        first = f"{failed_with} of the {known_with} with it failed all the same"
        second = f"{known_without - failed_without} of the {known_without} others ended well"
        second += " without it"
    return (f"{first}, and {second}." if known_without else f"{first}.",)


def _say_quotes(against: int) -> str:
    if not against:
        return "No quote contradicts it."
    return "1 quote contradicts it." if against == 1 else f"{against} quotes contradict it."


def _say_uncounted(proposal: Proposal, against: int) -> Said:
    """Return what is said where no session was counted: by hand, by an agent, from memory alone."""
    who = "Proposed by hand" if proposal.origin_kind == OriginKind.PERSON else "Filed by an agent"
    compared = "It was compared with nothing."
    if proposal.origin_kind == OriginKind.DREAM:
        who = "It rests on what memory says"
    if proposal.op == Op.MERGE:
        compared = f"{len(proposal.merged) + 1} memories were held against one another."
    return Said(
        seen=(f"{who}: 0 sessions were counted.",),
        compared=(compared,),
        sure=("How sure it is was not measured.",),
        against=("No session was looked at for what speaks against it.", _say_quotes(against)),
    )


def reasons_of(proposal: Proposal, revision: ProposalRevision) -> tuple[Reason, ...]:
    """Return what was written as a reason: by the origin, and by who wrote the newest revision."""
    words = _without_numbers(revision.rationale, proposal.pattern_sentences)
    given = [(_writer_of(proposal), words)]
    if revision.reason:
        author = revision.author.name if revision.author else "Who edited it"
        given.append((f"{author}, on revision {revision.number}", revision.reason))
    return tuple(Reason(by, mark_appeals(text)) for by, text in given if text)


def _writer_of(proposal: Proposal) -> str:
    if proposal.origin_kind == OriginKind.DREAM:
        version = f" {proposal.engine_version}" if proposal.engine_version else ""
        return f"engine {proposal.engine}{version}" if proposal.engine else "the engine"
    return proposal.origin_label


def _without_numbers(rationale: str, sentences: Sequence[str]) -> str:
    """Return the rationale less what the server says of the numbers itself."""
    for sentence in (*sentences, _BY_WORDS):
        rationale = rationale.replace(sentence, "", 1)
    if not sentences:
        return rationale.strip()
    return " ".join(_GOT_PAST.sub("", rationale, count=1).split())


def chart_of(numbers: Mapping[str, Any]) -> TwoRates | None:
    """Return how sessions with a pattern and the others ended, None where one side is empty."""
    with_it, without_it = numbers.get("known_with", 0), numbers.get("known_without", 0)
    if not with_it or not without_it:
        return None
    return two_rates(
        Rate("Sessions that showed it", numbers["failed_with"], with_it),
        Rate("The others", numbers["failed_without"], without_it),
        heading="Sessions that failed",
    )


def facts_of(numbers: Mapping[str, Any], signal: str) -> tuple[Fact, ...]:
    """Return support, the effect among sessions alike, q, and what the pattern rests on."""
    facts = []
    if numbers.get("effect") is not None:
        alike, noun = ALIKE_BY.get(numbers.get("compared") or "task", ALIKE_BY["task"])
        count = numbers.get("strata", 0)
        words = f"from {count} {noun if count == 1 else f'{noun}s'} with both"
        points = spell_points(float(numbers["effect"]))
        facts.append(Fact(f"Failures {alike}", f"{points} points", words))
    if numbers.get("q") is not None:
        q = spell_q(float(numbers["q"]))
        facts.append(Fact("q", q, f"of {numbers.get('tested', 0)} tested"))
    if numbers.get("sessions"):
        facts.append(Fact("Seen in", _seen_in(numbers), f"of {spell_number(numbers['of'])}"))
    if signal:
        facts.append(Fact("Rests on", SIGNALS.get(signal, signal)))
    return tuple(facts)


def _seen_in(numbers: Mapping[str, Any]) -> str:
    counted = (
        ("sessions", "session"),
        ("tasks", "task"),
        ("people", "person"),
        ("agents", "agent"),
    )
    words = [
        f"{numbers[key]} {noun if numbers[key] == 1 else _plural(noun)}"
        for key, noun in counted
        if numbers.get(key)
    ]
    return ", ".join(words)


def _plural(noun: str) -> str:
    return "people" if noun == "person" else f"{noun}s"
