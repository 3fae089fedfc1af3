"""Which sessions a quarantine takes out, and which come back."""

from dataclasses import replace

import pytest

from agents import clock as product_clock
from agents.models import Quarantine, QuarantineKind, Session
from agents.quarantines import give_back, sessions_of, take_out
from tests import build
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def act(cast: Cast, kind: QuarantineKind, **target: object) -> Quarantine:
    """A quarantine in force, with the sessions it names taken out."""
    row = build.quarantine(
        workspace=cast.workspace, kind=kind, target="it", by=cast.lead, reason="Odd.", **target
    )
    take_out(row, product_clock.now())
    return row


def lift(row: Quarantine) -> int:
    Quarantine.objects.filter(pk=row.pk).update(lifted_at=product_clock.now())
    return give_back(row)


def out() -> set[Session]:
    return set(Session.objects.exclude(quarantined_at=None))


def test_a_session_alone(cast: Cast) -> None:
    one, _ = build.session(cast.agent), build.session(cast.agent)
    act(cast, QuarantineKind.SESSION, session=one)
    assert out() == {one}


def test_an_agents_sessions_in_its_workspace_only(cast: Cast) -> None:
    own = {build.session(cast.agent), build.session(cast.agent)}
    build.session(build.agent(cast.workspace, "other-one"))
    build.session(cast.other_agent)
    act(cast, QuarantineKind.AGENT, agent=cast.agent)
    assert out() == own


@pytest.mark.parametrize("name", ["Jane Roe", "JANE ROE", "jane roe"])
def test_sessions_that_served_a_person_however_spelled(cast: Cast, name: str) -> None:
    served = build.session(cast.agent, principal=name)
    build.session(cast.agent, principal="Jane Roebuck")
    build.session(cast.other_agent, principal=name)
    act(cast, QuarantineKind.PERSON, names=["jane roe"])
    assert out() == {served}


def test_sessions_a_person_speaks_in_any_revision_counts(cast: Cast) -> None:
    words = replace(build.says("Approved."), person="Jane Roe")
    spoke = build.session(cast.agent, (words,), external_id="one")
    build.session(cast.agent, (build.says("Changed."),), external_id="one")
    build.session(cast.agent, (build.says("Jane Roe said so."),))
    act(cast, QuarantineKind.PERSON, names=["jane roe"])
    assert out() == {spoke}


def test_a_memory_takes_no_session_out(cast: Cast) -> None:
    build.session(cast.agent)
    memory = build.memory(cast.store)
    row = act(cast, QuarantineKind.MEMORY, memory=memory)
    assert list(sessions_of(row)) == []
    assert out() == set()


def test_a_session_that_comes_in_later_is_out_at_once(cast: Cast) -> None:
    act(cast, QuarantineKind.AGENT, agent=cast.agent)
    act(cast, QuarantineKind.PERSON, names=["jane roe"])
    other = build.agent(cast.workspace, "other-one")
    late = {
        build.session(cast.agent),
        build.session(other, principal="Jane Roe"),
        build.session(other, (replace(build.says("Mine."), person="jane ROE"),)),
    }
    build.session(other)
    assert out() == late


def test_a_revision_in_which_a_quarantined_person_speaks_takes_its_session_out(cast: Cast) -> None:
    session = build.session(cast.agent, external_id="one")
    act(cast, QuarantineKind.PERSON, names=["jane roe"])
    assert out() == set()
    build.session(cast.agent, (replace(build.says("Mine."), person="Jane Roe"),), external_id="one")
    assert out() == {session}


def test_what_came_in_after_its_end_is_in_service(cast: Cast) -> None:
    row = act(cast, QuarantineKind.AGENT, agent=cast.agent)
    early = build.session(cast.agent)
    Quarantine.objects.filter(pk=row.pk).update(ended_at=product_clock.now())
    build.session(cast.agent)
    assert out() == {early}


def test_lifted_its_sessions_come_back_and_later_ones_are_in_service(cast: Cast) -> None:
    build.session(cast.agent)
    row = act(cast, QuarantineKind.AGENT, agent=cast.agent)
    build.session(cast.agent)
    assert lift(row) == 2
    build.session(cast.agent)
    assert out() == set()


def test_what_another_one_names_stays_out(cast: Cast) -> None:
    kept = build.session(cast.agent, principal="Jane Roe")
    build.session(cast.agent)
    row = act(cast, QuarantineKind.AGENT, agent=cast.agent)
    act(cast, QuarantineKind.PERSON, names=["jane roe"])
    assert lift(row) == 1
    assert out() == {kept}


def test_a_memory_out_of_service_does_not_keep_a_session_out(cast: Cast) -> None:
    one = build.session(cast.agent)
    row = act(cast, QuarantineKind.SESSION, session=one)
    act(cast, QuarantineKind.MEMORY, memory=build.memory(cast.store))
    assert lift(row) == 1
    assert out() == set()


def test_lifting_in_one_workspace_leaves_another_alone(cast: Cast) -> None:
    theirs = build.session(cast.other_agent)
    Session.objects.filter(pk=theirs.pk).update(quarantined_at=product_clock.now())
    row = act(cast, QuarantineKind.AGENT, agent=cast.agent)
    lift(row)
    assert out() == {theirs}
