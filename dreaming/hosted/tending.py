"""Tending a linked store: sessions in, outside writes found, approved changes out, in this order.

Idempotent, and safe when it is cut short anywhere: the rows say what was done.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from agents import clock
from agents.models import HostedStore
from dreaming.errors import LeaseLost, VendorFailed
from dreaming.hosted.arrivals import bring_in, note_mounts
from dreaming.hosted.drift import look
from dreaming.hosted.push import push, resume, waits_to_go
from dreaming.hosted.reach import reach
from dreaming.hosted.turns import end_turn, keep_turn, take_turn

if TYPE_CHECKING:
    from dreaming.hosted.vendor import Vendor

logger = logging.getLogger(__name__)
PERIOD = timedelta(minutes=5)
"""Every linked store is synced so often, woken or not: a lost webhook costs no more than this."""


Act = Callable[[HostedStore, "Vendor", str], None]
"""What is done in a turn, whose token it is given."""


def tend_due(now: datetime) -> int:
    """Sync every linked store whose time has come and send what waits; return how many were."""
    tended = 0
    for hosted in linked():
        if is_due(hosted, now):
            tended += tend(hosted)
        elif waits_to_go(hosted):
            tended += send(hosted)
    return tended


def linked() -> list[HostedStore]:
    """Return every linked store, the one that waits longest first."""
    rows = HostedStore.objects.select_related("store__agent", "store__workspace")
    return list(rows.order_by("tried_at", "pk"))


def is_due(hosted: HostedStore, now: datetime) -> bool:
    """Say whether the store is to be synced: somebody asks for it, or its period is over."""
    return hosted.wake_at is not None or hosted.tried_at is None or hosted.tried_at <= now - PERIOD


def tend(hosted: HostedStore) -> bool:
    """Sync the store now, and keep in words why that failed; say whether it was this call's turn.

    What was done before it failed stays; the next turn goes on from there.
    """
    return _have_turn(hosted, _sync, tried_at=clock.now(), wake_at=None)


def send(hosted: HostedStore) -> bool:
    """Only send what waits to go out; say whether it was this call's turn."""
    return _have_turn(hosted, _send)


def _have_turn(
    hosted: HostedStore,
    act: Act,
    **columns: datetime | None,
) -> bool:
    """Do `act` while nobody else tends the store; columns are set before it begins."""
    turn = take_turn(hosted)
    if not turn:
        return False
    rows = HostedStore.objects.filter(pk=hosted.pk, turn=turn)
    # Before it begins: what is asked for meanwhile is not covered by it.
    rows.update(**columns)
    try:
        with reach(hosted.store.workspace) as vendor:
            act(hosted, vendor, turn)
    except VendorFailed as error:
        rows.update(failure=str(error))
    except LeaseLost as error:
        logger.warning("hosted_turn_lost store=%s cause=%s", hosted.pk, error)
    else:
        rows.update(failure="")
    finally:
        end_turn(hosted, turn)
    return True


def _sync(hosted: HostedStore, vendor: "Vendor", turn: str) -> None:
    begun = clock.now()
    # First what was cut short: its version would look like somebody else's.
    resume(hosted, vendor, turn)
    look(hosted, vendor, turn)
    _send(hosted, vendor, turn)
    note_mounts(hosted, vendor)
    keep_turn(hosted, turn)
    bring_in(hosted, vendor, turn)
    HostedStore.objects.filter(pk=hosted.pk, turn=turn).update(synced_at=begun)


def _send(hosted: HostedStore, vendor: "Vendor", turn: str) -> None:
    resume(hosted, vendor, turn)
    if push(hosted, vendor, turn):
        look(hosted, vendor, turn)
