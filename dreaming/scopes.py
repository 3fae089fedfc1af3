"""Where an effect holds: everywhere, in some fields of work only, or not to be said.

What helps in one field and hurts in another is proposed for the field it helps in or not at all.
"""

from collections.abc import Sequence
from dataclasses import replace

from dreaming.engines.base import Candidate
from dreaming.engines.wording import cut_title
from dreaming.measures import Measured, measure_one
from dreaming.sentences import domain_of, explain_claim, is_plain_name
from dreaming.tables import Table

ENOUGH = 5
"""Sessions with a pattern and without it, their ends known, for a field of work to have a say."""

_FRACTION = 4


def measure_fields(
    candidate: Candidate, table: Table, echoes: frozenset[str]
) -> tuple[Measured, ...]:
    """Return a claim about outcomes measured in each field of work that showed it.

    Nothing where the dream covers one field, or the candidate names its own.
    """
    if candidate.claim not in {"helps", "harms"} or domain_of(candidate.scope):
        return ()
    if len(table.domains) < 2:
        return ()
    shown = {table.rows[place].domain for place in table.find(candidate.matched - echoes, None)}
    return tuple(
        measure_one(limit_to(candidate, domain, table), table, echoes=echoes, domain=domain)
        for domain in sorted(shown)
        if is_plain_name(domain)
    )


def limit_to(candidate: Candidate, domain: str, table: Table) -> Candidate:
    """Return the candidate as it would be proposed for one field of work: its sessions, its key."""
    names = frozenset(table.rows[place].id for place in table.find(candidate.matched, domain))
    return replace(
        candidate,
        scope=f"domain:{domain}",
        statement=f"In {domain} sessions: {candidate.statement}",
        title=cut_title(f"{domain}: {candidate.title}"),
        matched=names,
        recovered=candidate.recovered & names,
        quotes=tuple(quote for quote in candidate.quotes if quote.session in names),
    )


def settle_scope(whole: Measured, fields: Sequence[Measured]) -> tuple[Measured, ...]:
    """Return what is said of a pattern, each with its reason: everywhere, or field by field.

    Everywhere when the effect is told over all and no field with enough data speaks against it;
    else in each field where it is told by itself, and the whole is listed with the reason.
    """
    whole = replace(whole, reason=explain_claim(whole))
    if not fields:
        return (whole,)
    fields = [replace(one, reason=explain_claim(one)) for one in fields]
    able = [one for one in fields if has_say(one)]
    agreed = all(_agrees(one, whole) for one in able)
    if not whole.reason and agreed and sum(one.strata > 0 for one in fields) > 1:
        return (whole,)
    told = [one for one in fields if one.holds_claim and not one.reason]
    reason = _explain_scope(whole, able, told)
    return (replace(whole, reason=reason), *told)


def has_say(one: Measured) -> bool:
    """Say whether a field of work has enough data for its direction to mean something."""
    return one.compared.p is not None and min(one.known_with, one.known_without) >= ENOUGH


def _agrees(one: Measured, whole: Measured) -> bool:
    """Say whether a field goes the way of the whole, and not by a trace only."""
    effect, over_all = one.effect or 0.0, whole.effect or 0.0
    return effect * over_all > 0 and _FRACTION * abs(effect) >= abs(over_all)


def _explain_scope(whole: Measured, able: Sequence[Measured], told: Sequence[Measured]) -> str:
    if told:
        names = _join([domain_of(one.candidate.scope) for one in told])
        return f"It shows in {names} sessions only; it is proposed for these."
    better = [one for one in able if one.is_told and (one.effect or 0.0) < 0]
    worse = [one for one in able if one.is_told and (one.effect or 0.0) > 0]
    if better and worse:
        helped = _join([domain_of(one.candidate.scope) for one in better])
        hurt = _join([domain_of(one.candidate.scope) for one in worse])
        return f"It helps in {helped} sessions and hurts in {hurt} sessions."
    if whole.reason:
        return whole.reason
    return "It does not show in every kind of work, and in none clearly enough by itself."


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
