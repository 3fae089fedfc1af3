from datetime import timedelta

import pytest

from agents.errors import NotAllowed
from agents.memory import find_head
from agents.models import HostedPush, OutsideWrite
from agents.people import find_member
from dreaming.errors import NotAnswerable
from dreaming.hosted.drift import actor_words, revert, standing, take_up
from dreaming.hosted.tending import send
from reviews.audit.models import Entry
from reviews.decisions import Shown, apply_due, approve, reject
from reviews.errors import MayNotDecide, ReasonMissing
from reviews.models import Notice, Proposal
from tests.dreaming.hosted.changes import NEW, ODD, OLD, PATH, written
from tests.dreaming.hosted.conftest import text

SESSION = {"type": "session_actor", "session_id": "sesn_9"}
USER = {"type": "user_actor", "user_id": "user_3"}
KEY = {"type": "api_actor", "api_key_id": "apikey_other"}


@pytest.fixture
def ruled(cast, linked):
    """A link whose both sides say OLD at PATH."""
    written(cast.store, OLD)
    linked.tend()
    return linked


def write(there, words=ODD, path=PATH, actor=SESSION):
    there.vendor.stores.write(there.store, path, words, actor)


def remove(there, actor=SESSION):
    (memory,) = there.store.memories.values()
    there.vendor.stores.remove(there.store, memory, actor)


def found(there):
    return list(standing(there.again()))


def test_a_session_that_writes_through_a_mount_is_found_and_named_by_the_next_sync(cast, ruled):
    session = ruled.say(text("user.message", "Refund it."), stores={ruled.store.id: "read_write"})
    write(ruled, actor={"type": "session_actor", "session_id": session["id"]})
    ruled.tend()
    (one,) = found(ruled)
    assert (one.path, one.operation, one.actor_kind) == (PATH, "modified", "session")
    assert (one.actor, one.content) == (session["id"], ODD)
    assert one.at is not None
    assert ruled.hosted.sessions.get(remote_id=session["id"]).access == "read_write"
    assert Entry.objects.filter(action="hosted.written_outside").count() == 1
    notice = Notice.objects.get(kind="written_outside")
    assert (notice.person, notice.path) == (cast.lead, f"agents/{cast.agent.slug}/hosted/")
    ruled.tend()
    assert OutsideWrite.objects.count() == 1
    assert Notice.objects.filter(kind="written_outside").count() == 1


@pytest.mark.parametrize(
    ("actor", "kind", "name", "words"),
    [
        (SESSION, "session", "sesn_9", "session sesn_9"),
        (USER, "user", "user_3", "user user_3"),
        (KEY, "key", "apikey_other", "API key apikey_other"),
        (
            {"type": "service_account_actor", "service_account_id": "svac_1"},
            "service",
            "svac_1",
            "service account svac_1",
        ),
        ({"type": "of_tomorrow"}, "unknown", "", "somebody the vendor does not name"),
    ],
)
def test_every_kind_of_actor_is_named(ruled, actor, kind, name, words):
    write(ruled, actor=actor)
    ruled.tend()
    (one,) = found(ruled)
    assert (one.actor_kind, one.actor) == (kind, name)
    assert actor_words(one.actor_kind, one.actor) == words


def test_a_new_path_and_a_removed_one_are_found(ruled):
    write(ruled, "New there.\n", "/new.md", USER)
    remove_path = [one for one in ruled.store.memories.values() if one["path"] == PATH]
    ruled.vendor.stores.remove(ruled.store, remove_path[0], SESSION)
    ruled.tend()
    assert [(one.path, one.operation, one.sha256 != "") for one in found(ruled)] == [
        ("/new.md", "created", True),
        (PATH, "deleted", False),
    ]


def test_a_write_that_was_taken_back_there_is_named_and_asks_for_nothing(ruled):
    write(ruled)
    write(ruled, OLD)
    ruled.tend()
    assert OutsideWrite.objects.count() == 2
    assert found(ruled) == []
    assert not Notice.objects.exists()


def test_of_several_writes_each_is_named_and_the_last_is_answered(ruled):
    write(ruled, "First.\n")
    write(ruled, ODD, actor=USER)
    ruled.tend()
    assert [one.actor for one in OutsideWrite.objects.order_by("pk")] == ["sesn_9", "user_3"]
    assert [one.actor for one in found(ruled)] == ["user_3"]


def test_a_memory_that_was_moved_is_found_at_both_paths(ruled):
    (memory,) = ruled.store.memories.values()
    memory["path"] = "/moved.md"
    write(ruled, OLD, "/moved.md")
    ruled.tend()
    assert {one.path for one in found(ruled)} == {PATH, "/moved.md"}


def test_our_own_pushes_are_nobody_elses(cast, ruled):
    written(cast.store, NEW)
    ruled.tend()
    ruled.tend()
    assert not OutsideWrite.objects.exists()


def test_a_first_look_names_what_stands_there_and_nothing_that_agrees(cast, linked):
    written(cast.store, OLD)
    for words in ("First.\n", OLD):
        write(linked, words)
    write(linked, "Before the link.\n", "/brought.md", USER)
    linked.tend()
    assert [one.path for one in found(linked)] == ["/brought.md"]
    assert OutsideWrite.objects.count() == 1
    assert linked.store.texts()[PATH] == OLD
    assert HostedPush.objects.count() == 0


def test_nothing_is_sent_to_a_path_that_waits_for_an_answer(cast, ruled):
    write(ruled)
    ruled.tend()
    written(cast.store, NEW)
    ruled.tend()
    assert ruled.store.texts() == {PATH: ODD}


# Answers.


@pytest.fixture
def strayed(ruled):
    write(ruled)
    ruled.tend()
    return ruled


def test_a_lead_takes_it_back_at_once_with_a_reason(cast, strayed):
    (one,) = found(strayed)
    with pytest.raises(ReasonMissing):
        revert(one, reason=" ", by=strayed.lead)
    revert(one, reason="Nobody approved it", by=strayed.lead)
    send(strayed.again())
    assert strayed.store.texts() == {PATH: OLD}
    assert found(strayed) == []
    strayed.tend()
    assert OutsideWrite.objects.count() == 1
    assert Entry.objects.filter(action="hosted.reverted").count() == 1
    assert Notice.objects.get(kind="written_outside").settled_at is not None


def test_taking_back_a_new_path_removes_it_and_a_removed_one_comes_back(strayed):
    write(strayed, "New there.\n", "/new.md")
    strayed.tend()
    for one in found(strayed):
        revert(one, reason="No", by=strayed.lead)
    send(strayed.again())
    assert strayed.store.texts() == {PATH: OLD}
    remove(strayed)
    strayed.tend()
    (gone,) = found(strayed)
    revert(gone, reason="No", by=strayed.lead)
    send(strayed.again())
    assert strayed.store.texts() == {PATH: OLD}


def test_a_revert_is_no_blind_one(strayed):
    (one,) = found(strayed)
    revert(one, reason="No", by=strayed.lead)
    write(strayed, "Yet another.\n")
    send(strayed.again())
    assert strayed.store.texts() == {PATH: "Yet another.\n"}
    (again,) = found(strayed)
    assert again.content == "Yet another.\n"


@pytest.mark.parametrize("who", ["reviewer", "auditor", "admin"])
def test_no_other_role_answers(cast, strayed, who):
    (one,) = found(strayed)
    member = find_member(getattr(cast, who), cast.workspace)
    with pytest.raises(NotAllowed):
        revert(one, reason="No", by=member)
    with pytest.raises(NotAllowed):
        take_up([one], reason="Good", by=member)


def test_it_is_answered_once(strayed):
    (one,) = found(strayed)
    revert(one, reason="No", by=strayed.lead)
    with pytest.raises(NotAnswerable):
        revert(one, reason="No", by=strayed.lead)
    assert take_up([one], reason="Good", by=strayed.lead) == [one]
    assert not Proposal.objects.exists()


def test_taken_up_it_is_a_proposal_of_the_lowest_trust_that_the_lead_cannot_decide(cast, strayed):
    (one,) = found(strayed)
    assert take_up([one], reason="It may be right", by=strayed.lead) == []
    row = Proposal.objects.get()
    assert (row.op, row.path, row.taint) == ("update", PATH, "outside")
    assert row.proposer == cast.lead
    assert "session sesn_9" in row.revisions.get().rationale
    assert sum(count for _, count in row.route["needs"]) == 2
    with pytest.raises(MayNotDecide):
        approve(row, by=strayed.lead, shown=Shown(1, "pending", is_confirmed=True))
    strayed.tend()
    assert strayed.store.texts() == {PATH: ODD}
    assert found(strayed) == []


def decide(cast, clock, verb, **given):
    row = Proposal.objects.get()
    for person in (cast.reviewer, cast.second_reviewer):
        row.refresh_from_db()
        if row.state in {"pending", "awaiting_second"}:
            member = find_member(person, cast.workspace)
            verb(row, by=member, shown=Shown(row.revision, row.state, is_confirmed=True), **given)
    clock.advance(seconds=60)
    apply_due(clock())


def test_approved_it_stays_and_is_memory_here_too(cast, strayed, clock):
    take_up(found(strayed), reason="Right", by=strayed.lead)
    decide(cast, clock, approve)
    assert find_head(cast.store, PATH).content == ODD
    strayed.tend()
    assert strayed.store.texts() == {PATH: ODD}
    assert HostedPush.objects.count() == 1


def test_rejected_the_former_text_goes_back(cast, strayed, clock):
    take_up(found(strayed), reason="Look at it", by=strayed.lead)
    decide(cast, clock, reject, code="wrong", reason="")
    send(strayed.again())
    assert strayed.store.texts() == {PATH: OLD}
    strayed.tend()
    assert found(strayed) == []


def test_what_cannot_be_filed_is_told_and_the_rest_is(strayed):
    write(strayed, "", "/empty.md")
    write(strayed, "Nul \0 here.\n", "/nul.md")
    strayed.tend()
    left = take_up(found(strayed), reason="All", by=strayed.lead)
    assert {one.path for one in left} == {"/nul.md"} | ({"/empty.md"} if len(left) > 1 else set())
    assert Proposal.objects.filter(path=PATH).exists()


def test_a_failing_look_changes_nothing_that_is_known(strayed):
    strayed.vendor.key = "another"
    hosted = strayed.tend()
    assert "does not accept the key" in hosted.failure
    assert len(found(strayed)) == 1


def test_a_look_back_over_a_pause_misses_nothing(ruled, clock):
    write(ruled)
    clock.advance(days=3)
    ruled.tend()
    assert ruled.again().synced_at - ruled.hosted.linked_at >= timedelta(days=3)
    assert len(found(ruled)) == 1
