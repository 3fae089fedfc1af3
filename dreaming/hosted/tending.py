"""Tending a linked store: sessions in, outside writes found, approved changes out, in this order.

Idempotent, and safe when it is cut short anywhere: the rows say what was done.
"""

import logging
from datetime import datetime, timedelta

from agents import clock
from agents.models import HostedStore
from dreaming.errors import LeaseLost, VendorFailed
from dreaming.hosted.arrivals import bring_in, note_mounts
from dreaming.hosted.turns import end_turn, keep_turn, take_turn
from dreaming.hosted.vendor import Vendor

logger = logging.getLogger(__name__)
PERIOD = timedelta(minutes=5)
"""Every linked store is synced so often, woken or not: a lost webhook costs no more than this."""


def tend_due(now: datetime) -> int:
    """Tend every linked store whose time has come; return how many were."""
    return sum(tend(hosted) for hosted in linked() if is_due(hosted, now))


def linked() -> list[HostedStore]:
    """Return every linked store, the one that waits longest first."""
    rows = HostedStore.objects.select_related("store__agent", "store__workspace")
    return list(rows.order_by("tried_at", "pk"))


def is_due(hosted: HostedStore, now: datetime) -> bool:
    """Say whether the store is to be synced: somebody asks for it, or its period is over."""
    return hosted.wake_at is not None or hosted.tried_at is None or hosted.tried_at <= now - PERIOD


def tend(hosted: HostedStore) -> bool:
    """Sync the store now, and keep in words why that failed; say whether it was this call's turn.

    What came in before it failed stays; the next turn goes on from there.
    """
    turn = take_turn(hosted)
    if not turn:
        return False
    begun = clock.now()
    # Before it begins: what is asked for meanwhile is not covered by it.
    HostedStore.objects.filter(pk=hosted.pk).update(tried_at=begun, wake_at=None)
    try:
        _sync(hosted, turn)
    except VendorFailed as error:
        HostedStore.objects.filter(pk=hosted.pk, turn=turn).update(failure=str(error))
    except LeaseLost as error:
        logger.warning("hosted_turn_lost store=%s cause=%s", hosted.pk, error)
    else:
        done = HostedStore.objects.filter(pk=hosted.pk, turn=turn)
        done.update(failure="", synced_at=begun)
    finally:
        end_turn(hosted, turn)
    return True


def _sync(hosted: HostedStore, turn: str) -> None:
    vendor = Vendor.of(hosted.store.workspace)
    note_mounts(hosted, vendor)
    keep_turn(hosted, turn)
    bring_in(hosted, vendor, turn)
