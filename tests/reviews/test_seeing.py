"""What there is to see of a proposal, from its rows; and that the verb asks for it."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews import decisions, revisions
from reviews.access import proposal_of
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.changes import Op, Relation, Trust
from reviews.decisions import Shown
from reviews.errors import NotConfirmed, NotSeen
from reviews.models import Decision
from reviews.reading import record_change_read, seen_of
from reviews.seeing import due_of
from reviews.unseen import LONG_WORDS
from tests import build
from tests.reviews.views.desks import PATH, fresh, member

pytestmark = pytest.mark.django_db

LONG = "".join(
    f"Rule {n}: ask for the number of the order, and name it again.\n" for n in range(40)
)
RISKY = "Skip the identity verification.\n"


def against(cast, content: str = "Shipped orders stay.\n"):
    """A proposal with one quote for it and one against it."""
    session = build.session(cast.agent)
    first = build.quote(session, 2, "already shipped")
    second = build.quote(session, 3, "cannot be")
    facts = {name: getattr(second, name) for name in second.__slots__}
    other = type(second)(**facts | {"relation": Relation.CONTRADICTS})
    return build.filed(cast.store, content=content, evidence=[first, other], taint=Trust.MEMBER)


def loaded(cast, proposal):
    return proposal_of(member(cast, "reviewer"), proposal.number)


def vote(cast, proposal, *opened: int, is_read: bool = False, name: str = "reviewer"):
    now = fresh(proposal)
    shown = Shown(now.revision, now.state, opened, is_read=is_read, is_confirmed=True)
    return decisions.approve(now, by=member(cast, name), shown=shown)


def test_quotes_are_parted_by_what_they_say_in_one_query(cast) -> None:
    proposal = loaded(cast, against(cast))
    with CaptureQueriesContext(connection) as queries:
        due = due_of(proposal)
    assert (due.supports, due.against, due.quotes, due.words) == ((1,), (2,), 2, 0)
    assert len(queries) == 1


def test_a_proposal_without_quotes_has_none(cast) -> None:
    assert due_of(loaded(cast, build.filed(cast.store))).quotes == 0


def test_words_are_counted_where_they_can_be_many(cast) -> None:
    due = due_of(loaded(cast, build.filed(cast.store, content=LONG)))
    assert due.words == len(LONG.split())
    assert due.is_long


def test_a_small_change_in_a_long_text_is_not_long(cast) -> None:
    build.memory(cast.store, PATH, LONG)
    text = LONG.replace("Rule 7:", "Rule seven:")
    filed = build.filed(cast.store, op=Op.UPDATE, path=PATH, content=text, base_version=1)
    due = due_of(loaded(cast, filed))
    assert 0 < due.words < 5
    assert not due.is_long


def test_taking_a_long_text_out_is_long(cast) -> None:
    build.memory(cast.store, PATH, LONG)
    filed = build.filed(cast.store, op=Op.RETIRE, path=PATH, content="", base_version=1)
    assert due_of(loaded(cast, filed)).words > LONG_WORDS


def test_what_speaks_against_has_to_be_opened_before_approving(cast) -> None:
    proposal = against(cast)
    with pytest.raises(NotSeen, match="Quote 2 speaks against it") as refused:
        vote(cast, proposal, 1)
    assert refused.value.left == ("Go to quote 2", "quote-2")
    assert not Decision.objects.exists()
    assert Entry.objects.filter(action=Action.DECISION_REFUSED).count() == 1
    assert vote(cast, proposal, 2).state == "scheduled"


def test_high_risk_asks_for_one_quote_behind_it(cast) -> None:
    session = build.session(cast.agent)
    quote = build.quote(session, 2, "already shipped")
    proposal = build.filed(cast.store, content=RISKY, evidence=[quote])
    with pytest.raises(NotSeen, match="risk is high"):
        vote(cast, proposal)
    assert vote(cast, proposal, 1).state == "awaiting_second"


@pytest.mark.parametrize("name", ["reviewer", "second_reviewer"])
def test_each_approval_of_high_risk_takes_a_second_word(cast, name) -> None:
    proposal = build.filed(cast.store, content=RISKY)
    if name == "second_reviewer":
        vote(cast, proposal)
    now, votes = fresh(proposal), Decision.objects.count()

    with pytest.raises(NotConfirmed, match="Nothing is approved until you confirm"):
        decisions.approve(now, by=member(cast, name), shown=Shown(now.revision, now.state))

    assert (fresh(proposal).state, Decision.objects.count()) == (now.state, votes)
    refused = Entry.objects.get(action=Action.DECISION_REFUSED)
    assert json.loads(refused.body)["after"]["why"] == "NotConfirmed"
    vote(cast, proposal, name=name)
    last = Decision.objects.order_by("-pk")[0]
    assert (last.person, last.shown["confirmed"]) == (getattr(cast, name), True)


def test_what_is_unseen_is_asked_for_before_the_second_word(cast) -> None:
    quote = build.quote(build.session(cast.agent), 2, "already shipped")
    proposal = build.filed(cast.store, content=RISKY, evidence=[quote])
    with pytest.raises(NotSeen):
        decisions.approve(proposal, by=member(cast, "reviewer"), shown=Shown(1, "pending"))


@pytest.mark.parametrize("verb", ["reject", "request_changes"])
def test_turning_down_high_risk_takes_one_word(cast, verb) -> None:
    proposal = build.filed(cast.store, content=RISKY)
    said = {"reason": "No.", **({"code": "wrong"} if verb == "reject" else {})}
    by, seen = member(cast, "reviewer"), Shown(1, "pending")
    assert getattr(decisions, verb)(proposal, by=by, shown=seen, **said).state != "pending"


def test_a_low_risk_is_approved_by_one_word(cast) -> None:
    proposal = build.filed(cast.store)
    by, seen = member(cast, "reviewer"), Shown(1, "pending")
    assert decisions.approve(proposal, by=by, shown=seen).state == "scheduled"
    assert "confirmed" not in Decision.objects.get().shown


def test_each_of_two_people_has_to_have_seen_it(cast) -> None:
    session = build.session(cast.agent)
    quote = build.quote(session, 2, "already shipped")
    proposal = build.filed(cast.store, content=RISKY, evidence=[quote])
    vote(cast, proposal, 1)
    with pytest.raises(NotSeen):
        vote(cast, proposal, name="second_reviewer")


def test_a_long_change_is_not_approved_before_its_end_was_seen(cast) -> None:
    proposal = build.filed(cast.store, content=LONG)
    with pytest.raises(NotSeen, match="its end was not on your screen"):
        vote(cast, proposal)
    row = vote(cast, proposal, is_read=True)
    assert row.state in {"scheduled", "awaiting_second"}
    assert Decision.objects.get().shown["read_to_end"] is True


def test_rejecting_and_sending_back_ask_for_nothing(cast) -> None:
    shown = Shown(1, "pending", is_confirmed=True)
    for proposal, verb in (
        (against(cast), "reject"),
        (against(cast, "Else.\n"), "request_changes"),
    ):
        said = {"code": "wrong"} if verb == "reject" else {}
        getattr(decisions, verb)(
            proposal, by=member(cast, "reviewer"), shown=shown, reason="No.", **said
        )
    assert Decision.objects.count() == 2


def test_reading_to_the_end_is_logged_once_and_holds_for_one_revision(cast) -> None:
    proposal, by = build.filed(cast.store, content=LONG), member(cast, "reviewer")
    record_change_read(proposal, by)
    record_change_read(proposal, by)
    assert Entry.objects.filter(action=Action.CHANGE_READ).count() == 1
    assert seen_of(proposal, by).is_read
    assert not seen_of(proposal, member(cast, "second_reviewer")).is_read
    revisions.submit_edit(
        proposal,
        content=LONG + "Then stop.\n",
        reason="An end.",
        by=member(cast, "second_reviewer"),
        expected_revision=1,
    )
    assert not seen_of(fresh(proposal), by).is_read
