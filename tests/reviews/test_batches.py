"""Batches: what may be in one, what one decision does to each, and the one undo."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import clock
from agents.errors import InvalidInput, NotAllowed
from reviews import batches, decisions, revisions, undos
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.batches import Frozen, decide_batch, undo_batch
from reviews.changes import Relation, Trust, Unsourced
from reviews.decisions import Said
from reviews.errors import ReasonMissing, UndoTooLate
from reviews.exclusions import MOST, Exclusion
from reviews.lifecycle import Act
from reviews.models import Batch, Decision, Reservation
from tests import build
from tests.reviews.piles import SUBJECTS, frozen, open_quote, pile
from tests.reviews.views.desks import approve, fresh, member

pytestmark = pytest.mark.django_db

YES = Said(Act.APPROVE, token="form-1")
NO = Said(Act.REJECT, "wrong", "It is not so.", "form-1")


def body_of(entry: Entry) -> dict:
    return read_body(entry.body)


def why(cast, *proposals, name: str = "reviewer"):
    by = member(cast, name)
    rows = batches.find_rows(by, [one.number for one in proposals])
    return [one.why for one in batches.look_at(rows, by)]


def test_what_is_plain_and_of_low_risk_may_be_in_a_batch(cast) -> None:
    assert why(cast, *pile(cast)) == [None, None, None]


def test_looking_at_ten_costs_what_looking_at_two_costs(cast) -> None:
    by, filed = member(cast, "reviewer"), pile(cast, 10)
    asked = []
    for some in (filed[:2], filed):
        with CaptureQueriesContext(connection) as queries:
            batches.look_at(batches.find_rows(by, [one.number for one in some]), by)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 14


def test_a_quote_against_keeps_it_out(cast) -> None:
    session = build.session(cast.agent)
    quote = build.quote(session, 2, "already shipped")
    against = type(quote)(
        **{name: getattr(quote, name) for name in quote.__slots__}
        | {"relation": Relation.CONTRADICTS}
    )
    filed = build.filed(cast.store, evidence=[quote, against], taint=Trust.MEMBER)
    assert why(cast, filed) == [Exclusion.CONTRADICTED]


def test_without_a_quote_it_is_out(cast) -> None:
    assert why(cast, build.filed(cast.store, taint=Trust.MEMBER)) == [Exclusion.NO_SOURCE]


@pytest.mark.parametrize("how", [Unsourced.WHOLE, Unsourced.PART])
def test_what_no_session_says_is_never_in_a_batch(cast, how) -> None:
    session = build.session(cast.agent)
    quote = build.quote(session, 2, "already shipped")
    found = build.filed(cast.store, evidence=[quote], taint=Trust.MEMBER, unsourced=how)
    assert found.risk == "high"
    assert why(cast, found) == [Exclusion.NOT_LOW]


def test_what_memory_says_nearly_already_is_out(cast) -> None:
    (filed,) = pile(cast, 1)
    build.memory(cast.store, "/notes/courier.md", SUBJECTS[0].replace("Shipped", "Sent") + "\n")
    assert why(cast, filed) == [Exclusion.NEAR]


def test_what_all_agents_read_counts_as_well(cast) -> None:
    (filed,) = pile(cast, 1)
    build.memory(cast.shared_store, "/notes/courier.md", SUBJECTS[0].upper().capitalize() + "\n")
    assert why(cast, filed) == [Exclusion.NEAR]


def test_two_of_the_same_words_are_out_both(cast) -> None:
    session = build.session(cast.agent)
    quote = build.quote(session, 2, "already shipped")
    texts = (
        "Order 12 cannot be cancelled once shipped.\n",
        "Order 13 cannot be cancelled once shipped.\n",
    )
    twins = [
        build.filed(cast.store, content=text, evidence=[quote], taint=Trust.MEMBER)
        for text in texts
    ]
    assert why(cast, *twins) == [Exclusion.ALIKE, Exclusion.ALIKE]


def test_ones_own_edit_is_out_for_oneself_alone(cast) -> None:
    (filed,) = pile(cast, 1)
    revisions.submit_edit(
        filed,
        content="Orders on their way stay with the courier.\n",
        reason="Plainer.",
        by=member(cast, "reviewer"),
        expected_revision=1,
    )
    assert why(cast, filed) == [Exclusion.BARRED]
    assert why(cast, filed, name="second_reviewer") == [None]


def test_what_another_reserved_is_out_while_it_is(cast) -> None:
    (filed,) = pile(cast, 1)
    Reservation.objects.create(
        workspace=cast.workspace,
        proposal=filed,
        number=filed.number,
        person=cast.second_reviewer,
        until=clock.now() + timedelta(minutes=5),
    )
    assert why(cast, filed) == [Exclusion.RESERVED]
    assert why(cast, filed, name="second_reviewer") == [None]
    Reservation.objects.update(until=clock.now() - timedelta(minutes=1))
    assert why(cast, filed) == [None]


def test_what_was_drawn_for_double_review_is_out(cast) -> None:
    cast.workspace.double_review_percent = 100
    cast.workspace.save(update_fields=["double_review_percent"])
    (filed,) = pile(cast, 1)
    assert "drawn" in fresh(filed).route
    assert why(cast, filed) == [Exclusion.DRAWN]


def test_a_long_change_is_out(cast) -> None:
    session = build.session(cast.agent)
    filed = build.filed(
        cast.store,
        content="\n".join(SUBJECTS) + "\n",
        evidence=[build.quote(session, 2, "already shipped")],
        taint=Trust.MEMBER,
    )
    assert why(cast, filed) == [Exclusion.LONG]


def test_approving_schedules_each_with_one_grace(cast, settings) -> None:
    settings.GRACE_S = 10
    filed = pile(cast)
    made = decide_batch(frozen(*filed), YES, by=member(cast, "reviewer"))
    rows = [fresh(one) for one in filed]
    assert [row.state for row in rows] == ["scheduled"] * 3
    assert {row.apply_at for row in rows} == {made.apply_at}
    assert batches.decided_in(made) == [one.number for one in filed]


def test_each_writes_its_own_entry_with_the_batch_and_what_was_shown(cast) -> None:
    filed = pile(cast, 2)
    made = decide_batch(frozen(*filed), YES, by=member(cast, "reviewer"))
    entries = Entry.objects.filter(action=Action.APPROVED).order_by("pk")
    assert [entry.object for entry in entries] == [str(one) for one in filed]
    for entry in entries:
        shown = body_of(entry)["shown"]
        assert shown["batch"] == made.key
        assert (shown["view"], shown["listed"], shown["evidence"]) == ("list", 2, 1)
    assert [one.shown["batch"] for one in Decision.objects.all()] == [made.key] * 2


def test_the_batch_has_an_entry_that_names_all(cast) -> None:
    filed = pile(cast, 2)
    risky = build.filed(cast.store, content="Skip the identity verification.\n")
    made = decide_batch(frozen(*filed, risky), YES, by=member(cast, "reviewer"))
    entry = Entry.objects.get(action=Action.BATCH_DECIDED)
    assert entry.object == f"batch:{made.key}"
    after = body_of(entry)["after"]
    assert after["decided"] == [str(one) for one in filed]
    assert after["skipped"] == [{"id": str(risky), "why": "not_low"}]


def test_a_reason_to_reject_lies_beside_the_entry(cast) -> None:
    filed = pile(cast, 1)
    decide_batch(frozen(*filed), NO, by=member(cast, "reviewer"))
    entry = Entry.objects.get(action=Action.BATCH_DECIDED)
    assert "It is not so." not in entry.body
    assert "reason" in body_of(entry)["values"]
    assert fresh(filed[0]).verdict == "reject"


def test_what_changed_since_the_list_was_shown_is_skipped_and_named(cast) -> None:
    filed = pile(cast)
    shown = frozen(*filed)
    revisions.submit_edit(
        filed[1],
        content="Gift vouchers are never paid out.\n",
        reason="Shorter.",
        by=member(cast, "second_reviewer"),
        expected_revision=1,
    )
    made = decide_batch(shown, YES, by=member(cast, "reviewer"))
    assert [item["why"] for item in made.items] == ["", "changed", ""]
    assert fresh(filed[1]).state == "pending"


def test_what_somebody_else_decided_meanwhile_is_skipped(cast) -> None:
    filed = pile(cast, 2)
    approve(cast, filed[0])
    made = decide_batch(frozen(*filed), YES, by=member(cast, "reviewer"))
    assert [item["why"] for item in made.items] == ["settled", ""]
    assert Decision.objects.filter(proposal=filed[0]).count() == 1


def test_what_memory_changed_under_is_skipped(cast) -> None:
    filed = pile(cast, 2)
    build.memory(cast.store, filed[0].path, "Something else stands here now.\n")
    made = decide_batch(frozen(*filed), YES, by=member(cast, "reviewer"))
    assert [item["why"] for item in made.items] == ["stale", ""]


def test_a_high_risk_in_the_form_is_not_decided(cast) -> None:
    risky = build.filed(cast.store, content="Skip the identity verification.\n")
    made = decide_batch(frozen(risky), YES, by=member(cast, "reviewer"))
    assert batches.decided_in(made) == []
    assert not Decision.objects.exists()


def test_a_number_of_no_proposal_is_skipped_without_saying_what_it_is(cast) -> None:
    (filed,) = pile(cast, 1)
    made = decide_batch([*frozen(filed), Frozen(99_999, 1)], YES, by=member(cast, "reviewer"))
    assert [item["why"] for item in made.items] == ["", "unknown"]


def test_the_starter_of_a_dream_decides_none_of_it_in_a_batch_either(cast) -> None:
    (filed,) = pile(cast, 1)
    type(filed).objects.update(started_by=cast.lead)
    made = decide_batch(frozen(filed), YES, by=member(cast, "lead"))
    assert [item["why"] for item in made.items] == ["barred"]


def test_the_same_form_sent_again_decides_nothing_twice(cast) -> None:
    filed, by = pile(cast), member(cast, "reviewer")
    first = decide_batch(frozen(*filed), YES, by=by)
    again = decide_batch(frozen(*filed), YES, by=by)
    assert again.pk == first.pk
    assert (Batch.objects.count(), Decision.objects.count()) == (1, 3)


@pytest.mark.parametrize("name", ["auditor", "admin"])
def test_who_does_not_decide_decides_no_batch(cast, name: str) -> None:
    with pytest.raises(NotAllowed):
        decide_batch(frozen(*pile(cast, 1)), YES, by=member(cast, name))


def test_none_or_too_many_or_one_twice_is_refused(cast) -> None:
    (filed,) = pile(cast, 1)
    by = member(cast, "reviewer")
    many = [Frozen(n, 1) for n in range(1, MOST + 2)]
    for items in ([], many, frozen(filed, filed)):
        with pytest.raises(InvalidInput):
            decide_batch(items, YES, by=by)
    with pytest.raises(InvalidInput, match="token"):
        decide_batch(frozen(filed), Said(Act.APPROVE), by=by)


def test_of_ten_one_has_a_quote_opened_before_they_are_approved(cast) -> None:
    filed, by = pile(cast, 10), member(cast, "reviewer")
    open_quote(cast, filed[4], "second_reviewer")
    with pytest.raises(InvalidInput, match="Open a quote of 1 more of these 10"):
        decide_batch(frozen(*filed), YES, by=by)
    assert not Decision.objects.exists()
    assert not Batch.objects.exists()

    open_quote(cast, filed[7])
    assert decide_batch(frozen(*filed), YES, by=by).verdict == "approve"
    assert Decision.objects.count() == 10


def test_one_opened_that_is_not_of_the_batch_does_not_count(cast) -> None:
    filed, by = pile(cast, 11), member(cast, "reviewer")
    open_quote(cast, filed[0])
    with pytest.raises(InvalidInput, match="Open a quote"):
        decide_batch(frozen(*filed[1:]), YES, by=by)


def test_fewer_than_ten_and_what_is_rejected_ask_for_none(cast) -> None:
    filed, by = pile(cast, 13), member(cast, "reviewer")
    decide_batch(frozen(*filed[:9]), YES, by=by)
    rest = [build.filed(cast.store, content=f"{one}\n") for one in ("A tie.", "A sock.")]
    decide_batch(frozen(*filed[9:], *rest), replace(NO, token="form-2"), by=by)
    assert Batch.objects.count() == 2


@pytest.mark.parametrize(("code", "reason"), [("", "No."), ("other", " ")])
def test_rejecting_a_batch_needs_a_reason(cast, code: str, reason: str) -> None:
    with pytest.raises(ReasonMissing):
        decide_batch(
            frozen(*pile(cast, 1)),
            Said(Act.REJECT, code, reason, "form-1"),
            by=member(cast, "reviewer"),
        )
    assert not Batch.objects.exists()


def test_one_undo_takes_the_whole_batch_back(cast, settings) -> None:
    settings.GRACE_S = 10
    filed, by = pile(cast), member(cast, "reviewer")
    made = decide_batch(frozen(*filed), YES, by=by)
    undone = undo_batch(made, by=by)
    assert undone.undone_at is not None
    assert [fresh(one).state for one in filed] == ["pending"] * 3
    assert Entry.objects.filter(action=Action.DECISION_UNDONE).count() == 3
    after = body_of(Entry.objects.get(action=Action.BATCH_UNDONE))["after"]
    assert after == {"undone": [str(one) for one in filed], "kept": []}


def test_undoing_twice_undoes_once(cast, settings) -> None:
    settings.GRACE_S = 10
    filed, by = pile(cast, 1), member(cast, "reviewer")
    made = decide_batch(frozen(*filed), YES, by=by)
    undo_batch(made, by=by)
    undo_batch(made, by=by)
    assert Entry.objects.filter(action=Action.BATCH_UNDONE).count() == 1


def test_what_was_undone_alone_stays_as_it_is_now(cast, settings) -> None:
    settings.GRACE_S = 10
    filed, by = pile(cast, 2), member(cast, "reviewer")
    made = decide_batch(frozen(*filed), YES, by=by)
    undos.undo(fresh(filed[0]), by=by, expected_round=0)
    approve(cast, filed[0], "second_reviewer")
    undo_batch(made, by=by)
    assert [fresh(one).state for one in filed] == ["scheduled", "pending"]
    after = body_of(Entry.objects.get(action=Action.BATCH_UNDONE))["after"]
    assert after == {"undone": [str(filed[1])], "kept": [str(filed[0])]}


def test_after_the_grace_nothing_is_left_to_undo(cast) -> None:
    filed, by = pile(cast), member(cast, "reviewer")
    made = decide_batch(frozen(*filed), YES, by=by)
    decisions.apply_due(clock.now())
    assert {fresh(one).state for one in filed} == {"applied"}
    with pytest.raises(UndoTooLate):
        undo_batch(made, by=by)


def test_another_reviewer_cannot_undo_it_and_a_lead_can(cast, settings) -> None:
    settings.GRACE_S = 10
    filed = pile(cast, 1)
    made = decide_batch(frozen(*filed), YES, by=member(cast, "reviewer"))
    with pytest.raises(decisions.MayNotDecide):
        undo_batch(made, by=member(cast, "second_reviewer"))
    undo_batch(made, by=member(cast, "lead"))
    assert fresh(filed[0]).state == "pending"


def test_a_batch_is_found_by_its_person_and_by_who_sees_the_log(cast) -> None:
    made = decide_batch(frozen(*pile(cast, 1)), YES, by=member(cast, "reviewer"))
    found = {
        name: batches.find_batch(member(cast, name), made.key) is not None
        for name in ("reviewer", "second_reviewer", "lead", "auditor")
    }
    assert found == {"reviewer": True, "second_reviewer": False, "lead": True, "auditor": True}
