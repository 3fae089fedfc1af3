"""Baselines: a release a named person signed, and how far live memory has moved from it.

Past a store's limits it is due for revalidation: everyone sees it, and rules decide nothing by
themselves until somebody has looked at the whole and signed again. Going back near the old baseline
does not end it: what moved away and back was read by agents meanwhile.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery

from agents import clock
from agents.access import name_in_addresses
from agents.errors import StaleRelease
from agents.memory import LIVE, lock_store, name_store
from agents.models import Channel, MemoryStore, Release, Workspace
from agents.people import Member, actor_of, people_with
from agents.prepared import Prepared, Slot
from agents.releases import changed_sizes, live_release
from agents.rights import Right, may
from reviews import notices
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.log import append
from reviews.distances import Distance, Limits, is_far, measure
from reviews.errors import InvalidChange, NotAllowed, ReasonMissing
from reviews.models import Baseline, Notice
from reviews.notices import Kind, Telling

MOST_PERCENT = 1_000
MOST_CHANGES = 2_000
LENGTH = 4_000
MOST_DUE = 2
"""So many of those due stand on a page: each of them is work for a day."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a person signs: the release they saw, what the agent is for, and what they looked at."""

    release: Release
    purpose: str
    limits: str
    statement: str


def limits_of(store: MemoryStore) -> Limits:
    """Return how far the store may move from its baseline."""
    return Limits(store.revalidate_percent, store.revalidate_changes)


def distance_of(baseline: Baseline) -> Distance:
    """Return the distance that was measured last."""
    return Distance(baseline.changes, baseline.bytes, baseline.release.size_bytes)


def in_force() -> QuerySet[Baseline]:
    """Return the baselines that count, each with its release and who signed it."""
    rows = Baseline.objects.filter(replaced_at=None)
    return rows.select_related("release", "measured", "signed_by", "store__agent", "workspace")


def baseline_of(store: MemoryStore) -> Baseline | None:
    """Return the store's baseline, None where nobody signed one."""
    return in_force().filter(store=store).first()


@Prepared
def _due(workspace: Slot) -> QuerySet[Baseline]:
    rows = in_force().filter(workspace=workspace).exclude(left_at=None)
    return rows.order_by("left_at", "pk")[:MOST_DUE]


def due_in(workspace: Workspace) -> list[Baseline]:
    """Return the baselines of the workspace that live memory has left, the MOST_DUE oldest."""
    return _due(workspace=workspace.pk)


def is_due(store: MemoryStore) -> bool:
    """Say whether the store is due for revalidation now, measured or not."""
    baseline = baseline_of(store)
    if baseline is None:
        return False
    if baseline.left_at is not None:
        return True
    live = live_release(store)
    return live.pk != baseline.measured_id and is_far(_distance(baseline, live), limits_of(store))


def _distance(baseline: Baseline, live: Release) -> Distance:
    return measure(changed_sizes(baseline.release, live), baseline.release.size_bytes)


def sign(store: MemoryStore, signature: Signature, *, by: Member) -> Baseline:
    """Stand behind what the store serves now, as `by`; it replaces the baseline before.

    The page asks for the person's password or second factor right before. Raises NotAllowed for
    roles that do not sign, ReasonMissing where purpose or statement is empty, StaleRelease when
    another release is live than the one shown.
    """
    if not may(by.role, Right.SIGN_BASELINE):
        raise NotAllowed("A lead signs a baseline.")
    words = [text.strip() for text in (signature.purpose, signature.statement)]
    if not all(words) or any(len(text) > LENGTH for text in (*words, signature.limits)):
        raise ReasonMissing(
            f"Say what it is for and what you looked at, in 1 to {LENGTH:,} letters."
        )
    now = clock.now()
    with transaction.atomic(durable=True):
        locked = lock_store(store)
        live = live_release(locked)
        if live.pk != signature.release.pk:
            raise StaleRelease(f"{live} is live now. Look at it, then sign.")
        before = baseline_of(locked)
        if before is not None:
            Baseline.objects.filter(pk=before.pk).update(replaced_at=now)
            _settle_notices(before)
        made = Baseline.objects.create(
            workspace=locked.workspace,
            store=locked,
            number=before.number + 1 if before else 1,
            release=live,
            purpose=words[0],
            limits=signature.limits.strip(),
            statement=words[1],
            signed_by=by.person,
            signed_at=now,
            measured=live,
        )
        _log_signed(made, before, by)
    return made


def _log_signed(made: Baseline, before: Baseline | None, by: Member) -> None:
    texts = {"purpose": made.purpose, "limits": made.limits, "statement": made.statement}
    append(
        Action.BASELINE_SIGNED,
        workspace=made.workspace.slug,
        actor=actor_of(by.person),
        object=str(made.release),
        before={"release": str(before.release)} if before else None,
        after={
            "store": name_store(made.store),
            "baseline": made.number,
            "memories": made.release.memory_count,
            "bytes": made.release.size_bytes,
        },
        values={
            "sha256": made.release.sha256,
            **{name: text for name, text in texts.items() if text},
        },
    )


def set_limits(store: MemoryStore, limits: Limits, *, by: Member) -> MemoryStore:
    """Set how far the store may move from its baseline; what is due already stays due.

    Raises NotAllowed for roles that do not sign, InvalidChange for numbers out of range.
    """
    if not may(by.role, Right.SIGN_BASELINE):
        raise NotAllowed("A lead sets when a memory is due for revalidation.")
    if not (1 <= limits.percent <= MOST_PERCENT and 1 <= limits.changes <= MOST_CHANGES):
        raise InvalidChange(
            f"Choose 1 to {MOST_PERCENT:,} percent and 1 to {MOST_CHANGES:,} changes."
        )
    with transaction.atomic(durable=True):
        locked = lock_store(store)
        before = limits_of(locked)
        locked.revalidate_percent, locked.revalidate_changes = limits.percent, limits.changes
        locked.save(update_fields=["revalidate_percent", "revalidate_changes"])
        append(
            Action.STORE_CHANGED,
            workspace=locked.workspace.slug,
            actor=actor_of(by.person),
            object=name_store(locked),
            before={"percent": before.percent, "changes": before.changes},
            after={"percent": limits.percent, "changes": limits.changes},
        )
        Baseline.objects.filter(store=locked, replaced_at=None).update(measured=F("release"))
    return locked


def measure_all() -> int:
    """Measure every baseline whose store serves another release than it was measured against.

    What passed its limits is put on the record and told, once. Returns how many were measured.
    Idempotent and safe in several workers.
    """
    live = Channel.objects.filter(store=OuterRef("store"), name=LIVE).values("release")
    moved = in_force().annotate(live=Subquery(live)).exclude(measured=F("live"))
    return sum(_measure(row) for row in moved.order_by("pk"))


def _measure(baseline: Baseline) -> bool:
    with transaction.atomic(durable=True):
        store = lock_store(baseline.store)
        live = live_release(store)
        row = in_force().filter(pk=baseline.pk).first()
        if row is None or row.measured_id == live.pk:
            return False
        found = _distance(row, live)
        row.measured, row.changes, row.bytes = live, found.changes, found.bytes
        leaves = row.left_at is None and is_far(found, limits_of(store))
        if leaves:
            row.left_at = clock.now()
            _log_left(row, found)
            _tell(row)
        row.save(update_fields=["measured", "changes", "bytes", "left_at"])
    return True


def _log_left(row: Baseline, found: Distance) -> None:
    limits = limits_of(row.store)
    append(
        Action.BASELINE_LEFT,
        workspace=row.workspace.slug,
        actor=SYSTEM,
        object=str(row.release),
        before={"percent": limits.percent, "changes": limits.changes},
        after={
            "store": name_store(row.store),
            "release": str(row.measured),
            "changes": found.changes,
            "bytes": found.bytes,
            "of": found.of,
        },
    )


def _tell(row: Baseline) -> None:
    people = people_with(row.workspace, Right.SIGN_BASELINE).order_by("pk")
    path = f"agents/{name_in_addresses(row.store)}/releases/"
    signers = tuple(people.values_list("pk", flat=True))
    telling = Telling(Kind.REVALIDATION, str(row.release), f"b{row.pk}", signers, path)
    notices.tell(row.workspace, [telling])


def _settle_notices(row: Baseline) -> None:
    key = f"{row.workspace_id}:{Kind.REVALIDATION}:{row.release}:b{row.pk}"
    Notice.objects.filter(key=key, settled_at=None).update(settled_at=clock.now())
