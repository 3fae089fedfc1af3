"""A pattern with its numbers: who showed it, how it was compared, and what came out.

Daybreak counts for every engine from the sessions a candidate names. An effect is told where it
stands out after correction for everything tested, among sessions alike and among each agent's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from dreaming.engines.base import Candidate
from dreaming.strata import (
    Stratum,
    bound_effect,
    compare_strata,
    count_telling,
    exceed_expected,
    pool_effect,
    tally,
    wilson_interval,
)
from dreaming.tables import Sample, Table
from reviews.changes import pattern_key

MINIMUM_SESSIONS = 3
MINIMUM_TASKS = 2
MINIMUM_PEOPLE = 2
Q_LIMIT = 0.1
NAMED_DOMAINS = 12
_AGAINST = 0.05
_REST = 0.1


@dataclass(frozen=True, slots=True)
class Comparison:
    """How sessions with a pattern ended against like sessions without it.

    within: 'task', 'agent' (tasks were not repeated), 'both' (repeated in some fields of work), ''
    where nothing is alike; only what shows within tasks is told as an effect. effect: difference in
    the share of failures (+1 always fails with it, never without); bound: how far from nothing it
    can be, at 95 %. p: the weaker of the two comparisons, alike and among each agent's own; None
    where one of them could not be made.
    across, p_across: the same difference without keeping like to like, which shows confounding.
    """

    within: str = ""
    strata: int = 0
    effect: float | None = None
    bound: float | None = None
    p_alike: float | None = None
    several_agents: bool = False
    effect_within_agents: float | None = None
    p_within_agents: float | None = None
    one_agent_only: bool = False
    agents_differ: bool = False
    across: float | None = None
    p_across: float | None = None

    @property
    def p(self) -> float | None:
        """Return the p-value the pattern is judged by, None where it could not be compared."""
        if self.p_alike is None or not self.several_agents:
            return self.p_alike
        if self.p_within_agents is None:
            return None
        return max(self.p_alike, self.p_within_agents)

    @property
    def agrees(self) -> bool:
        """Say whether the effect goes the same way within agents, and at no agent the other way."""
        if self.effect is None or self.agents_differ:
            return False
        return not self.several_agents or (self.effect_within_agents or 0.0) * self.effect > 0


@dataclass(frozen=True)
class Measured:
    """A candidate and its numbers.

    of: sessions in which the pattern could have shown. known_*: sessions with a known end. people:
    who said it, where it rests on words, else the principals. echoes: sessions an engine named that
    only repeat memory; they count for nothing. tested: how many patterns were tested together.
    reason: why its claim is not borne out, '' where nothing speaks against it.
    """

    candidate: Candidate
    key: str
    of: int
    sessions: int
    tasks: int
    people: int
    principals: int
    agents: int
    recovered: int
    failed_with: int
    known_with: int
    failed_without: int
    known_without: int
    domains: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    echoes: int = 0
    compared: Comparison = field(default_factory=Comparison)
    q: float | None = None
    tested: int = 0
    reason: str = ""

    @property
    def effect(self) -> float | None:
        """Return the difference in failure shares among sessions alike."""
        return self.compared.effect

    @property
    def effect_within_agents(self) -> float | None:
        """Return the same among each agent's own sessions, None where one agent was compared."""
        return self.compared.effect_within_agents

    @property
    def strata(self) -> int:
        """Return how many strata could tell anything."""
        return self.compared.strata

    @property
    def p(self) -> float | None:
        """Return the p-value, rounded to six places."""
        return None if self.compared.p is None else round(self.compared.p, 6)

    @cached_property
    def shortfall(self) -> str:
        """Return why it is listed and not proposed, '' when nothing speaks against it."""
        if self.sessions < MINIMUM_SESSIONS:
            return f"Seen in {count_noun(self.sessions, 'session')}; {MINIMUM_SESSIONS} are needed."
        if self.tasks < MINIMUM_TASKS:
            return f"Seen in {count_noun(self.tasks, 'task')}; {MINIMUM_TASKS} are needed."
        if self.candidate.signal == "words" and self.people < MINIMUM_PEOPLE:
            return f"Said by {count_noun(self.people, 'person')}; {MINIMUM_PEOPLE} are needed."
        return self.reason

    @cached_property
    def is_told(self) -> bool:
        """Say whether an effect on the same task stands out, and the same way within agents."""
        return self.stands_out and self.compared.within == "task"

    @property
    def stands_out(self) -> bool:
        """Say whether chance is an unlikely explanation; harder tasks may still be a likely one."""
        return self.q is not None and self.q <= Q_LIMIT and self.compared.agrees

    @cached_property
    def holds_claim(self) -> bool:
        """Say whether the numbers tell the effect the candidate claims, that way round."""
        return self.is_told and (self.effect or 0.0) * direction_of(self.candidate) > 0

    @property
    def numbers(self) -> dict[str, object]:
        """Return every number as JSON without floats: counts, and shares as decimal strings."""
        return {
            "sessions": self.sessions,
            "of": self.of,
            "tasks": self.tasks,
            "people": self.people,
            "principals": self.principals,
            "agents": self.agents,
            "domains": list(self.domains[:NAMED_DOMAINS]),
            "conditions": list(self.candidate.conditions),
            "claim": self.candidate.claim,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "recovered": self.recovered,
            "echoes": self.echoes,
            "failed_with": self.failed_with,
            "known_with": self.known_with,
            "failed_without": self.failed_without,
            "known_without": self.known_without,
            "rate_with": _interval_numbers(self.failed_with, self.known_with),
            "rate_without": _interval_numbers(self.failed_without, self.known_without),
            "compared": self.compared.within or None,
            "effect": _decimal(self.effect),
            "effect_within_agents": _decimal(self.effect_within_agents),
            "strata": self.strata,
            "p": _decimal(self.p, 6),
            "q": _decimal(self.q, 6),
            "tested": self.tested,
            "told": self.is_told,
        }


def direction_of(candidate: Candidate) -> int:
    """Return +1 where the claim is that it goes with failure, -1 with success, 0 without claim."""
    return {"harms": 1, "helps": -1}.get(candidate.claim, 0)


def measure_one(
    candidate: Candidate,
    table: Table,
    *,
    echoes: frozenset[str] = frozenset(),
    domain: str | None = None,
) -> Measured:
    """Return a candidate with its numbers, before the correction for everything tested.

    echoes: sessions that only repeat memory; they are neither with the pattern nor without it.
    domain: the field of work it is measured in, None for all. Only patterns with enough support
    that rest on how sessions ended are compared; support does not depend on outcomes, so choosing
    by it keeps the tests honest.
    """
    matched = table.find(candidate.matched - echoes if echoes else candidate.matched, domain)
    sample = _choose_sample(candidate, table, echoes, domain)
    known_with = table.known_of(matched)
    failed_with = table.failed_of(known_with)
    days = set(map(table.days.__getitem__, matched)) - {0}
    principals = set(map(table.principals.__getitem__, matched)) - {""}
    recovered = candidate.recovered and {table.rows[place].id for place in matched}
    one = Measured(
        candidate=candidate,
        key=pattern_key(candidate.kind, candidate.tool, candidate.template, candidate.scope),
        of=sample.of,
        sessions=len(matched),
        tasks=len(set(map(table.tasks.__getitem__, matched))),
        people=_count_people(candidate, table, matched) if candidate.people else len(principals),
        principals=len(principals),
        agents=len(set(map(table.agents.__getitem__, matched))),
        recovered=len(candidate.recovered & recovered),
        failed_with=len(failed_with),
        known_with=len(known_with),
        failed_without=sample.failed - len(failed_with),
        known_without=sample.size - len(known_with),
        domains=tuple(sorted(set(map(table.fields.__getitem__, matched)) - {""})),
        first=date.fromordinal(min(days)) if days else None,
        last=date.fromordinal(max(days)) if days else None,
        echoes=len(table.find(candidate.matched & echoes, domain)) if echoes else 0,
    )
    if candidate.signal == "words":
        return one
    return replace(one, compared=_compare(one, table, sample, known_with, failed_with))


def _choose_sample(
    candidate: Candidate, table: Table, echoes: frozenset[str], domain: str | None
) -> Sample:
    exposed = candidate.exposed
    if exposed is not None and not candidate.matched <= exposed:
        exposed |= candidate.matched
    if echoes:
        exposed = (frozenset(table.places) if exposed is None else exposed) - echoes
    return table.sample(exposed, domain)


def _compare(
    one: Measured,
    table: Table,
    sample: Sample,
    known_with: Sequence[int],
    failed_with: Sequence[int],
) -> Comparison:
    alike = sample.tally(table.alike, known_with, failed_with)
    several = sample.agents > 1
    by_agent = sample.split(table.peers, known_with, failed_with) if several else {}
    peers = tally(by_agent.values())
    whole = tally([Stratum(one.known_with, one.known_without, one.failed_with, one.failed_without)])
    compared = Comparison(
        within=table.name_way(known_with),
        strata=count_telling(alike),
        effect=pool_effect(alike),
        bound=bound_effect(alike),
        several_agents=several,
        effect_within_agents=pool_effect(peers),
        across=pool_effect(whole),
    )
    if one.shortfall:
        return compared
    # A mistake is looked for because it may lead to failure; every other direction is read off
    # the outcomes themselves.
    sides = "one" if one.candidate.kind == "mistake" and not one.candidate.claim else "two"
    compared = replace(
        compared,
        p_alike=compare_strata(alike, sides=sides),
        p_within_agents=compare_strata(peers, sides=sides),
        p_across=compare_strata(whole, sides="two") if one.candidate.claim else None,
    )
    if not several or not one.candidate.claim or compared.p is None or compared.p > Q_LIMIT:
        return compared
    return _look_at_agents(compared, by_agent, table.peers.agents)


def _look_at_agents(
    compared: Comparison, peers: Mapping[int, Stratum], agent_of: Mapping[int, str]
) -> Comparison:
    """Return the comparison with what it rests on: one agent alone, or agents that differ.

    One alone: without the agent that carries most of the effect the rest shows none. Differ: at
    some agent the other way is told, corrected for the number of agents.
    """
    strata: dict[str, list[Stratum]] = {}
    for key, stratum in peers.items():
        strata.setdefault(agent_of[key], []).append(stratum)
    by_agent = {agent: tally(strata[agent]) for agent in sorted(strata)}
    way = 1 if (compared.effect or 0.0) > 0 else -1
    pulls = {agent: way * exceed_expected(own) for agent, own in by_agent.items()}
    strongest = max(pulls, key=lambda agent: pulls[agent])
    rest = tally(s for agent, own in strata.items() if agent != strongest for s in own)
    p_rest = compare_strata(rest, sides="two")
    rest_holds = p_rest is not None and p_rest <= _REST and way * (pool_effect(rest) or 0.0) > 0
    against = (compare_strata(own, sides="two") for a, own in by_agent.items() if pulls[a] < 0)
    limit = _AGAINST / len(by_agent)
    differ = any(p is not None and p <= limit for p in against)
    return replace(compared, one_agent_only=not rest_holds, agents_differ=differ)


def _count_people(candidate: Candidate, table: Table, matched: Sequence[int]) -> int:
    """Return how many of the people an engine names were there in the sessions it names."""
    there: set[str] = set()
    for place in matched:
        there.add(table.principals[place])
        there.update(table.rows[place].speakers)
    return len(candidate.people & there)


def count_noun(number: int, noun: str) -> str:
    """Return a number with its noun: "1 session", "2 sessions", "2 people"."""
    plural = "people" if noun == "person" else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def _decimal(value: float | None, places: int = 4) -> str | None:
    return None if value is None else f"{value + 0.0:.{places}f}"


def _interval_numbers(hits: int, total: int) -> list[str] | None:
    interval = wilson_interval(hits, total)
    if interval is None:
        return None
    return [f"{value:.4f}" for value in (interval.share, interval.low, interval.high)]
