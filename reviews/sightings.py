"""What a person had before them when they decided: the text, the evidence and the rule of then."""

from collections.abc import Sequence
from dataclasses import dataclass

from reviews.audit.actions import Action
from reviews.audit.canonical import Json
from reviews.audit.history import LoggedEntry, logged
from reviews.audit.models import Entry
from reviews.diffs import Diff
from reviews.dossier import compare, version_text
from reviews.models import Decision, Evidence, Proposal, ProposalRevision
from reviews.quotes import masked_words

VOTES = (Action.APPROVED, Action.REJECTED, Action.CHANGES_REQUESTED)
JUDGED = (Action.PROPOSAL_FILED, Action.PROPOSAL_REVISED, Action.PROPOSAL_REBASED)


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """One quote of the proposal, and whether the person had opened it before they decided.

    words: its words with personal data masked.
    """

    row: Evidence
    words: str
    is_opened: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """A decision with what was shown for it: `number` of `all` on the proposal, 1 is first.

    judged, voted: the entries that say how the revision was judged and how it was decided; None
    where they are not what was sealed.
    """

    number: int
    all: int
    decision: Decision
    revision: ProposalRevision
    diff: Diff
    quotes: tuple[ShownQuote, ...]
    judged: LoggedEntry | None
    voted: LoggedEntry | None

    @property
    def before(self) -> int:
        """Return the number of the decision before this one, 0 for the first."""
        return self.number - 1

    @property
    def after(self) -> int:
        """Return the number of the next decision, 0 for the last."""
        return self.number + 1 if self.number < self.all else 0

    @property
    def opened(self) -> int:
        """Return how many of the quotes had been opened."""
        return sum(quote.is_opened for quote in self.quotes)

    @property
    def risk(self) -> str:
        """Return the risk the revision was judged to have, '' where that cannot be read."""
        after = self.judged.body.get("after") if self.judged else None
        return str(after.get("risk", "")) if isinstance(after, dict) else ""

    @property
    def rule(self) -> dict[str, Json]:
        """Return name and version of the rule it was routed by, as the decision's entry says."""
        found = self.voted.body.get("rule") if self.voted else None
        return dict(found) if isinstance(found, dict) else {}


def decisions_of(proposal: Proposal) -> list[Decision]:
    """Return the proposal's decisions, oldest first: the order by which they are numbered."""
    found = Decision.objects.filter(proposal=proposal).select_related("person")
    return list(found.order_by("pk"))


def number_of(row: Entry) -> int:
    """Return which decision on its proposal an entry records, 0 for one that records none."""
    if row.action not in VOTES:
        return 0
    votes = Entry.objects.filter(
        workspace=row.workspace, object=row.object, action__in=[str(action) for action in VOTES]
    )
    return votes.filter(pk__lte=row.pk).count()


def sighting_of(proposal: Proposal, number: int) -> Sighting | None:
    """Return decision `number` of the proposal as it was shown, None where there is none."""
    decisions = decisions_of(proposal)
    if not 1 <= number <= len(decisions):
        return None
    decision = decisions[number - 1]
    revision = proposal.revisions.select_related("author").get(number=decision.revision)
    base = revision.base_version
    old = version_text(proposal, base) if base is not None else ""
    opened = set(decision.shown.get("evidence_opened", ()))
    quotes = proposal.evidence.select_related("event__revision__session").order_by("position")
    entries, kinds = _entries_of(proposal), proposal.workspace.masked
    return Sighting(
        number=number,
        all=len(decisions),
        decision=decision,
        revision=revision,
        diff=compare(old, revision.content),
        quotes=tuple(
            ShownQuote(row, masked_words(row, kinds), row.position in opened) for row in quotes
        ),
        judged=_judged(entries, decision.revision),
        voted=_voted(entries, number),
    )


def _entries_of(proposal: Proposal) -> list[tuple[Entry, LoggedEntry | None]]:
    rows = Entry.objects.filter(
        workspace=proposal.workspace.slug,
        object=str(proposal),
        action__in=[str(action) for action in (*VOTES, *JUDGED)],
    )
    found = list(rows.select_related("leaf").order_by("pk"))
    read = {
        one.event_id: one for one in logged([(row, getattr(row, "leaf", None)) for row in found])
    }
    return [(row, read.get(row.event_id)) for row in found]


def _judged(
    entries: Sequence[tuple[Entry, LoggedEntry | None]], revision: int
) -> LoggedEntry | None:
    said = (entry for row, entry in entries if row.action in JUDGED and entry is not None)
    return next((one for one in said if one.body.get("revision") == revision), None)


def _voted(entries: Sequence[tuple[Entry, LoggedEntry | None]], number: int) -> LoggedEntry | None:
    """Return the entry of the decision: each writes one, in the transaction of its row."""
    votes = [entry for row, entry in entries if row.action in VOTES]
    return votes[number - 1] if number <= len(votes) else None
