"""The rows of this room that a member may name; anything else is 404, as if it did not exist."""

from django.db.models import QuerySet
from django.http import Http404

from agents.people import Member
from agents.prepared import Prepared, Slot
from agents.web.ids import spell_id
from reviews.drafts import with_words
from reviews.models import Containment, Proposal


@Prepared
def _proposals(workspace: Slot, number: Slot, person: Slot) -> QuerySet[Proposal]:
    rows = Proposal.objects.filter(workspace=workspace, number=number)
    return with_words(rows, person).select_related(
        "store", "agent", "memory__head", "deadline", "assignee", "reservation__person"
    )


def proposal_of(member: Member, number: int) -> Proposal:
    """Return the workspace's proposal P-`number` with what its page needs, or raise Http404."""
    found = _proposals.first(workspace=member.workspace.pk, number=number, person=member.person.pk)
    if found is None:
        raise Http404(f"{member.workspace.name} has no proposal {spell_id('P', number)}.")
    # Known already: joined once more they would be a third of what the query costs.
    found.workspace = found.store.workspace = member.workspace
    found.store.agent = found.agent
    return found


def containment_of(member: Member, number: int) -> Containment:
    """Return the workspace's containment C-`number`, or raise Http404."""
    found = (
        Containment.objects.filter(workspace=member.workspace, number=number)
        .select_related("store__agent", "by", "answered_by", "release", "release_before")
        .first()
    )
    if found is None:
        raise Http404(f"{member.workspace.name} has no containment {spell_id('C', number)}.")
    return found
