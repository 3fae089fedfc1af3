"""The numbers of a dream's patterns, counted by Daybreak from its own table, for every engine.

Everything that is tested in a dream is corrected for together: each pattern, and each claim about
outcomes once more in each field of work.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dreaming.engines.base import Candidate
from dreaming.measures import Measured, measure_one
from dreaming.scopes import measure_fields, settle_scope
from dreaming.sentences import domain_of
from dreaming.strata import adjust_p_values
from dreaming.tables import LedgerRow, Table

NO_ECHOES: Mapping[int, frozenset[str]] = {}


def measure(
    candidates: Iterable[Candidate],
    ledger: Sequence[LedgerRow],
    echoes: Mapping[int, frozenset[str]] = NO_ECHOES,
) -> tuple[Measured, ...]:
    """Return the candidates with their numbers, in the order given.

    A claim that holds in some fields of work only is followed by one pattern for each of these.
    echoes: place of a candidate -> sessions that only repeat memory; they support nothing.
    """
    table = Table(ledger)
    families = [
        _measure_family(candidate, table, echoes.get(place, frozenset()))
        for place, candidate in enumerate(candidates)
    ]
    measured = [one for family in families for one in family if one.compared.p is not None]
    tested = len(measured) + count_passed_over(measured)
    p_values = [p for one in measured if (p := one.compared.p) is not None]
    adjusted = iter(adjust_p_values(p_values, among=tested))
    settled: list[Measured] = []
    for family in families:
        whole, *fields = (
            replace(one, q=None if one.compared.p is None else next(adjusted), tested=tested)
            for one in family
        )
        settled += settle_scope(whole, fields)
    return tuple(settled)


def count_passed_over(measured: Iterable[Measured]) -> int:
    """Return how many patterns engines held against outcomes and did not return, kind by kind.

    They were tested as well: of a hundred that are looked at, the best looks good by chance.
    """
    looked_at: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    for one in measured:
        candidate = one.candidate
        if candidate.claim:
            looked_at[candidate.kind] = max(looked_at[candidate.kind], candidate.chosen_from)
            returned[candidate.kind] += 1
    return (looked_at - returned).total()


def _measure_family(
    candidate: Candidate, table: Table, echoes: frozenset[str]
) -> tuple[Measured, ...]:
    """Return a candidate's numbers over all it may be seen in, then in each field of work."""
    domain: str | None = domain_of(candidate.scope) or None
    if domain not in table.domains and not candidate.claim:
        # A field named otherwise than the sessions name it: what it rests on is counted over all.
        domain = None
    whole = measure_one(candidate, table, echoes=echoes, domain=domain)
    return (whole, *measure_fields(candidate, table, echoes))
