"""The state of the installation as numbers: counts and ages only, of nobody and of no text."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min, QuerySet
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from agents import clock
from agents.models import MemoryStore
from agents.read_records import count_spooled
from dreaming.models import Dream, DreamState
from dreaming.ticks import last_tick
from reviews.audit.models import Pending
from reviews.lifecycle import OPEN, State
from reviews.models import Proposal

WAITING = tuple(sorted({*OPEN, State.CONFLICTED, State.SCHEDULED}))


class Numbers(Collector):
    """Reads every number when it is asked; a state without rows is said to have 0."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics, some ten cheap queries for all of them."""
        yield _by_state(
            "daybreak_dreams", "Dreams by state.", Dream.objects.all(), tuple(DreamState)
        )
        waiting = Proposal.objects.filter(state__in=WAITING)
        yield _by_state("daybreak_proposals_waiting", "Proposals by state.", waiting, WAITING)
        open_ones = Proposal.objects.filter(state__in=OPEN)
        yield _gauge(
            "daybreak_oldest_proposal_age_seconds",
            "Age of the oldest proposal nobody has decided; 0 when none waits.",
            _age(open_ones.aggregate(at=Min("filed_at"))["at"]),
        )
        ticked = last_tick()
        if ticked is not None:
            yield _gauge(
                "daybreak_worker_heartbeat_age_seconds",
                "Time since the worker last ran; absent until it has.",
                _age(ticked),
            )
        yield _gauge(
            "daybreak_seal_lag_seconds",
            "Age of the oldest log entry without a leaf; 0 when none waits.",
            _age(Pending.objects.aggregate(at=Min("entry__at"))["at"]),
        )
        yield _gauge(
            "daybreak_unpublished_stores",
            "Memory stores with an applied change that no release holds yet.",
            MemoryStore.objects.filter(unpublished_since__isnull=False).count(),
        )
        yield _gauge("daybreak_read_spool_length", "Reads that wait to be filed.", count_spooled())


def exposition() -> bytes:
    """Return every number in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Numbers())
    return generate_latest(registry)


def _by_state(
    name: str,
    words: str,
    rows: QuerySet[Dream] | QuerySet[Proposal],
    states: tuple[str, ...],
) -> Metric:
    counted = rows.order_by().values("state").annotate(count=Count("pk"))
    found = {row["state"]: row["count"] for row in counted}
    family = GaugeMetricFamily(name, words, labels=["state"])
    for state in states:
        family.add_metric([str(state)], found.get(state, 0))
    return family


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _age(since: datetime | None) -> float:
    """Return the seconds since then, 0 for nothing and for clocks that disagree."""
    return 0.0 if since is None else max(0.0, (clock.now() - since).total_seconds())
