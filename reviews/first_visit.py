"""The checklist of a first visit: it ticks itself from what rows and log say a reviewer did."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, Q, QuerySet

from agents import clock
from agents.models import Membership
from agents.people import Member, actor_of
from agents.prepared import Prepared, Slot
from agents.rights import Right
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.audit.models import Entry
from reviews.models import Decision, ProposalRevision, SampleAnswer

STEPS = ("evidence", "edit", "reject", "undo", "log")


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One thing to have done once. name: one of STEPS."""

    name: str
    is_done: bool


def steps_of(member: Member) -> tuple[FirstStep, ...]:
    """Return what the member has done of it, nothing once they put the list away; one query.

    Opening a quote and rejecting count in the sample queue too: that is what it is for.
    """
    if not member.is_new or not member.may(Right.DECIDE):
        return ()
    found = _done(
        workspace=member.workspace.pk,
        slug=member.workspace.slug,
        person=member.person.pk,
        actor=member.person.public_id,
    )
    return tuple(FirstStep(*one) for one in zip(STEPS, map(bool, found[0]), strict=True))


@Prepared
def _done(
    workspace: Slot, slug: Slot, person: Slot, actor: Slot
) -> QuerySet[Membership, tuple[bool, ...]]:
    """Return whether each of STEPS was done, in one row; slug and actor: as the log has them."""
    samples = SampleAnswer.objects.filter(
        run__person=person, run__workspace=workspace, answer="reject"
    )
    decisions = Decision.objects.filter(
        person=person, proposal__workspace=workspace, verdict="reject"
    )
    edits = ProposalRevision.objects.filter(
        author=person, proposal__workspace=workspace, number__gt=1
    )
    rows = Membership.objects.filter(workspace=workspace, person=person).annotate(
        evidence=Exists(_entries(slug, actor, Action.EVIDENCE_OPENED, Action.SAMPLE_OPENED)),
        edit=Exists(edits),
        reject=Q(Exists(decisions)) | Q(Exists(samples)),
        undo=Exists(_entries(slug, actor, Action.DECISION_UNDONE)),
        log=Exists(_entries(slug, actor, Action.AUDIT_OPENED, Action.AUDIT_VERIFIED)),
    )
    return rows.order_by("pk").values_list(*STEPS)


def _entries(slug: str | Slot, actor: str | Slot, *actions: Action) -> QuerySet[Entry]:
    return Entry.objects.filter(
        workspace=slug, action__in=actions, actor_kind="person", actor_id=actor
    )


def note_log_opened(member: Member) -> None:
    """Write that a member looked at the log for the first time; later looks write nothing."""
    if not member.is_new or not member.may(Right.DECIDE):
        return
    with transaction.atomic():
        opened = _entries(member.workspace.slug, member.person.public_id, Action.AUDIT_OPENED)
        if opened.exists():
            return
        append(
            Action.AUDIT_OPENED,
            workspace=member.workspace.slug,
            actor=actor_of(member.person),
            object=f"workspace:{member.workspace.slug}",
        )


@transaction.atomic(durable=True)
def settle_in(*, by: Member) -> None:
    """Put the checklist away for good; a second time changes nothing."""
    rows = Membership.objects.filter(workspace=by.workspace, person=by.person, settled_in_at=None)
    if not rows.update(settled_in_at=clock.now()):
        return
    append(
        Action.FIRST_VISIT_ENDED,
        workspace=by.workspace.slug,
        actor=actor_of(by.person),
        object=f"person:{by.person.public_id}",
        after={"done": [one.name for one in steps_of(by) if one.is_done]},
    )
