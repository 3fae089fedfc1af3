"""How far a dream is and how it came about: plain values, worked out before the template."""

from dataclasses import dataclass
from datetime import datetime

from agents.web.times import spell_duration
from dreaming.models import Dream, DreamState, Step

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
        Step.READING: _count(dream.sessions_read, "session"),
        Step.MINING: _count(dream.patterns.count(), "pattern") if dream.finished_at else "",
        Step.CONSOLIDATING: "compared with memory and the queue",
        Step.FILING: f"{_count(filed, 'proposal')} filed" if dream.finished_at else "",
    }
    return words[step]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


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
    if dream.state == DreamState.QUEUED and dream.workspace.paused_at is not None:
        return "Waits until dreams go on."
    if dream.state == DreamState.QUEUED and dream.asked_at is not None:
        return "Waits for an answer to its estimate."
    if dream.started_at is None:
        return "Waits for a worker." if dream.state == DreamState.QUEUED else "It never began."
    if dream.finished_at is None:
        return f"Running for {spell_duration((now - dream.started_at).total_seconds())}."
    return f"Took {spell_duration((dream.finished_at - dream.started_at).total_seconds())}."
