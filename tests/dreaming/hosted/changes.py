"""What happens to a memory here, as people let it happen."""

from django.db import transaction

from agents.memory import find_head, retire_memory, write_memory
from agents.models import MemoryStore
from agents.numbers import take_number
from agents.people import find_member
from agents.releases import publish
from reviews.audit.actors import SYSTEM
from reviews.changes import Op
from reviews.decisions import Shown, apply_due, approve
from reviews.models import Proposal
from tests import build
from tests.cast import Cast

PATH = "/rules/refunds.md"
OLD, NEW, ODD = "Refund within 30 days.\n", "Refund within 14 days.\n", "Refund everything.\n"


def approved(
    cast: Cast, clock, content: str = NEW, path: str = PATH, op: Op = Op.UPDATE, **facts
) -> Proposal:
    """A proposal that was filed, approved and applied; served too."""
    head = find_head(cast.store, path)
    row = build.filed(
        cast.store,
        op=op if head or op is not Op.UPDATE else Op.CREATE,
        path=path,
        content=content if op is not Op.RETIRE else "",
        base_version=head.number if head else None,
        **facts,
    )
    for person in (cast.reviewer, cast.second_reviewer):
        row.refresh_from_db()
        if row.state in {"pending", "awaiting_second"}:
            member = find_member(person, cast.workspace)
            approve(row, by=member, shown=Shown(row.revision, row.state, is_confirmed=True))
    clock.advance(seconds=60)
    apply_due(clock())
    row.refresh_from_db()
    return row


def written(store: MemoryStore, content: str, path: str = PATH) -> None:
    """A text that is served, whoever let it be."""
    head = find_head(store, path)
    number = (
        None if store.memories.filter(path=path).exists() else take_number(store.workspace, "M")
    )
    with transaction.atomic():
        write_memory(
            store,
            path,
            content,
            base_version=head.number if head else None,
            actor=SYSTEM,
            number=number,
            title="A rule",
        )
    publish(store)


def retired(store: MemoryStore, path: str = PATH) -> None:
    """A path that is served no more."""
    head = find_head(store, path)
    with transaction.atomic():
        retire_memory(store, path, base_version=head.number, actor=SYSTEM)
    publish(store)
