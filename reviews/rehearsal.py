"""What other rules would have asked of what was filed: a dry run over frozen facts. Pure.

Nothing is judged anew: risk and traits are those each proposal was routed by. So a rehearsal says
what the rules alone change, and gives the same numbers whenever it is run.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from reviews.approval_rules import (
    Facts,
    Mode,
    PersonFacts,
    Route,
    Rule,
    count_approvals,
    route,
    say_needs,
    unsatisfiable,
)
from reviews.lifecycle import Needs


class Fate(StrEnum):
    """How what would have been asked compares with what was asked.

    OTHERS: as many approvals, but of other people. BY_RULE: settled by a rule where people were
    asked; BY_PEOPLE: the other way round.
    """

    MORE = "more"
    FEWER = "fewer"
    OTHERS = "others"
    BY_RULE = "by_rule"
    BY_PEOPLE = "by_people"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Filed:
    """A proposal as the rules saw it: its facts, and the route it was given."""

    number: int
    title: str
    state: str
    filed_at: datetime
    facts: Facts
    rule: str
    version: int
    needs: Needs
    mode: Mode


@dataclass(frozen=True, slots=True)
class Differing:
    """One proposal of which something else would have been asked."""

    filed: Filed
    fate: Fate
    would: Route

    @property
    def asked(self) -> str:
        """Return what was asked, in words."""
        return say_asked(self.filed.needs, self.filed.mode)

    @property
    def would_ask(self) -> str:
        """Return what would have been asked, in words."""
        return say_asked(self.would.needs, self.would.mode)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What rules would have asked of `filed` proposals.

    counts: how many met each fate. differing: the first of those that differ; left: how many more.
    stuck: how many nobody present could complete.
    """

    filed: int
    counts: Mapping[Fate, int]
    differing: tuple[Differing, ...]
    left: int
    stuck: int


def compare(filed: Filed, would: Route) -> Fate:
    """Return how `would` compares with the route the proposal was given."""
    if filed.mode is not would.mode:
        return Fate.BY_RULE if would.mode is Mode.AUTOMATIC else Fate.BY_PEOPLE
    if would.mode is Mode.AUTOMATIC:
        return Fate.SAME
    before = count_approvals(filed.needs)
    if would.approvals != before:
        return Fate.MORE if would.approvals > before else Fate.FEWER
    return Fate.SAME if sorted_needs(would.needs) == sorted_needs(filed.needs) else Fate.OTHERS


def say_asked(needs: Needs, mode: Mode) -> str:
    """Return what a route asks for, in words that can begin a cell."""
    if mode is Mode.AUTOMATIC:
        return "Nobody, the rule"
    words = say_needs(needs)
    return f"{words[0].upper()}{words[1:]}"


def sorted_needs(needs: Needs) -> list[tuple[str, int]]:
    """Return the pairs in one order, whatever order they were written in."""
    return sorted((group or "", count) for group, count in needs)


@dataclass(frozen=True, slots=True)
class Alike:
    """Proposals that no rule at hand can tell apart and that were asked for the same.

    filed: one of them; times: how many they are; newest: numbers of the newest of them, falling.
    """

    filed: Filed
    times: int
    newest: tuple[int, ...]


def prefixes_of(rules: Sequence[Rule]) -> tuple[str, ...]:
    """Return the beginnings of paths these rules ask about: what a path is told apart by."""
    return tuple(sorted({rule.path_prefix for rule in rules if rule.path_prefix}))


def rehearse(
    filed: Iterable[Alike], rules: Sequence[Rule], people: Sequence[PersonFacts], *, listed: int
) -> Rehearsal:
    """Return what `rules` would have asked of what was filed.

    filed: in groups; of each the rules are asked once. people: everyone present now. listed: how
    many of those that differ are kept, the newest; the others are counted. Of those kept, number
    and facts hold, title and time are those of one of their group.
    """
    counts: Counter[Fate] = Counter()
    differing: list[tuple[int, Alike, Fate, Route]] = []
    asked: Counter[tuple[Needs, Mode]] = Counter()
    for some in filed:
        would = route(some.filed.facts, rules)
        fate = compare(some.filed, would)
        counts[fate] += some.times
        asked[would.needs, would.mode] += some.times
        if fate is not Fate.SAME:
            differing += [(number, some, fate, would) for number in some.newest[:listed]]
    differing.sort(key=lambda one: -one[0])
    kept = tuple(
        Differing(replace(some.filed, number=number), fate, replace(would, reasons=()))
        for number, some, fate, would in differing[:listed]
    )
    total = counts.total()
    return Rehearsal(
        filed=total,
        counts={fate: counts[fate] for fate in Fate},
        differing=kept,
        left=total - counts[Fate.SAME] - len(kept),
        stuck=sum(
            times
            for (needs, mode), times in asked.items()
            if mode is Mode.PEOPLE and unsatisfiable(needs, people)
        ),
    )
