"""Every state of a dream: how it comes about, its words, and the way on."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from agents.freezes import freeze_agent, unfreeze_agent
from agents.models import Person
from agents.pauses import pause_workspace
from dreaming import dreams, filing, selection
from dreaming.dreams import Wish, admit_dream, cancel_dream, queue_dream, run_dream, run_due_dreams
from dreaming.engines.base import DreamMaterial, DreamResult, Dropped, EngineError, Report
from dreaming.errors import IllegalDreamMove, LeaseLost, NotStartable, UnknownEngine
from dreaming.leases import Lease, take_lease
from dreaming.models import Dream, DreamInput, DreamState
from reviews.audit.models import Entry
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.dreaming import nights
from tests.dreaming.conftest import Seated
from tests.fake_engine import FakeEngine

pytestmark = pytest.mark.django_db


class Acting(FakeEngine):
    """Does something in the middle of a dream, then answers."""

    def __init__(self, act: Callable[[], None], **given: object) -> None:
        super().__init__((), **given)  # type: ignore[arg-type]
        self.act = act

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        self.act()
        return super().dream(material, report)


def actions_of(dream: Dream) -> list[str]:
    """What the log holds about a dream, oldest first."""
    rows = Entry.objects.filter(object=str(dream), workspace=dream.workspace.slug)
    return list(rows.order_by("pk").values_list("action", flat=True))


def test_without_sessions_it_is_skipped_and_says_how_to_get_some(cast: Cast, seat: Seated):
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.SKIPPED
    assert dream.failure == "There are no sessions to read yet. Import some, then dream again."
    assert actions_of(dream) == ["dream.queued", "dream.started", "dream.skipped"]


def test_with_every_session_left_out_it_says_why(cast: Cast, seat: Seated):
    build.session(cast.agent, not_agent_fault="The shop was down.")
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.SKIPPED
    assert "1 failed for reasons outside the agent" in dream.failure


def test_finding_nothing_is_a_good_end_and_is_said(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.COMPLETED
    assert dream.failure == "Nothing to change: no pattern had enough support."
    assert dream.sessions_read == 4


def test_a_mistake_becomes_a_proposal_of_the_dream(cast: Cast):
    nights.sessions(cast.agent)
    dream = nights.dreamt(cast.store, "local", cast.lead)
    (proposal,) = nights.filed_by(dream)
    assert (dream.state, dream.failure) == (DreamState.COMPLETED, "")
    assert (proposal.started_by, proposal.engine) == (cast.lead, "local")
    assert proposal.evidence.count() == 4
    assert actions_of(dream) == ["dream.queued", "dream.started", "dream.completed"]


def test_its_times_and_steps_stand_on_the_row(cast: Cast):
    nights.sessions(cast.agent)
    dream = nights.dreamt(cast.store, "local")
    assert set(dream.step_times) == {"reading", "mining", "consolidating", "filing"}
    assert dream.started_at is not None
    assert dream.finished_at is not None
    assert dream.lease_token == ""


def test_a_passing_error_queues_it_again_a_little_later(cast: Cast, seat: Seated, clock: FakeClock):
    nights.sessions(cast.agent)
    seat(FakeEngine(error=EngineError("The model is busy.", permanent=False)))
    dream = nights.dreamt(cast.store)
    assert (dream.state, dream.attempt) == (DreamState.QUEUED, 1)
    assert dream.not_before == clock.at + dreams.RETRY_AFTER[0]
    assert dream.failure == "The model is busy. It is tried again (1 of 3)."
    assert run_due_dreams(clock()) == 0


def test_after_a_passing_error_the_next_attempt_completes(
    cast: Cast, seat: Seated, clock: FakeClock
):
    nights.sessions(cast.agent)
    seat(FakeEngine(error=EngineError("The model is busy.", permanent=False)))
    dream = nights.dreamt(cast.store)
    seat(FakeEngine(()))
    assert run_due_dreams(clock.advance(seconds=6)) == 1
    assert nights.fresh(dream).state == DreamState.COMPLETED
    assert actions_of(dream)[-2:] == ["dream.resumed", "dream.completed"]


def test_the_wait_between_attempts_grows(cast: Cast, seat: Seated, clock: FakeClock):
    nights.sessions(cast.agent)
    seat(FakeEngine(error=EngineError("The model is busy.", permanent=False)))
    dream = nights.dreamt(cast.store)
    run_due_dreams(clock.advance(seconds=6))
    assert nights.fresh(dream).not_before - clock.at == timedelta(seconds=30)


def test_the_last_attempt_fails_it_with_the_cause(cast: Cast, seat: Seated, clock: FakeClock):
    nights.sessions(cast.agent)
    seat(FakeEngine(error=EngineError("The model is busy.", permanent=False)))
    dream = nights.dreamt(cast.store)
    for _ in range(3):
        run_due_dreams(clock.advance(minutes=1))
    dream = nights.fresh(dream)
    assert (dream.state, dream.attempt) == (DreamState.FAILED, 3)
    assert dream.failure == "The model is busy."
    assert actions_of(dream)[-1] == "dream.failed"


def test_a_permanent_error_fails_at_once(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)
    engine = FakeEngine(error=EngineError("The key is not valid.", permanent=True))
    seat(engine)
    dream = nights.dreamt(cast.store)
    assert (dream.state, dream.failure) == (DreamState.FAILED, "The key is not valid.")
    assert engine.asked == 1


def test_an_engine_that_breaks_gets_a_state_and_words(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)

    def breaks() -> None:
        raise ZeroDivisionError

    seat(Acting(breaks))
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.QUEUED
    assert dream.failure.startswith("An unexpected error; the worker's log has it.")


def test_an_engine_taken_away_meanwhile_fails_the_dream_at_once(
    cast: Cast, seat: Seated, settings: Settings
):
    nights.sessions(cast.agent)
    dream = nights.queued(cast.store)
    settings.TEST_ENGINE = ""
    run_dream(dream)
    assert nights.fresh(dream).state == DreamState.FAILED
    assert 'no engine called "test"' in nights.fresh(dream).failure


def test_an_unknown_engine_is_refused_on_the_record(cast: Cast):
    with pytest.raises(UnknownEngine, match="local"):
        dreams.start_dream(cast.store, Wish(engine="oracle", started_by=cast.lead))
    assert Entry.objects.filter(action="dream.refused").count() == 1
    assert not Dream.objects.exists()


def test_a_second_dream_over_one_memory_is_refused_on_the_record(cast: Cast, seat: Seated):
    first = nights.queued(cast.store)
    with pytest.raises(NotStartable, match=f"{first} over this memory is queued"):
        queue_dream(cast.store, Wish(engine="test"))
    assert Entry.objects.filter(action="dream.refused").count() == 1


def test_two_memories_dream_beside_each_other(cast: Cast, seat: Seated):
    nights.queued(cast.store)
    assert nights.queued(cast.shared_store).state == DreamState.QUEUED


def test_frozen_memory_starts_no_dream(cast: Cast):
    freeze_agent(cast.agent, reason="Odd refunds.", by=cast.lead)
    with pytest.raises(NotStartable, match="frozen"):
        queue_dream(cast.store, Wish())


def test_frozen_while_it_waits_it_ends_before_it_reads(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)
    engine = seat(FakeEngine(()))
    dream = nights.queued(cast.store)
    freeze_agent(cast.agent, reason="Odd refunds.", by=cast.lead)
    run_dream(dream)
    assert nights.fresh(dream).failure == "The memory was frozen; nothing was filed."
    assert getattr(engine, "asked") == 0  # noqa: B009 (the seat holds any engine)


def test_frozen_while_it_runs_it_files_nothing(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    engine = Acting(lambda: freeze_agent(cast.agent, reason="Odd refunds.", by=cast.lead))
    engine.candidates = (nights.wish(seen),)
    seat(engine)
    dream = nights.dreamt(cast.store)
    assert (dream.state, nights.filed_by(dream)) == (DreamState.CANCELLED, [])


def test_frozen_between_two_batches_it_stops_and_says_what_was_filed(
    cast: Cast, seat: Seated, monkeypatch: pytest.MonkeyPatch
):
    seen = nights.sessions(cast.agent)
    seat(FakeEngine(nights.wishes(seen, 6)))
    monkeypatch.setattr(filing, "TOGETHER", 4)
    after_first_batch(
        monkeypatch, lambda: freeze_agent(cast.agent, reason="Odd refunds.", by=cast.lead)
    )
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.CANCELLED
    assert dream.failure == "The memory was frozen; 4 proposals had been filed."


def test_paused_between_two_batches_it_stops_and_says_what_was_filed(
    cast: Cast, seat: Seated, monkeypatch: pytest.MonkeyPatch
):
    seen = nights.sessions(cast.agent)
    seat(FakeEngine(nights.wishes(seen, 6)))
    monkeypatch.setattr(filing, "TOGETHER", 4)
    after_first_batch(
        monkeypatch,
        lambda: pause_workspace(cast.workspace, reason="Model change.", by=cast.lead),
    )
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.CANCELLED
    assert dream.failure == "The workspace was paused; 4 proposals had been filed."


def test_in_a_paused_workspace_no_dream_is_queued_and_the_refusal_is_logged(cast: Cast):
    pause_workspace(cast.workspace, reason="Model change.", by=cast.lead)
    with pytest.raises(NotStartable, match="a lead lets them go on"):
        queue_dream(cast.store, Wish())
    assert Entry.objects.filter(action="dream.refused").count() == 1


def after_first_batch(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let `act` happen before the second batch of proposals takes its numbers."""
    take, calls = filing.numbers_for, []

    def counted(dream: Dream, changes: list[object]) -> range:
        calls.append(len(changes))
        if len(calls) == 2:
            act()
        return take(dream, changes)

    monkeypatch.setattr(filing, "numbers_for", counted)


def test_cancelled_while_it_waits_it_never_begins(cast: Cast, seat: Seated):
    dream = nights.queued(cast.store)
    cancel_dream(dream, by=nights.member(cast, cast.lead))
    assert nights.fresh(dream).failure == "Cancelled before it began."
    assert not run_dream(dream)


def test_cancelled_while_it_runs_it_files_nothing(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    dream = nights.queued(cast.store)
    lead = nights.member(cast, cast.lead)
    engine = Acting(lambda: cancel_dream(dream, by=lead) and None)
    engine.candidates = (nights.wish(seen),)
    seat(engine)
    run_dream(dream)
    assert nights.fresh(dream).state == DreamState.CANCELLED
    assert nights.fresh(dream).failure == "Cancelled; nothing was filed."
    assert nights.filed_by(dream) == []


def test_what_has_ended_cannot_be_cancelled(cast: Cast, seat: Seated):
    dream = nights.dreamt(cast.store)
    with pytest.raises(IllegalDreamMove, match="skipped; there is nothing to cancel"):
        cancel_dream(dream, by=nights.member(cast, cast.lead))


def test_a_reviewer_cancels_no_dream(cast: Cast, seat: Seated):
    dream = nights.queued(cast.store)
    with pytest.raises(IllegalDreamMove, match="A lead"):
        cancel_dream(dream, by=nights.member(cast, cast.reviewer))


def test_what_was_not_analysed_makes_it_partial(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    lost = Dropped(str(seen[0]), "It is longer than the model reads.")
    seat(FakeEngine((), not_analysed=(lost,)))
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.PARTIAL
    assert dream.failure == "1 session was not analysed; they are listed below."
    assert dream.dropped[0]["what"] == str(seen[0])


# Held over the loss budget


def held(cast: Cast, seat: Seated, by: Person | None = None) -> Dream:
    """A dream that would retire one of two memories."""
    seen = nights.sessions(cast.agent)
    memories = [build.memory(cast.store, f"/tools/{at}.md", f"Rule {at}.\n") for at in "ab"]
    seat(FakeEngine(nights.retires([memories[0].path], seen)))
    return nights.dreamt(cast.store, by=by)


def test_over_the_loss_budget_it_is_held_and_files_nothing(cast: Cast, seat: Seated):
    dream = held(cast, seat)
    assert dream.state == DreamState.HELD
    assert nights.filed_by(dream) == []
    assert (dream.loss["removed"], dream.loss["memories"]) == (1, 2)
    assert dream.failure.startswith("Held: it would take more")


@pytest.mark.parametrize("order", [("lead", "reviewer"), ("reviewer", "lead")])
def test_a_lead_and_a_reviewer_let_it_through(cast: Cast, seat: Seated, order: tuple[str, str]):
    dream = held(cast, seat)
    for name in order:
        dream = admit_dream(dream, by=nights.member(cast, getattr(cast, name)))
    (proposal,) = nights.filed_by(dream)
    assert (proposal.op, proposal.state) == ("retire", "pending")
    dream = nights.fresh(dream)
    assert dream.state == DreamState.COMPLETED
    assert dream.proposed[0]["status"] == "filed"
    assert actions_of(dream)[-2:] == ["dream.admitted", "dream.admitted"]


def test_the_first_consent_alone_files_nothing(cast: Cast, seat: Seated):
    dream = admit_dream(held(cast, seat), by=nights.member(cast, cast.lead))
    assert (dream.state, nights.filed_by(dream)) == (DreamState.HELD, [])


def test_nobody_agrees_twice(cast: Cast, seat: Seated):
    dream = admit_dream(held(cast, seat), by=nights.member(cast, cast.lead))
    with pytest.raises(IllegalDreamMove, match="another person is needed"):
        admit_dream(dream, by=nights.member(cast, cast.lead))


def test_two_reviewers_are_not_enough(cast: Cast, seat: Seated):
    dream = admit_dream(held(cast, seat), by=nights.member(cast, cast.reviewer))
    with pytest.raises(IllegalDreamMove, match="now a lead is needed"):
        admit_dream(dream, by=nights.member(cast, cast.second_reviewer))


def test_who_started_it_does_not_let_it_through(cast: Cast, seat: Seated):
    dream = held(cast, seat, by=cast.lead)
    with pytest.raises(IllegalDreamMove, match="You started it"):
        admit_dream(dream, by=nights.member(cast, cast.lead))


def test_an_auditor_does_not_let_it_through(cast: Cast, seat: Seated):
    with pytest.raises(IllegalDreamMove, match="A lead and a reviewer let"):
        admit_dream(held(cast, seat), by=nights.member(cast, cast.auditor))


def test_a_frozen_memory_takes_nothing_that_was_held(cast: Cast, seat: Seated):
    dream = held(cast, seat)
    freeze_agent(cast.agent, reason="Odd refunds.", by=cast.lead)
    with pytest.raises(IllegalDreamMove, match="frozen"):
        admit_dream(dream, by=nights.member(cast, cast.lead))
    unfreeze_agent(cast.agent, reason="Looked at.", by=cast.lead)
    assert admit_dream(dream, by=nights.member(cast, cast.lead)).admitted_by_lead == cast.lead


def test_only_a_held_dream_is_let_through(cast: Cast, seat: Seated):
    with pytest.raises(IllegalDreamMove, match="skipped"):
        admit_dream(nights.dreamt(cast.store), by=nights.member(cast, cast.lead))


# Killed workers and zombies


class Killed(BaseException):
    """Ends an attempt as kill -9 would: nothing after it runs."""


def kill() -> None:
    raise Killed


def lose(dream: Dream, clock: FakeClock) -> None:
    """Let the lease of a killed worker run out."""
    clock.advance(minutes=2)
    assert nights.fresh(dream).state == DreamState.RUNNING


def test_a_killed_worker_is_followed_by_another_that_completes(
    cast: Cast, seat: Seated, clock: FakeClock
):
    seen = nights.sessions(cast.agent)
    seat(Acting(kill))
    dream = nights.queued(cast.store)
    with pytest.raises(Killed):
        run_dream(dream)
    assert run_due_dreams(clock()) == 0
    lose(dream, clock)
    seat(FakeEngine((nights.wish(seen),)))
    assert run_due_dreams(clock()) == 1
    dream = nights.fresh(dream)
    assert (dream.state, dream.attempt) == (DreamState.COMPLETED, 2)
    assert len(nights.filed_by(dream)) == 1
    assert actions_of(dream).count("dream.completed") == 1


def test_killed_between_two_batches_nothing_is_filed_twice(
    cast: Cast, seat: Seated, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    seen = nights.sessions(cast.agent)
    seat(FakeEngine(nights.wishes(seen, 6)))
    monkeypatch.setattr(filing, "TOGETHER", 4)
    with monkeypatch.context() as patch:
        after_first_batch(patch, kill)
        dream = nights.queued(cast.store)
        with pytest.raises(Killed):
            run_dream(dream)
    assert len(nights.filed_by(dream)) == 4
    lose(dream, clock)
    run_due_dreams(clock())
    dream = nights.fresh(dream)
    paths = [proposal.path for proposal in nights.filed_by(dream)]
    assert len(paths) == len(set(paths)) == 6
    assert {one["status"] for one in dream.proposed} == {"filed"}
    assert set(dream.patterns.values_list("status", flat=True)) == {"filed"}


def test_what_was_filed_and_applied_before_the_kill_stays_its_own(
    cast: Cast, seat: Seated, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    seen = nights.sessions(cast.agent)
    seat(FakeEngine(nights.wishes(seen, 6)))
    monkeypatch.setattr(filing, "TOGETHER", 4)
    with monkeypatch.context() as patch:
        after_first_batch(patch, kill)
        dream = nights.queued(cast.store)
        with pytest.raises(Killed):
            run_dream(dream)
    first = nights.filed_by(dream)[0]
    text = first.revisions.get(number=1).content
    build.memory(cast.store, first.path, text, pattern_key=first.pattern_key)
    lose(dream, clock)
    run_due_dreams(clock())
    assert {one["status"] for one in nights.fresh(dream).proposed} == {"filed"}


def test_a_worker_lost_three_times_fails_the_dream(cast: Cast, seat: Seated, clock: FakeClock):
    nights.sessions(cast.agent)
    seat(Acting(kill))
    dream = nights.queued(cast.store)
    for _ in range(3):
        with pytest.raises(Killed):
            run_due_dreams(clock.advance(minutes=2))
    assert run_due_dreams(clock.advance(minutes=2)) == 0
    dream = nights.fresh(dream)
    assert (dream.state, dream.attempt) == (DreamState.FAILED, 3)
    assert dream.failure.startswith("The worker was lost 3 times")
    assert not selection.spool_path(dream).exists()


def overtaken(cast: Cast, seat: Seated, clock: FakeClock) -> tuple[Lease, Dream]:
    """The lease of a worker that was thought dead, and the dream another one has completed."""
    nights.sessions(cast.agent)
    dream = nights.queued(cast.store, "local")
    zombie = take_lease(dream, clock())
    assert zombie is not None
    run_due_dreams(clock.advance(minutes=2))
    return zombie, nights.fresh(dream)


def test_a_zombie_changes_no_column(cast: Cast, seat: Seated, clock: FakeClock):
    zombie, dream = overtaken(cast, seat, clock)
    with pytest.raises(LeaseLost):
        zombie.update(input_sha256="0" * 64)
    assert nights.fresh(dream).input_sha256 == dream.input_sha256


def test_a_zombie_ends_no_dream(cast: Cast, seat: Seated, clock: FakeClock):
    zombie, dream = overtaken(cast, seat, clock)
    before = Entry.objects.count()
    with pytest.raises(LeaseLost):
        dreams._end_failed(zombie, "I am back.")
    assert nights.fresh(dream).state == DreamState.COMPLETED
    assert Entry.objects.count() == before


def test_a_zombie_chooses_no_sessions(cast: Cast, seat: Seated, clock: FakeClock):
    zombie, dream = overtaken(cast, seat, clock)
    dream.input_sha256 = ""
    with pytest.raises(LeaseLost):
        selection.gather(dream, zombie)
    assert DreamInput.objects.filter(dream=dream).count() == 4


def test_a_run_that_lost_its_lease_writes_nothing(cast: Cast, seat: Seated, clock: FakeClock):
    seen = nights.sessions(cast.agent)
    dream = nights.queued(cast.store)

    def be_overtaken() -> None:
        Dream.objects.filter(pk=dream.pk).update(lease_token="another", attempt=2)

    engine = Acting(be_overtaken)
    engine.candidates = (nights.wish(seen),)
    seat(engine)
    run_dream(dream)
    dream = nights.fresh(dream)
    assert (dream.state, dream.lease_token) == (DreamState.RUNNING, "another")
    assert (nights.filed_by(dream), dream.patterns.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_engine_dreams(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)
    inside: list[bool] = []
    seat(Acting(lambda: inside.append(connection.in_atomic_block)))
    assert nights.dreamt(cast.store).state == DreamState.COMPLETED
    assert inside == [False]


@pytest.mark.django_db(transaction=True)
def test_a_start_inside_a_change_that_fails_leaves_no_dream(cast: Cast, seat: Seated):
    def start_and_fail() -> None:
        with transaction.atomic():
            nights.queued(cast.store)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        start_and_fail()
    assert not Dream.objects.exists()


def test_run_to_end_waits_between_attempts(cast: Cast, seat: Seated, monkeypatch):
    nights.sessions(cast.agent)
    monkeypatch.setattr(dreams, "RETRY_AFTER", (timedelta(milliseconds=20),))
    engine = FakeEngine(error=EngineError("The model is busy.", permanent=False))
    seat(engine)
    dream = dreams.run_to_end(nights.queued(cast.store), poll_s=0.01)
    assert (dream.state, engine.asked) == (DreamState.FAILED, 3)


# The same again


def test_a_second_dream_sees_the_same_and_files_nothing(cast: Cast):
    nights.sessions(cast.agent)
    first = nights.dreamt(cast.store, "local")
    second = nights.dreamt(cast.store, "local")
    (proposal,) = nights.filed_by(first)
    assert nights.filed_by(second) == []
    assert second.proposed[0]["status"] == "already_open"
    assert second.proposed[0]["reference"] == str(proposal)
    assert second.proposed[0]["change"] == first.proposed[0]["change"]
    assert second.failure == "Nothing new: memory or the queue has every pattern already."


def test_instructions_steer_the_local_engine_and_the_dream_keeps_what_they_did(cast: Cast):
    nights.sessions(cast.agent, 4)
    asked = "only: preferences\nLook at refunds."
    dream = queue_dream(cast.store, Wish(instructions=asked))
    assert run_dream(dream)
    ended = nights.fresh(dream)
    assert ended.state == DreamState.COMPLETED
    assert not ended.patterns.filter(kind="mistake").exists()
    said = [one["why"] for one in ended.dropped]
    assert "Left out, as the instructions ask (only: preferences)." in said
    assert any('This one was not followed: "Look at refunds."' in why for why in said)


def test_the_database_allows_one_unfinished_dream_a_store(cast: Cast) -> None:
    build.dream(cast.store, state="completed")
    build.dream(cast.store, state="queued")
    with pytest.raises(IntegrityError), transaction.atomic():
        build.dream(cast.store, state="running")
    assert build.dream(build.shared_store(cast.workspace), state="queued").state == "queued"


def test_a_row_that_came_past_the_lock_is_refused_in_words(cast: Cast) -> None:
    came: list[Dream] = []

    def comes_after_the_look(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT") and 'FROM "dreaming_dream"' in sql and not came:
            came.append(build.dream(cast.store, state="running"))
        return result

    with (
        connection.execute_wrapper(comes_after_the_look),
        pytest.raises(NotStartable, match=r"over this memory is running"),
    ):
        nights.queued(cast.store, engine="local")
    refused = Entry.objects.get(action="dream.refused", workspace=cast.workspace.slug)
    assert "NotStartable" in refused.body
    assert list(Dream.objects.filter(store=cast.store)) == came
