"""Who runs a dream: a lease with a fencing token, kept alive by a heartbeat.

The message that woke a worker proves nothing. A worker takes the lease by one conditional update;
every later write of the run is conditional on its token, so a worker that was thought dead and
comes back writes nothing.
"""

import logging
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet

from agents import clock
from dreaming.engines.base import DreamCancelled
from dreaming.errors import LeaseLost
from dreaming.models import Dream, DreamState

logger = logging.getLogger(__name__)

LOST = "Another worker runs this dream now, or it was ended."
STOPS = (
    *("cancel_requested_at", "workspace__frozen_at", "workspace__paused_at", "agent__frozen_at"),
)
"""The columns that end a run as soon as one of them holds a time."""

PROGRESS_EVERY = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one dream until another attempt begins."""

    dream_id: int
    token: str
    attempt: int

    def row(self) -> QuerySet[Dream]:
        """Return the dream while this lease holds it; empty once it was lost."""
        return Dream.objects.filter(
            pk=self.dream_id, lease_token=self.token, state=DreamState.RUNNING
        )

    def check(self) -> None:
        """Raise DreamCancelled once it was cancelled, frozen or paused; LeaseLost."""
        found = self.row().values_list(*STOPS).first()
        if found is None:
            raise LeaseLost(LOST)
        if any(found):
            raise DreamCancelled

    def update(self, **columns: object) -> None:
        """Write columns of the dream. Raises LeaseLost when another worker runs it now."""
        if not self.row().update(**columns):
            raise LeaseLost(LOST)

    def lock(self) -> Dream:
        """Return the dream locked until the transaction ends; raises LeaseLost."""
        rows = self.row().select_for_update(of=("self",))
        dream = rows.select_related("workspace", "store__agent", "agent", "started_by").first()
        if dream is None:
            raise LeaseLost(LOST)
        return dream


def due_dreams(now: datetime) -> QuerySet[Dream]:
    """Return the dreams a worker may take: queued and due, or running on an expired lease.

    In a paused workspace queued ones wait; a lost one, and one that is to be cancelled, is taken,
    so that it ends and says so.
    """
    queued = Q(state=DreamState.QUEUED, not_before__lte=now, workspace__paused_at=None)
    cancelled = Q(state=DreamState.QUEUED, cancel_requested_at__isnull=False)
    lost = Q(state=DreamState.RUNNING, lease_until__lt=now)
    return Dream.objects.filter(queued | cancelled | lost).order_by("not_before", "pk")


def take_lease(dream: Dream, now: datetime) -> Lease | None:
    """Take the dream for this worker, or return None when somebody else was quicker.

    Compare and set on columns of the row alone: a condition on another table is not looked at again
    by PostgreSQL after waiting for the row, and two workers would take it.
    """
    due = due_dreams(now).filter(pk=dream.pk, attempt__lt=F("max_attempts"))
    seen = due.values("state", "lease_token", "lease_until", "attempt").first()
    if seen is None:
        return None
    token = secrets.token_hex(16)
    with transaction.atomic():
        taken = Dream.objects.filter(pk=dream.pk, **seen).update(
            state=DreamState.RUNNING,
            lease_token=token,
            lease_until=now + timedelta(seconds=settings.LEASE_S),
            heartbeat_at=now,
            attempt=F("attempt") + 1,
        )
    return Lease(dream.pk, token, seen["attempt"] + 1) if taken else None


class Heartbeat:
    """Extends a lease from a thread of its own while the run lasts, and watches for a cancel."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._reported_at = datetime.min.replace(tzinfo=clock.now().tzinfo)
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def report(self, done: int, total: int) -> None:
        """Write progress, at most twice a second. Raises DreamCancelled or LeaseLost."""
        if self._ended.is_set():
            raise DreamCancelled
        now = clock.now()
        if done < total and now - self._reported_at < PROGRESS_EVERY:
            return
        self._reported_at = now
        self.lease.update(step_done=done, step_total=total)
        self.check()

    def check(self) -> None:
        """Raise DreamCancelled or LeaseLost; see Lease.check."""
        self.lease.check()

    def _beat(self) -> None:
        try:
            while not self._stop.wait(settings.HEARTBEAT_S):
                if not self._extend():
                    self._ended.set()
                    return
        finally:
            connection.close()

    def _extend(self) -> bool:
        """Extend the lease; False when the run must end. A database that is busy is asked again."""
        now = clock.now()
        try:
            self.check()
            self.lease.update(
                heartbeat_at=now, lease_until=now + timedelta(seconds=settings.LEASE_S)
            )
        except (DreamCancelled, LeaseLost):
            logger.info("lease_ended dream=%s attempt=%s", self.lease.dream_id, self.lease.attempt)
            return False
        except DatabaseError as error:
            logger.warning("heartbeat_missed dream=%s cause=%s", self.lease.dream_id, error)
        return True
