"""The line in a proposal's head that says who is here, and the row in the queue."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews.models import Proposal
from reviews.reservations import holder_of, reserve
from tests import build
from tests.reviews.views.desks import HTMX, at, member, shown, text_of

pytestmark = pytest.mark.django_db
PING = {**HTMX, "HX-Target": "presence"}


@pytest.fixture
def proposal(cast):
    return build.proposal(cast.store, title="Ask first")


def ping(client, cast, proposal, **more):
    answer = client.post(at(cast, proposal, "presence/"), shown(proposal, **more), headers=PING)
    assert answer.status_code == 200
    return text_of(answer)


def page(client, cast, proposal) -> str:
    return text_of(client.get(at(cast, proposal)))


def test_looking_at_the_page_alone_reserves_nothing(cast, client_of, proposal, clock) -> None:
    html = page(client_of(cast.reviewer), cast, proposal)

    assert holder_of(proposal, clock()) is None
    assert 'hx-trigger="load delay:1s"' in html
    assert 'data-key="l"' in html


def test_the_first_ping_reserves_and_the_next_ones_do_not(cast, client_of, proposal, clock) -> None:
    client = client_of(cast.reviewer)

    first = ping(client, cast, proposal, opened="1")
    clock.advance(minutes=11)
    later = ping(client, cast, proposal)

    assert "10:00 left" in first
    assert 'data-poll="30"' in first
    assert 'name="opened"' not in first
    assert holder_of(proposal, clock()) is None
    assert "left" not in later
    assert "Reserve" in later


def test_who_else_is_here_is_told(cast, client_of, proposal, clock) -> None:
    for person in (cast.lead, cast.second_reviewer):
        ping(client_of(person), cast, proposal)

    html = ping(client_of(cast.reviewer), cast, proposal)

    assert "Lena, Sven" in html
    assert "are here too" in html


def test_a_page_that_shows_an_older_state_is_told_so(cast, client_of, proposal, clock) -> None:
    client = client_of(cast.reviewer)
    assert "changed since" not in ping(client, cast, proposal)
    Proposal.objects.filter(pk=proposal.pk).update(revision=2)

    html = ping(client, cast, proposal)

    assert "It changed since you opened it" in html
    assert 'name="revision" value="1"' in html
    assert "It changed since" in ping(client, cast, proposal)


def test_once_it_is_decided_the_line_ends_itself(cast, client_of, proposal, clock) -> None:
    Proposal.objects.filter(pk=proposal.pk).update(state="applied")

    assert "data-poll" not in ping(client_of(cast.reviewer), cast, proposal)


def test_a_reservation_of_another_is_told_beside_the_buttons_and_stops_nothing(
    cast, client_of, proposal, clock
) -> None:
    reserve(proposal, by=member(cast, "lead"))

    html = page(client_of(cast.reviewer), cast, proposal)

    bar = html.partition('class="actions"')[2]
    assert "Reserved by Lena, 10 min left." in bar
    assert "You can still decide." in bar
    assert "disabled aria-describedby" not in bar
    assert 'id="lease"' not in html


def test_the_warning_beside_the_buttons_follows_each_ping(cast, client_of, proposal, clock) -> None:
    client = client_of(cast.reviewer)
    reserve(proposal, by=member(cast, "lead"))

    with_bar = ping(client, cast, proposal, bar="1")
    without = ping(client, cast, proposal)

    assert 'id="held" hx-swap-oob="true"' in with_bar
    assert "Reserved by Lena" in with_bar
    assert 'id="held"' not in without


def test_reserving_and_releasing_by_key(cast, client_of, proposal, clock) -> None:
    client = client_of(cast.reviewer)

    reserved = client.post(at(cast, proposal, "reserve/"), shown(proposal), headers=PING)
    released = client.post(at(cast, proposal, "release/"), shown(proposal), headers=PING)

    assert "10:00 left" in text_of(reserved)
    assert "reserved by you for 10 minutes" in text_of(reserved)
    assert "10:00 left" not in text_of(released)
    assert holder_of(proposal, clock()) is None


def test_without_a_script_the_buttons_go_there_and_back(cast, client_of, proposal, clock) -> None:
    client = client_of(cast.reviewer)

    answer = client.post(at(cast, proposal, "reserve/", "?q=risk:low"), shown(proposal))

    assert answer.status_code == 303
    assert answer.url == at(cast, proposal, query="?q=risk%3Alow")
    html = text_of(client.get(answer.url))
    assert "is reserved by you for 10 minutes" in html
    assert f'formaction="{at(cast, proposal, "release/", "?q=risk%3Alow")}"' in html


def test_reserving_what_another_has_says_whose_it_is(cast, client_of, proposal, clock) -> None:
    reserve(proposal, by=member(cast, "lead"))
    client = client_of(cast.reviewer)

    fragment = client.post(at(cast, proposal, "reserve/"), shown(proposal), headers=PING)
    plain = client.post(at(cast, proposal, "reserve/"), shown(proposal))

    assert "Reserved by Lena" in text_of(fragment)
    assert "Lena has reserved" in text_of(client.get(plain.url))


def test_an_auditor_sees_reservations_and_has_no_line_of_their_own(
    cast, client_of, proposal, clock
) -> None:
    reserve(proposal, by=member(cast, "lead"))

    queue = text_of(client_of(cast.auditor).get("/w/northwind/review/"))

    assert "Reserved by </span>Lena, 10 min left" in queue
    assert 'id="presence"' not in page(client_of(cast.auditor), cast, proposal)


def test_the_row_says_who_has_it_and_for_how_long(cast, client_of, proposal, clock) -> None:
    reserve(proposal, by=member(cast, "lead"))
    clock.advance(seconds=61)

    theirs = text_of(client_of(cast.reviewer).get("/w/northwind/review/"))
    own = text_of(client_of(cast.lead).get("/w/northwind/review/"))

    assert "Reserved by </span>Lena, 8 min left" in theirs
    assert "Yours for 8 min" in own
    clock.advance(minutes=9)
    assert "Reserved" not in text_of(client_of(cast.reviewer).get("/w/northwind/review/"))


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("is:reserved", ["Held"]),
        ("is:unreserved", ["Free"]),
        ("is:unreserved is:yours risk:low", ["Free"]),
        ("is:reserved is:unreserved", []),
    ],
)
def test_the_queue_is_searched_by_reservation(cast, client_of, clock, query, titles) -> None:
    reserve(build.proposal(cast.store, title="Held"), by=member(cast, "lead"))
    build.proposal(cast.store, title="Free", content="b\n")

    html = text_of(client_of(cast.reviewer).get("/w/northwind/review/", {"q": query}))

    assert [title for title in ("Held", "Free") if f"</span>{title}</span>" in html] == titles
    assert f"{len(titles)} waiting" in html


def test_a_ping_is_a_short_visit(cast, client_of, proposal, clock) -> None:
    client = client_of(cast.reviewer)
    ping(client, cast, proposal, opened="1")

    with CaptureQueriesContext(connection) as queries:
        ping(client, cast, proposal)

    assert len(queries) <= 12
