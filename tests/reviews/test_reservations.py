"""Reserving a proposal: a courtesy for ten minutes that keeps nobody from reading or deciding."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from agents.people import find_member
from reviews import reservations
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.errors import AlreadyReserved, MayNotDecide, NotAllowed, StaleProposal
from reviews.models import Reservation
from reviews.reservations import LEASE, MOST, holder_of, open_up, release, reserve
from tests import build
from tests.reviews.views.desks import approve, fresh, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposal(cast):
    return build.filed(cast.store, content="Ask first.\n")


def log_of(proposal) -> list[str]:
    wanted = [Action.PROPOSAL_RESERVED, Action.PROPOSAL_RELEASED]
    rows = Entry.objects.filter(object=str(proposal), action__in=wanted).order_by("pk")
    return list(rows.values_list("action", flat=True))


def test_a_reservation_is_for_ten_minutes_and_on_the_record(cast, proposal, clock) -> None:
    found = reserve(proposal, by=member(cast, "reviewer"))

    assert (found.person, found.until) == (cast.reviewer, clock() + timedelta(minutes=10))
    entry = Entry.objects.get(action=Action.PROPOSAL_RESERVED)
    body = read_body(entry.body)
    assert body["object"] == str(proposal)
    assert body["after"] == {"until": "2026-11-21T06:10:00Z"}
    assert body["actor"] == {"kind": "person", "id": cast.reviewer.public_id}


def test_it_ends_by_time_with_nothing_running(cast, proposal, clock) -> None:
    reserve(proposal, by=member(cast, "reviewer"))
    clock.advance(seconds=LEASE.total_seconds())

    assert holder_of(proposal, clock()) is None
    assert reserve(proposal, by=member(cast, "lead")).person == cast.lead


def test_while_it_lasts_nobody_else_gets_one_and_they_are_told_who(cast, proposal, clock) -> None:
    reserve(proposal, by=member(cast, "reviewer"))
    clock.advance(minutes=1)

    with pytest.raises(AlreadyReserved, match=r"Rosa has reserved P-.* for 9 min more"):
        reserve(proposal, by=member(cast, "lead"))
    assert log_of(proposal) == [Action.PROPOSAL_RESERVED]


def test_ones_own_begins_anew_without_another_entry(cast, proposal, clock) -> None:
    reserve(proposal, by=member(cast, "reviewer"))
    clock.advance(minutes=9)

    assert reserve(proposal, by=member(cast, "reviewer")).until == clock() + LEASE
    assert log_of(proposal) == [Action.PROPOSAL_RESERVED]


def test_releasing_ends_ones_own_and_is_on_the_record(cast, proposal, clock) -> None:
    reserve(proposal, by=member(cast, "reviewer"))

    release(proposal, by=member(cast, "lead"))
    assert holder_of(proposal, clock()).person == cast.reviewer
    release(proposal, by=member(cast, "reviewer"))
    assert holder_of(proposal, clock()) is None
    release(proposal, by=member(cast, "reviewer"))
    assert log_of(proposal) == [Action.PROPOSAL_RESERVED, Action.PROPOSAL_RELEASED]


def test_a_reservation_keeps_nobody_from_deciding(cast, proposal) -> None:
    reserve(proposal, by=member(cast, "reviewer"))

    assert approve(cast, proposal, "lead").state == "scheduled"


def test_who_cannot_decide_cannot_keep_others_away(cast, clock) -> None:
    own = build.proposal(cast.store, proposer=cast.reviewer)

    with pytest.raises(MayNotDecide, match="You filed this"):
        reserve(own, by=member(cast, "reviewer"))
    with pytest.raises(NotAllowed):
        reserve(own, by=member(cast, "auditor"))
    assert open_up(own, by=member(cast, "reviewer")) is None


@pytest.mark.parametrize("state", ["applied", "rejected", "scheduled", "withdrawn"])
def test_what_is_settled_is_not_reserved(cast, state) -> None:
    settled = build.proposal(cast.store, state)

    with pytest.raises(StaleProposal, match="nothing to reserve"):
        reserve(settled, by=member(cast, "reviewer"))
    assert open_up(settled, by=member(cast, "reviewer")) is None


def test_a_conflict_can_be_reserved_while_it_is_settled(cast) -> None:
    assert reserve(build.proposal(cast.store, "conflicted"), by=member(cast, "reviewer"))


def test_nobody_reserves_everything(cast) -> None:
    made = [build.proposal(cast.store, content=f"{n}\n") for n in range(MOST + 1)]
    for one in made[:MOST]:
        reserve(one, by=member(cast, "reviewer"))

    with pytest.raises(MayNotDecide, match=f"You have reserved {MOST}"):
        reserve(made[MOST], by=member(cast, "reviewer"))
    assert reserve(made[0], by=member(cast, "reviewer"))


def test_opening_reserves_and_opening_the_next_lets_go(cast, clock) -> None:
    first, second = (build.proposal(cast.store, content=f"{n}\n") for n in range(2))

    assert open_up(first, by=member(cast, "reviewer")).person == cast.reviewer
    assert open_up(second, by=member(cast, "reviewer")).person == cast.reviewer

    assert holder_of(first, clock()) is None
    assert log_of(first) == [Action.PROPOSAL_RESERVED, Action.PROPOSAL_RELEASED]
    assert log_of(second) == [Action.PROPOSAL_RESERVED]


def test_what_was_reserved_by_key_stays_when_the_next_one_is_opened(cast, clock) -> None:
    first, second = (build.proposal(cast.store, content=f"{n}\n") for n in range(2))
    open_up(first, by=member(cast, "reviewer"))
    reserve(first, by=member(cast, "reviewer"))

    open_up(second, by=member(cast, "reviewer"))

    assert holder_of(first, clock()).person == cast.reviewer


def test_opening_what_another_has_takes_nothing(cast, proposal, clock) -> None:
    reserve(proposal, by=member(cast, "reviewer"))

    assert open_up(proposal, by=member(cast, "lead")).person == cast.reviewer
    assert log_of(proposal) == [Action.PROPOSAL_RESERVED]


def test_opening_again_does_not_make_it_longer(cast, proposal, clock) -> None:
    until = open_up(proposal, by=member(cast, "reviewer")).until
    clock.advance(minutes=5)

    assert open_up(proposal, by=member(cast, "reviewer")).until == until


def test_a_reservation_of_one_workspace_lets_go_nothing_in_another(cast, proposal, clock) -> None:
    elsewhere = build.proposal(cast.other_agent.store)
    open_up(elsewhere, by=find_member(cast.outsider, cast.elsewhere))
    open_up(proposal, by=member(cast, "reviewer"))

    assert holder_of(elsewhere, clock()).person == cast.outsider


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_has_it_and_the_other_is_told(cast, proposal) -> None:
    barrier, told = threading.Barrier(2), []

    def race(name: str) -> None:
        by = member(cast, name)
        barrier.wait()
        try:
            told.append(reserve(proposal, by=by).person.name)
        except AlreadyReserved as error:
            told.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=race, args=(n,)) for n in ("reviewer", "lead")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    held = Reservation.objects.get(proposal=proposal)
    assert held.person.name in told
    assert sum("has reserved" in words for words in told) == 1
    assert log_of(proposal) == [Action.PROPOSAL_RESERVED]


def test_a_decision_leaves_no_reservation_to_show(cast, proposal, client_of) -> None:
    reserve(proposal, by=member(cast, "lead"))
    approve(cast, proposal, "reviewer")

    assert fresh(proposal).state == "scheduled"
    page = client_of(cast.reviewer).get(f"/w/northwind/review/{proposal}/").content.decode()
    assert "Reserved by" not in page
    assert reservations.DECIDABLE.isdisjoint({"scheduled", "applied"})
