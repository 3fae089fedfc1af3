"""Who may do what to a proposal they had a hand in: each cell of the matrix, in the verb."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from allauth.account.models import EmailAddress

from agents import clock
from agents.models import MemoryStore, Release
from agents.people import Member, find_member
from agents.releases import fingerprint
from agents.releases import waiting as waiting_in
from reviews import containment, decisions, publishing, revisions
from reviews.decisions import Shown
from reviews.errors import MayNotDecide, NotAllowed
from reviews.models import Containment, Decision, Proposal
from reviews.origins import Origin
from tests import build
from tests.cast import Cast
from tests.reviews.filings import move
from tests.reviews.views.desks import fresh, member

pytestmark = pytest.mark.django_db

TWO = {"rule": "two", "version": 1, "needs": [[None, 2]], "mode": "people", "reasons": []}
ADDRESS = "Rosa.Second@Northwind.example"


@dataclass(frozen=True, slots=True)
class Scene:
    """A proposal somebody had a hand in, and that somebody."""

    cast: Cast
    proposal: Proposal
    who: Member


def second_account(cast: Cast) -> Member:
    """Another account of Rosa: one address, verified on both, in another case."""
    other = build.person("Rosalind", within=cast.workspace)
    EmailAddress.objects.create(user=cast.reviewer, email=ADDRESS.lower(), verified=True)
    EmailAddress.objects.create(user=other, email=ADDRESS, verified=True)
    found = find_member(other, cast.workspace)
    assert found is not None
    return found


def waiting(cast: Cast, **facts: object) -> Proposal:
    return build.proposal(cast.store, route=TWO, **facts)


def starter(cast: Cast) -> Scene:
    return Scene(cast, waiting(cast, started_by=cast.reviewer), member(cast, "reviewer"))


def proposer(cast: Cast) -> Scene:
    return Scene(cast, waiting(cast, proposer=cast.reviewer), member(cast, "reviewer"))


def editor(cast: Cast) -> Scene:
    proposal = waiting(cast)
    edit(Scene(cast, proposal, member(cast, "reviewer")))
    Proposal.objects.filter(pk=proposal.pk).update(route=TWO)
    return Scene(cast, fresh(proposal), member(cast, "reviewer"))


def first_approver(cast: Cast) -> Scene:
    proposal = waiting(cast)
    approve(Scene(cast, proposal, member(cast, "reviewer")))
    return Scene(cast, fresh(proposal), member(cast, "reviewer"))


def account_of_proposer(cast: Cast) -> Scene:
    return Scene(cast, proposer(cast).proposal, second_account(cast))


def account_of_starter(cast: Cast) -> Scene:
    return Scene(cast, starter(cast).proposal, second_account(cast))


def account_of_editor(cast: Cast) -> Scene:
    return Scene(cast, editor(cast).proposal, second_account(cast))


def account_of_first_approver(cast: Cast) -> Scene:
    return Scene(cast, first_approver(cast).proposal, second_account(cast))


def lead(cast: Cast) -> Scene:
    return Scene(cast, waiting(cast), member(cast, "lead"))


def admin(cast: Cast) -> Scene:
    return Scene(cast, waiting(cast), member(cast, "admin"))


def approve(scene: Scene) -> None:
    shown = Shown(scene.proposal.revision, scene.proposal.state)
    decisions.approve(scene.proposal, by=scene.who, shown=shown)


def edit(scene: Scene) -> None:
    revisions.submit_edit(
        scene.proposal,
        content=f"Shipped orders stay shipped, said {scene.proposal.revision} times.\n",
        reason="Plainer.",
        by=scene.who,
        expected_revision=scene.proposal.revision,
    )


def approve_as_second(scene: Scene) -> None:
    """Approve after somebody who had no hand in it."""
    now = scene.proposal
    if now.state == "pending":
        by = member(scene.cast, "second_reviewer")
        now = decisions.approve(now, by=by, shown=Shown(now.revision, now.state))
    decisions.approve(now, by=scene.who, shown=Shown(now.revision, now.state))


def release(scene: Scene) -> None:
    """Publish the change by hand, once others have approved it."""
    store = scene.proposal.store
    MemoryStore.objects.filter(pk=store.pk).update(publishing="by_hand")
    for by in (member(scene.cast, "second_reviewer"), somebody_else(scene.cast)):
        now = fresh(scene.proposal)
        if now.state != "scheduled":
            decisions.approve(now, by=by, shown=Shown(now.revision, now.state))
    Proposal.objects.filter(pk=scene.proposal.pk).update(apply_at=clock.now())
    decisions.apply_due(clock.now())
    assert fresh(scene.proposal).state == "applied"
    publishing.publish_by_hand(store, by=scene.who, seen=fingerprint(waiting_in(store)))


def somebody_else(cast: Cast) -> Member:
    """A reviewer who has no hand in anything."""
    made = find_member(build.person("Theo", within=cast.workspace), cast.workspace)
    assert made is not None
    return made


def roll_back(scene: Scene) -> None:
    """Go back to the release the memory began with."""
    build.memory(scene.cast.store, "/a.md", "Earlier.\n")
    first = Release.objects.filter(store=scene.cast.store).earliest("sequence")
    containment.roll_back(scene.cast.store, first, by=scene.who, reason="Odd.")


def restore(scene: Scene) -> None:
    """Put an earlier text of a memory back."""
    memory = build.memory(scene.cast.store, "/a.md", "Earlier.\n")
    first = memory.versions.get(number=1)
    move(scene.cast, "/a.md", "Newer.\n")
    memory.refresh_from_db()
    containment.restore_version(memory, first, by=scene.who, reason="Odd.")


ACTS: dict[str, Callable[[Scene], None]] = {
    "approve": approve,
    "edit": edit,
    "second": approve_as_second,
    "release": release,
    "roll back": roll_back,
    "restore": restore,
}
PEOPLE: dict[Callable[[Cast], Scene], str] = {
    #                          approve edit second release roll-back restore
    starter: "no yes no no no no",
    proposer: "no yes no no no no",
    editor: "no yes no no no no",
    first_approver: "no yes no yes no no",
    account_of_starter: "no yes no no no no",
    account_of_proposer: "no yes no no no no",
    account_of_editor: "no yes no no no no",
    account_of_first_approver: "no yes no yes no no",
    lead: "yes yes yes yes yes yes",
    admin: "no no no no no no",
}
CELLS = [
    pytest.param(people, ACTS[act], verdict == "yes", id=f"{people.__name__}-{act}")
    for people, row in PEOPLE.items()
    for act, verdict in zip(ACTS, row.split(), strict=True)
]


@pytest.mark.parametrize(("people", "act", "may"), CELLS)
def test_each_cell_of_the_matrix(cast: Cast, people, act, may: bool) -> None:
    scene = people(cast)
    before = scene.proposal.decisions.filter(person=scene.who.person).count()
    if may:
        act(scene)
        return
    with pytest.raises((MayNotDecide, NotAllowed)):
        act(scene)
    assert scene.proposal.decisions.filter(person=scene.who.person).count() == before
    assert not Containment.objects.exists()
    assert fresh(scene.proposal).revision == scene.proposal.revision
    assert not Release.objects.filter(published_by__isnull=False).exists()


def test_the_editor_of_an_edit_that_was_edited_again_is_still_barred(cast: Cast) -> None:
    scene = editor(cast)
    edit_again = Scene(cast, scene.proposal, member(cast, "lead"))
    revisions.submit_edit(
        edit_again.proposal,
        content="Once shipped, it stays.\n",
        reason="Shorter.",
        by=edit_again.who,
        expected_revision=scene.proposal.revision,
    )
    with pytest.raises(MayNotDecide, match="You wrote a revision"):
        approve(Scene(cast, fresh(scene.proposal), scene.who))


def test_two_accounts_that_voted_before_they_were_one_person_count_once(cast: Cast) -> None:
    proposal = waiting(cast)
    other = build.person("Rosalind", within=cast.workspace)
    approve(Scene(cast, proposal, member(cast, "reviewer")))
    Decision.objects.create(
        proposal=proposal, revision=1, person=other, verdict="approve", shown={}
    )
    assert decisions.standing_of(fresh(proposal)).is_settled
    EmailAddress.objects.filter(user=other).update(email=cast.reviewer.email.upper())
    standing = decisions.standing_of(fresh(proposal))
    assert (standing.is_settled, standing.more) == (False, 1)


def test_an_address_nobody_verified_makes_nobody_the_same_person(cast: Cast) -> None:
    scene = proposer(cast)
    other = build.person("Rosalind", within=cast.workspace)
    EmailAddress.objects.create(user=other, email=cast.reviewer.email, verified=False)
    found = find_member(other, cast.workspace)
    approve(Scene(cast, scene.proposal, found))
    assert fresh(scene.proposal).state == "awaiting_second"


def test_an_agents_own_person_is_nobody_here(cast: Cast) -> None:
    """What an agent filed has a label, never a person who could decide."""
    origin = Origin("agent", cast.agent.slug, "Refund-Desk")
    proposal = build.filed(cast.store, origin=origin)
    assert proposal.proposer is None
    approve(Scene(cast, proposal, member(cast, "reviewer")))
    assert fresh(proposal).state == "scheduled"
