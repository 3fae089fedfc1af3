"""Answering an estimate: who started a dream agrees to what it may cost, and it goes on."""

from django.db import transaction

from agents import clock
from agents.people import Member, actor_of
from agents.rights import Right
from agents.wakeups import DREAM, wake_on_commit
from dreaming.dreams import log_dream
from dreaming.errors import IllegalDreamMove
from dreaming.models import Dream, DreamState
from reviews.audit.actions import Action


def agree(dream: Dream, *, by: Member) -> Dream:
    """Let a dream that asked go on within the estimate it told, and wake a worker.

    Raises IllegalDreamMove when it does not ask, or asks somebody else.
    """
    with transaction.atomic():
        rows = Dream.objects.select_for_update(of=("self",))
        row = rows.select_related("workspace", "store__agent", "started_by").get(pk=dream.pk)
        if why := why_not_agree(row, by):
            raise IllegalDreamMove(why)
        row.agreed, row.asked_at, row.failure = row.estimate, None, ""
        row.not_before = clock.now()
        row.save(update_fields=["agreed", "asked_at", "failure", "not_before"])
        log_dream(row, Action.DREAM_AGREED, actor=actor_of(by.person))
    wake_on_commit(DREAM)
    return row


def why_not_agree(dream: Dream, by: Member) -> str:
    """Return why this member cannot agree to the estimate, '' when they can."""
    if dream.state != DreamState.QUEUED or dream.asked_at is None:
        return f"{dream} is {dream.state} and asks nothing."
    if not by.may(Right.START_DREAMS) or by.person.pk != dream.started_by_id:
        return f"Who started {dream} agrees to what it may cost; a lead can cancel it."
    return ""
