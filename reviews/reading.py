"""What a reviewer has opened: the log keeps who looked at which quote in its place, and when."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import QuerySet

from agents.people import Member, actor_of
from agents.prepared import Prepared, Slot
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.log import append
from reviews.audit.models import Entry
from reviews.models import Evidence, Proposal
from reviews.unseen import Seen


def record_evidence_opened(proposal: Proposal, quote: Evidence, by: Member) -> None:
    """Log that `by` opened the quote in its session; opening it again writes nothing.

    quote: with its event, revision and session.
    """
    with transaction.atomic():
        if quote.position in opened_positions(proposal, by):
            return
        append(
            Action.EVIDENCE_OPENED,
            workspace=by.workspace.slug,
            actor=actor_of(by.person),
            object=str(proposal),
            revision=proposal.revision,
            after={
                "position": quote.position,
                "session": str(quote.event.revision.session),
                "event": quote.event.index,
            },
        )


def record_change_read(proposal: Proposal, by: Member) -> None:
    """Log that the end of the newest revision's change was on `by`'s screen; twice writes once."""
    with transaction.atomic():
        if seen_of(proposal, by).is_read:
            return
        append(
            Action.CHANGE_READ,
            workspace=by.workspace.slug,
            actor=actor_of(by.person),
            object=str(proposal),
            revision=proposal.revision,
        )


def opened_positions(proposal: Proposal, by: Member) -> tuple[int, ...]:
    """Return which quotes of the proposal `by` has opened, as the log says, in order."""
    return tuple(sorted(seen_of(proposal, by).opened))


def seen_of(proposal: Proposal, by: Member) -> Seen:
    """Return what `by` has seen of the proposal, as the log says; one query.

    A quote that was opened stays opened; a change is read anew in each revision.
    """
    rows = _looks(workspace=by.workspace.slug, proposal=str(proposal), person=by.person.public_id)
    opened, read = set(), False
    for action, body in rows:
        if action == Action.EVIDENCE_OPENED:
            opened.add(_position_in(body))
        else:
            read = read or read_body(body)["revision"] == proposal.revision
    return Seen(frozenset(opened), read)


@Prepared
def _looks(workspace: Slot, proposal: Slot, person: Slot) -> QuerySet[Entry, tuple[str, str]]:
    return Entry.objects.filter(
        workspace=workspace,
        object=proposal,
        action__in=[Action.EVIDENCE_OPENED, Action.CHANGE_READ],
        actor_kind="person",
        actor_id=person,
    ).values_list("action", "body")


def opened_in_each(proposals: Sequence[Proposal], by: Member) -> Mapping[str, tuple[int, ...]]:
    """Return by the id of each proposal which of its quotes `by` has opened; one query."""
    bodies = Entry.objects.filter(
        workspace=by.workspace.slug,
        object__in=[str(proposal) for proposal in proposals],
        action=Action.EVIDENCE_OPENED,
        actor_kind="person",
        actor_id=by.person.public_id,
    ).values_list("object", "body")
    found: dict[str, set[int]] = {}
    for name, body in bodies:
        found.setdefault(name, set()).add(_position_in(body))
    return {name: tuple(sorted(positions)) for name, positions in found.items()}


def _position_in(body: str) -> int:
    after = read_body(body)["after"]
    position = after["position"] if isinstance(after, dict) else 0
    return position if isinstance(position, int) else 0
