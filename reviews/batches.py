"""Batches: proposals of low risk decided as one list, and taken back as one.

The list is frozen when it is shown: each proposal with its revision. What changed since, or cannot
be judged from one line, is skipped and named. Each is decided by the rules of a single decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F

from agents import clock
from agents.errors import InvalidInput
from agents.memory import lock_store
from agents.models import MemoryStore
from agents.people import Member, actor_of, require_right
from agents.rights import Right
from agents.wakeups import APPLY, wake_on_commit
from reviews import decisions, rules, undos
from reviews.approval_rules import count_approvals
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.changes import Op, Relation
from reviews.decisions import VERDICTS, Said, Shown
from reviews.diffs import Diff
from reviews.dossier import compare
from reviews.errors import ReviewsError, StaleProposal, UndoTooLate
from reviews.exclusions import MOST, Exclusion, Looks, exclude, left_to_open
from reviews.grounds import say
from reviews.hits import Code
from reviews.holders import Roster, able_people
from reviews.lifecycle import Act, State
from reviews.models import Batch, Evidence, Proposal, ProposalRevision
from reviews.reading import opened_in_each
from reviews.rosters import cases_of
from reviews.twins import Beginnings, beginnings_of, begins_like

NEAR = 80.0
"""So alike (0 to 100) the beginnings of two texts are when one is a near duplicate."""

Items = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A proposal of the list as it was shown."""

    number: int
    revision: int

    def __str__(self) -> str:
        return f"{self.number}.{self.revision}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposal looked at for a batch. why: what keeps it out, None where it may be in one.

    grounds: what was counted for it, in sentences.
    """

    row: Proposal
    diff: Diff
    grounds: str
    why: Exclusion | None
    quotes: int

    @property
    def frozen(self) -> Frozen:
        """Return what the form says of it."""
        return Frozen(self.row.number, self.row.revision)


@dataclass(frozen=True, slots=True)
class _Around:
    """What lies around the proposals looked at, each found for all of them at once.

    alike: (store, text key) -> how many that wait have it. beginnings: store ->
    (store, path) -> how a text begins that its agent reads.
    """

    texts: Mapping[int, str]
    supports: Mapping[int, int]
    against: Mapping[int, int]
    able: frozenset[int]
    alike: Mapping[tuple[int, str], int]
    beginnings: Mapping[int, Beginnings]


def find_rows(member: Member, numbers: Sequence[int]) -> list[Proposal]:
    """Return the workspace's proposals of these numbers, in this order, less unknown ones."""
    rows = Proposal.objects.filter(workspace=member.workspace, number__in=numbers)
    found = rows.select_related(
        "store__agent", "agent", "memory__head", "deadline", "reservation"
    ).in_bulk()
    by_number = {row.number: row for row in found.values()}
    for row in by_number.values():
        row.workspace = row.store.workspace = member.workspace
    return [by_number[number] for number in numbers if number in by_number]


def look_at(rows: Sequence[Proposal], member: Member) -> list[Candidate]:
    """Return each proposal with what keeps it out of a batch of `member`'s.

    rows: those of find_rows. About ten queries, however many there are.
    """
    around = _around(rows, member)
    return [_candidate(row, member, around) for row in rows]


def _around(rows: Sequence[Proposal], member: Member) -> _Around:
    keys = [row.pk for row in rows]
    newest = ProposalRevision.objects.filter(proposal__in=keys, number=F("proposal__revision"))
    relations = Evidence.objects.filter(proposal__in=keys).values_list("proposal", "relation")
    counted = {(key, said): count for key, said, count in relations.annotate(Count("pk"))}
    return _Around(
        texts=dict(newest.values_list("proposal", "content")),
        supports={key: count for (key, said), count in counted.items() if _supports(said)},
        against={key: count for (key, said), count in counted.items() if not _supports(said)},
        able=_able(rows, member),
        alike=_alike(rows, member),
        beginnings=beginnings_of({row.store_id for row in rows}, member.workspace),
    )


def _supports(relation: str) -> bool:
    return relation == Relation.SUPPORTS.value


def _able(rows: Sequence[Proposal], member: Member) -> frozenset[int]:
    """Return the keys of those the member could give the next vote on."""
    people = rules.people_facts(member.workspace)
    own = [one for one in people if one.id == member.person.pk]
    cases = cases_of(rows, Roster(people=people))
    return frozenset(key for key, case in cases.items() if able_people(case, own))


def _alike(rows: Sequence[Proposal], member: Member) -> Mapping[tuple[int, str], int]:
    wanted = {row.text_key for row in rows if row.text_key}
    waiting = Proposal.objects.filter(workspace=member.workspace, waits=1, text_key__in=wanted)
    pairs = waiting.order_by().values_list("store", "text_key").annotate(Count("pk"))
    return {(store, key): count for store, key, count in pairs}


def _candidate(row: Proposal, member: Member, around: _Around) -> Candidate:
    new = around.texts.get(row.pk, "")
    head = row.memory.head if row.memory else None
    live = head if head is not None and not head.is_tombstone else None
    found = compare(live.content if live else "", new)
    against = around.against.get(row.pk, 0)
    looks = Looks(
        state=row.state,
        risk=row.risk,
        traits=frozenset(row.route.get("traits", ())),
        supports=around.supports.get(row.pk, 0),
        against=against,
        approvals=count_approvals(rules.needs_of(row)),
        words=found.added_words + found.removed_words,
        is_adding=row.op in {Op.CREATE, Op.UPDATE},
        is_unsourced=any(one["code"] == Code.NO_SOURCE for one in row.risk_reasons),
        is_drawn="drawn" in row.route,
        is_barred=row.pk not in around.able,
        is_near=begins_like(
            new, around.beginnings[row.store_id], besides=(row.store_id, row.path), least=NEAR
        ),
        is_alike=around.alike.get((row.store_id, row.text_key), 0) > 1,
        is_stale=(live.number if live else None) != row.base_version,
        is_reserved=_is_reserved(row, member),
    )
    return Candidate(
        row=row,
        diff=found,
        grounds=" ".join(say(row, against).grounds),
        why=exclude(looks),
        quotes=looks.supports + against,
    )


def _is_reserved(row: Proposal, member: Member) -> bool:
    held = getattr(row, "reservation", None)
    return held is not None and held.until > clock.now() and held.person_id != member.person.pk


def decide_batch(items: Sequence[Frozen], said: Said, *, by: Member) -> Batch:
    """Approve or reject every proposal of the list that is still as it was shown.

    said: with the token of the form; sent again it decides nothing twice and returns the same
    batch. What changed or may not be in a batch is skipped, with the reason. Raises NotAllowed
    (agents.errors), ReasonMissing, and InvalidInput for a list of none or of more than MOST,
    without a token, or to be approved while a quote of too few of it was opened.
    """
    require_right(by, Right.DECIDE)
    _check(items, said)
    with transaction.atomic(durable=True):
        rows = _lock_rows(by, [one.number for one in items])
        batch = Batch.objects.filter(workspace=by.workspace, person=by.person, token=said.token)
        before = batch.first()
        if before is not None:
            return before
        opened = opened_in_each(list(rows.values()), by)
        if said.act is Act.APPROVE:
            _check_opened(len(items), len(opened))
        made = _decide(items, said, rows, opened, by)
        wake_on_commit(APPLY, settings.GRACE_S)
    return made


def _check(items: Sequence[Frozen], said: Said) -> None:
    if not said.token:
        raise InvalidInput("The form has no token. Open the batch again.")
    if not items:
        raise InvalidInput("No proposal is chosen. Choose at least one, or go back to the queue.")
    if len({one.number for one in items}) != len(items) or len(items) > MOST:
        raise InvalidInput(f"A batch holds each proposal once, and {MOST} at most.")
    if said.act is Act.REJECT:
        decisions.check_reason(said.code, said.reason)


def _lock_rows(member: Member, numbers: Sequence[int]) -> dict[int, Proposal]:
    """Return number -> proposal as it is now, locked.

    The stores before the proposals and each in order of its key, as applying locks them: any other
    order can deadlock.
    """
    rows = Proposal.objects.filter(workspace=member.workspace, number__in=numbers).order_by("pk")
    keys = set(rows.values_list("store", flat=True))
    for store in MemoryStore.objects.filter(pk__in=keys).order_by("pk"):
        lock_store(store)
    # What is read must be what is locked, so the rows are loaded after the last lock is had.
    locked = [row.number for row in rows.select_for_update()]
    return {row.number: row for row in find_rows(member, locked)}


def _check_opened(count: int, opened: int) -> None:
    left = left_to_open(count, opened)
    if left:
        raise InvalidInput(
            f"Open a quote of {left} more of these {count} before you approve them: of ten in a "
            "batch, one is looked at where it was said."
        )


def _decide(
    items: Sequence[Frozen],
    said: Said,
    rows: Mapping[int, Proposal],
    opened: Mapping[str, tuple[int, ...]],
    by: Member,
) -> Batch:
    now = clock.now()
    batch = Batch(
        workspace=by.workspace,
        person=by.person,
        verdict=VERDICTS[said.act],
        token=said.token,
        decided_at=now,
        apply_at=now + timedelta(seconds=settings.GRACE_S),
    )
    looked = {one.row.number: one for one in look_at(list(rows.values()), by)}
    told: Items = []
    for item in items:
        found = looked.get(item.number)
        why = _why_skipped(item, found)
        if why is None and found is not None:
            shown = _shown(found, opened.get(str(found.row), ()), batch, len(items))
            why = _why_refused(decisions.cast_vote(found.row, by, shown, said, at=now))
        told.append({"number": item.number, "revision": item.revision, "why": why or ""})
    batch.items = told
    batch.save(force_insert=True)
    _log_decided(batch, said, by)
    return batch


def _why_skipped(item: Frozen, found: Candidate | None) -> Exclusion | None:
    if found is None:
        return Exclusion.UNKNOWN
    return found.why if found.row.revision == item.revision else Exclusion.CHANGED


def _why_refused(refusal: ReviewsError | None) -> Exclusion | None:
    if refusal is None:
        return None
    return Exclusion.STALE if isinstance(refusal, StaleProposal) else Exclusion.BARRED


def _shown(found: Candidate, opened: tuple[int, ...], batch: Batch, listed: int) -> Shown:
    facts: dict[str, object] = {
        "sha256": found.row.content_sha256,
        "evidence": found.quotes,
        "view": "list",
        "batch": batch.key,
        "listed": listed,
    }
    return Shown(found.row.revision, found.row.state, opened, facts)


def decided_in(batch: Batch) -> list[int]:
    """Return the numbers of the proposals the batch decided, in its order."""
    return [item["number"] for item in batch.items if not item["why"]]


def _log_decided(batch: Batch, said: Said, by: Member) -> None:
    append(
        Action.BATCH_DECIDED,
        workspace=by.workspace.slug,
        actor=actor_of(by.person),
        object=str(batch),
        after={
            "verdict": batch.verdict,
            "code": said.code or None,
            "decided": [f"P-{number}" for number in decided_in(batch)],
            "skipped": [
                {"id": f"P-{item['number']}", "why": item["why"]}
                for item in batch.items
                if item["why"]
            ],
        },
        values={"reason": said.reason} if said.reason else {},
    )


def undo_batch(batch: Batch, *, by: Member) -> Batch:
    """Take back every decision of the batch that is not carried out yet; pressed twice, once.

    Raises UndoTooLate when none is left, MayNotDecide for who neither decided it nor leads.
    """
    require_right(by, Right.DECIDE)
    with transaction.atomic(durable=True):
        rows = _lock_rows(by, decided_in(batch))
        row = Batch.objects.select_for_update().get(pk=batch.pk)
        if row.undone_at is not None:
            return row
        own = set(row.decisions.filter(undo=None).values_list("proposal__number", flat=True))
        waiting = [rows[number] for number in sorted(own & rows.keys())]
        waiting = [one for one in waiting if one.state == State.SCHEDULED]
        if not waiting:
            raise UndoTooLate(
                "Every decision of this batch is carried out or was undone. To take one back, "
                "open its proposal."
            )
        for one in waiting:
            refusal = undos.take_back(one, by)
            if refusal is not None:
                raise refusal
        row.undone_at = clock.now()
        row.save(update_fields=["undone_at"])
        _log_undone(row, [str(one) for one in waiting], by)
    return row


def _log_undone(batch: Batch, undone: list[str], by: Member) -> None:
    kept = sorted({f"P-{number}" for number in decided_in(batch)} - set(undone))
    append(
        Action.BATCH_UNDONE,
        workspace=by.workspace.slug,
        actor=actor_of(by.person),
        object=str(batch),
        before={"verdict": batch.verdict},
        after={"undone": undone, "kept": kept},
    )


def find_batch(member: Member, key: str) -> Batch | None:
    """Return the member's own batch of that key, or anybody's for who sees the workspace's log."""
    rows = Batch.objects.filter(workspace=member.workspace, key=key)
    if not member.may(Right.AUDIT_WORKSPACE):
        rows = rows.filter(person=member.person)
    return rows.select_related("person").first()


def seconds_left(batch: Batch, now: datetime) -> float:
    """Return how much of the grace is left, 0 where it is over or the batch was taken back."""
    if batch.undone_at is not None:
        return 0.0
    return max(0.0, (batch.apply_at - now).total_seconds())
