"""My work: what waits for one person, each section with an honest empty state."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews.models import Decision
from reviews.postponements import postpone
from reviews.reservations import reserve
from tests import build
from tests.reviews.views.desks import member, text_of

pytestmark = pytest.mark.django_db
SECTIONS = ("turn", "second", "back", "contained", "reserved", "aside")


def page(client) -> str:
    response = client.get("/w/northwind/work/")
    assert response.status_code == 200
    return text_of(response)


def section(html: str, name: str) -> str:
    return html.partition(f'id="{name}"')[2].partition("</section>")[0]


def test_with_nothing_to_do_every_section_says_so(cast, client_of) -> None:
    html = page(client_of(cast.reviewer))

    for name in SECTIONS:
        assert 'class="row"' not in section(html, name)
        assert re.search(r"(Nothing|No )", section(html, name)), name
    assert 'data-key="j"' not in html


def test_your_turn_is_what_you_may_decide_by_risk(cast, client_of) -> None:
    build.proposal(cast.store, title="Low one")
    high = build.proposal(cast.store, risk="high", title="High one", content="h\n")
    build.proposal(cast.store, proposer=cast.reviewer, title="Own one", content="o\n")

    turn = section(page(client_of(cast.reviewer)), "turn")

    assert turn.index("High one") < turn.index("Low one")
    assert "Own one" not in turn
    assert f"Open {high}" in turn
    assert f"/review/{high}/?q=is%3Ayours" in turn
    assert "All 2 that are yours" in turn


def test_long_sections_show_the_first_rows_and_count_all(cast, client_of) -> None:
    for n in range(11):
        build.proposal(cast.store, content=f"{n}\n")

    turn = section(page(client_of(cast.reviewer)), "turn")

    assert turn.count('class="row"') == 8
    assert "All 11 that are yours" in turn


def test_a_second_approval_waits_for_who_did_not_give_the_first(cast, client_of) -> None:
    waiting = build.proposal(cast.store, "awaiting_second", title="Half way")
    Decision.objects.create(
        proposal=waiting, revision=1, person=cast.second_reviewer, verdict="approve"
    )

    assert "Half way" in section(page(client_of(cast.reviewer)), "second")
    assert "Half way" not in page(client_of(cast.second_reviewer))


def test_what_you_filed_and_came_back_is_there(cast, client_of) -> None:
    for state in ("changes_requested", "conflicted", "pending"):
        build.proposal(
            cast.store, state, proposer=cast.reviewer, title=f"It is {state}", content=state
        )

    back = section(page(client_of(cast.reviewer)), "back")

    assert "It is changes_requested" in back
    assert "It is conflicted" in back
    assert "It is pending" not in back


def test_reserved_and_put_aside_are_your_own(cast, client_of, clock) -> None:
    held, aside = (build.proposal(cast.store, content=f"{n}\n", title=n) for n in ("Held", "Gone"))
    reserve(held, by=member(cast, "reviewer"))
    postpone(aside, by=member(cast, "reviewer"), until=clock() + timedelta(days=3))

    mine, theirs = page(client_of(cast.reviewer)), page(client_of(cast.lead))

    assert "Held" in section(mine, "reserved")
    assert "Gone" in section(mine, "aside")
    assert "Until 24 Nov" in section(mine, "aside")
    assert "Gone" not in section(mine, "turn")
    assert "Held" not in section(theirs, "reserved")
    assert "Gone" not in section(theirs, "aside")
    clock.advance(minutes=11)
    assert "Held" not in section(page(client_of(cast.reviewer)), "reserved")


def test_a_containment_waits_for_another_person_than_its_lead(cast, client_of, clock) -> None:
    build.containment(
        workspace=cast.workspace,
        store=cast.store,
        kind="roll_back",
        target="R-7",
        by=cast.lead,
        reason="x",
        due_at=clock() + timedelta(hours=2),
    )

    assert "Rolled back to R-7" in section(page(client_of(cast.reviewer)), "contained")
    assert "Rolled back" not in page(client_of(cast.lead))


def test_hostile_titles_are_escaped_and_boxed(cast, client_of) -> None:
    build.proposal(cast.store, title="<script>x</script>\u202e")

    html = page(client_of(cast.reviewer))

    assert "<script>x" not in html
    assert "U+202E" in html


def test_the_page_costs_the_same_whatever_waits(cast, client_of) -> None:
    client, asked = client_of(cast.reviewer), []
    for more in (9, 20):
        for n in range(more):
            build.proposal(cast.store, content=f"{more} {n}\n")
            build.proposal(cast.store, "awaiting_second", content=f"s {more} {n}\n")
        with CaptureQueriesContext(connection) as queries:
            page(client)
        asked.append(len(queries))

    assert asked[0] == asked[1] <= 24


def test_the_tab_is_there_for_who_decides(cast, client_of) -> None:
    assert "/w/northwind/work/" in page(client_of(cast.lead))
    audit = text_of(client_of(cast.auditor).get("/w/northwind/review/"))
    assert "/w/northwind/work/" not in audit
