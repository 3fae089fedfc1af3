"""Quotes held against what is stored: only words that stand in an event become evidence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.stores import text_sha256
from dreaming.engines.base import Candidate, Dropped, Quote
from reviews.changes import Evidence, Relation

EVIDENCE_LIMIT = 5
QUOTE_LIMIT = 2000
_RELATIONS = frozenset(relation.value for relation in Relation)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """The stored text of one event, its session revision, and whether it repeats memory."""

    text: str
    revision: int
    remembered: bool = False


FindEvent = Callable[[str, int], StoredEvent | None]
"""find_event(session id, event index): the stored event a dream read, None where there is none."""


def check_quotes(
    candidate: Candidate, find_event: FindEvent
) -> tuple[tuple[Evidence, ...], tuple[Dropped, ...]]:
    """Return the candidate's quotes found verbatim in stored events, and those that were not.

    start and end are offsets in characters of the event's text; sha256 is that of the quote. At
    most five are kept, one of them contradicting where there is one; the rest is left out silently.
    """
    found: list[Evidence] = []
    dropped: list[Dropped] = []
    seen: set[tuple[str, int, str]] = set()
    for quote in candidate.quotes:
        address = (quote.session, quote.event, quote.text)
        if address in seen:
            continue
        seen.add(address)
        reason, evidence = _check_quote(quote, find_event)
        if evidence is not None:
            found.append(evidence)
        else:
            dropped.append(Dropped(f"quote for {candidate.title}", reason))
    return _choose_evidence(found), tuple(dropped)


def _check_quote(quote: Quote, find_event: FindEvent) -> tuple[str, Evidence | None]:
    place = f"{quote.session} event {quote.event}"
    if wrong := _refuse_form(quote):
        return f"The quote of {place} {wrong}.", None
    stored = find_event(quote.session, quote.event)
    if stored is None:
        return f"{place} is not among what this dream read.", None
    if stored.remembered:
        return f"{place} repeats what the agent was given from memory; that is no evidence.", None
    start = stored.text.find(quote.text)
    if start < 0:
        return f"The words are not in {place}.", None
    return "", Evidence(
        session=quote.session,
        revision=stored.revision,
        event=quote.event,
        quote=quote.text,
        start=start,
        end=start + len(quote.text),
        sha256=text_sha256(quote.text),
        relation=Relation(quote.relation),
    )


def _refuse_form(quote: Quote) -> str:
    if not quote.text.strip():
        return "is empty"
    if len(quote.text) > QUOTE_LIMIT:
        return f"is longer than {QUOTE_LIMIT} characters"
    return "" if quote.relation in _RELATIONS else f'has the unknown relation "{quote.relation}"'


def _choose_evidence(found: Sequence[Evidence]) -> tuple[Evidence, ...]:
    supports = [e for e in found if e.relation is Relation.SUPPORTS]
    against = [e for e in found if e.relation is Relation.CONTRADICTS]
    kept = supports[: EVIDENCE_LIMIT - min(1, len(against))]
    return (*kept, *against[: EVIDENCE_LIMIT - len(kept)])
