"""What the dream pages show of rows: plain values, worked out before the template."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from agents.web.charts import Pair, Rate, pair_of
from agents.web.times import spell_duration
from dreaming.filing import filed_by
from dreaming.models import Dream, DreamState, Pattern, Step
from reviews.models import Proposal

KIND_WORDS = {
    "mistake": "Recurring mistake",
    "preference": "Preference of people",
    "recovery": "Recovery",
    "workflow": "Workflow",
}
STATUS_WORDS = {
    "filed": "filed",
    "held": "held",
    "already_open": "is open already",
    "already_in_memory": "is in memory already",
    "rejected_before": "was rejected before",
    "listed": "not proposed",
    "dropped": "dropped",
}
STEP_WORDS = {
    Step.READING: ("Read", "Reading"),
    Step.MINING: ("Extract", "Extracting"),
    Step.CONSOLIDATING: ("Consolidate", "Consolidating"),
    Step.FILING: ("File", "Filing"),
}
STATE_ICONS = {
    DreamState.QUEUED: "clock",
    DreamState.RUNNING: "loader",
    DreamState.COMPLETED: "check",
    DreamState.PARTIAL: "triangle-alert",
    DreamState.FAILED: "circle-x",
    DreamState.CANCELLED: "ban",
    DreamState.SKIPPED: "minus",
    DreamState.HELD: "shield-alert",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a dream: done, now or to come; its share and its time in words."""

    name: str
    standing: str
    done: int
    total: int
    took: str
    words: str


@dataclass(frozen=True, slots=True)
class PatternRow:
    """A pattern with its numbers spelled."""

    pattern: Pattern
    kind: str
    status: str
    with_it: str
    share_with: Decimal | None
    without_it: str
    share_without: Decimal | None
    effect: Decimal | None
    q: Decimal | None
    tasks: int
    people: int
    pair: Pair | None
    told: bool


def pattern_rows(patterns: Iterable[Pattern]) -> list[PatternRow]:
    """Return each pattern with its numbers, in the order given."""
    return [_pattern_row(pattern) for pattern in patterns]


@dataclass(frozen=True, slots=True)
class FoldedRow:
    """A change that rests on no pattern: memories that say the same become one."""

    title: str
    paths: tuple[str, ...]
    kept: str
    status: str
    reference: str
    number: int | None


def folded_rows(dream: Dream) -> list[FoldedRow]:
    """Return the changes of a dream that no pattern led to, with the proposals they became."""
    folded = [one for one in dream.proposed if one["change"]["pattern"] is None]
    filed = {row.path: row for row in filed_by(dream)} if folded else {}
    return [_folded_row(one, filed.get(one["change"]["path"])) for one in folded]


def _folded_row(one: Mapping[str, Any], proposal: Proposal | None) -> FoldedRow:
    change = one["change"]
    return FoldedRow(
        title=change["title"],
        paths=tuple(change["merged"]),
        kept=change["path"],
        status=STATUS_WORDS.get(one["status"], one["status"]),
        reference=str(proposal) if proposal else one["reference"],
        number=proposal.number if proposal else None,
    )


def _pattern_row(pattern: Pattern) -> PatternRow:
    numbers = pattern.numbers
    known_with, failed_with = numbers["known_with"], numbers["failed_with"]
    known_without, failed_without = numbers["known_without"], numbers["failed_without"]
    by_words = pattern.signal == "words"
    return PatternRow(
        pattern=pattern,
        kind=KIND_WORDS.get(pattern.kind, pattern.kind),
        status=STATUS_WORDS.get(pattern.status, pattern.status),
        with_it=f"{failed_with} of {known_with}",
        share_with=_share(failed_with, known_with),
        without_it=f"{failed_without} of {known_without}",
        share_without=_share(failed_without, known_without),
        effect=_decimal(numbers["effect"]),
        q=_decimal(numbers["q"]),
        tasks=numbers["tasks"],
        people=numbers["people"],
        pair=None
        if by_words
        else pair_of(
            Rate("with it", failed_with, known_with),
            Rate("without it", failed_without, known_without),
        ),
        told=bool(numbers["told"]),
    )


def _share(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / whole if whole else None


def _decimal(text: str | None) -> Decimal | None:
    return Decimal(text) if text is not None else None


def stages_of(dream: Dream, now: datetime) -> list[Stage]:
    """Return the four steps of a dream with where each stands."""
    steps = list(Step)
    at = steps.index(Step(dream.step)) if dream.step else -1
    if dream.state == DreamState.QUEUED:
        at = -1
    ended = dream.state not in {DreamState.QUEUED, DreamState.RUNNING}
    return [_stage(dream, step, place - at, now, ended=ended) for place, step in enumerate(steps)]


def _stage(dream: Dream, step: Step, distance: int, now: datetime, *, ended: bool) -> Stage:
    name, doing = STEP_WORDS[step]
    millis = dream.step_times.get(step.value)
    took = spell_duration(millis / 1000) if millis is not None else ""
    if millis is not None or (distance < 0 and dream.step):
        return Stage(name, "done", 1, 1, took, _words_when_done(dream, step))
    if distance == 0 and not ended:
        total = dream.step_total or 1
        counted = f", {dream.step_done:,} of {dream.step_total:,}" if dream.step_total else ""
        words = f"{doing}{counted}"
        return Stage(name, "now", dream.step_done, total, "", words)
    return Stage(name, "left" if not ended else "none", 0, 1, "", "")


def _words_when_done(dream: Dream, step: Step) -> str:
    filed = sum(one["status"] == "filed" for one in dream.proposed)
    words = {
        Step.READING: f"{dream.sessions_read:,} sessions",
        Step.MINING: f"{dream.patterns.count():,} patterns" if dream.finished_at else "",
        Step.CONSOLIDATING: "compared with memory and the queue",
        Step.FILING: f"{filed:,} proposals filed" if dream.finished_at else "",
    }
    return words[step]


def standing_words(dream: Dream, now: datetime) -> str:
    """Return one sentence on how the dream came about and how far it is."""
    cause = "started by the system"
    if dream.started_by is not None:
        cause = f"started by {dream.started_by.name}"
    elif dream.schedule is not None:
        cause = f"scheduled at {dream.schedule.cron}, {dream.schedule.zone}"
    engine = "Local engine" if dream.engine == "local" else f"Engine {dream.engine}"
    return f"{engine}, {cause}. {_time_words(dream, now)}"


def _time_words(dream: Dream, now: datetime) -> str:
    if dream.started_at is None:
        return "Waits for a worker." if dream.state == DreamState.QUEUED else "It never began."
    if dream.finished_at is None:
        return f"Running for {spell_duration((now - dream.started_at).total_seconds())}."
    return f"Took {spell_duration((dream.finished_at - dream.started_at).total_seconds())}."
