"""The page of due times: read by everybody who reads rules, set by a lead."""

import pytest

from agents.people import set_group
from reviews.audit.actors import SYSTEM
from reviews.deadlines import Settings, settings_of
from reviews.due_times import Limits
from reviews.models import DueTimes
from tests.reviews.views.desks import post, text_of

pytestmark = pytest.mark.django_db

AT = "/w/northwind/rules/due-times/"
SENT = {"high_hours": 4, "medium_hours": 30, "low_hours": 90, "recheck_days": 14, "group": ""}


def page(client) -> str:
    response = client.get(AT)
    assert response.status_code == 200
    return text_of(response)


def test_the_times_in_force_are_said_by_risk(cast, client_of) -> None:
    html = page(client_of(cast.reviewer))

    assert html.index("High risk") < html.index("Medium risk") < html.index("Low risk")
    assert "1 d" in html
    assert "19 h 12 min" in html
    assert "The leads hear of it" in html
    assert "After 30 days" in html


@pytest.mark.parametrize("name", ["reviewer", "auditor", "admin"])
def test_who_sets_nothing_is_told_who_does(cast, client_of, name) -> None:
    html = page(client_of(getattr(cast, name)))

    assert "A lead sets due times." in html
    assert "due-times/set/" not in html


def test_the_rules_page_leads_here(cast, client_of) -> None:
    assert AT in text_of(client_of(cast.auditor).get("/w/northwind/rules/"))


def test_a_lead_sets_times_and_group_and_reads_them_back(cast, client_of) -> None:
    set_group(cast.workspace, "risk-desk", [cast.reviewer], by=SYSTEM)
    client = client_of(cast.lead)

    answer = post(client, f"{AT}set/", SENT | {"group": "risk-desk"})

    assert (answer.status_code, answer.headers["Location"]) == (302, AT)
    assert settings_of(cast.workspace) == Settings(Limits(4, 30, 90, 14), "risk-desk")
    html = page(client)
    assert "The group risk-desk hears of it" in html
    assert "After 14 days" in html
    assert "What waits keeps the time it was given." in html


@pytest.mark.parametrize(
    "wrong",
    [{"high_hours": 0}, {"low_hours": "soon"}, {"recheck_days": 400}, {"group": "night-desk"}],
)
def test_what_cannot_be_set_comes_back_with_what_was_typed(cast, client_of, wrong) -> None:
    answer = post(client_of(cast.lead), f"{AT}set/", SENT | wrong)

    assert answer.status_code == 422
    assert 'value="30"' in text_of(answer)
    assert "errorlist" in text_of(answer)
    assert not DueTimes.objects.exists()
