"""Nights of dreaming in one call: sessions that show a mistake, and a dream run to its end."""

from collections.abc import Sequence

from agents.models import Agent, MemoryStore, Person, Session
from agents.people import Member, find_member
from agents.transcripts.base import Verdict
from dreaming.dreams import Wish, queue_dream, run_dream
from dreaming.engines.base import Candidate, Quote
from dreaming.models import Dream
from reviews.models import OriginKind, Proposal
from tests import build
from tests.cast import Cast

SHIPPED = "order 1042 is already shipped"
"""Words of event 2 of every session build.session makes."""


def sessions(of: Agent, count: int = 4, verdict: Verdict = Verdict.FAILURE) -> list[Session]:
    """Sessions that show the same error, each its own task and principal."""
    return [
        build.session(of, verdict=verdict, task_key=f"task-{at}", principal=f"person-{at}")
        for at in range(count)
    ]


def wish(seen: Sequence[Session], words: str = "Ask first", **fields: object) -> Candidate:
    """A candidate that quotes event 2 of every session in `seen`."""
    values: dict[str, object] = {
        "kind": "mistake",
        "tool": "cancel_order",
        "template": words,
        "statement": f"{words} before an order is cancelled.",
        "title": words,
        "matched": frozenset(str(session) for session in seen),
        "quotes": tuple(Quote(str(session), 2, SHIPPED) for session in seen),
        "signal": "outcome",
        "sources": ("tool",),
    }
    return Candidate(**{**values, **fields})  # type: ignore[arg-type]


NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def wishes(seen: Sequence[Session], count: int) -> tuple[Candidate, ...]:
    """As many candidates that say different things."""
    words = (f"{a} {b}" for a in NUMBER_WORDS for b in NUMBER_WORDS)
    return tuple(
        wish(
            seen,
            f"Desk {both} rings",
            statement=f"{both} {at} desk rings; {hash_of(at)} answers {hash_of(at + 999)}.",
        )
        for at, both in zip(range(count), words, strict=False)
    )


def hash_of(number: int) -> str:
    """Return a word that no other number gives."""
    return "".join(chr(97 + int(digit)) for digit in str(number * 7919 + 10_007))


def retires(paths: Sequence[str], seen: Sequence[Session]) -> tuple[Candidate, ...]:
    """Candidates that would take the memories at `paths` away."""
    return tuple(
        wish(seen, f"Retire {path}", path=path, op="retire", statement="") for path in paths
    )


def queued(store: MemoryStore, engine: str = "test", by: Person | None = None) -> Dream:
    """A queued dream."""
    return queue_dream(store, Wish(engine=engine, started_by=by))


def dreamt(store: MemoryStore, engine: str = "test", by: Person | None = None) -> Dream:
    """A dream after one attempt, as its row is then."""
    dream = queued(store, engine, by)
    assert run_dream(dream)
    return fresh(dream)


def fresh(dream: Dream) -> Dream:
    """The dream as its row is now."""
    return Dream.objects.select_related("store__agent", "workspace").get(pk=dream.pk)


def filed_by(dream: Dream) -> list[Proposal]:
    """The proposals of a dream in the order of their paths."""
    rows = Proposal.objects.filter(origin_kind=OriginKind.DREAM, origin_id=str(dream))
    return list(rows.order_by("path"))


def member(cast: Cast, person: Person) -> Member:
    """The person as member of the workspace."""
    found = find_member(person, cast.workspace)
    assert found is not None
    return found
