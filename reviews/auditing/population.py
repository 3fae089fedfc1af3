"""The population of a period: every proposal that was decided in it, told by the log.

A proposal belongs to it when an entry of the period says that somebody approved it, rejected it or
sent it back. Whoever holds an export counts the same: the entries with one of three actions, the
objects they name. The rows are counted beside the log, so that a difference shows.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import BigIntegerField, Count, Max, Min, QuerySet
from django.db.models.functions import Cast, Substr

from agents.models import Person, Workspace
from reviews.audit.actions import Action
from reviews.audit.models import Checkpoint, Entry, Leaf
from reviews.audit.proofs import checkpoint_covering, latest_checkpoint
from reviews.auditing.spans import Span
from reviews.models import Decision, Proposal
from reviews.requests import SEND_BACK

VERDICTS: dict[str, str] = {
    Action.APPROVED: "approve",
    Action.REJECTED: "reject",
    Action.CHANGES_REQUESTED: SEND_BACK,
}
"""What the log calls a decision, and what its row does."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many proposals of the population are of one kind, risk or state."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decided how often, by the log. kind: person or rule."""

    kind: str
    name: str
    approved: int
    rejected: int
    sent_back: int

    @property
    def total(self) -> int:
        """Return how many decisions that are."""
        return self.approved + self.rejected + self.sent_back


@dataclass(frozen=True, slots=True)
class Tally:
    """The same thing counted twice: in the log and in the rows."""

    name: str
    logged: int
    stored: int

    @property
    def agrees(self) -> bool:
        """Say whether log and rows have as many."""
        return self.logged == self.stored


@dataclass(frozen=True, slots=True)
class Extent:
    """Which entries the period has: first to last number, None where it has none.

    within: how many of those numbers are dated in the period; waiting: entries of the workspace
    that have no number yet. checkpoint: the newest; covering: the first that holds the last entry.
    """

    first: int | None
    last: int | None
    within: int
    waiting: int
    checkpoint: Checkpoint | None
    covering: Checkpoint | None

    @property
    def beside(self) -> int:
        """Return how many numbers from first to last are dated outside the period."""
        return (
            0
            if self.first is None or self.last is None
            else self.last - self.first + 1 - self.within
        )


@dataclass(frozen=True, slots=True)
class Population:
    """The proposals decided in a period, counted; see the module for what belongs to it."""

    proposals: int
    decisions: int
    kinds: tuple[Share, ...]
    risks: tuple[Share, ...]
    fates: tuple[Share, ...]
    deciders: tuple[Decider, ...]
    tallies: tuple[Tally, ...]
    extent: Extent

    @property
    def agrees(self) -> bool:
        """Say whether log and rows have the same totals."""
        return all(tally.agrees for tally in self.tallies)


def votes_in(workspace: Workspace, span: Span) -> QuerySet[Entry]:
    """Return the entries of decisions made in the period, without an order."""
    return Entry.objects.filter(
        workspace=workspace.slug,
        action__in=[str(action) for action in VERDICTS],
        at__gte=span.begins,
        at__lt=span.ends,
    )


def names_in(workspace: Workspace, span: Span) -> list[str]:
    """Return the names of the population's proposals, by number: what a sample is drawn from."""
    names = votes_in(workspace, span).values_list("object", flat=True).distinct()
    return sorted(names, key=lambda name: int(name.partition("-")[2]))


def decided_in(workspace: Workspace, span: Span) -> QuerySet[Proposal]:
    """Return the population's proposals as rows, without an order."""
    numbers = votes_in(workspace, span).annotate(
        number=Cast(Substr("object", 3), BigIntegerField())
    )
    return Proposal.objects.filter(workspace=workspace, number__in=numbers.values("number"))


def decisions_in(workspace: Workspace, span: Span) -> QuerySet[Decision]:
    """Return the rows of decisions made in the period, without an order."""
    return Decision.objects.filter(
        proposal__workspace=workspace, created_at__gte=span.begins, created_at__lt=span.ends
    )


def population_of(workspace: Workspace, span: Span) -> Population:
    """Count the period's population from the log, and beside it from the rows."""
    votes = votes_in(workspace, span)
    said = list(
        votes.values_list("actor_kind", "actor_id", "action").annotate(count=Count("pk")).order_by()
    )
    facts = list(
        decided_in(workspace, span)
        .values_list("op", "risk", "state")
        .annotate(count=Count("pk"))
        .order_by()
    )
    proposals = votes.aggregate(count=Count("object", distinct=True))["count"]
    stored = sum(count for *_, count in facts)
    decided = _by_verdict(workspace, span, said)
    return Population(
        proposals=proposals,
        decisions=sum(count for *_, count in said),
        kinds=_shares((op, count) for op, _, _, count in facts),
        risks=_shares((risk, count) for _, risk, _, count in facts),
        fates=_shares((state, count) for _, _, state, count in facts),
        deciders=_deciders(said),
        tallies=(Tally("proposals", proposals, stored), *decided),
        extent=extent_of(workspace, span),
    )


def _shares(counted: Iterable[tuple[str, int]]) -> tuple[Share, ...]:
    sums: Counter[str] = Counter()
    for name, count in counted:
        sums[name] += count
    return tuple(Share(name, count) for name, count in sums.most_common())


def _by_verdict(
    workspace: Workspace, span: Span, said: list[tuple[str, str, str, int]]
) -> list[Tally]:
    rows = decisions_in(workspace, span).values_list("verdict").annotate(count=Count("pk"))
    stored = dict(rows.order_by())
    return [
        Tally(verdict, sum(n for *_, done, n in said if done == action), stored.get(verdict, 0))
        for action, verdict in VERDICTS.items()
    ]


def _deciders(said: list[tuple[str, str, str, int]]) -> tuple[Decider, ...]:
    people = [actor for kind, actor, _, _ in said if kind == "person"]
    names = dict(Person.objects.filter(public_id__in=people).values_list("public_id", "name"))
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for kind, actor, action, count in said:
        counts.setdefault((kind, actor), {})[action] = count
    found = (
        Decider(
            kind,
            names.get(actor, actor),
            *(done.get(str(action), 0) for action in VERDICTS),
        )
        for (kind, actor), done in counts.items()
    )
    return tuple(sorted(found, key=lambda one: (-one.total, one.name)))


def extent_of(workspace: Workspace, span: Span) -> Extent:
    """Return which numbers of the log the period has, and which checkpoint covers them."""
    numbered = Leaf.objects.filter(
        workspace=workspace.slug, entry__at__gte=span.begins, entry__at__lt=span.ends
    )
    found = numbered.aggregate(
        first=Min("number"), last=Max("number"), within=Count("number"), index=Max("index")
    )
    waiting = Entry.objects.filter(workspace=workspace.slug, pending__isnull=False).count()
    return Extent(
        first=found["first"],
        last=found["last"],
        within=found["within"],
        waiting=waiting,
        checkpoint=latest_checkpoint(),
        covering=None if found["index"] is None else checkpoint_covering(found["index"]),
    )
