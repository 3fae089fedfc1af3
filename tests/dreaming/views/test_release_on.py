"""Back to last Tuesday: a day leads to the release that was live at its end."""

import pytest

from tests import build

pytestmark = pytest.mark.django_db
PLACE = "/w/northwind/agents/refund-desk/on/"


@pytest.fixture
def three_days(cast, clock):
    """A release on the 21st, the 23rd and the 25th of November 2026."""
    made = []
    for at in range(3):
        build.memory(cast.store, f"/tool_limit/day-{at:08x}.md", f"Rule {at}.\n")
        made.append(cast.store.releases.latest("sequence"))
        clock.advance(days=2)
    return made


@pytest.mark.parametrize(
    ("day", "which"),
    [("2026-11-21", 0), ("2026-11-22", 0), ("2026-11-23", 1), ("2026-11-24", 1), ("2030-01-01", 2)],
)
def test_a_day_leads_to_what_was_live_at_its_end(cast, client_of, three_days, day, which):
    answer = client_of(cast.lead).get(PLACE, {"day": day})
    assert answer.status_code == 302
    assert answer["Location"] == f"/w/northwind/releases/{three_days[which]}/"


def test_from_there_a_lead_goes_back_in_one_action(cast, client_of, three_days):
    html = client_of(cast.lead).get(PLACE, {"day": "2026-11-22"}, follow=True).content.decode()
    assert 'action="/w/northwind/agents/refund-desk/roll-back/"' in html


def test_a_day_before_the_store_has_no_release(cast, client_of, three_days):
    assert client_of(cast.lead).get(PLACE, {"day": "2020-01-01"}).status_code == 404


@pytest.mark.parametrize("day", ["", "tuesday", "2026-13-01", "2026-11-31", "\0"])
def test_what_is_no_day_is_said_to_be_none(cast, client_of, day):
    answer = client_of(cast.lead).get(PLACE, {"day": day})
    assert answer.status_code == 422
    assert "Write it as 2026-11-24." in answer.content.decode()


def test_the_shared_memory_has_days_as_well(cast, client_of, clock):
    build.memory(cast.shared_store)
    release = cast.shared_store.releases.latest("sequence")
    answer = client_of(cast.reviewer).get("/w/northwind/agents/shared/on/", {"day": "2026-11-21"})
    assert answer["Location"] == f"/w/northwind/releases/{release}/"


def test_the_agents_page_asks_for_the_day(cast, client_of):
    html = client_of(cast.lead).get("/w/northwind/agents/refund-desk/").content.decode()
    assert f'action="{PLACE}"' in html
    assert 'type="date"' in html
