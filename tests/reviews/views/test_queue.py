"""The queue page: rows, filters, counts, and what stands there when nothing waits."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import clock as product_clock
from dreaming.models import Schedule
from tests import build
from tests.reviews.views.desks import text_of

pytestmark = pytest.mark.django_db


def page(client, query: str = "") -> str:
    response = client.get(f"/w/northwind/review/{query}")
    assert response.status_code == 200
    return text_of(response)


def test_rows_stand_under_their_risk_with_true_counts(cast, client_of) -> None:
    for n in range(3):
        build.proposal(cast.store, risk="low", content=f"{n}\n")
    build.proposal(cast.store, risk="high", title="Skip the second call")

    html = page(client_of(cast.reviewer))

    assert html.index("<span>High risk") < html.index("Skip the second") < html.index("<span>Low")
    assert "4 waiting" in html
    assert '<span>Low</span><span class="n" id="count-low">3</span>' in html


def test_a_hostile_title_is_escaped_and_its_hidden_characters_are_boxed(cast, client_of) -> None:
    build.proposal(cast.store, title="<script>x</script>\u202e")

    html = page(client_of(cast.reviewer))

    assert "<script>x" not in html
    assert "U+202E" in html


def test_the_queue_costs_the_same_whatever_it_holds(cast, client_of) -> None:
    client = client_of(cast.reviewer)
    asked = []
    for more in (1, 30):
        for n in range(more):
            build.proposal(cast.store, content=f"{more} {n}\n")
            build.proposal(cast.store, "conflicted", content=f"c {more} {n}\n")
        with CaptureQueriesContext(connection) as queries:
            page(client)
        asked.append(len(queries))

    assert asked[0] == asked[1]
    assert asked[1] <= 15


def test_what_is_not_understood_is_said_beside_the_field(cast, client_of) -> None:
    html = page(client_of(cast.reviewer), "?q=colour:red+agent:nobody+risk:blue")

    assert "“colour:” is not a filter" in html
    assert "no agent “nobody”" in html
    assert "“risk:blue” is not known" in html


@pytest.mark.parametrize("query", ["?at=zzz", "?at=o2.99999999999999999999", "?q=" + "x" * 500])
def test_odd_addresses_still_show_the_queue(cast, client_of, query) -> None:
    build.proposal(cast.store)

    page(client_of(cast.reviewer), query)


def test_pages_follow_one_another(cast, client_of) -> None:
    for n in range(51):
        build.proposal(cast.store, content=f"{n}\n", title=f"Change {n:02d}")
    client = client_of(cast.reviewer)

    first = page(client)
    older = first.partition('rel="next" href="/w/northwind/review/')[2].partition('"')[0]
    second = page(client, older.replace("&amp;", "&"))

    assert "Change 00" in first
    assert "Change 50" not in first
    assert "Change 50" in second
    assert "Change 00" not in second


def test_conflicts_and_open_containments_stand_in_front(cast, client_of) -> None:
    build.proposal(cast.store, risk="high", title="High one")
    build.proposal(cast.store, "conflicted", title="Moved one")
    build.containment(
        workspace=cast.workspace,
        store=cast.store,
        kind="roll_back",
        target="R-7",
        by=cast.lead,
        reason="x",
        due_at=product_clock.now() - timedelta(hours=1),
    )

    html = page(client_of(cast.reviewer))

    assert "Needs attention" in html
    assert html.index("Rolled back to R-7") < html.index("Moved one") < html.index("High one")
    assert "late 1 h" in html


def test_a_late_row_and_a_nearly_late_one_are_marked_in_place_of_their_age(
    cast, client_of, clock
) -> None:
    for title, hours in (("Long ago", -3), ("Soon", 1), ("Some day", 60)):
        due = clock() + timedelta(hours=hours)
        remind = clock() + timedelta(hours=hours - 12)
        build.proposal(cast.store, title=title, content=title, due_at=due, remind_at=remind)

    html = page(client_of(cast.reviewer))
    marks = {
        title: html.partition(f"{title}</span>")[2]
        .partition('<span class="w')[2]
        .partition("</a>")[0]
        for title in ("Long ago", "Soon", "Some day")
    }

    assert marks["Long ago"].startswith(' late">')
    assert "late 3 h" in marks["Long ago"]
    assert marks["Soon"].startswith('">')
    assert "due 1 h" in marks["Soon"]
    assert "i-clock" in marks["Soon"]
    assert "due" not in marks["Some day"]


def test_what_is_late_can_be_listed(cast, client_of, clock) -> None:
    for title, hours in (("Long ago", -3), ("Just now", 0), ("Soon", 1)):
        due = clock() + timedelta(hours=hours)
        build.proposal(cast.store, title=title, content=title, due_at=due)
    build.proposal(cast.store, "applied", title="Done", due_at=clock() - timedelta(days=1))

    html = page(client_of(cast.reviewer), "?q=is:late")

    assert "2 waiting" in html
    assert "Long ago" in html
    assert "Just now" in html
    assert "Soon" not in html
    assert "Done" not in html


def test_a_filter_keeps_conflicts_of_the_same_kind_in_front(cast, client_of) -> None:
    build.proposal(cast.store, "conflicted", title="Moved low", risk="low")
    build.proposal(cast.store, "conflicted", title="Moved high", risk="high", content="h\n")

    html = page(client_of(cast.reviewer), "?q=risk:high")

    assert "Moved high" in html
    assert "Moved low" not in html


def test_the_horizon_counts_what_was_decided_today(cast, client_of) -> None:
    now = product_clock.now()
    build.proposal(cast.store, "applied", decided_at=now, verdict="approve")
    build.proposal(cast.store, "rejected", decided_at=now, verdict="reject", content="b\n")
    build.proposal(cast.store, "applied", decided_at=now - timedelta(days=1), content="c\n")
    build.proposal(cast.store, content="d\n")

    html = page(client_of(cast.reviewer))

    assert "2 of 3 decided today" in html
    assert 'value="2" max="3"' in html


def test_first_use_says_where_proposals_come_from(cast, client_of) -> None:
    html = page(client_of(cast.reviewer))

    assert "No proposals yet" in html
    assert "/api/v1/sessions" in html


def test_nothing_waiting_says_what_was_decided_and_when_the_next_dream_is(
    cast, client_of, clock
) -> None:
    build.proposal(cast.store, "applied", decided_at=clock(), verdict="approve")
    build.proposal(
        cast.store, "applied", decided_at=clock(), verdict="approve", revision=2, content="b\n"
    )
    Schedule.objects.create(workspace=cast.workspace, store=cast.store, cron="0 2 * * *")

    html = page(client_of(cast.reviewer))

    assert "Nothing waiting" in html
    assert "decided 2 proposals today: 1 approved, 1 edited, 0 rejected" in html
    assert "2026-11-22 02:00:00 UTC" in html


def test_without_a_schedule_no_next_dream_is_promised(cast, client_of) -> None:
    build.proposal(cast.store, "applied")

    assert "No dream starts by itself yet" in page(client_of(cast.reviewer))


def test_a_filter_that_finds_nothing_can_be_cleared(cast, client_of) -> None:
    build.proposal(cast.store)

    html = page(client_of(cast.reviewer), "?q=risk:high")

    assert "No match" in html
    assert "Clear filters" in html


def test_an_empty_list_of_yours_says_how_many_wait_in_all(cast, client_of) -> None:
    build.proposal(cast.store, proposer=cast.reviewer)

    assert "1 wait in all" in page(client_of(cast.reviewer), "?q=is:yours")


def test_a_filter_link_changes_one_filter_and_keeps_the_rest(cast, client_of) -> None:
    build.proposal(cast.store)

    html = page(client_of(cast.reviewer), "?q=agent:refund-desk")

    assert 'href="/w/northwind/review/?q=risk%3Ahigh+agent%3Arefund-desk"' in html


def test_rows_of_the_queue_page_are_plain_links(cast, client_of) -> None:
    """On a phone the pane is hidden there: a fragment would be painted where nobody looks."""
    build.proposal(cast.store)

    rows = page(client_of(cast.reviewer)).partition('<ol class="scroll"')[2].partition("</ol>")[0]

    assert 'class="row"' in rows
    assert "hx-get" not in rows


def test_an_auditor_sees_the_queue(cast, client_of) -> None:
    build.proposal(cast.store, title="Ask first")

    assert "Ask first" in page(client_of(cast.auditor))
