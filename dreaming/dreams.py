"""The pipeline: start a dream, run it, cancel it, admit what was held.

The engine is called with no transaction open. Everything it led to is written at the end, in
transactions that first make sure this worker still holds the dream.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F

from agents import clock
from agents.boundaries import why_outside
from agents.freezes import is_frozen
from agents.memory import lock_store, name_store
from agents.models import MemoryStore, Person, Workspace
from agents.numbers import take_number
from agents.pauses import is_paused
from agents.people import Member, actor_of
from agents.rights import Right, may
from agents.wakeups import DREAM, wake_on_commit
from dreaming import filing, selection
from dreaming.engines.base import DreamCancelled, Engine, EngineError, EngineWaits
from dreaming.engines.registry import load_engine
from dreaming.errors import (
    DreamingError,
    IllegalDreamMove,
    InputChanged,
    LeaseLost,
    NotStartable,
    UnknownEngine,
)
from dreaming.journals import RowJournal, lines_of, spent_in
from dreaming.leases import Heartbeat, Lease, due_dreams, take_lease
from dreaming.mining import Terms, mine
from dreaming.models import Dream, DreamState, Schedule, Step
from dreaming.spending import AwaitsAnswer, permit_for
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor, Cause
from reviews.audit.log import append

logger = logging.getLogger(__name__)

RETRY_AFTER = (timedelta(seconds=5), timedelta(seconds=30))
TEST = "test"
UNFINISHED = (DreamState.QUEUED, DreamState.RUNNING)


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of dream is asked for, and by whom.

    started_by: the person who started it by hand and so cannot decide what it proposes; None for a
    schedule or the system. due_slot, passed_over: the schedule's slot, such as 2026-11-21T02:00Z,
    and those before it that came and were not dreamt, as they stand on a Dream. asks_first: nothing
    is spent before who started it agrees to the estimate (dreaming.answers).
    """

    engine: str = "local"
    started_by: Person | None = None
    schedule: Schedule | None = None
    due_slot: str = ""
    passed_over: Mapping[str, Any] = field(default_factory=dict)
    instructions: str = ""
    asks_first: bool = False

    @property
    def actor(self) -> Actor:
        """Return who the log says queued it."""
        return actor_of(self.started_by) if self.started_by else SYSTEM

    @property
    def cause(self) -> Cause | None:
        """Return what caused a dream nobody started by hand."""
        return Cause("schedule", str(self.schedule.pk)) if self.schedule else None


def start_dream(store: MemoryStore, wish: Wish) -> Dream:
    """Queue a dream over `store` and wake a worker; see queue_dream."""
    dream = queue_dream(store, wish)
    wake_on_commit(DREAM)
    return dream


def queue_dream(store: MemoryStore, wish: Wish) -> Dream:
    """Write a queued dream and its entry, without waking a worker.

    Raises NotStartable when the store is frozen or dreams already, UnknownEngine; both refusals
    are on the record before they are raised.
    """
    number = take_number(store.workspace, "D")
    with transaction.atomic():
        # Of two starts at once the second sees the first.
        MemoryStore.objects.select_for_update(of=("self",)).get(pk=store.pk)
        refusal = _refuse(store, wish)
        if refusal is None:
            try:
                with transaction.atomic():
                    return _write_queued(store, wish, number)
            except IntegrityError:
                # A row that came past the lock: the database allows one unfinished dream a store.
                refusal = _refuse(store, wish)
                if refusal is None:
                    raise
        _log_refused(store, wish, refusal)
    raise refusal


def _write_queued(store: MemoryStore, wish: Wish, number: int) -> Dream:
    dream = Dream.objects.create(
        workspace=store.workspace,
        store=store,
        agent=store.agent,
        number=number,
        engine=wish.engine,
        started_by=wish.started_by,
        schedule=wish.schedule,
        due_slot=wish.due_slot,
        passed_over=dict(wish.passed_over),
        instructions=wish.instructions,
        asks_first=wish.asks_first,
        queued_at=clock.now(),
        not_before=clock.now(),
    )
    log_dream(dream, Action.DREAM_QUEUED, actor=wish.actor, cause=wish.cause)
    return dream


def find_engine(name: str) -> Engine:
    """Return the engine called `name`; "test" is what DAYBREAK_TEST_ENGINE names where it is set.

    Raises UnknownEngine.
    """
    also = {TEST: settings.TEST_ENGINE} if settings.TEST_ENGINE else None
    return load_engine(name, settings.ENGINE_OPTIONS.get(name), also=also)


def _refuse(store: MemoryStore, wish: Wish) -> DreamingError | None:
    try:
        engine = find_engine(wish.engine)
    except UnknownEngine as error:
        return error
    words = why_not_engine(store.workspace, engine) or _why_not_linked(store, engine)
    if words := words or _why_no_estimate(engine, wish):
        return NotStartable(words)
    if is_frozen(store):
        return NotStartable("This memory is frozen; a lead lifts the freeze first.")
    if is_paused(store):
        return NotStartable("Dreams are paused here; a lead lets them go on first.")
    running = Dream.objects.filter(store=store, state__in=UNFINISHED).first()
    if running is not None:
        return NotStartable(f"{running} over this memory is {running.state}; wait or cancel it.")
    return None


def why_not_engine(workspace: Workspace, engine: Engine) -> str:
    """Return why this engine cannot dream here: outside the boundary, or not set up; else ''."""
    outside = why_outside(workspace, engine.name, engine.sends_data_to)
    return outside or str(getattr(engine, "unready", ""))


def _why_no_estimate(engine: Engine, wish: Wish) -> str:
    if not wish.asks_first or not engine.sends_data_to or getattr(engine, "estimates", False):
        return ""
    return f"The engine {engine.name} cannot say beforehand what it costs; start it without asking."


def _why_not_linked(store: MemoryStore, engine: Engine) -> str:
    words = str(getattr(engine, "not_linked", ""))
    return words if words and not selection.hosted_name(store) else ""


def _log_refused(store: MemoryStore, wish: Wish, refusal: DreamingError) -> None:
    append(
        Action.DREAM_REFUSED,
        workspace=store.workspace.slug,
        actor=wish.actor,
        on_behalf=wish.cause,
        object=name_store(store),
        after={"why": type(refusal).__name__},
        values={"message": str(refusal), "engine": wish.engine},
    )


def run_due_dreams(now: datetime) -> int:
    """Run every dream that is due, one after the other; return how many this worker ran."""
    return sum(run_due(dream, now) for dream in due_dreams(now))


def run_due(dream: Dream, now: datetime) -> bool:
    """Run one dream if it is due, or end it when its last attempt was lost; False if neither ran.

    A dream another worker has is not due while its lease lasts.
    """
    if not due_dreams(now).filter(pk=dream.pk).exists():
        return False
    if dream.asked_at is not None:
        drop_asking(dream, "Nobody agreed to the estimate in time; nothing was spent.")
        return False
    if dream.attempt >= dream.max_attempts:
        give_up(dream)
        return False
    return run_dream(dream)


def run_dream(dream: Dream) -> bool:
    """Run one dream from its first step to its last; False when another worker has it.

    However it ends, the row says so in state and words: completed, partial, held, skipped, failed,
    cancelled, or queued again after a passing error.
    """
    lease = take_lease(dream, clock.now())
    if lease is None:
        return False
    try:
        with Heartbeat(lease) as pulse:
            _run(lease, pulse)
    except LeaseLost:
        logger.info("lease_lost dream=%s attempt=%s", dream, lease.attempt)
    except DreamCancelled:
        _end_cancelled(lease)
    except (InputChanged, UnknownEngine) as error:
        _end_or_retry(lease, str(error), is_final=True)
    except EngineWaits as wait:
        _put_back(lease, wait)
    except EngineError as error:
        _end_or_retry(lease, str(error), is_final=error.permanent)
    except DatabaseError:
        raise
    except Exception:
        # An engine is other people's code: whatever it raises, the dream gets a state and words.
        logger.exception("dream_broke dream=%s attempt=%s", dream, lease.attempt)
        _end_or_retry(lease, "An unexpected error; the worker's log has it.", is_final=False)
    return True


def _run(lease: Lease, pulse: Heartbeat) -> None:
    dream = _begin(lease)
    pulse.check()
    engine = find_engine(dream.engine)
    if words := why_not_engine(dream.workspace, engine):
        # Somebody may have drawn the boundary tighter since the dream was queued.
        raise EngineError(words, permanent=True)
    with _step(lease, Step.READING):
        gathered = selection.gather(dream, lease)
        columns = {"left_out": [list(pair) for pair in gathered.left_out]}
        lease.update(
            input_sha256=gathered.spool.sha256,
            sessions_read=len(gathered.spool.located),
            engine_version=engine.version,
            **columns,
        )
    if not gathered.spool.located:
        end(lease, DreamState.SKIPPED, Action.DREAM_SKIPPED, failure=_why_nothing(gathered))
        return
    pulse.check()
    with _step(lease, Step.MINING):
        mined = mine(engine, gathered.spool, pulse.report, _terms_of(dream, lease))
    pulse.check()
    with _step(lease, Step.CONSOLIDATING):
        plan = filing.plan(lease, mined)
    pulse.check()
    with _step(lease, Step.FILING):
        refused = filing.file_plan(lease, plan)
    filing.finish(lease, plan, mined, refused)
    selection.drop_spool(dream)


def _terms_of(dream: Dream, lease: Lease) -> Terms:
    return Terms(
        masked=tuple(dream.workspace.masked), journal=RowJournal(lease), permit=permit_for(lease)
    )


def _why_nothing(gathered: selection.Gathered) -> str:
    if not gathered.left_out:
        return "There are no sessions to read yet. Import some, then dream again."
    reasons = ", ".join(f"{count} {why}" for why, count in gathered.left_out)
    return f"There are no sessions to read: {reasons}."


def _begin(lease: Lease) -> Dream:
    now = clock.now()
    with transaction.atomic():
        dream = lease.lock()
        resumed = dream.started_at is not None
        dream.started_at = dream.started_at or now
        dream.failure = ""
        dream.save(update_fields=["started_at", "failure"])
        log_dream(dream, Action.DREAM_RESUMED if resumed else Action.DREAM_STARTED)
    return dream


@contextmanager
def _step(lease: Lease, step: Step) -> Iterator[None]:
    """Mark the step on the row and keep how many milliseconds it took."""
    lease.update(step=step, step_done=0, step_total=0)
    begun = time.monotonic()
    yield
    times = lease.row().values_list("step_times", flat=True).first() or {}
    lease.update(step_times={**times, step.value: round((time.monotonic() - begun) * 1000)})


def call_off(dream: Dream) -> str:
    """Have the engine end what it has under way elsewhere; return what it could not, in words."""
    try:
        verb = getattr(find_engine(dream.engine), "call_off", None)
    except UnknownEngine:
        verb = None
    return str(verb(lines_of(dream.pk))) if verb is not None else ""


def _end_cancelled(lease: Lease) -> None:
    try:
        dream = lease.row().select_related("store").get()
        cause, left = _why_cancelled(dream), call_off(dream)
        filed = filing.filed_by(dream).count()
        rest = f"{filed} proposals had been filed." if filed else "nothing was filed."
        end(
            lease,
            DreamState.CANCELLED,
            Action.DREAM_CANCELLED,
            failure=f"{cause}; {rest} {left}".rstrip(),
            usage=spent_in(lease.dream_id),
        )
    except (Dream.DoesNotExist, LeaseLost):
        logger.info("cancel_came_late dream=%s", lease.dream_id)


def _why_cancelled(dream: Dream) -> str:
    if dream.cancel_requested_at is None and is_frozen(dream.store):
        return "The memory was frozen"
    if dream.cancel_requested_at is None and is_paused(dream.store):
        return "The workspace was paused"
    out = selection.quarantined_since(dream)
    if dream.cancel_requested_at is None and out is not None:
        return f"{out}, which it read, was quarantined"
    return "Cancelled"


def _end_failed(lease: Lease, words: str) -> None:
    dream, spent = lease.row().first(), spent_in(lease.dream_id)
    left = call_off(dream) if dream is not None else ""
    told = f"{words} {left}".rstrip()
    end(lease, DreamState.FAILED, Action.DREAM_FAILED, failure=told, usage=spent)


def _put_back(lease: Lease, wait: EngineWaits) -> None:
    """Queue a dream that waits for work elsewhere; this was no attempt of its own."""
    try:
        lease.update(
            state=DreamState.QUEUED,
            lease_token="",
            attempt=F("attempt") - 1,
            not_before=clock.now() + timedelta(seconds=wait.seconds),
            asked_at=clock.now() if isinstance(wait, AwaitsAnswer) else None,
            failure=str(wait),
        )
    except LeaseLost:
        logger.info("wait_came_late dream=%s", lease.dream_id)


def _end_or_retry(lease: Lease, words: str, *, is_final: bool) -> None:
    """Fail the dream, or queue it again a little later while it has attempts left."""
    try:
        dream = lease.row().get()
        if is_final or dream.attempt >= dream.max_attempts:
            _end_failed(lease, words)
            return
        wait = RETRY_AFTER[min(dream.attempt, len(RETRY_AFTER)) - 1]
        lease.update(
            state=DreamState.QUEUED,
            lease_token="",
            not_before=clock.now() + wait,
            failure=f"{words} It is tried again ({dream.attempt} of {dream.max_attempts}).",
        )
    except (Dream.DoesNotExist, LeaseLost):
        logger.info("error_came_late dream=%s", lease.dream_id)


def give_up(dream: Dream) -> None:
    """Fail a dream whose worker was lost at its last attempt."""
    left = call_off(dream)
    with transaction.atomic():
        row = Dream.objects.select_for_update(of=("self",)).get(pk=dream.pk)
        if row.state not in UNFINISHED or row.attempt < row.max_attempts:
            return
        row.state, row.lease_token, row.finished_at = DreamState.FAILED, "", clock.now()
        row.failure = (
            f"The worker was lost {row.attempt} times while it ran. Nothing was filed by the last "
            f"attempt. Look at the worker's log, then start a new dream. {left}".rstrip()
        )
        row.save(update_fields=["state", "lease_token", "finished_at", "failure"])
        log_dream(row, Action.DREAM_FAILED)
    selection.drop_spool(row)


def drop_asking(dream: Dream, words: str) -> None:
    """Cancel a dream that still waits for an answer to its estimate; `words` say why."""
    with transaction.atomic():
        row = Dream.objects.select_for_update(of=("self",)).get(pk=dream.pk)
        if row.state != DreamState.QUEUED or row.asked_at is None:
            return
        row.state, row.finished_at = DreamState.CANCELLED, clock.now()
        row.asked_at, row.failure = None, words
        row.save(update_fields=["state", "finished_at", "asked_at", "failure"])
        log_dream(row, Action.DREAM_CANCELLED)
    selection.drop_spool(row)


def end(lease: Lease, state: DreamState, action: Action, **columns: object) -> Dream:
    """Give the dream its last state, in the transaction that logs it. Raises LeaseLost."""
    with transaction.atomic():
        dream = lease.lock()
        for name, value in {**columns, "state": state, "lease_token": ""}.items():
            setattr(dream, name, value)
        dream.finished_at = clock.now()
        dream.save()
        log_dream(dream, action)
    selection.drop_spool(dream)
    return dream


def log_dream(
    dream: Dream,
    action: Action,
    *,
    actor: Actor | None = None,
    cause: Actor | Cause | None = None,
) -> None:
    """Write the entry of a dream's change of state, in the caller's transaction."""
    append(
        action,
        workspace=dream.workspace.slug,
        actor=actor or Actor("dream", str(dream)),
        on_behalf=cause if actor else filing.cause_of(dream),
        object=str(dream),
        after={
            "state": dream.state,
            "store": name_store(dream.store),
            "attempt": dream.attempt,
            "sessions": dream.sessions_read,
            "input": f"sha256:{dream.input_sha256}" if dream.input_sha256 else None,
            **_slot_facts(dream),
            **({"agreed": dream.agreed} if dream.agreed else {}),
        },
        values={"words": dream.failure} if dream.failure else {},
        engine={"name": dream.engine, "version": dream.engine_version or None},
    )


def _slot_facts(dream: Dream) -> dict[str, Any]:
    """Return the slot a dream was started for and what it passed over, where a schedule did."""
    if not dream.due_slot:
        return {}
    over = {"passed_over": dream.passed_over} if dream.passed_over else {}
    return {"slot": dream.due_slot, **over}


def cancel_dream(dream: Dream, *, by: Member) -> Dream:
    """Cancel a queued dream at once, a running one at its next report; nothing more is filed.

    One that waits for work elsewhere is taken by a worker, which has that work ended first.
    Raises IllegalDreamMove when it has ended or the member may not start dreams.
    """
    if not may(by.role, Right.START_DREAMS):
        raise IllegalDreamMove("A lead starts and cancels dreams.")
    with transaction.atomic():
        row = Dream.objects.select_for_update(of=("self",)).get(pk=dream.pk)
        if row.state not in UNFINISHED:
            raise IllegalDreamMove(f"{row} is {row.state}; there is nothing to cancel.")
        row.cancel_requested_at = clock.now()
        if row.state == DreamState.QUEUED and not row.journal.exists():
            row.failure = _how_cancelled(row)
            row.state, row.finished_at = DreamState.CANCELLED, clock.now()
            row.asked_at = None
        row.save(
            update_fields=["cancel_requested_at", "state", "finished_at", "asked_at", "failure"]
        )
        log_dream(row, Action.DREAM_CANCELLED, actor=actor_of(by.person))
        wake_on_commit(DREAM)
    if row.state == DreamState.CANCELLED:
        selection.drop_spool(row)
    return row


def _how_cancelled(queued: Dream) -> str:
    if queued.asked_at is not None:
        return "Cancelled at its estimate; nothing was spent."
    began = queued.started_at is not None
    return "Cancelled between two attempts." if began else "Cancelled before it began."


def admit_dream(dream: Dream, *, by: Member) -> Dream:
    """Let a held dream's changes through: a lead and a reviewer, two persons, neither its starter.

    The first consent is kept; with the second the changes are filed. Raises IllegalDreamMove.
    """
    numbers = filing.numbers_for(dream, filing.held_changes(dream))
    with transaction.atomic():
        rows = Dream.objects.select_for_update(of=("self",))
        row = rows.select_related("workspace", "store__agent", "started_by").get(pk=dream.pk)
        # Before it is asked whether a session is quarantined: whoever does that waits for it.
        lock_store(row.store)
        _consent(row, by)
        log_dream(row, Action.DREAM_ADMITTED, actor=actor_of(by.person))
        if row.admitted_by_lead_id and row.admitted_by_reviewer_id:
            filing.file_held(row, numbers)
            row.state = DreamState.COMPLETED
        row.save()
    return row


def _consent(row: Dream, by: Member) -> None:
    if why := why_not_admit(row, by):
        raise IllegalDreamMove(why)
    if may(by.role, Right.CONTAIN) and row.admitted_by_lead_id is None:
        row.admitted_by_lead = by.person
    else:
        row.admitted_by_reviewer = by.person


def why_not_admit(dream: Dream, by: Member) -> str:
    """Return why this member cannot agree to what a dream would take, '' when they can."""
    if dream.state != DreamState.HELD:
        return f"{dream} is {dream.state}; only a held dream is let through."
    if not may(by.role, Right.DECIDE):
        return "A lead and a reviewer let a held dream through."
    out = selection.quarantined_since(dream)
    if out is not None:
        return f"{out}, which it read, is quarantined. Start a new dream."
    pk, has_reviewer = by.person.pk, dream.admitted_by_reviewer_id is not None
    reasons = {
        "You started it, so others let it through.": pk == dream.started_by_id,
        "You have agreed; another person is needed.": pk
        in {dream.admitted_by_lead_id, dream.admitted_by_reviewer_id},
        "This memory is frozen; a lead lifts the freeze first.": is_frozen(dream.store),
        "A reviewer has agreed; now a lead is needed.": has_reviewer
        and not may(by.role, Right.CONTAIN),
    }
    return next((words for words, holds in reasons.items() if holds), "")


def run_to_end(dream: Dream, *, poll_s: float = 0.2) -> Dream:
    """Run the dream here until it has ended, whoever ends it; return it as it is then.

    Between two attempts, and while another worker has it, this waits.
    """
    row = Dream.objects.get(pk=dream.pk)
    while row.state in UNFINISHED:
        if not run_due(row, clock.now()):
            time.sleep(poll_s)
        row = Dream.objects.get(pk=dream.pk)
    return row
