"""Daybreak's own table of a dream's sessions, and the strata it compares them in.

Two ways of comparing like with like. Alike: sessions of the same task, or where the tasks of a
field of work were not repeated, of the same agent in that field. Peers: sessions of the same agent
on tasks about as hard, judged by how the other agents did on them; needed once several agents are
compared, because a habit only good agents have looks like a cause of success.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from dreaming.strata import Strata, Stratum

REPEATED_SHARE = 10
"""One session in so many has to be of a repeated task for a field of work to count as repeated."""

BANDS = 5
"""How many classes of difficulty the tasks of a field are parted into."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One session of the dream. A session without a task key is a task of its own.

    speakers: persons named on its events. An engine's word for who said something counts only for
    people of the sessions it names. domain: the field of work, as engines know it. remembers:
    something in it repeats what the agent was given from memory.
    """

    id: str
    agent: str
    task_key: str
    principal: str
    verdict: str
    speakers: frozenset[str] = frozenset()
    domain: str = ""
    started_at: datetime | None = None
    remembers: bool = False

    @property
    def task(self) -> str:
        """Return the name of the task; of its own where it has none."""
        return self.task_key or f"\0{self.id}"

    @property
    def is_known(self) -> bool:
        """Say whether it is known how the session ended."""
        return self.verdict != "unknown"


NOWHERE = -1
"""The stratum of sessions that have nothing to be compared with."""


class Partition:
    """One way of parting the sessions into strata: a number for each session, in table order."""

    __slots__ = ("agents", "strata")

    def __init__(self, names: Iterable[tuple[str, ...] | None], rows: Sequence[LedgerRow]) -> None:
        """Take the name of each session's stratum; None leaves it out of every comparison."""
        numbers: dict[tuple[str, ...], int] = {}
        self.strata = [
            NOWHERE if name is None else numbers.setdefault(name, len(numbers)) for name in names
        ]
        self.agents = {number: row.agent for number, row in zip(self.strata, rows, strict=True)}

    def count(self, places: Iterable[int]) -> dict[int, int]:
        """Return stratum -> how many of these sessions it holds."""
        counted = dict(Counter(map(self.strata.__getitem__, places)))
        counted.pop(NOWHERE, None)
        return counted


class Sample:
    """Sessions with a known end that a pattern could have shown in, counted once by stratum."""

    __slots__ = ("_totals", "agents", "failed", "of", "size")

    def __init__(self, table: "Table", places: Sequence[int]) -> None:
        """Take places of the table; of: how many they are, size: those with a known end."""
        known = table.known_of(places)
        failed = table.failed_of(known)
        self.of = len(places)
        self.size = len(known)
        self.failed = len(failed)
        self.agents = len(set(map(table.agents.__getitem__, known)))
        self._totals = {
            partition: (partition.count(known), partition.count(failed))
            for partition in (table.alike, table.peers)
        }

    def split(
        self, partition: Partition, known_with: Sequence[int], failed_with: Sequence[int]
    ) -> dict[int, Stratum]:
        """Return the strata that hold the pattern; those without it could tell nothing.

        known_with: places of sessions of the sample that show it, with a known end; failed_with:
        those of them that failed.
        """
        everyone, all_failed = self._totals[partition]
        failed = partition.count(failed_with)
        return {
            key: Stratum(
                count,
                everyone[key] - count,
                hits := failed.get(key, 0),
                all_failed.get(key, 0) - hits,
            )
            for key, count in partition.count(known_with).items()
        }

    def tally(
        self, partition: Partition, known_with: Sequence[int], failed_with: Sequence[int]
    ) -> Strata:
        """Return how often each stratum of `split` occurs."""
        everyone, all_failed = self._totals[partition]
        failed = partition.count(failed_with)
        counted = Counter(
            [
                (count, everyone[key], failed.get(key, 0), all_failed.get(key, 0))
                for key, count in partition.count(known_with).items()
            ]
        )
        return {
            Stratum(count, total - count, hits, failures - hits): times
            for (count, total, hits, failures), times in counted.items()
        }


class Table:
    """The sessions of a dream, sorted by id so that the order they came in does not matter."""

    def __init__(self, ledger: Iterable[LedgerRow]) -> None:
        """Take the rows; of two with one id the last counts."""
        by_id = {row.id: row for row in ledger}
        self.rows = [by_id[name] for name in sorted(by_id)]
        self.places = {row.id: place for place, row in enumerate(self.rows)}
        self.agents = [row.agent for row in self.rows]
        self.tasks = [row.task for row in self.rows]
        self.principals = [row.principal for row in self.rows]
        self.fields = [row.domain for row in self.rows]
        self.days = [
            row.started_at.astimezone(UTC).toordinal() if row.started_at else 0 for row in self.rows
        ]
        self.known = [row.is_known for row in self.rows]
        self.failures = [row.verdict == "failure" for row in self.rows]
        self._samples: dict[tuple[frozenset[str] | None, str | None], Sample] = {}

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """Return the fields of work the dream covers, sorted."""
        return tuple(sorted(set(self.fields)))

    def find(self, sessions: Iterable[str], domain: str | None) -> list[int]:
        """Return the places of those of `sessions` that were read; domain: one field, None: all."""
        found = map(self.places.get, sessions)
        if domain is None:
            return [place for place in found if place is not None]
        fields = self.fields
        return [place for place in found if place is not None and fields[place] == domain]

    def sample(self, exposed: frozenset[str] | None, domain: str | None) -> Sample:
        """Return the sessions a pattern could have shown in; exposed None: all of them."""
        key = exposed, domain
        if key not in self._samples:
            names = self.places if exposed is None else exposed
            self._samples[key] = Sample(self, self.find(names, domain))
        return self._samples[key]

    def failed_of(self, places: Iterable[int]) -> list[int]:
        """Return those of these sessions that failed."""
        return [place for place in places if self.failures[place]]

    def known_of(self, places: Iterable[int]) -> list[int]:
        """Return those of these sessions of which it is known how they ended."""
        return [place for place in places if self.known[place]]

    @cached_property
    def _tasks(self) -> Mapping[str, Mapping[str, tuple[int, int]]]:
        """Task -> agent -> (sessions with a known end, failed)."""
        tasks: dict[str, dict[str, tuple[int, int]]] = {}
        for row, failed in zip(self.rows, self.failures, strict=True):
            if row.is_known:
                agents = tasks.setdefault(row.task, {})
                count, failures = agents.get(row.agent, (0, 0))
                agents[row.agent] = count + 1, failures + failed
        return tasks

    @cached_property
    def repeating(self) -> frozenset[str]:
        """Return the fields of work whose tasks were repeated."""
        known: Counter[str] = Counter()
        repeated: Counter[str] = Counter()
        for row in self.rows:
            if row.is_known:
                known[row.domain] += 1
                runs = sum(count for count, _ in self._tasks[row.task].values())
                repeated[row.domain] += runs > 1
        return frozenset(
            domain for domain in known if REPEATED_SHARE * repeated[domain] >= known[domain]
        )

    @cached_property
    def alike(self) -> Partition:
        """Return the stratum of each session by task, or by agent where tasks do not repeat."""
        names = (
            (row.domain, "task", row.task)
            if row.domain in self.repeating
            else (row.domain, "agent", row.agent)
            for row in self.rows
        )
        return Partition(names, self.rows)

    @cached_property
    def peers(self) -> Partition:
        """Return the stratum of each session by agent and difficulty of its task.

        By task where only one agent worked in the field, by agent where tasks do not repeat.
        NOWHERE where no other agent tried the task: nobody can say how hard it was.
        """
        agents: dict[str, set[str]] = {}
        for row in self.rows:
            if row.is_known:
                agents.setdefault(row.domain, set()).add(row.agent)
        hardness = [self._judge(row) for row in self.rows]
        bands = self._part(hardness)
        names: list[tuple[str, ...] | None] = []
        for row, share in zip(self.rows, hardness, strict=True):
            if row.domain not in self.repeating:
                names.append((row.domain, row.agent))
            elif len(agents.get(row.domain, ())) < 2:
                names.append((row.domain, row.agent, row.task))
            elif share is None:
                names.append(None)
            else:
                band = bisect_right(bands[row.domain], share)
                names.append((row.domain, row.agent, str(band)))
        return Partition(names, self.rows)

    def _judge(self, row: LedgerRow) -> float | None:
        """Return the share of other agents' sessions of its task that failed, None without any."""
        others = [
            counts for agent, counts in self._tasks.get(row.task, {}).items() if agent != row.agent
        ]
        count = sum(known for known, _ in others)
        return sum(failed for _, failed in others) / count if count else None

    def _part(self, hardness: Sequence[float | None]) -> Mapping[str, Sequence[float]]:
        """Return, for each field, the shares at which one class of difficulty ends."""
        shares: dict[str, list[float]] = {}
        for row, share in zip(self.rows, hardness, strict=True):
            if share is not None:
                shares.setdefault(row.domain, []).append(share)
        return {
            domain: [ordered[len(ordered) * at // BANDS] for at in range(1, BANDS)]
            for domain, ordered in ((name, sorted(found)) for name, found in shares.items())
        }

    def name_way(self, places: Iterable[int]) -> str:
        """Return how these sessions are compared: 'task', 'agent', 'both', '' for none of them."""
        ways = {domain in self.repeating for domain in set(map(self.fields.__getitem__, places))}
        if len(ways) != 1:
            return "both" if ways else ""
        return "task" if ways.pop() else "agent"
