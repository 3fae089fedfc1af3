"""Letting in what comes later of an agent or a person whose quarantine was confirmed."""

import pytest

from reviews import containment, quarantines
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.errors import MayNotDecide, NotAllowed, ReasonMissing, StaleProposal
from reviews.models import Containment
from tests import build
from tests.reviews.poison import quarantine, says
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def confirmed(cast, clock):
    """The lead quarantined the agent; a reviewer confirmed it."""
    made = quarantine(cast, "agent", cast.agent.slug)
    return answer(cast, made)


def answer(cast, made, verdict="confirmed"):
    containment.answer(made, by=member(cast, "reviewer"), verdict=verdict, reason="Odd.")
    return Containment.objects.get(pk=made.pk)


def let_in(cast, made, name="reviewer", reason="A new prompt."):
    return quarantines.let_in(made.quarantine, by=member(cast, name), reason=reason)


def is_out(session):
    session.refresh_from_db()
    return session.quarantined_at is not None


def test_what_comes_in_afterwards_is_in_service_and_what_came_before_is_not(cast, confirmed, clock):
    before = says(cast.agent)
    clock.advance(minutes=1)
    let_in(cast, confirmed)
    clock.advance(minutes=1)
    assert is_out(before)
    assert not is_out(says(cast.agent))
    entry = Entry.objects.get(action="quarantine.ended")
    assert read_body(entry.body)["after"]["kind"] == "agent"
    assert "new prompt" not in entry.body


def test_the_lead_who_opened_it_does_not_let_in(cast, confirmed):
    with pytest.raises(MayNotDecide):
        let_in(cast, confirmed, "lead")


@pytest.mark.parametrize("name", ["auditor", "admin"])
def test_who_does_not_decide_does_not_let_in(cast, confirmed, name):
    with pytest.raises(NotAllowed):
        let_in(cast, confirmed, name)


def test_it_takes_a_reason_and_is_done_once(cast, confirmed):
    with pytest.raises(ReasonMissing):
        let_in(cast, confirmed, reason=" ")
    let_in(cast, confirmed)
    with pytest.raises(StaleProposal, match="in service already"):
        let_in(cast, confirmed)
    assert Entry.objects.filter(action="quarantine.ended").count() == 1


def test_an_open_quarantine_waits_for_its_answer_first(cast):
    made = quarantine(cast, "agent", cast.agent.slug)
    with pytest.raises(StaleProposal, match="waits for its answer"):
        let_in(cast, made)


def test_a_restored_one_keeps_nothing_out(cast):
    made = answer(cast, quarantine(cast, "agent", cast.agent.slug), "reversed")
    with pytest.raises(StaleProposal, match="Nothing that comes in later"):
        let_in(cast, made)


def test_nothing_comes_in_later_of_a_memory(cast):
    made = answer(cast, quarantine(cast, "memory", build.memory(cast.store)))
    with pytest.raises(StaleProposal, match="Nothing that comes in later"):
        let_in(cast, made)
