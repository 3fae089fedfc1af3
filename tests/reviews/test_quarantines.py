"""Quarantine: at once by one lead, out of every read, confirmed or restored by another person."""

from datetime import timedelta

import pytest

from agents import clock as product_clock
from agents import freezes
from agents.models import Quarantine, Release, Session
from agents.people import find_member
from agents.reads import read_memory
from agents.releases import contents, live_release, quarantined
from reviews import containment, decisions, quarantines
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.audit.values import open_values
from reviews.changes import Op
from reviews.errors import InvalidChange, MayNotDecide, NotAllowed, ReasonMissing, StaleProposal
from reviews.models import Containment, Proposal
from tests import build
from tests.cast import Cast
from tests.reviews.poison import aim, carry_out, learn, memory_at, quarantine, quote, says
from tests.reviews.views.desks import fresh, member

pytestmark = pytest.mark.django_db

BUDGET = 4_000


@pytest.fixture
def bad(cast: Cast) -> Session:
    """A session /bad.md and /worse.md were learned from; /good.md was not."""
    made = says(cast.agent)
    learn(cast, "/bad.md", [made])
    learn(cast, "/worse.md", [made], store=cast.shared_store)
    learn(cast, "/good.md", [says(cast.agent)])
    return made


def given(cast: Cast, name: str = "new") -> set[str]:
    """Paths a session is given now."""
    return {item.path for item in read_memory(cast.agent, name, BUDGET).items if item.is_in}


def answer(cast: Cast, made: Containment, verdict: str, *, by: str = "reviewer", reason: str = ""):
    return containment.answer(made, by=member(cast, by), verdict=verdict, reason=reason)


def part_at(made: Containment, path: str) -> Quarantine:
    return quarantines.parts_of(made.quarantine).get(memory__path=path)


def entry_of(action: Action) -> Entry:
    return Entry.objects.filter(action=action).latest("pk")


def said(action: Action) -> dict:
    return read_body(entry_of(action).body)


# Opening


def test_what_rests_on_it_is_out_of_every_read_and_the_rest_is_not(cast: Cast, bad) -> None:
    assert given(cast) == {"/bad.md", "/worse.md", "/good.md"}
    quarantine(cast, "session", bad)
    assert given(cast) == given(cast, "later") == {"/good.md"}


def test_no_release_is_written_and_none_changes(cast: Cast, bad) -> None:
    before = list(Release.objects.order_by("pk").values())
    served = contents(live_release(cast.store))
    quarantine(cast, "session", bad)
    assert list(Release.objects.order_by("pk").values()) == before
    assert contents(live_release(cast.store)) == served


def test_the_session_is_out_and_the_others_are_not(cast: Cast, bad) -> None:
    quarantine(cast, "session", bad)
    out = Session.objects.exclude(quarantined_at=None)
    assert list(out) == [bad]


def test_an_agents_sessions_go_and_those_that_come_in_later(cast: Cast, bad) -> None:
    quarantine(cast, "agent", "refund-desk")
    assert not Session.objects.filter(agent=cast.agent, quarantined_at=None).exists()
    assert says(cast.agent).quarantined_at is not None
    assert says(build.agent(cast.workspace, "other-one")).quarantined_at is None


def test_an_answer_is_due_within_two_days(cast: Cast, bad) -> None:
    made = quarantine(cast, "session", bad)
    assert made.due_at - made.created_at == timedelta(hours=48)
    assert (made.kind, made.target, made.by, made.answer) == (
        "quarantine",
        str(bad),
        cast.lead,
        "",
    )


def test_what_waits_and_rests_on_it_is_withdrawn_with_the_reason(cast: Cast, bad) -> None:
    waiting = build.filed(cast.store, path="/new.md", evidence=[quote(bad)])
    beside = build.filed(cast.store, path="/beside.md")
    quarantine(cast, "session", bad)
    assert fresh(waiting).state == "withdrawn"
    assert str(bad) in fresh(waiting).state_reason
    assert fresh(beside).state == "pending"


@pytest.mark.parametrize("state", ["conflicted", "changes_requested"])
def test_what_was_set_aside_and_rests_on_it_is_withdrawn(cast: Cast, bad, state: str) -> None:
    waiting = build.filed(cast.store, path="/new.md", evidence=[quote(bad)])
    Proposal.objects.filter(pk=waiting.pk).update(state=state)
    quarantine(cast, "session", bad)
    assert fresh(waiting).state == "withdrawn"


def test_what_is_approved_and_not_applied_yet_is_never_applied(cast: Cast, bad, clock) -> None:
    clock.at = product_clock.now()
    due = build.filed(cast.store, path="/new.md", evidence=[quote(bad)])
    Proposal.objects.filter(pk=due.pk).update(
        state="scheduled",
        state_before="pending",
        verdict="approve",
        apply_at=clock.at + timedelta(seconds=10),
    )
    quarantine(cast, "session", bad)
    clock.advance(seconds=20)
    decisions.apply_due(clock.at)
    assert fresh(due).state == "withdrawn"
    assert not cast.store.memories.filter(path="/new.md").exists()


def test_what_would_change_its_memories_is_set_aside(cast: Cast, bad) -> None:
    update = build.filed(cast.store, op=Op.UPDATE, path="/bad.md", base_version=1)
    quarantine(cast, "session", bad)
    assert (fresh(update).state, fresh(update).state_reason) == (
        "conflicted",
        "A memory it changes was quarantined.",
    )


@pytest.mark.parametrize("name", ["reviewer", "auditor", "admin"])
def test_only_a_lead_quarantines(cast: Cast, bad, name: str) -> None:
    with pytest.raises(NotAllowed, match="A lead"):
        quarantine(cast, "session", bad, by=name)
    assert not Quarantine.objects.exists()
    assert "/bad.md" in given(cast)


def test_it_takes_a_reason(cast: Cast, bad) -> None:
    with pytest.raises(ReasonMissing, match="48 hours"):
        quarantine(cast, "session", bad, reason=" \n")
    assert not Quarantine.objects.exists()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("session", "S-999"),
        ("session", "M-1"),
        ("session", ""),
        ("agent", "other-desk"),
        ("memory", "M-999"),
        ("person", "olga@elsewhere.example"),
        ("person", ""),
        ("release", "R-1"),
    ],
)
def test_what_is_not_here_cannot_be_quarantined(cast: Cast, kind: str, name: str) -> None:
    with pytest.raises(InvalidChange):
        aim(cast, kind, name)


@pytest.mark.parametrize("kind", ["session", "agent", "memory", "person"])
def test_the_same_is_not_quarantined_twice(cast: Cast, bad, kind: str) -> None:
    names = {
        "session": bad,
        "agent": "refund-desk",
        "memory": memory_at("/bad.md"),
        "person": cast.reviewer.email,
    }
    quarantine(cast, kind, names[kind])
    with pytest.raises(InvalidChange, match="quarantined already"):
        quarantine(cast, kind, names[kind])
    assert Containment.objects.count() == 1


def test_it_works_although_frozen(cast: Cast, bad) -> None:
    freezes.freeze_workspace(cast.workspace, reason="Incident", by=cast.lead)
    made = quarantine(cast, "session", bad)
    assert given(cast) == {"/good.md"}
    answer(cast, made, "confirmed")
    assert {line.path for line in contents(live_release(cast.store))} == {"/good.md"}


def test_a_memory_is_out_with_every_version_it_had(cast: Cast, bad) -> None:
    learn(cast, "/good.md")
    made = quarantine(cast, "memory", memory_at("/good.md"))
    assert given(cast) == {"/bad.md", "/worse.md"}
    assert quarantined(cast.workspace) == {memory_at("/good.md").pk: 2}
    assert part_at(made, "/good.md") == made.quarantine


def test_what_is_approved_for_the_path_afterwards_is_served_and_nothing_older(
    cast: Cast, bad
) -> None:
    running = read_memory(cast.agent, "running", BUDGET)
    quarantine(cast, "session", bad)
    learn(cast, "/bad.md", content="Reviewed anew.\n")
    assert "Reviewed anew." in read_memory(cast.agent, "new", BUDGET).text
    assert "/bad.md" not in given(cast, "running")
    assert "/bad.md" in running.text.replace("## ", "")


def test_the_entry_lists_what_went_and_keeps_words_apart(cast: Cast, bad) -> None:
    learn(cast, "/flagged.md", [])
    waiting = build.filed(cast.store, path="/new.md", evidence=[quote(bad)])
    made = quarantine(cast, "session", bad, reason="Ms Okafor was lied to")
    body = said(Action.QUARANTINE_OPENED)
    assert "Okafor" not in entry_of(Action.QUARANTINE_OPENED).body
    assert body["object"] == f"Q-{made.quarantine.number}"
    assert body["actor"] == {"kind": "person", "id": cast.lead.public_id}
    assert body["shown"] == {"memories": 0}
    after = body["after"]
    assert after["target"] == str(bad)
    assert after["memories"] == [str(memory_at(path)) for path in ("/bad.md", "/worse.md")]
    assert (after["withdrawn"], after["conflicted"]) == ([str(waiting)], [])
    assert (after["sessions"], after["readers"], after["running"]) == (1, 0, 0)
    values = open_values(body["values"])
    assert (values["reason"], values["target"]) == ("Ms Okafor was lied to", str(bad))


def test_the_entry_of_somebody_only_sessions_name_holds_no_name(cast: Cast) -> None:
    says(cast.agent, principal="Jane Roe")
    quarantine(cast, "person", "Jane Roe")
    body = said(Action.QUARANTINE_OPENED)
    assert "Jane" not in entry_of(Action.QUARANTINE_OPENED).body
    assert "target" not in body["after"]
    assert open_values(body["values"])["target"] == "Jane Roe"


# The answer


def test_confirmed_it_is_retired_and_stays_out(cast: Cast, bad) -> None:
    read_memory(cast.agent, "running", BUDGET)
    made = quarantine(cast, "session", bad)
    answer(cast, made, "confirmed")
    assert {line.path for line in contents(live_release(cast.store))} == {"/good.md"}
    assert contents(live_release(cast.shared_store)) == ()
    assert given(cast, "running") == given(cast) == {"/good.md"}
    assert memory_at("/bad.md").head.is_tombstone
    assert memory_at("/bad.md").versions.get(number=1).content


def test_confirming_leaves_a_text_that_was_approved_meanwhile(cast: Cast, bad) -> None:
    made = quarantine(cast, "session", bad)
    learn(cast, "/bad.md", content="Reviewed anew.\n")
    answer(cast, made, "confirmed")
    assert memory_at("/bad.md").head.content == "Reviewed anew.\n"
    assert given(cast) == {"/bad.md", "/good.md"}


def test_confirming_sets_aside_what_was_filed_on_those_paths(cast: Cast, bad) -> None:
    made = quarantine(cast, "session", bad)
    waiting = build.filed(cast.store, op=Op.UPDATE, path="/bad.md", base_version=1)
    answer(cast, made, "confirmed")
    assert fresh(waiting).state == "conflicted"


def test_restored_it_is_given_again_byte_for_byte(cast: Cast, bad) -> None:
    before = read_memory(cast.agent, "running", BUDGET)
    made = quarantine(cast, "session", bad)
    without = read_memory(cast.agent, "running", BUDGET)
    answer(cast, made, "reversed", reason="A misreading.")
    after = read_memory(cast.agent, "running", BUDGET)
    assert (after.text, after.etag, after.sha256) == (before.text, before.etag, before.sha256)
    assert without.etag != before.etag
    assert not Session.objects.exclude(quarantined_at=None).exists()
    assert not Quarantine.objects.filter(lifted_at=None).exists()


def test_what_was_withdrawn_is_not_filed_again_by_restoring(cast: Cast, bad) -> None:
    waiting = build.filed(cast.store, path="/new.md", evidence=[quote(bad)])
    answer(cast, quarantine(cast, "session", bad), "reversed", reason="A misreading.")
    assert fresh(waiting).state == "withdrawn"
    again = build.filed(cast.store, path="/new.md", evidence=[quote(bad)])
    assert carry_out(cast, again).state == "applied"


def test_what_another_quarantine_keeps_out_stays_out(cast: Cast, bad) -> None:
    first = quarantine(cast, "session", bad)
    quarantine(cast, "memory", memory_at("/bad.md"))
    quarantine(cast, "agent", "refund-desk")
    answer(cast, first, "reversed", reason="A misreading.")
    assert quarantined(cast.workspace).keys() == {
        memory_at(path).pk for path in ("/bad.md", "/good.md", "/worse.md")
    }
    assert Session.objects.get(pk=bad.pk).quarantined_at is not None


def test_a_session_stays_out_while_a_person_it_served_is(cast: Cast) -> None:
    served = says(cast.agent, principal="Jane Roe")
    first = quarantine(cast, "session", served)
    quarantine(cast, "person", "Jane Roe")
    answer(cast, first, "reversed", reason="A misreading.")
    assert Session.objects.get(pk=served.pk).quarantined_at is not None


@pytest.mark.parametrize("verdict", ["confirmed", "reversed"])
def test_who_did_it_does_not_answer(cast: Cast, bad, verdict: str) -> None:
    made = quarantine(cast, "session", bad)
    with pytest.raises(MayNotDecide, match="Another person"):
        answer(cast, made, verdict, by="lead", reason="Mine.")
    assert given(cast) == {"/good.md"}


@pytest.mark.parametrize("verdict", ["confirmed", "reversed"])
def test_who_it_is_about_does_not_answer(cast: Cast, verdict: str) -> None:
    made = quarantine(cast, "person", cast.reviewer.email)
    with pytest.raises(MayNotDecide, match="about you"):
        answer(cast, made, verdict, reason="Not me.")
    assert answer(cast, made, verdict, by="second_reviewer", reason="Looked.").answer == verdict


@pytest.mark.parametrize("name", ["auditor", "admin"])
def test_who_does_not_decide_does_not_answer(cast: Cast, bad, name: str) -> None:
    made = quarantine(cast, "session", bad)
    with pytest.raises(NotAllowed):
        answer(cast, made, "confirmed", by=name)


@pytest.mark.parametrize("first", ["confirmed", "reversed"])
def test_it_is_answered_once(cast: Cast, bad, first: str) -> None:
    made = quarantine(cast, "session", bad)
    answer(cast, made, first, reason="So be it.")
    with pytest.raises(StaleProposal, match=f"{first} before"):
        answer(cast, made, "reversed", by="second_reviewer", reason="No.")


def test_late_it_stays_in_force_and_can_still_be_answered(cast: Cast, bad, clock) -> None:
    clock.at = product_clock.now()
    made = quarantine(cast, "session", bad)
    clock.advance(hours=49)
    decisions.apply_due(clock.at)
    assert given(cast) == {"/good.md"}
    assert answer(cast, made, "confirmed").answered_at > made.due_at


def test_a_text_that_was_quarantined_is_not_put_back_alone(cast: Cast, bad) -> None:
    answer(cast, quarantine(cast, "session", bad), "confirmed")
    memory = memory_at("/bad.md")
    with pytest.raises(InvalidChange, match="need approval"):
        containment.restore_version(
            memory, memory.versions.get(number=1), by=member(cast, "lead"), reason="Was fine."
        )


def test_restoring_is_on_the_record(cast: Cast, bad) -> None:
    made = quarantine(cast, "session", bad)
    answer(cast, made, "reversed", reason="Ms Okafor was right")
    lifted = said(Action.QUARANTINE_LIFTED)
    assert lifted["object"] == f"Q-{made.quarantine.number}"
    assert lifted["after"]["sessions"] == 1
    assert lifted["after"]["memories"] == [
        str(memory_at(path)) for path in ("/bad.md", "/worse.md")
    ]
    assert said(Action.CONTAINMENT_REVERSED)["after"] == {
        "kind": "quarantine",
        "answer": "reversed",
    }
    assert not Entry.objects.filter(body__contains="Okafor").exists()


# One memory of several


def test_one_memory_is_restored_alone(cast: Cast, bad) -> None:
    made = quarantine(cast, "session", bad)
    quarantines.restore_part(part_at(made, "/bad.md"), by=member(cast, "reviewer"), reason="Fine.")
    assert given(cast) == {"/bad.md", "/good.md"}
    answer(cast, made, "confirmed")
    assert given(cast) == {"/bad.md", "/good.md"}
    assert not memory_at("/bad.md").head.is_tombstone
    assert Session.objects.get(pk=bad.pk).quarantined_at is not None
    part = part_at(made, "/bad.md")
    assert (part.lifted_by, part.lift_reason) == (cast.reviewer, "Fine.")
    assert said(Action.QUARANTINE_LIFTED)["after"]["memories"] == [str(memory_at("/bad.md"))]


def test_one_memory_is_not_restored_by_the_lead_who_did_it(cast: Cast, bad) -> None:
    made = quarantine(cast, "session", bad)
    with pytest.raises(MayNotDecide):
        quarantines.restore_part(part_at(made, "/bad.md"), by=member(cast, "lead"), reason="Fine.")
    assert given(cast) == {"/good.md"}


@pytest.mark.parametrize("name", ["auditor", "admin"])
def test_one_memory_is_restored_by_who_decides(cast: Cast, bad, name: str) -> None:
    made = quarantine(cast, "session", bad)
    with pytest.raises(NotAllowed):
        quarantines.restore_part(part_at(made, "/bad.md"), by=member(cast, name), reason="Fine.")


def test_restoring_one_memory_takes_a_reason(cast: Cast, bad) -> None:
    made = quarantine(cast, "session", bad)
    with pytest.raises(ReasonMissing):
        quarantines.restore_part(part_at(made, "/bad.md"), by=member(cast, "reviewer"), reason=" ")


def test_one_memory_is_restored_once_and_before_the_answer(cast: Cast, bad) -> None:
    made = quarantine(cast, "session", bad)
    by = member(cast, "reviewer")
    quarantines.restore_part(part_at(made, "/bad.md"), by=by, reason="Fine.")
    with pytest.raises(StaleProposal, match="restored before"):
        quarantines.restore_part(part_at(made, "/bad.md"), by=by, reason="Fine.")
    answer(cast, made, "confirmed")
    with pytest.raises(StaleProposal, match="confirmed before"):
        quarantines.restore_part(part_at(made, "/worse.md"), by=by, reason="Fine.")


# What it keeps out of


def test_a_quarantined_session_is_no_evidence(cast: Cast, bad) -> None:
    quarantine(cast, "session", bad)
    with pytest.raises(InvalidChange, match="no evidence"):
        build.filed(cast.store, path="/again.md", evidence=[quote(bad)])


def test_another_lead_may_answer(cast: Cast, bad) -> None:
    lars = build.person("Lars", within=cast.workspace, role="lead")
    by = find_member(lars, cast.workspace)
    made = quarantine(cast, "session", bad)
    assert containment.answer(made, by=by, verdict="confirmed", reason="").answered_by == lars


# A memory of which only an earlier text rests on the target


@pytest.fixture
def earlier(cast: Cast) -> Session:
    """A session of which /a.md had been learned before it said something else again."""
    made = says(cast.agent)
    learn(cast, "/a.md", [made], content="Poison.\n")
    read_memory(cast.agent, "running", BUDGET)
    learn(cast, "/a.md", content="", op=Op.RETIRE)
    learn(cast, "/a.md", [says(cast.agent)], content="Sound.\n")
    return made


def test_what_it_says_now_is_served_on_and_the_earlier_text_is_not(cast: Cast, earlier) -> None:
    update = build.filed(cast.store, op=Op.UPDATE, path="/a.md", base_version=3)
    quarantine(cast, "session", earlier)
    assert "Sound." in read_memory(cast.agent, "new", BUDGET).text
    assert read_memory(cast.agent, "running", BUDGET).text == ""
    assert fresh(update).state == "pending"


def test_confirming_leaves_what_it_says_now(cast: Cast, earlier) -> None:
    release = live_release(cast.store)
    answer(cast, quarantine(cast, "session", earlier), "confirmed")
    assert memory_at("/a.md").head.content == "Sound.\n"
    assert live_release(cast.store) == release
    assert read_memory(cast.agent, "running", BUDGET).text == ""
