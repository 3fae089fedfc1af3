"""Approval rules in sentences: what one speaks about, what it asks for, and what a change of it
changes. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviews.approval_rules import (
    DECIDING_ROLES,
    OP_WORDS,
    TRAIT_WORDS,
    Mode,
    PersonFacts,
    Rule,
    Trait,
    say_needs,
)
from reviews.changes import Op


@dataclass(frozen=True, slots=True)
class Facet:
    """One side of a rule before and after a change of it, in words; '' where it is not in force."""

    name: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        """Say whether the change touches this side."""
        return self.before != self.after


def speaks_about(rule: Rule, agents: Mapping[str, str]) -> str:
    """Return what a rule matches, in one sentence; agents: slug -> name, '' the shared memory."""
    ops = [OP_WORDS[op].lower() for op in sorted(rule.ops)]
    parts = [_either(ops) if ops else "every change"]
    if rule.risks:
        parts.append(f"of {_either(sorted(rule.risks))} risk")
    if rule.traits:
        parts.append(f"with {_either([TRAIT_WORDS[trait] for trait in sorted(rule.traits)])}")
    if rule.path_prefix:
        parts.append(f"under {rule.path_prefix}")
    if rule.agent != "*":
        parts.append(f"of {agents.get(rule.agent, rule.agent)}")
    words = " ".join(parts)
    return f"{words[0].upper()}{words[1:]}."


def matched_on(proposal: Mapping[str, str], traits: Sequence[str], agent: str) -> str:
    """Return what of a change its rules were asked about when it was filed, in one sentence.

    proposal: its op and risk; traits: as the route keeps them; agent: a name, '' for shared.
    """
    parts = [OP_WORDS[Op(proposal["op"])].lower(), f"{proposal['risk']} risk"]
    parts.append(agent or "shared memory")
    parts += [TRAIT_WORDS[Trait(trait)] for trait in sorted(traits) if trait in set(Trait)]
    return f"{', '.join(parts)}."


def asks_for(rule: Rule) -> str:
    """Return what a rule asks for, in words that can begin a cell."""
    if rule.mode is Mode.AUTOMATIC:
        return "Nobody: settled by the rule itself"
    needs = say_needs(rule.needs)
    return f"{needs[0].upper()}{needs[1:]}"


def able_people(rule: Rule, people: Sequence[PersonFacts]) -> tuple[int, ...]:
    """Return the ids of those present who can give one of the approvals a rule asks for."""
    if rule.mode is Mode.AUTOMATIC:
        return ()
    groups = {group for group, _ in rule.needs}
    return tuple(
        one.id
        for one in people
        if one.role in DECIDING_ROLES and (None in groups or groups & one.groups)
    )


def facets_of(
    before: Rule | None,
    after: Rule | None,
    agents: Mapping[str, str],
    places: tuple[int | None, int | None] = (None, None),
) -> tuple[Facet, ...]:
    """Return each side of a rule before and after; None: the rule is not in force.

    places: where it stands in the order, before and after; left out unless both are known.
    """
    if before is None or after is None:
        rule = after or before
        if rule is None:
            return ()
        said = (("Speaks about", speaks_about(rule, agents)), ("Asks for", asks_for(rule)))
        if after is None:
            return tuple(Facet(name, words, "") for name, words in said)
        return tuple(Facet(name, "", words) for name, words in said)
    facets = [
        Facet("Speaks about", speaks_about(before, agents), speaks_about(after, agents)),
        Facet("Asks for", asks_for(before), asks_for(after)),
    ]
    if None not in places:
        facets.append(Facet("Place in the order", str(places[0]), str(places[1])))
    return tuple(facets)


def _either(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"
