"""Proposals that were sent back: the words they went back with, and what takes their place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from agents import clock
from agents.models import MemoryStore
from reviews import lifecycle
from reviews.audit.actions import Action
from reviews.audit.actors import Actor, Cause
from reviews.audit.log import append
from reviews.lifecycle import Act, State
from reviews.models import Decision, Proposal

SEND_BACK = "send_back"
"""The verdict of a Decision that asked for changes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked to be changed when sending a proposal back."""

    by: str
    words: str
    at: datetime


def sent_back(store: MemoryStore) -> QuerySet[Proposal]:
    """Return the proposals over `store` that went back and were not filed anew yet, oldest first.

    They are what the next dream over the store is asked.
    """
    rows = Proposal.objects.filter(store=store, state=State.CHANGES_REQUESTED)
    return rows.order_by("number")


def asked_of(proposals: Iterable[Proposal]) -> Mapping[int, Asked]:
    """Return what each proposal was last sent back with, by its primary key, in one query."""
    keys = [proposal.pk for proposal in proposals]
    found = Decision.objects.filter(proposal__in=keys, verdict=SEND_BACK).order_by("pk")
    return {
        one.proposal_id: Asked(one.person.name if one.person else "", one.reason, one.created_at)
        for one in found.select_related("person")
    }


def replace_sent_back(row: Proposal, *, actor: Actor, cause: Actor | Cause | None) -> None:
    """Let a proposal just filed take the place of what went back on its path or for its pattern.

    In the caller's transaction: the old ones are superseded, both are linked, both are on the
    record. actor: who filed the new one.
    """
    same = Q(path=row.path)
    if row.pattern_key:
        same |= Q(pattern_key=row.pattern_key)
    old = sent_back(row.store).filter(same).exclude(pk=row.pk)
    for before in old.select_for_update(of=("self",)).select_related("workspace"):
        _supersede(before, row, actor, cause)
        append(
            Action.PROPOSAL_REFILED,
            workspace=row.workspace.slug,
            actor=actor,
            on_behalf=cause,
            object=str(row),
            revision=row.revision,
            parents=[str(before)],
            after={"state": row.state, "replaces": str(before)},
        )


def _supersede(before: Proposal, row: Proposal, actor: Actor, cause: Actor | Cause | None) -> None:
    state = lifecycle.next_state(State(before.state), Act.SUPERSEDE)
    before.state, before.settled_at = state.value, clock.now()
    before.state_reason, before.replaced_by = f"Filed anew as {row}.", row
    before.save(update_fields=["state", "state_reason", "settled_at", "replaced_by"])
    append(
        Action.PROPOSAL_SUPERSEDED,
        workspace=before.workspace.slug,
        actor=actor,
        on_behalf=cause,
        object=str(before),
        revision=before.revision,
        after={"state": before.state, "by": str(row)},
    )
