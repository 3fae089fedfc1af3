"""Who opened which quote: kept in the log, once for each person and quote."""

import pytest

from agents.people import find_member
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.quotes import find_evidence
from reviews.reading import opened_positions, record_evidence_opened
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposal(cast):
    session = build.session(cast.agent)
    quotes = [build.quote(session, 2, "already shipped"), build.quote(session, 3, "cannot be")]
    return build.filed(cast.store, evidence=quotes)


def open_quote(cast, proposal, position: int, name: str = "reviewer") -> None:
    member = find_member(getattr(cast, name), cast.workspace)
    assert member is not None
    record_evidence_opened(proposal, find_evidence(proposal, position), member)


def opened(cast, proposal, name: str = "reviewer") -> tuple[int, ...]:
    member = find_member(getattr(cast, name), cast.workspace)
    assert member is not None
    return opened_positions(proposal, member)


def test_nothing_is_opened_at_first(cast, proposal) -> None:
    assert opened(cast, proposal) == ()


def test_what_was_opened_is_told_in_order(cast, proposal) -> None:
    open_quote(cast, proposal, 2)
    open_quote(cast, proposal, 1)

    assert opened(cast, proposal) == (1, 2)


def test_opening_again_writes_no_second_entry(cast, proposal) -> None:
    open_quote(cast, proposal, 1)
    open_quote(cast, proposal, 1)

    assert Entry.objects.filter(action=Action.EVIDENCE_OPENED).count() == 1


def test_each_person_opens_for_themselves(cast, proposal) -> None:
    open_quote(cast, proposal, 1)

    assert opened(cast, proposal, "second_reviewer") == ()
    open_quote(cast, proposal, 1, "second_reviewer")
    assert Entry.objects.filter(action=Action.EVIDENCE_OPENED).count() == 2


def test_each_proposal_has_its_own(cast, proposal) -> None:
    open_quote(cast, proposal, 1)
    other = build.filed(cast.store, evidence=[], content="Another.\n")

    assert opened(cast, other) == ()


def test_the_entry_names_session_and_event_and_no_words(cast, proposal) -> None:
    open_quote(cast, proposal, 1)

    body = Entry.objects.get(action=Action.EVIDENCE_OPENED).body
    assert '"event":2' in body
    assert '"session":"S-1"' in body
    assert "shipped" not in body
