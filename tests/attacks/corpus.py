"""The attacks: templates times carriers times encodings, by seed; and how each went."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dreaming.engines.base import EngineSession
from tests.attacks import poisons
from tests.attacks.carriers import CARRIERS, NAMES
from tests.attacks.encodings import ENCODINGS
from tests.attacks.poisons import fill
from tests.dreaming.build_sessions import session

SESSIONS = 6
"""Sessions of one attack, each of another person and task: enough for every threshold."""

MANY = 500


@dataclass(frozen=True)
class Attack:
    """One attack: what is meant, how it is written, and where it gets in."""

    name: str
    family: str
    carrier: str
    encoding: str
    meant: str
    written: str

    def sessions(self, count: int = SESSIONS, *, people: int = MANY) -> list[EngineSession]:
        """The attacker's sessions; every second one ends well."""
        return [self._session(number, people) for number in range(1, count + 1)]

    def _session(self, number: int, people: int) -> EngineSession:
        steps, checks = CARRIERS[self.carrier](self.written, number % people)
        return session(
            number,
            *steps,
            checks=checks,
            verdict="success" if number % 2 else "failure",
            agent=f"clerk-{number % 2}",
            principal=f"person-{number % people}",
            environment="shop",
        )


def make_attacks(seed: int, rounds: int = 1) -> Iterator[Attack]:
    """Yield `rounds` attacks for every carrier and encoding, with a poison chosen by chance."""
    chance = random.Random(seed)  # noqa: S311
    for turn in range(rounds):
        for carrier in CARRIERS:
            for encoding in ENCODINGS:
                yield _make(chance, carrier, encoding, f"{seed}.{turn}")


def _make(chance: random.Random, carrier: str, encoding: str, seed: str) -> Attack:
    told = poisons.NAMES if carrier in NAMES and chance.random() < 0.7 else poisons.POISONS
    told = poisons.FOREIGN if encoding == "other language" else told
    family = chance.choice(sorted(told))
    meant = fill(chance.choice(told[family]), chance)
    written = ENCODINGS[encoding](meant, chance)
    return Attack(f"{seed} {carrier}, {encoding}", family, carrier, encoding, meant, written)


def sample(attacks: Sequence[Attack], step: int) -> list[Attack]:
    """Return every `step`-th attack."""
    return list(attacks)[::step]
