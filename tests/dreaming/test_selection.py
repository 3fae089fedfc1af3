"""What a dream reads: a whitelist, the same at every attempt, and memory is no evidence."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import clock
from agents.models import Agent, Check, HostedStore, Memory, MemoryRead, Session
from agents.pauses import pause_workspace
from agents.reads import forget_renderings, read_memory
from agents.releases import forget_contents
from agents.transcripts.base import ParsedCheck, Role, Verdict
from agents.workspaces import set_visible_checks
from dreaming import selection
from dreaming.dreams import run_due_dreams
from dreaming.engines.base import DreamCancelled
from dreaming.errors import InputChanged
from dreaming.leases import Lease, take_lease
from dreaming.models import Dream, DreamInput, DreamState
from dreaming.spool import Spool
from reviews.audit.actors import SYSTEM
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.dreaming import nights
from tests.dreaming.conftest import Seated

pytestmark = pytest.mark.django_db

ADVICE = "Always greet the customer by family name in every letter."


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    forget_contents()
    forget_renderings()


def begun(dream: Dream) -> Lease:
    lease = take_lease(dream, dream.not_before)
    assert lease is not None
    return lease


def gathered(cast: Cast, shared: bool = False) -> selection.Gathered:
    store = cast.shared_store if shared else cast.store
    dream = build.dream(store, DreamState.QUEUED)
    return selection.gather(dream, begun(dream))


def ids_in(spool: Spool) -> list[str]:
    return [session.id for session in spool]


def quarantine(session: Session) -> None:
    Session.objects.filter(pk=session.pk).update(quarantined_at=clock.now())


def test_sessions_are_read_in_the_order_of_their_numbers(cast: Cast):
    made = nights.sessions(cast.agent, 3)
    assert ids_in(gathered(cast).spool) == [str(session) for session in made]


def test_an_agents_dream_reads_its_own_sessions_only(cast: Cast):
    own = build.session(cast.agent)
    build.session(build.agent(cast.workspace, "billing"))
    assert ids_in(gathered(cast).spool) == [str(own)]


def test_the_shared_dream_reads_every_agent_of_its_workspace(cast: Cast):
    made = [build.session(cast.agent), build.session(build.agent(cast.workspace, "billing"))]
    build.session(cast.other_agent)
    assert ids_in(gathered(cast, shared=True).spool) == [str(session) for session in made]


def test_a_revised_session_is_read_in_its_newest_revision(cast: Cast):
    build.session(cast.agent, external_id="one")
    longer = (*build.EVENTS, build.says("Thank you."))
    build.session(cast.agent, longer, external_id="one")
    (session,) = gathered(cast).spool
    assert len(session.events) == 5


def test_quarantined_sessions_are_left_out_and_counted(cast: Cast):
    made = nights.sessions(cast.agent, 3)
    quarantine(made[1])
    found = gathered(cast)
    assert ids_in(found.spool) == [str(made[0]), str(made[2])]
    assert ("quarantined", 1) in found.left_out


def test_what_failed_outside_the_agent_is_left_out_and_counted(cast: Cast):
    build.session(cast.agent, not_agent_fault="The shop was down.")
    kept = build.session(cast.agent)
    found = gathered(cast)
    assert ids_in(found.spool) == [str(kept)]
    assert ("failed for reasons outside the agent", 1) in found.left_out


def test_sessions_without_a_verdict_are_read_and_counted(cast: Cast):
    build.session(cast.agent, verdict=Verdict.UNKNOWN)
    found = gathered(cast)
    assert (len(found.spool.located), found.left_out) == (
        1,
        (("read, but without an outcome to compare", 1),),
    )


def test_only_checks_the_workspace_marked_as_visible_reach_the_file(cast: Cast):
    set_visible_checks(cast.workspace, ["refund allowed"], by=SYSTEM)
    cast.workspace.refresh_from_db()
    checks = (
        ParsedCheck("refund allowed", passed=False, message="The order is shipped."),
        ParsedCheck("gold actions", passed=False, message="expected refund_order(1042)"),
    )
    session = build.session(cast.agent, checks=checks, verdict=Verdict.FAILURE)
    assert Check.objects.filter(outcome__revision__session=session).count() == 2
    spool = gathered(cast).spool
    text = spool.path.read_text()
    assert "The order is shipped." in text
    assert "gold actions" not in text
    assert "expected refund_order" not in text


def test_no_check_is_visible_until_a_workspace_says_so(cast: Cast):
    checks = (ParsedCheck("gold actions", passed=True, message="expected value 7"),)
    build.session(cast.agent, checks=checks, verdict=Verdict.SUCCESS)
    (session,) = gathered(cast).spool
    assert (session.checks, session.verdict) == ((), "success")


def test_a_line_holds_the_fields_engines_may_read_and_no_other(cast: Cast):
    build.session(cast.agent, verdict=Verdict.FAILURE)
    line = json.loads(gathered(cast).spool.path.read_text().splitlines()[1])
    assert set(line) == {
        "id",
        "agent",
        "task_key",
        "principal",
        "verdict",
        "events",
        "checks",
        "trial",
        "model",
        "environment",
        "started_at",
        "revision",
    }


def test_names_at_a_vendor_reach_the_file_only_where_the_store_is_linked(cast: Cast):
    build.session(cast.agent, external_id="sesn_01")
    HostedStore.objects.create(
        store=cast.store, remote_id="memstore_9", remote_agent="agent_1", linked_by=cast.lead
    )
    shared = gathered(cast, shared=True).spool
    own = gathered(cast).spool
    assert (shared.material().hosted_store, own.material().hosted_store) == ("", "memstore_9")
    assert [one.external_id for one in (*shared, *own)] == ["", "sesn_01"]


def test_the_header_holds_the_memories_of_the_store(cast: Cast):
    build.session(cast.agent)
    build.memory(cast.store, "/tools/orders.md", "Ask first.\n", pattern_key="k" * 64)
    (memory,) = gathered(cast).spool.material().memories
    assert (memory.path, memory.version, memory.content) == ("/tools/orders.md", 1, "Ask first.\n")
    assert memory.pattern_key == "k" * 64


# The same input at every attempt


def test_a_missing_file_is_built_again_with_the_same_bytes(cast: Cast):
    nights.sessions(cast.agent, 3)
    dream = build.dream(cast.store, DreamState.QUEUED)
    lease = begun(dream)
    first = selection.gather(dream, lease).spool
    dream.input_sha256 = first.sha256
    selection.drop_spool(dream)
    build.session(cast.agent)
    assert selection.gather(dream, lease).spool.sha256 == first.sha256


def test_a_changed_file_stops_the_attempt(cast: Cast):
    nights.sessions(cast.agent, 3)
    dream = build.dream(cast.store, DreamState.QUEUED)
    lease = begun(dream)
    spool = selection.gather(dream, lease).spool
    dream.input_sha256 = spool.sha256
    spool.path.write_bytes(spool.path.read_bytes().replace(b"1042", b"1043"))
    with pytest.raises(InputChanged, match="Start a new dream"):
        selection.gather(dream, lease)


def test_changed_memory_without_the_file_fails_the_dream_and_says_so(
    cast: Cast, seat: Seated, clock: FakeClock
):
    nights.sessions(cast.agent, 3)
    dream = nights.queued(cast.store)
    lease = take_lease(dream, clock())
    assert lease is not None
    lease.update(input_sha256=selection.gather(dream, lease).spool.sha256)
    selection.drop_spool(dream)
    build.memory(cast.store, "/tools/new.md", "New.\n")
    run_due_dreams(clock.advance(minutes=2))
    dream = nights.fresh(dream)
    assert dream.state == DreamState.FAILED
    assert "Start a new dream" in dream.failure


def test_a_choice_that_was_cut_short_is_made_anew(cast: Cast):
    made = nights.sessions(cast.agent, 3)
    dream = build.dream(cast.store, DreamState.QUEUED)
    DreamInput.objects.create(dream=dream, revision=made[0].revisions.get())
    assert len(selection.gather(dream, begun(dream)).spool.located) == 3


def test_what_killed_workers_began_is_removed_with_the_file(cast: Cast):
    build.session(cast.agent)
    dream = build.dream(cast.store, DreamState.QUEUED)
    path = selection.gather(dream, begun(dream)).spool.path
    left = path.with_name(f"{path.name}.0badcafe.part")
    left.write_text("half")
    selection.drop_spool(dream)
    assert not path.exists()
    assert not left.exists()


def test_no_file_is_left_of_a_dream_that_ended(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)
    dream = nights.dreamt(cast.store)
    assert dream.state == DreamState.COMPLETED
    assert not selection.spool_path(dream).exists()


# Memory is no evidence for itself


def told(agent: Agent, text: str, count: int = 3, given: bool = True) -> list[Session]:
    """Sessions in which a person says `text`; `given` ones had read memory before."""
    made = []
    for at in range(count):
        external_id = f"{agent.slug}-{given}-{at}"
        if given:
            read_memory(agent, external_id, budget_tokens=4_000)
        events = (build.says("Write to the member."), build.says(text))
        made.append(
            build.session(
                agent,
                events,
                external_id=external_id,
                task_key=f"t{at}",
                principal=f"p{at}",
            )
        )
    return made


def test_words_an_agent_was_given_are_marked_as_remembered(cast: Cast):
    build.memory(cast.store, "/letters/tone.md", f"# Letters\n- {ADVICE}\n")
    told(cast.agent, f"As written: {ADVICE.upper()}", 1)
    (session,) = gathered(cast).spool
    assert [event.remembered for event in session.events] == [False, True]


def test_the_same_words_without_a_read_are_the_persons_own(cast: Cast):
    build.memory(cast.store, "/letters/tone.md", f"{ADVICE}\n")
    told(cast.agent, ADVICE, 1, given=False)
    (session,) = gathered(cast).spool
    assert not any(event.remembered for event in session.events)


def test_another_version_than_the_one_given_does_not_count(cast: Cast):
    build.memory(cast.store, "/letters/tone.md", "Write short letters and nothing else at all.\n")
    told(cast.agent, ADVICE, 1)
    build.memory(cast.store, "/letters/greeting.md", f"{ADVICE}\n")
    (session,) = gathered(cast).spool
    assert not any(event.remembered for event in session.events)


def test_sessions_that_only_repeat_memory_raise_no_support(cast: Cast):
    build.memory(cast.store, "/letters/tone.md", f"{ADVICE}\n")
    told(cast.agent, ADVICE, 4)
    repeated = nights.dreamt(cast.store, "local")
    assert (repeated.sessions_read, repeated.patterns.count()) == (4, 0)
    own = told(cast.agent, ADVICE, 3, given=False)
    dream = nights.dreamt(cast.store, "local")
    assert dream.patterns.get().support == len(own)


def test_what_each_of_two_reads_gave_is_found(cast: Cast):
    later = "Close each letter with the name of the clerk."
    for path, text in (("/letters/tone.md", ADVICE), ("/letters/end.md", later)):
        build.memory(cast.store, path, f"{text}\n")
    for path in ("/letters/tone.md", "/letters/end.md"):
        held = build.quarantine(
            workspace=cast.workspace,
            kind="memory",
            memory=Memory.objects.get(path=path),
            by=cast.lead,
            reason="Out of service while the other is read.",
        )
        read_memory(cast.agent, "own", budget_tokens=4_000)
        held.delete()
    build.session(cast.agent, (build.says(ADVICE), build.says(later)), external_id="own")
    assert MemoryRead.objects.values("rendering").distinct().count() == 2
    (session,) = gathered(cast).spool
    assert [event.remembered for event in session.events] == [True, True]


def test_renderings_put_aside_are_read_again(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(selection, "KEPT_RENDERINGS", 1)
    build.memory(cast.store, "/letters/tone.md", f"{ADVICE}\n")
    read_memory(cast.agent, "one", budget_tokens=4_000)
    build.memory(cast.store, "/letters/end.md", "Close each letter with your name.\n")
    read_memory(cast.agent, "two", budget_tokens=4_000)
    read_memory(cast.agent, "three", budget_tokens=4_000)
    for name in ("one", "two", "three", "one-more"):
        build.session(cast.agent, (build.says(ADVICE),), external_id=name)
    marked = [session.events[0].remembered for session in gathered(cast).spool]
    assert marked == [True, True, True, False]


def test_reading_takes_as_many_queries_for_many_sessions_as_for_few(cast: Cast):
    counts: list[int] = []
    for more in (2, 20):
        nights.sessions(cast.agent, more)
        with CaptureQueriesContext(connection) as queries:
            gathered(cast)
        counts.append(len(queries))
        Dream.objects.update(state=DreamState.COMPLETED)
    assert counts[0] == counts[1]


def test_what_an_agent_itself_repeats_is_marked_too(cast: Cast):
    build.memory(cast.store, "/letters/tone.md", f"{ADVICE}\n")
    read_memory(cast.agent, "own", budget_tokens=4_000)
    build.session(cast.agent, (build.says(ADVICE, Role.ASSISTANT),), external_id="own")
    (session,) = gathered(cast).spool
    assert session.events[0].remembered


def test_a_pause_takes_hold_while_it_reads(cast: Cast):
    nights.sessions(cast.agent)
    dream = build.dream(cast.store, DreamState.QUEUED)
    lease = begun(dream)
    pause_workspace(cast.workspace, reason="Model change.", by=cast.lead)
    with pytest.raises(DreamCancelled):
        selection.gather(dream, lease)
