"""One run through the sample queue: which samples, in which order, and what the answers amount to.

Everything follows from the seed, so that a run on the record can be laid out again. Pure.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reviews.samples import accounts, cover, refunds
from reviews.samples.base import Answer, Sample, Situation, is_caught, is_right

VERSION = 1
"""Raised when a situation is added, taken away or given another right answer."""

SITUATIONS: tuple[Situation, ...] = (
    *refunds.SITUATIONS,
    *cover.SITUATIONS,
    *accounts.SITUATIONS,
)
COUNT = len(SITUATIONS)
TRAPS = 2
FLAWED = 4
PASS_RIGHT = 10
WAIT = timedelta(hours=24)
"""How long after a failed attempt the next one may begin."""

SAMPLES: Mapping[str, Sample] = {
    sample.key: sample for situation in SITUATIONS for sample in (situation.sound, situation.flawed)
}


@dataclass(frozen=True, slots=True)
class Marks:
    """What a run came to. caught: traps that were not approved."""

    right: int
    of: int
    caught: int
    traps: int

    @property
    def has_passed(self) -> bool:
        """Say whether it qualifies: enough right answers, and no trap approved."""
        return self.right >= PASS_RIGHT and self.caught == self.traps


def draw_run(seed: int) -> tuple[Sample, ...]:
    """Return the samples of a run in their order: one variant of each situation.

    Always TRAPS traps and FLAWED others that are not to be approved, so that no guess by habit
    passes; which situations these are, and the order, differ from seed to seed.
    """
    baited = _shuffled((one for one in SITUATIONS if one.has_trap), seed, "traps")
    plain = _shuffled((one for one in SITUATIONS if not one.has_trap), seed, "flaws")
    drawn = [
        *(one.flawed for one in baited[:TRAPS]),
        *(one.sound for one in baited[TRAPS:]),
        *(one.flawed for one in plain[:FLAWED]),
        *(one.sound for one in plain[FLAWED:]),
    ]
    return tuple(sorted(drawn, key=lambda sample: _rank(seed, "order", sample.situation)))


def _shuffled(situations: Iterable[Situation], seed: int, purpose: str) -> list[Situation]:
    return sorted(situations, key=lambda situation: _rank(seed, purpose, situation.name))


def _rank(seed: int, purpose: str, name: str) -> bytes:
    return hashlib.sha256(f"{VERSION}:{seed}:{purpose}:{name}".encode()).digest()


def mark(answered: Sequence[tuple[Sample, Answer]]) -> Marks:
    """Return what the answers amount to; answered: each sample with what was said of it."""
    return Marks(
        right=sum(is_right(sample, answer) for sample, answer in answered),
        of=len(answered),
        caught=sum(is_caught(sample, answer) for sample, answer in answered),
        traps=sum(sample.is_trap for sample, _ in answered),
    )


def next_attempt_at(failed_at: datetime | None) -> datetime | None:
    """Return when the next attempt may begin after one that failed, None for at once."""
    return None if failed_at is None else failed_at + WAIT


def say_rule() -> str:
    """Return what qualifies, in one sentence."""
    return f"{PASS_RIGHT} of {COUNT} right answers and none of the {TRAPS} traps approved."
