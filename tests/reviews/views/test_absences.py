"""The page of who is away: seen by everybody, set by oneself, a lead or an admin."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews.models import Absence
from tests.cast import Cast
from tests.reviews.views.desks import post, text_of

pytestmark = pytest.mark.django_db

AT = "/w/northwind/away/"


def sent(cast: Cast, **more) -> dict:
    return {
        "person": cast.reviewer.public_id,
        "first": "2026-11-22",
        "last": "2026-11-24",
        "stand_in": cast.second_reviewer.public_id,
    } | more


def page(client) -> str:
    response = client.get(AT)
    assert response.status_code == 200
    return text_of(response)


def absence(cast: Cast, now, **more) -> Absence:
    return Absence.objects.create(
        workspace=cast.workspace,
        set_by=cast.reviewer,
        **{
            "person": cast.reviewer,
            "stand_in": cast.lead,
            "starts_at": now - timedelta(days=1),
            "ends_at": now + timedelta(days=2),
        }
        | more,
    )


def test_nobody_away_is_said(cast, client_of, clock) -> None:
    assert "Nobody is away, now or later." in page(client_of(cast.auditor))


def test_a_reviewer_says_when_they_are_away(cast, client_of, clock) -> None:
    client = client_of(cast.reviewer)

    answer = post(client, f"{AT}set/", sent(cast))

    assert (answer.status_code, answer.headers["Location"]) == (302, AT)
    made = Absence.objects.get()
    assert f"{made.starts_at:%d %H:%M} {made.ends_at:%d %H:%M}" == "22 00:00 25 00:00"
    html = page(client)
    assert "Sven stands in for Rosa." in html
    assert "22 Nov" in html
    assert "25 Nov" in html


def test_without_a_stand_in_whoever_else_may_decide_has_it(cast, client_of, clock) -> None:
    client = client_of(cast.lead)
    post(client, f"{AT}set/", sent(cast, stand_in=""))
    assert "Whoever else may decide has what is Rosa&#x27;s." in page(client)


def test_a_reviewer_is_offered_only_themselves_and_a_lead_everybody(cast, client_of, clock) -> None:
    own, everybody = (
        page(client_of(person)).partition('name="person"')[2].partition("</select>")[0]
        for person in (cast.reviewer, cast.admin)
    )
    assert "Rosa" in own
    assert "Sven" not in own
    everybody = page(client_of(cast.admin)).partition('name="person"')[2].partition("</select>")[0]
    assert all(name in everybody for name in ("Rosa", "Sven", "Lena"))
    assert "Aiko" not in everybody


def test_who_decides_nothing_has_no_form(cast, client_of, clock) -> None:
    html = page(client_of(cast.auditor))
    assert "Only who decides has a stand-in." in html
    assert "away/set/" not in html


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"last": "2026-11-20", "first": "2026-11-19"}, "has passed"),
        ({"last": "2026-11-20"}, "before the first"),
        ({"first": "soon"}, "Enter a valid date"),
        ({"stand_in": "nobody"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_set_comes_back_with_the_reason(cast, client_of, clock, wrong, said) -> None:
    answer = post(client_of(cast.reviewer), f"{AT}set/", sent(cast, **wrong))

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Absence.objects.exists()


def test_a_reviewer_cannot_send_another_away(cast, client_of, clock) -> None:
    other = sent(cast, person=cast.second_reviewer.public_id, stand_in="")
    assert post(client_of(cast.reviewer), f"{AT}set/", other).status_code == 422
    assert not Absence.objects.exists()


def test_somebody_away_now_can_be_back_now(cast, client_of, clock) -> None:
    made = absence(cast, clock())
    client = client_of(cast.reviewer)
    assert "away now" in page(client)
    assert "Back now" in page(client)

    post(client, f"{AT}{made.public_id}/end/", {})

    html = page(client)
    assert "Rosa decides again." in html
    assert "away now" not in html


def test_who_may_not_end_it_sees_no_button(cast, client_of, clock) -> None:
    made = absence(cast, clock())
    client = client_of(cast.second_reviewer)
    assert "/end/" not in page(client)
    assert post(client, f"{AT}{made.public_id}/end/", {}).status_code == 403


def test_the_page_costs_the_same_however_many_are_away(cast, client_of, clock) -> None:
    client = client_of(cast.lead)
    asked = []
    for more in (1, 9):
        for n in range(more):
            start = clock() + timedelta(days=10 * (n + 10 * more))
            absence(cast, clock(), starts_at=start, ends_at=start + timedelta(days=2))
        with CaptureQueriesContext(connection) as queries:
            page(client)
        asked.append(len(queries))
    assert asked[0] == asked[1]
