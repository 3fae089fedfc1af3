import json

import pytest

from agents.memory import find_head
from agents.models import HostedMemory, HostedPush, MemoryStore, OutsideWrite, Publishing
from agents.people import find_member
from dreaming.hosted.push import plan_pushes, waits_to_go
from dreaming.hosted.tending import send, tend, tend_due
from dreaming.standin.server import Fault
from dreaming.standin.wire import refuse
from reviews.audit.models import Entry
from reviews.audit.report import Status
from reviews.changes import Op
from reviews.conflicts import conflict_of
from reviews.containment import restore_version
from reviews.decisions import Shown, apply_due, approve
from reviews.reconcile import verify
from reviews.revisions import rebase
from tests import build
from tests.dreaming.hosted.changes import NEW, ODD, OLD, PATH, approved, retired, written

SESSION = {"type": "session_actor", "session_id": "sesn_9"}
NEVER = {"x-should-retry": "false"}


@pytest.fixture
def ruled(cast, linked):
    """A link whose both sides say OLD at PATH."""
    written(cast.store, OLD)
    linked.tend()
    assert linked.store.texts() == {PATH: OLD}
    return linked


def operations(there):
    return [(one["operation"], one["path"]) for one in there.store.versions]


def states():
    return list(HostedPush.objects.order_by("pk").values_list("state", "cause"))


def writes(there):
    """The requests that would have changed something."""
    place = f"/v1/memory_stores/{there.store.id}/memories"
    return [one for one in there.vendor.received if one.asked.method != "GET" and place in one.line]


def test_what_is_served_here_goes_there_once(cast, linked):
    written(cast.store, OLD)
    written(cast.store, "Two people sign.\n", "/rules/signing.md")
    for _ in range(3):
        assert linked.tend().failure == ""
    assert linked.store.texts() == {PATH: OLD, "/rules/signing.md": "Two people sign.\n"}
    assert operations(linked) == [("created", PATH), ("created", "/rules/signing.md")]
    assert states() == [("done", ""), ("done", "")]
    assert not OutsideWrite.objects.exists()
    assert Entry.objects.filter(action="hosted.pushed").count() == 2


def test_an_approved_change_goes_out_on_the_condition_of_what_it_replaces(cast, ruled, clock):
    row = approved(cast, clock)
    assert row.state == "applied"
    assert waits_to_go(ruled.again())
    assert send(ruled.again())
    assert ruled.store.texts() == {PATH: NEW}
    (sent,) = [json.loads(one.raw) for one in writes(ruled)[1:]]
    assert sent["precondition"]["type"] == "content_sha256"
    push = HostedPush.objects.latest("pk")
    assert (push.version.proposal, push.remote_version) == (
        str(row),
        ruled.store.versions[-1]["id"],
    )
    entry = Entry.objects.filter(action="hosted.pushed").latest("pk")
    assert str(row) in entry.body
    assert not waits_to_go(ruled.again())


def test_a_retired_path_is_taken_out_on_the_same_condition(cast, ruled, clock):
    approved(cast, clock, op=Op.RETIRE)
    send(ruled.again())
    assert ruled.store.texts() == {}
    asked = writes(ruled)[-1].asked
    assert asked.method == "DELETE"
    assert asked.one("expected_content_sha256") == HostedPush.objects.latest("pk").expected
    ruled.tend()
    assert not OutsideWrite.objects.exists()


def test_what_is_quarantined_is_taken_out_and_comes_back(cast, ruled):
    from tests.reviews.poison import quarantine  # noqa: PLC0415

    quarantine(cast, "memory", cast.store.memories.get())
    send(ruled.again())
    assert ruled.store.texts() == {}
    cast.store.memories.get().quarantines.all().update(lifted_at=ruled.again().synced_at)
    send(ruled.again())
    assert ruled.store.texts() == {PATH: OLD}


def test_what_a_lead_puts_back_goes_out_too(cast, ruled, clock):
    approved(cast, clock)
    send(ruled.again())
    memory = cast.store.memories.get()
    restore_version(memory, memory.versions.get(number=1), by=ruled.lead, reason="Too short")
    send(ruled.again())
    assert ruled.store.texts() == {PATH: OLD}


def test_what_is_approved_and_not_served_yet_waits(cast, ruled, clock):
    MemoryStore.objects.filter(pk=cast.store.pk).update(publishing=Publishing.BY_HAND)
    cast.store.refresh_from_db()
    approved(cast, clock)
    assert not waits_to_go(ruled.again())
    ruled.tend()
    assert ruled.store.texts() == {PATH: OLD}


def test_nothing_goes_out_before_somebody_looked_there(cast, linked):
    written(cast.store, OLD)
    assert not waits_to_go(linked.again())


# A stale precondition.


def race(there, text=ODD):
    """Let a session write right before the next update or create arrives."""
    inner = there.vendor.answer

    def answer(asked, raw):
        place = f"/v1/memory_stores/{there.store.id}/memories"
        if asked.method != "GET" and asked.path.startswith(place):
            there.vendor.answer = inner
            there.vendor.stores.write(there.store, PATH, text, SESSION)
        return inner(asked, raw)

    there.vendor.answer = answer


def test_a_stale_precondition_pushes_nothing_and_reopens_the_proposal(cast, ruled, clock):
    row = approved(cast, clock)
    race(ruled)
    before = len(writes(ruled))
    send(ruled.again())
    assert len(writes(ruled)) == before + 1
    assert ruled.store.texts() == {PATH: ODD}
    assert HostedPush.objects.latest("pk").cause == "stale"
    row.refresh_from_db()
    assert row.state == "conflicted"
    assert "nothing was sent" in row.state_reason
    assert find_head(cast.store, PATH).content == OLD
    (found,) = OutsideWrite.objects.all()
    assert (found.actor_kind, found.actor, found.content) == ("session", "sesn_9", ODD)
    actions = list(Entry.objects.values_list("action", flat=True))
    for action in ("hosted.push_refused", "proposal.conflicted", "hosted.written_outside"):
        assert actions.count(action) == 1
    # No checkpoint is signed yet; nothing else is to be said.
    assert set(verify().found) <= {Status.UNVERIFIABLE}
    for _ in range(2):
        ruled.tend()
    assert len(writes(ruled)) == before + 1


def test_a_reopened_proposal_is_decided_anew_and_goes_out_after_the_revert(cast, ruled, clock):
    from dreaming.hosted.drift import revert, standing  # noqa: PLC0415

    row = approved(cast, clock)
    race(ruled)
    send(ruled.again())
    revert(standing(ruled.again()).get(), reason="Nobody approved it", by=ruled.lead)
    send(ruled.again())
    assert ruled.store.texts() == {PATH: OLD}
    row.refresh_from_db()
    member = find_member(cast.reviewer, cast.workspace)
    rebase(
        row,
        content=NEW,
        reason="Still right",
        by=member,
        expected_revision=row.revision,
        expected_head=conflict_of(row).moved.version,
    )
    row.refresh_from_db()
    assert row.state == "pending"
    approve(row, by=member, shown=Shown(row.revision, row.state))
    clock.advance(seconds=60)
    apply_due(clock())
    send(ruled.again())
    assert ruled.store.texts() == {PATH: NEW}
    row.refresh_from_db()
    assert row.state == "applied"


def test_a_new_path_that_is_taken_there_reopens_its_proposal(cast, linked, clock):
    linked.tend()
    row = approved(cast, clock)
    race(linked)
    send(linked.again())
    row.refresh_from_db()
    assert row.state == "conflicted"
    assert find_head(cast.store, PATH) is None
    assert linked.store.texts() == {PATH: ODD}


def test_a_path_that_changed_before_is_found_without_asking_to_write(cast, ruled, clock):
    row = approved(cast, clock)
    ruled.vendor.stores.write(ruled.store, PATH, ODD, SESSION)
    before = len(writes(ruled))
    send(ruled.again())
    row.refresh_from_db()
    assert (row.state, len(writes(ruled))) == ("conflicted", before)


def test_what_is_approved_over_a_known_outside_write_is_reopened(cast, ruled, clock):
    ruled.vendor.stores.write(ruled.store, PATH, ODD, SESSION)
    ruled.tend()
    row = approved(cast, clock)
    tend_due(clock())
    row.refresh_from_db()
    assert row.state == "conflicted"
    assert ruled.store.texts() == {PATH: ODD}
    assert find_head(cast.store, PATH).content == OLD


def test_what_was_approved_before_the_link_is_not_reopened_by_it(cast, there, clock):
    from dreaming.hosted.links import link_store  # noqa: PLC0415

    row = approved(cast, clock)
    clock.advance(seconds=5)
    there.vendor.stores.write(there.store, PATH, ODD, SESSION)
    there.hosted = link_store(
        cast.store, remote_id=there.store.id, remote_agent=there.agent["id"], by=there.lead
    )
    there.tend()
    row.refresh_from_db()
    assert row.state == "applied"
    assert there.store.texts() == {PATH: ODD}


def test_a_merge_that_cannot_arrive_comes_back_whole(cast, linked, clock):
    written(cast.store, OLD)
    written(cast.store, "Thirty days it is.\n", "/rules/thirty.md")
    linked.tend()
    row = approved(cast, clock, op=Op.MERGE, merged=("/rules/thirty.md",))
    assert row.state == "applied"
    race(linked)
    for _ in range(3):
        linked.tend()
    row.refresh_from_db()
    assert row.state == "conflicted"
    assert find_head(cast.store, "/rules/thirty.md").content == "Thirty days it is.\n"
    assert linked.store.texts() == {PATH: ODD, "/rules/thirty.md": "Thirty days it is.\n"}


# The vendor will not, or cannot now.


def test_a_refusal_is_said_and_not_asked_again_until_a_lead_asks(cast, linked):
    from dreaming.hosted.links import ask_for_sync  # noqa: PLC0415

    linked.tend()
    written(cast.store, OLD)
    place = f"/v1/memory_stores/{linked.store.id}/memories"
    linked.vendor.faults.append(Fault("POST", place, refuse(400, "Not that path.")))
    send(linked.again())
    assert HostedPush.objects.get().words == "Not that path."
    assert not waits_to_go(linked.again())
    linked.tend()
    assert len(writes(linked)) == 1
    ask_for_sync(linked.hosted)
    linked.tend()
    assert linked.store.texts() == {PATH: OLD}


@pytest.mark.parametrize("status", [500, 529, 429])
def test_what_passes_is_tried_again_as_it_was(cast, ruled, clock, status):
    row = approved(cast, clock)
    memory = HostedMemory.objects.get().remote_id
    place = f"/v1/memory_stores/{ruled.store.id}/memories/{memory}"
    ruled.vendor.faults.append(Fault("POST", place, refuse(status, "Later.", headers=NEVER)))
    send(ruled.again())
    assert HostedPush.objects.latest("pk").state == "sent"
    assert ruled.again().failure
    send(ruled.again())
    assert HostedPush.objects.latest("pk").state == "done"
    assert (ruled.again().failure, ruled.store.texts()) == ("", {PATH: NEW})
    row.refresh_from_db()
    assert row.state == "applied"


def test_a_409_is_asked_once(cast, ruled, clock):
    approved(cast, clock)
    before = len(writes(ruled))
    race(ruled)
    send(ruled.again())
    assert len(writes(ruled)) == before + 1


def test_an_equal_text_of_somebody_else_is_agreed_on_and_named(cast, ruled, clock):
    approved(cast, clock)
    ruled.vendor.stores.write(ruled.store, PATH, NEW, SESSION)
    before = len(writes(ruled))
    send(ruled.again())
    assert len(writes(ruled)) == before
    ruled.tend()
    (found,) = OutsideWrite.objects.all()
    assert found.actor == "sesn_9"
    assert HostedMemory.objects.get().agreed == HostedMemory.objects.get().seen


def test_what_is_no_longer_wanted_is_not_sent(cast, ruled):
    written(cast.store, NEW)
    plan_pushes(ruled.again())
    memory = cast.store.memories.get()
    restore_version(memory, memory.versions.get(number=1), by=ruled.lead, reason="No")
    before = len(writes(ruled))
    send(ruled.again())
    assert len(writes(ruled)) == before
    assert HostedPush.objects.latest("pk").cause == "overtaken"


def test_a_planned_change_goes_as_it_is_wanted_when_it_goes(cast, ruled):
    written(cast.store, NEW)
    plan_pushes(ruled.again())
    written(cast.store, "Refund within 7 days.\n")
    send(ruled.again())
    assert ruled.store.texts() == {PATH: "Refund within 7 days.\n"}
    assert len(operations(ruled)) == 2


def test_a_renamed_memory_is_not_written_to(cast, ruled, clock):
    row = approved(cast, clock)
    (memory,) = ruled.store.memories.values()
    memory["path"] = "/elsewhere.md"
    ruled.vendor.stores.write(ruled.store, "/elsewhere.md", OLD, SESSION)
    send(ruled.again())
    row.refresh_from_db()
    assert row.state == "conflicted"
    assert ruled.store.texts() == {"/elsewhere.md": OLD}


def test_a_store_that_is_gone_is_said(cast, ruled):
    del ruled.vendor.stores.rows[ruled.store.id]
    assert tend(ruled.again())
    assert "refused the request" in ruled.again().failure


def test_a_retired_and_rewritten_path_is_made_anew(cast, ruled):
    retired(cast.store)
    send(ruled.again())
    written(cast.store, NEW)
    send(ruled.again())
    assert operations(ruled)[1:] == [("deleted", PATH), ("created", PATH)]
    build.session(cast.agent)
