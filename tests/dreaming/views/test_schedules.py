"""The page that says when a memory dreams, the form that sets it, and the pause of a workspace."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Person, Workspace
from agents.pauses import pause_workspace
from dreaming import schedules
from dreaming.models import Dream, DreamState, Schedule
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.dreaming import nights
from tests.dreaming.test_schedules import at, planned

pytestmark = pytest.mark.django_db

ClientOf = Callable[[Person], Client]
DREAMS = "/w/northwind/dreams/"
PLACE = f"{DREAMS}schedule/refund-desk/"
GIVEN = {
    "cron": "30 2 * * *",
    "zone": "Europe/Berlin",
    "min_sessions": "5",
    "min_hours": "24",
    "idle_minutes": "0",
    "instructions": "",
    "enabled": "on",
}


@pytest.fixture
def lead(cast: Cast, client_of: ClientOf) -> Client:
    return client_of(cast.lead)


@pytest.fixture
def reviewer(cast: Cast, client_of: ClientOf) -> Client:
    return client_of(cast.reviewer)


def text_of(client: Client, address: str = PLACE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def save(client: Client, place: str = PLACE, **given: str) -> tuple[int, str]:
    answer = client.post(f"{place}set/", GIVEN | given, follow=True)
    return answer.status_code, answer.content.decode()


# What the page says


def test_without_a_time_the_page_says_so_and_offers_the_usual_one(lead: Client):
    shown = text_of(lead)
    assert "By hand only. No time is set." in shown
    assert 'value="0 2 * * *"' in shown
    assert 'value="UTC"' in shown


def test_the_next_times_stand_in_their_zone_and_in_utc(cast: Cast, lead: Client, clock: FakeClock):
    clock.at = clock().replace(month=10, day=24, hour=12)
    planned(cast, "30 2 * * *", "Europe/Berlin")
    shown = text_of(lead)
    assert "at 02:30 every day, Europe/Berlin" in shown
    for local, utc in (
        ("Sun 2026-10-25 02:30", "2026-10-25 00:30:00 UTC"),
        ("Mon 2026-10-26 02:30", "2026-10-26 01:30:00 UTC"),
    ):
        assert local in shown
        assert utc in shown


def test_what_would_happen_now_stands_on_the_page(cast: Cast, reviewer: Client):
    planned(cast)
    for _ in range(3):
        build.session(cast.agent)
    assert "A dream due now would be skipped: 3 sessions so far; 5 are needed." in text_of(reviewer)


def test_what_came_of_it_is_listed_with_why_and_what_was_passed_over(
    cast: Cast, lead: Client, clock: FakeClock
):
    planned(cast)
    clock.at = at(24, 3)
    schedules.start_due(clock())
    shown = text_of(lead)
    assert "D-1</a> Skipped" in shown
    assert "2 earlier times were passed over" in shown
    assert "No sessions so far; 5 are needed." in shown


def test_the_dream_says_which_slot_it_is_for_and_what_was_passed_over(
    cast: Cast, lead: Client, clock: FakeClock
):
    build.session(cast.agent)
    planned(cast, min_sessions=1)
    clock.at = at(24, 3)
    schedules.start_due(clock())
    shown = text_of(lead, f"{DREAMS}D-1/")
    assert "2026-11-24 02:00 UTC" in shown
    assert "2 earlier times were passed over: 2026-11-22 02:00 UTC, 2026-11-23 02:00 UTC" in shown


def test_a_reviewer_sees_how_it_is_set_and_no_form(cast: Cast, reviewer: Client):
    planned(cast, idle_minutes=30, instructions="only: facts")
    shown = text_of(reviewer)
    assert "5 new sessions, 24 hours since the last dream" in shown
    assert "30 minutes without a new session" in shown
    assert "only: facts" in shown
    assert "<form class" not in shown.partition('id="main"')[2].partition("</main>")[0]


def test_a_zone_that_is_gone_is_said_and_the_page_opens(cast: Cast, lead: Client):
    planned(cast)
    Schedule.objects.update(zone="Atlantis/Center")
    assert "No dream starts until that is set." in text_of(lead)
    assert "Atlantis/Center" in text_of(lead, DREAMS)


def test_the_memory_of_another_workspace_is_not_there(cast: Cast, lead: Client):
    assert lead.get(f"{DREAMS}schedule/other-desk/").status_code == 404
    assert save(lead, f"{DREAMS}schedule/other-desk/")[0] == 404
    assert not Schedule.objects.exists()


def test_what_a_schedule_skipped_is_counted_in_the_list_and_shown_on_demand(
    cast: Cast, lead: Client, clock: FakeClock
):
    build.dream(cast.store, DreamState.FAILED)
    schedule = planned(cast)
    for day in (22, 23):
        build.dream(
            cast.store, DreamState.SKIPPED, schedule=schedule, due_slot=f"2026-11-{day}T02:00Z"
        )
    shown = text_of(lead, DREAMS)
    assert "2 scheduled times were skipped." in shown
    assert "D-1, Refund-Desk" in shown
    assert "D-2, Refund-Desk" not in shown
    everything = text_of(lead, f"{DREAMS}?skipped=shown")
    assert "D-2, Refund-Desk" in everything
    assert "D-3, Refund-Desk" in everything
    assert "Leave them out" in everything


def test_a_dream_by_hand_that_had_nothing_to_read_stays_in_the_list(cast: Cast, lead: Client):
    build.dream(cast.store, DreamState.SKIPPED, started_by=cast.lead)
    shown = text_of(lead, DREAMS)
    assert "D-1, Refund-Desk" in shown
    assert "skipped." not in shown


# Setting it


def test_a_lead_sets_when_it_dreams(cast: Cast, lead: Client, clock: FakeClock):
    code, shown = save(lead, min_sessions="3", idle_minutes="20", instructions="ignore: greetings")
    row = Schedule.objects.get()
    assert code == 200
    assert (row.cron, row.zone, row.enabled) == ("30 2 * * *", "Europe/Berlin", True)
    assert (row.min_sessions, row.min_hours, row.idle_minutes) == (3, 24, 20)
    assert row.instructions == "ignore: greetings"
    assert "Refund-Desk dreams at 02:30 every day, Europe/Berlin." in shown
    assert "2026-11-22 01:30:00 UTC" in shown


def test_the_form_shows_what_is_set(cast: Cast, lead: Client):
    save(lead, min_hours="6", instructions="only: facts")
    shown = text_of(lead)
    assert 'value="30 2 * * *"' in shown
    assert 'name="min_hours" value="6"' in shown
    assert "only: facts</textarea>" in shown
    assert 'name="enabled" id="id_enabled" checked' in shown.replace('class="check" ', "")


def test_it_is_put_to_rest_and_keeps_its_time(cast: Cast, lead: Client):
    save(lead)
    answer = lead.post(f"{PLACE}set/", {k: v for k, v in GIVEN.items() if k != "enabled"})
    assert answer.status_code == 302
    assert not Schedule.objects.get().enabled
    assert "It rests. It was set to dream at 02:30 every day" in text_of(lead)
    assert "Rests. It was set to dream" in text_of(lead, DREAMS)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"cron": "*/5 * * * *"}, "comes more than once an hour"),
        ({"cron": "tomorrow"}, "five are wanted: minute, hour, day of month, month, weekday"),
        ({"cron": ""}, "This field is required"),
        ({"cron": "0 0 2 * * *"}, "seconds are not told apart"),
        ({"zone": "berlin"}, "Is it &quot;Europe/Berlin&quot;?"),
        ({"zone": "../../etc/passwd"}, "no time zone known here"),
        ({"min_sessions": "0"}, "greater than or equal to 1"),
        ({"min_hours": "-1"}, "greater than or equal to 0"),
        ({"idle_minutes": "9999"}, "less than or equal to 1440"),
        ({"instructions": "x" * 2_001}, "at most 2000 characters"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(
    cast: Cast, lead: Client, wrong: dict[str, str], says: str
):
    code, shown = save(lead, **wrong)
    assert (code, says in shown) == (422, True)
    assert not Schedule.objects.exists()


def test_the_shared_memory_has_times_of_its_own(cast: Cast, lead: Client):
    _, shown = save(lead, f"{DREAMS}schedule/shared/")
    assert "Shared by all agents dreams at 02:30 every day, Europe/Berlin." in shown
    assert Schedule.objects.get().store == cast.shared_store


def test_the_list_asks_no_more_for_more_memories(cast: Cast, lead: Client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            text_of(lead, DREAMS)
        return len(asked)

    planned(cast)
    text_of(lead, DREAMS)
    few = queries()
    by = nights.member(cast, cast.lead)
    for number in range(6):
        store = build.agent(cast.workspace, f"desk-{number}").store
        schedules.set_schedule(store, schedules.Plan(), by=by)
    assert queries() == few


# Pausing


def test_a_lead_pauses_and_every_page_says_so(cast: Cast, lead: Client, reviewer: Client):
    answer = lead.post(f"{DREAMS}pause/", {"reason": "Model change"}, follow=True)
    assert "Dreams of Northwind are paused." in answer.content.decode()
    for page in (DREAMS, "/w/northwind/review/", "/w/northwind/agents/"):
        assert "Dreams of Northwind are paused." in text_of(reviewer, page)
    assert "Let dreams go on" in text_of(lead, DREAMS)
    assert "Let dreams go on" not in text_of(reviewer, DREAMS)


def test_a_pause_without_a_reason_is_refused(cast: Cast, lead: Client):
    assert lead.post(f"{DREAMS}pause/", {"reason": " "}).status_code == 422
    assert Workspace.objects.get(pk=cast.workspace.pk).paused_at is None


def test_a_lead_lets_dreams_go_on(cast: Cast, lead: Client):
    pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
    answer = lead.post(f"{DREAMS}resume/", {"reason": "Looked at"}, follow=True)
    assert "Dreams of Northwind go on." in answer.content.decode()
    assert Workspace.objects.get(pk=cast.workspace.pk).paused_at is None


def test_while_paused_no_dream_is_started_and_no_next_one_promised(
    cast: Cast, lead: Client, clock: FakeClock
):
    planned(cast)
    pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
    given = {"store": cast.agent.slug, "instructions": "Kept words."}
    answer = lead.post(f"{DREAMS}start/", given)
    shown = answer.content.decode()
    assert (answer.status_code, "Dreams are paused here" in shown) == (422, True)
    assert "Kept words." in shown
    assert "Next " not in shown.partition('id="when"')[2].partition("</section>")[0]
    assert not Dream.objects.exists()


def test_a_queued_dream_says_that_it_waits_for_the_pause(cast: Cast, lead: Client):
    build.dream(cast.store, DreamState.QUEUED)
    pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
    assert "Waits until dreams go on." in text_of(lead, f"{DREAMS}D-1/")
