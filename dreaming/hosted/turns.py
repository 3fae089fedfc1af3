"""Whose turn it is: one worker at a time tends a store; one that falls silent loses its turn.

Two at once would do no harm, for every step is told apart by its row; they would only ask twice.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from agents import clock
from agents.models import HostedStore
from dreaming.errors import LeaseLost


def length() -> timedelta:
    """Return how long a turn is kept without a step; each step begins it anew."""
    return timedelta(seconds=2 * settings.LEASE_S)


def take_turn(hosted: HostedStore) -> str:
    """Return the token of a turn that nobody else has now, '' when somebody does."""
    now, token = clock.now(), secrets.token_hex(16)
    rows = HostedStore.objects.filter(pk=hosted.pk)
    free = rows.filter(Q(turn_until=None) | Q(turn_until__lte=now))
    taken = free.update(turn=token, turn_until=now + length())
    return token if taken else ""


def keep_turn(hosted: HostedStore, token: str) -> None:
    """Begin the turn anew, or raise LeaseLost when another worker has it."""
    rows = HostedStore.objects.filter(pk=hosted.pk, turn=token)
    if not rows.update(turn_until=clock.now() + length()):
        raise LeaseLost(f"Another worker tends {hosted} now, or it is unlinked.")


def end_turn(hosted: HostedStore, token: str) -> None:
    """Let others have it."""
    HostedStore.objects.filter(pk=hosted.pk, turn=token).update(turn="", turn_until=None)
