"""Going back and restoring: one lead at once, another person's answer within 48 hours."""

from datetime import timedelta

import pytest

from agents import clock as product_clock
from agents import freezes
from agents.memory import find_head
from agents.models import Memory, QuarantineKind, Release
from agents.people import find_member
from agents.reads import read_memory
from agents.releases import contents, live_release
from reviews import containment, decisions
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.changes import Op
from reviews.errors import InvalidChange, MayNotDecide, NotAllowed, ReasonMissing, StaleProposal
from reviews.lifecycle import OPEN
from reviews.models import Containment, Proposal
from tests import build
from tests.cast import Cast
from tests.reviews.views.desks import approve, fresh, member

pytestmark = pytest.mark.django_db

PATH = "/limits/refunds.md"
FIRST = "Refunds take five days.\n"
SECOND = "Refunds take two days.\n"
BUDGET = 2_000


def change(cast: Cast, content: str, path: str = PATH) -> Proposal:
    """Apply a change of `path` by way of a proposal; '' retires it."""
    head = find_head(cast.store, path)
    op = Op.RETIRE if not content else Op.UPDATE if head else Op.CREATE
    base = head.number if head else None
    made = build.filed(cast.store, op=op, path=path, content=content, base_version=base)
    for name in ("reviewer", "second_reviewer"):
        if fresh(made).state in OPEN:
            approve(cast, made, name)
    decisions.apply_due(product_clock.now())
    return fresh(made)


@pytest.fixture
def good(cast: Cast) -> Release:
    """The release that says FIRST; SECOND is served now."""
    build.memory(cast.store, PATH, FIRST)
    release = live_release(cast.store)
    change(cast, SECOND)
    return release


def roll_back(cast: Cast, release: Release, *, by: str = "lead", reason: str = "Odd answers."):
    return containment.roll_back(cast.store, release, by=member(cast, by), reason=reason)


def restore(cast: Cast, number: int, *, by: str = "lead", reason: str = "Odd answers."):
    memory = Memory.objects.get(store=cast.store, path=PATH)
    version = memory.versions.get(number=number)
    return containment.restore_version(memory, version, by=member(cast, by), reason=reason)


def answer(cast: Cast, row: Containment, verdict: str, *, by: str = "reviewer", reason: str = ""):
    return containment.answer(row, by=member(cast, by), verdict=verdict, reason=reason)


def says(cast: Cast, path: str = PATH) -> str | None:
    head = find_head(cast.store, path)
    return head.content if head else None


def entry_of(action: Action) -> Entry:
    return Entry.objects.filter(action=action).latest("pk")


# Rolling back


def test_a_roll_back_serves_the_old_text_as_a_new_release(cast: Cast, good: Release) -> None:
    left = live_release(cast.store)
    made = roll_back(cast, good)
    live = live_release(cast.store)
    assert live not in (good, left)
    assert live.sha256 == good.sha256
    assert (made.release, made.release_before) == (live, left)
    assert says(cast) == FIRST


def test_history_grows_by_a_roll_back(cast: Cast, good: Release) -> None:
    roll_back(cast, good)
    versions = Memory.objects.get(path=PATH).versions.order_by("number")
    assert [version.content for version in versions] == [FIRST, SECOND, FIRST]
    assert versions.last().restores == 1


def test_what_was_new_since_then_is_retired(cast: Cast, good: Release) -> None:
    change(cast, "New words.\n", "/new.md")
    roll_back(cast, good)
    assert says(cast, "/new.md") is None
    assert [line.path for line in contents(live_release(cast.store))] == [PATH]


def test_what_was_retired_since_then_is_back(cast: Cast, good: Release) -> None:
    change(cast, "")
    roll_back(cast, good)
    assert says(cast) == FIRST


def test_open_proposals_on_those_paths_are_conflicted(cast: Cast, good: Release) -> None:
    waiting = build.filed(cast.store, op=Op.UPDATE, path=PATH, content="Third.\n", base_version=2)
    beside = build.filed(cast.store, path="/beside.md")
    roll_back(cast, good)
    assert fresh(waiting).state == "conflicted"
    assert fresh(beside).state == "pending"
    after = read_body(entry_of(Action.CONTAINMENT_OPENED).body)["after"]
    assert isinstance(after, dict)
    assert after["conflicted"] == [str(waiting)]


def test_what_was_applied_since_stays_applied(cast: Cast) -> None:
    build.memory(cast.store, PATH, FIRST)
    release = live_release(cast.store)
    applied = change(cast, SECOND)
    roll_back(cast, release)
    assert fresh(applied).state == "applied"
    assert fresh(applied).applied_version == Memory.objects.get(path=PATH).versions.get(number=2)


def test_what_is_scheduled_meets_the_new_head(cast: Cast, good: Release) -> None:
    due = build.filed(cast.store, op=Op.UPDATE, path=PATH, content="Third.\n", base_version=2)
    for name in ("reviewer", "second_reviewer"):
        if fresh(due).state in OPEN:
            approve(cast, due, name)
    roll_back(cast, good)
    decisions.apply_due(product_clock.now())
    assert fresh(due).state == "conflicted"
    assert says(cast) == FIRST


def test_new_sessions_read_it_and_running_ones_keep_theirs(cast: Cast, good: Release) -> None:
    running = read_memory(cast.agent, "running", BUDGET)
    roll_back(cast, good)
    assert read_memory(cast.agent, "running", BUDGET).text == running.text
    assert SECOND.strip() in running.text
    fresh_text = read_memory(cast.agent, "new", BUDGET).text
    assert FIRST.strip() in fresh_text
    assert SECOND.strip() not in fresh_text


@pytest.mark.parametrize("what", ["agent", "workspace"])
def test_containment_works_although_frozen(cast: Cast, good: Release, what: str) -> None:
    if what == "agent":
        freezes.freeze_agent(cast.agent, reason="Incident", by=cast.lead)
    else:
        freezes.freeze_workspace(cast.workspace, reason="Incident", by=cast.lead)
    roll_back(cast, good)
    assert live_release(cast.store).sha256 == good.sha256


@pytest.mark.parametrize("name", ["reviewer", "auditor", "admin"])
def test_only_a_lead_goes_back(cast: Cast, good: Release, name: str) -> None:
    with pytest.raises(NotAllowed, match="A lead"):
        roll_back(cast, good, by=name)
    assert says(cast) == SECOND
    assert not Containment.objects.exists()


@pytest.mark.parametrize("reason", ["", " \n"])
def test_going_back_takes_a_reason(cast: Cast, good: Release, reason: str) -> None:
    with pytest.raises(ReasonMissing, match="48 hours"):
        roll_back(cast, good, reason=reason)
    assert says(cast) == SECOND


def test_a_release_of_another_memory_is_refused(cast: Cast, good: Release) -> None:
    with pytest.raises(InvalidChange, match="not a release of this memory"):
        roll_back(cast, live_release(cast.shared_store))


def test_going_back_to_what_is_served_is_refused_and_leaves_nothing(
    cast: Cast, good: Release
) -> None:
    releases = Release.objects.count()
    with pytest.raises(InvalidChange, match="nothing to go back"):
        roll_back(cast, live_release(cast.store))
    assert not Containment.objects.exists()
    assert Release.objects.count() == releases
    assert not Entry.objects.filter(action=Action.CONTAINMENT_OPENED).exists()


def test_an_answer_is_due_within_two_days(cast: Cast, good: Release) -> None:
    made = roll_back(cast, good)
    assert made.due_at - made.created_at == timedelta(hours=48)
    assert (made.by, made.answer, made.answered_by) == (cast.lead, "", None)


def test_the_entry_names_the_releases_and_keeps_the_reason_apart(cast: Cast, good: Release) -> None:
    left = live_release(cast.store)
    made = roll_back(cast, good, reason="Ms Okafor complained")
    entry = entry_of(Action.CONTAINMENT_OPENED)
    body = read_body(entry.body)
    assert "Okafor" not in entry.body
    assert body["object"] == f"C-{made.number}"
    assert body["before"] == {"release": str(left)}
    assert body["after"] == {
        "kind": "roll_back",
        "release": str(made.release),
        "paths": 1,
        "conflicted": [],
    }
    assert (entry.actor_kind, entry.actor_id) == ("person", cast.lead.public_id)


# Restoring


def test_a_lead_puts_one_text_back(cast: Cast, good: Release) -> None:
    change(cast, "Beside.\n", "/beside.md")
    made = restore(cast, 1)
    assert says(cast) == FIRST
    assert says(cast, "/beside.md") == "Beside.\n"
    assert live_release(cast.store) == made.release
    assert made.target.endswith("version 1")


def test_a_retired_text_is_put_back(cast: Cast, good: Release) -> None:
    change(cast, "")
    restore(cast, 2)
    assert says(cast) == SECOND


def test_restoring_conflicts_what_waits_on_the_path(cast: Cast, good: Release) -> None:
    waiting = build.filed(cast.store, op=Op.UPDATE, path=PATH, content="Third.\n", base_version=2)
    restore(cast, 1)
    assert fresh(waiting).state == "conflicted"


def test_what_agents_read_now_is_not_restored(cast: Cast, good: Release) -> None:
    with pytest.raises(InvalidChange, match="what agents read now"):
        restore(cast, 2)


def test_a_tombstone_has_no_text_to_restore(cast: Cast, good: Release) -> None:
    change(cast, "")
    change(cast, "Third.\n")
    with pytest.raises(InvalidChange, match="has no text under version 3"):
        restore(cast, 3)


def test_a_version_of_another_path_is_not_restored(cast: Cast, good: Release) -> None:
    other = build.memory(cast.store, "/other.md")
    memory = Memory.objects.get(path=PATH)
    with pytest.raises(InvalidChange, match="has no text"):
        containment.restore_version(
            memory, other.versions.get(), by=member(cast, "lead"), reason="Odd."
        )


def test_what_was_ever_quarantined_needs_approval_to_come_back(cast: Cast, good: Release) -> None:
    memory = Memory.objects.get(path=PATH)
    build.quarantine(
        workspace=cast.workspace,
        kind=QuarantineKind.MEMORY,
        target=str(memory),
        memory=memory,
        by=cast.lead,
        reason="Poison.",
        lifted_at=product_clock.now(),
    )
    with pytest.raises(InvalidChange, match="was quarantined"):
        restore(cast, 1)
    assert says(cast) == SECOND


@pytest.mark.parametrize("name", ["reviewer", "auditor", "admin"])
def test_only_a_lead_restores(cast: Cast, good: Release, name: str) -> None:
    with pytest.raises(NotAllowed):
        restore(cast, 1, by=name)
    assert says(cast) == SECOND


# The answer


@pytest.mark.parametrize("name", ["reviewer", "second_reviewer"])
def test_another_person_confirms_and_nothing_moves(cast: Cast, good: Release, name: str) -> None:
    made = roll_back(cast, good)
    live = live_release(cast.store)
    answered = answer(cast, made, "confirmed", by=name)
    assert (answered.answer, answered.answered_by) == ("confirmed", getattr(cast, name))
    assert live_release(cast.store) == live
    assert entry_of(Action.CONTAINMENT_CONFIRMED).actor_id == getattr(cast, name).public_id


def test_reversing_serves_what_was_served_before(cast: Cast, good: Release) -> None:
    left = live_release(cast.store)
    made = roll_back(cast, good)
    answer(cast, made, "reversed", reason="It was right.")
    live = live_release(cast.store)
    assert live not in (left, made.release)
    assert live.sha256 == left.sha256
    assert says(cast) == SECOND


def test_reversing_conflicts_what_was_filed_in_between(cast: Cast, good: Release) -> None:
    made = roll_back(cast, good)
    waiting = build.filed(cast.store, op=Op.UPDATE, path=PATH, content="Third.\n", base_version=3)
    answer(cast, made, "reversed", reason="It was right.")
    assert fresh(waiting).state == "conflicted"


def test_reversing_leaves_what_was_applied_elsewhere_since(cast: Cast, good: Release) -> None:
    row = roll_back(cast, good)
    change(cast, "New since.\n", "/other.md")
    answer(cast, row, containment.REVERSED, reason="It was right.")
    assert says(cast) == SECOND
    assert says(cast, "/other.md") == "New since.\n"
    assert "/other.md" in {line.path for line in contents(live_release(cast.store))}


def test_going_back_brings_nothing_back_that_was_quarantined(cast: Cast, good: Release) -> None:
    build.quarantine(
        workspace=cast.workspace,
        kind=QuarantineKind.MEMORY,
        target="M-1",
        memory=Memory.objects.get(store=cast.store, path=PATH),
        by=cast.lead,
        reason="Poisoned.",
        lifted_at=product_clock.now(),
    )
    with pytest.raises(InvalidChange, match="quarantined"):
        roll_back(cast, good)
    assert says(cast) == SECOND


def test_a_restored_text_can_be_reversed_as_well(cast: Cast, good: Release) -> None:
    answer(cast, restore(cast, 1), "reversed", reason="It was right.")
    assert says(cast) == SECOND


def test_the_entry_of_an_answer_keeps_its_reason_apart(cast: Cast, good: Release) -> None:
    made = roll_back(cast, good)
    answer(cast, made, "reversed", reason="Ms Okafor was right")
    entry = entry_of(Action.CONTAINMENT_REVERSED)
    assert "Okafor" not in entry.body
    assert entry.object == f"C-{made.number}"
    assert read_body(entry.body)["after"] == {"kind": "roll_back", "answer": "reversed"}


@pytest.mark.parametrize("verdict", ["confirmed", "reversed"])
def test_who_did_it_does_not_answer(cast: Cast, good: Release, verdict: str) -> None:
    made = roll_back(cast, good)
    with pytest.raises(MayNotDecide, match="Another person"):
        answer(cast, made, verdict, by="lead", reason="Mine.")
    made.refresh_from_db()
    assert made.answer == ""
    assert says(cast) == FIRST


@pytest.mark.parametrize("name", ["auditor", "admin"])
def test_who_does_not_decide_does_not_answer(cast: Cast, good: Release, name: str) -> None:
    with pytest.raises(NotAllowed):
        answer(cast, roll_back(cast, good), "confirmed", by=name)


@pytest.mark.parametrize("first", ["confirmed", "reversed"])
def test_it_is_answered_once(cast: Cast, good: Release, first: str) -> None:
    made = roll_back(cast, good)
    answer(cast, made, first, reason="So be it.")
    live = live_release(cast.store)
    with pytest.raises(StaleProposal, match=f"{first} before"):
        answer(cast, made, "reversed", by="second_reviewer", reason="No.")
    assert live_release(cast.store) == live
    made.refresh_from_db()
    assert (made.answer, made.answered_by) == (first, cast.reviewer)


def test_reversing_takes_a_reason(cast: Cast, good: Release) -> None:
    with pytest.raises(ReasonMissing, match="reversed"):
        answer(cast, roll_back(cast, good), "reversed")
    assert says(cast) == FIRST


@pytest.mark.parametrize("verdict", ["", "maybe", "approve"])
def test_there_are_two_answers(cast: Cast, good: Release, verdict: str) -> None:
    with pytest.raises(InvalidChange, match="Confirm or reverse"):
        answer(cast, roll_back(cast, good), verdict)


def test_late_it_stays_in_force_and_can_still_be_answered(cast: Cast, good: Release, clock) -> None:
    clock.at = product_clock.now()
    made = roll_back(cast, good)
    clock.advance(hours=49)
    decisions.apply_due(product_clock.now())
    assert says(cast) == FIRST
    answered = answer(cast, made, "confirmed")
    assert answered.answered_at is not None
    assert answered.answered_at > answered.due_at


def test_a_second_lead_may_answer_the_first(cast: Cast, good: Release) -> None:
    lars = build.person("Lars", within=cast.workspace, role="lead")
    by = find_member(lars, cast.workspace)
    assert by is not None
    answered = containment.answer(roll_back(cast, good), by=by, verdict="confirmed", reason="")
    assert answered.answered_by == lars
