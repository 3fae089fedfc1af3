"""An engine's journal as rows: written once a step is done, by whoever holds the dream."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from dreaming.leases import Lease
from dreaming.models import JournalLine


class RowJournal:
    """The journal of one dream. `write` raises LeaseLost where another worker runs it now."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    def read(self) -> Mapping[str, Mapping[str, Any]]:
        """Return every line by its key, in the order they were first written."""
        return lines_of(self._lease.dream_id)

    def write(self, key: str, **value: Any) -> None:
        """Keep `value` under `key`; durable when this returns."""
        with transaction.atomic(durable=True):
            self._lease.lock()
            JournalLine.objects.update_or_create(
                dream_id=self._lease.dream_id, key=key, defaults={"value": value}
            )


def lines_of(dream_id: int) -> dict[str, Mapping[str, Any]]:
    """Return every line of a dream's journal by its key, in the order they were first written."""
    lines = JournalLine.objects.filter(dream=dream_id).order_by("pk")
    return dict(lines.values_list("key", "value"))


def spent_in(dream_id: int) -> dict[str, int]:
    """Return the sum of the usage in a dream's journal, name by name."""
    total: dict[str, int] = {}
    for value in JournalLine.objects.filter(dream=dream_id).values_list("value", flat=True):
        for name, amount in value.get("usage", {}).items():
            total[name] = total.get(name, 0) + amount
    return total
