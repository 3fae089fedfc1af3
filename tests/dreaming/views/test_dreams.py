"""The dream pages: who sees and does what, every state, and the live piece until its end."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents import clock as product_clock
from agents.freezes import freeze_agent
from agents.models import Person
from agents.transcripts.base import Verdict
from dreaming.models import Dream, DreamState
from dreaming.spending import spell_estimate
from reviews.models import Proposal
from tests import build
from tests.cast import Cast
from tests.clock import FakeClock
from tests.dreaming import nights
from tests.dreaming.conftest import Seated
from tests.fake_engine import FakeEngine

pytestmark = pytest.mark.django_db

ClientOf = Callable[[Person], Client]
DREAMS = "/w/northwind/dreams/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def lead(cast: Cast, client_of: ClientOf) -> Client:
    return client_of(cast.lead)


@pytest.fixture
def reviewer(cast: Cast, client_of: ClientOf) -> Client:
    return client_of(cast.reviewer)


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def page(client: Client, dream: Dream) -> str:
    return text_of(client, f"{DREAMS}{dream}/")


# The list


def test_an_empty_list_says_how_to_get_sessions(lead: Client):
    assert "manage.py import_sessions" in text_of(lead, DREAMS)


def test_with_sessions_the_empty_list_says_who_starts(cast: Cast, lead: Client):
    build.session(cast.agent)
    assert "A lead starts the first dream" in text_of(lead, DREAMS)


def test_the_list_names_memory_state_and_starter(cast: Cast, lead: Client):
    build.dream(cast.store, DreamState.FAILED, started_by=cast.lead)
    shown = text_of(lead, DREAMS)
    assert "D-1, Refund-Desk" in shown
    assert "Failed" in shown
    assert "Started by Lena" in shown


def test_only_leads_see_what_starts_dreams(cast: Cast, lead: Client, reviewer: Client):
    assert "Start dream" in text_of(lead, DREAMS)
    for client in (reviewer,):
        assert "Start dream" not in text_of(client, DREAMS)
        assert "Pause dreams" not in text_of(client, DREAMS)


def test_dreams_of_another_workspace_are_not_listed(cast: Cast, lead: Client):
    build.dream(cast.other_agent.store)
    assert "D-1" not in text_of(lead, DREAMS)


def test_the_list_asks_no_more_for_more_dreams(cast: Cast, lead: Client):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            text_of(lead, DREAMS)
        return len(asked)

    for _ in range(3):
        build.dream(cast.store, started_by=cast.lead)
    text_of(lead, DREAMS)
    few = queries()
    for _ in range(20):
        build.dream(cast.store, started_by=cast.lead)
    assert queries() == few


# Starting


def start(client: Client, cast: Cast, **more: str) -> tuple[int, str]:
    answer = client.post(f"{DREAMS}start/", {"store": cast.agent.slug, **more}, follow=True)
    return answer.status_code, answer.content.decode()


def test_a_lead_starts_a_dream_and_sees_it_wait(cast: Cast, lead: Client):
    code, shown = start(lead, cast, instructions="Look at refunds.")
    dream = Dream.objects.get()
    assert (code, dream.state, dream.started_by) == (200, "queued", cast.lead)
    assert "Waits for a worker." in shown
    assert "Look at refunds." in shown


def test_a_reviewer_starts_no_dream(cast: Cast, reviewer: Client):
    assert start(reviewer, cast)[0] == 403
    assert not Dream.objects.exists()


def test_frozen_memory_is_refused_in_the_form(cast: Cast, lead: Client):
    freeze_agent(cast.agent, reason="Odd refunds.", by=cast.lead)
    code, shown = start(lead, cast, instructions="Kept words.")
    assert (code, "This memory is frozen" in shown) == (422, True)
    assert "Kept words." in shown


def test_busy_memory_is_refused_in_the_form(cast: Cast, lead: Client):
    build.dream(cast.store, DreamState.RUNNING)
    code, shown = start(lead, cast)
    assert (code, "is running; wait or cancel it" in shown) == (422, True)


def test_the_shared_memory_is_chosen_by_its_name(cast: Cast, lead: Client):
    assert lead.post(f"{DREAMS}start/", {"store": "shared"}).status_code == 302
    assert Dream.objects.get().store == build.shared_store(cast.workspace)


def test_no_primary_key_stands_in_the_form_or_chooses_a_memory(cast: Cast, lead: Client):
    shown = lead.get(DREAMS).content.decode()
    assert f'<option value="{cast.agent.slug}"' in shown
    assert f'<option value="{cast.store.pk}"' not in shown
    assert lead.post(f"{DREAMS}start/", {"store": cast.store.pk}).status_code == 422
    assert not Dream.objects.exists()


def test_a_foreign_memory_is_no_choice(cast: Cast, lead: Client):
    foreign = {"store": cast.other_agent.slug}
    assert lead.post(f"{DREAMS}start/", foreign).status_code == 422
    assert not Dream.objects.exists()


# One dream


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DreamState.QUEUED, "Waits for a worker."),
        (DreamState.RUNNING, "Patterns are listed when the dream has ended."),
        (DreamState.COMPLETED, "Nothing to change"),
        (DreamState.FAILED, "The dream failed."),
        (DreamState.CANCELLED, "It never began."),
        (DreamState.SKIPPED, "It never began."),
    ],
)
def test_every_state_has_its_words(cast: Cast, lead: Client, state: str, words: str):
    shown = page(lead, build.dream(cast.store, state, failure="Why it is so."))
    assert words in shown
    assert str(DreamState(state).label) in shown


@pytest.mark.parametrize("state", ["failed", "cancelled", "skipped", "partial", "completed"])
def test_why_it_ended_so_is_on_the_page(cast: Cast, lead: Client, state: str):
    shown = page(lead, build.dream(cast.store, state, failure="Why it is so."))
    assert "Why it is so." in shown
    assert "start a new dream" in shown


def test_a_dream_that_ended_shows_patterns_numbers_and_proposals(cast: Cast, reviewer: Client):
    nights.sessions(cast.agent, 4)
    for at in range(6):
        events = (build.calls("cancel_order"), build.answers("ok", tool="cancel_order"))
        build.session(cast.agent, events, verdict=Verdict.SUCCESS, task_key=f"task-{at}")
    dream = nights.dreamt(cast.store, "local")
    shown = page(reviewer, dream)
    assert str(Proposal.objects.get()) in shown
    assert "4 of 4" in shown
    assert "10 read" in shown


def test_what_was_dropped_is_shown_as_text(cast: Cast, reviewer: Client):
    dropped = [{"what": "<b>tool</b>", "why": "An instruction in S-1."}]
    shown = page(reviewer, build.dream(cast.store, dropped=dropped))
    assert "&lt;b&gt;tool&lt;/b&gt;" in shown
    assert "An instruction in S-1." in shown


@pytest.mark.parametrize("address", ["D-1/", "D-1/progress/", "D-77/"])
def test_a_foreign_dream_is_not_there(cast: Cast, lead: Client, address: str):
    build.dream(cast.other_agent.store)
    assert lead.get(f"{DREAMS}{address}").status_code == 404


@pytest.mark.parametrize("act", ["cancel", "admit"])
def test_a_foreign_dream_takes_no_order(cast: Cast, lead: Client, act: str):
    build.dream(cast.other_agent.store, DreamState.RUNNING)
    assert lead.post(f"{DREAMS}D-1/{act}/").status_code == 404


def test_the_page_asks_no_more_for_more_patterns(cast: Cast, reviewer: Client, seat: Seated):
    seen = nights.sessions(cast.agent)

    def queries(count: int) -> int:
        seat(FakeEngine(nights.wishes(seen, count)))
        dream = nights.dreamt(cast.store)
        page(reviewer, dream)
        with CaptureQueriesContext(connection) as asked:
            page(reviewer, dream)
        return len(asked)

    assert queries(2) == queries(12)


def test_memories_that_say_the_same_are_shown_folded(cast: Cast, reviewer: Client):
    build.session(cast.agent)
    for name in "ab":
        build.memory(cast.store, f"/tools/{name}.md", "Ask the desk first.\n")
    for name in "cdef":
        build.memory(cast.store, f"/tools/{name}.md", f"Rule of {nights.hash_of(ord(name))}.\n")
    shown = page(reviewer, nights.dreamt(cast.store, "local"))
    proposal = Proposal.objects.get()
    assert proposal.op == "merge"
    assert "Fold identical memories into one" in shown
    assert f">{proposal}</a>" in shown


# Live progress


def running(cast: Cast, clock: FakeClock) -> Dream:
    return build.dream(
        cast.store,
        DreamState.RUNNING,
        step="mining",
        step_done=20,
        step_total=60,
        step_times={"reading": 2100},
        started_at=clock() - timedelta(seconds=31),
    )


def test_a_running_dream_polls(cast: Cast, lead: Client, clock: FakeClock):
    shown = page(lead, running(cast, clock))
    assert 'data-poll="2"' in shown
    assert "Extracting, 20 of 60" in shown
    assert "Running for 31 s." in shown


def test_the_piece_is_the_element_it_replaces(cast: Cast, lead: Client, clock: FakeClock):
    dream = running(cast, clock)
    answer = lead.get(f"{DREAMS}{dream}/progress/", headers=HTMX)
    shown = answer.content.decode().strip()
    assert shown.startswith('<div id="progress" data-poll="2"')
    assert "<html" not in shown
    assert "Cancel dream" in shown


def test_a_reviewer_is_offered_no_cancel_in_the_page_nor_the_piece(
    cast: Cast, reviewer: Client, clock: FakeClock
):
    dream = running(cast, clock)
    assert "Cancel dream" not in page(reviewer, dream)
    piece = reviewer.get(f"{DREAMS}{dream}/progress/", headers=HTMX).content.decode()
    assert "Cancel dream" not in piece


@pytest.mark.parametrize("state", ["completed", "partial", "failed", "cancelled", "held"])
def test_at_the_end_the_browser_fetches_the_whole_page(cast: Cast, lead: Client, state: str):
    dream = build.dream(cast.store, state)
    answer = lead.get(f"{DREAMS}{dream}/progress/", headers=HTMX)
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")


def test_a_look_at_how_far_it_is_asks_five_queries(cast: Cast, lead: Client, clock: FakeClock):
    dream = running(cast, clock)
    Dream.objects.update(started_by=cast.lead)
    lead.get(f"{DREAMS}{dream}/progress/", headers=HTMX)
    with CaptureQueriesContext(connection) as asked:
        shown = lead.get(f"{DREAMS}{dream}/progress/", headers=HTMX).content.decode()
    assert f"started by {cast.lead.name}" in shown
    assert len(asked) == 5


def test_without_script_the_pieces_address_shows_the_page(
    cast: Cast, lead: Client, clock: FakeClock
):
    dream = running(cast, clock)
    answer = lead.get(f"{DREAMS}{dream}/progress/")
    assert (answer.status_code, answer["Location"]) == (302, f"{DREAMS}{dream}/")


def test_an_ended_dream_does_not_poll(cast: Cast, lead: Client):
    assert "data-poll" not in page(lead, build.dream(cast.store))


# Cancel and admit


def test_a_lead_cancels_what_runs(cast: Cast, lead: Client, clock: FakeClock):
    dream = running(cast, clock)
    answer = lead.post(f"{DREAMS}{dream}/cancel/", follow=True)
    shown = answer.content.decode()
    assert "is being cancelled" in shown
    assert "Being cancelled" in shown
    assert "Cancel dream" not in shown


def test_what_waits_is_cancelled_at_once_and_said_so(cast: Cast, lead: Client):
    dream = build.dream(cast.store, DreamState.QUEUED)
    shown = lead.post(f"{DREAMS}{dream}/cancel/", follow=True).content.decode()
    assert f"{dream} is cancelled." in shown
    assert "Cancelled before it began." in shown


def test_a_reviewer_cancels_nothing(cast: Cast, reviewer: Client, clock: FakeClock):
    dream = running(cast, clock)
    assert reviewer.post(f"{DREAMS}{dream}/cancel/").status_code == 403
    assert nights.fresh(dream).cancel_requested_at is None


def test_what_has_ended_meanwhile_is_said_on_its_page(cast: Cast, lead: Client):
    dream = build.dream(cast.store)
    answer = lead.post(f"{DREAMS}{dream}/cancel/", follow=True)
    assert answer.status_code == 200
    assert "there is nothing to cancel" in answer.content.decode()


def held(cast: Cast, seat: Seated) -> Dream:
    seen = nights.sessions(cast.agent)
    seat(FakeEngine(nights.retires([build.memory(cast.store).path], seen)))
    return nights.dreamt(cast.store, by=cast.lead)


def test_a_held_dream_says_what_it_would_remove(cast: Cast, seat: Seated, reviewer: Client):
    shown = page(reviewer, held(cast, seat))
    assert "It would remove 1 of 1 memories and 100% of the text" in shown
    assert "Let it through" in shown


def test_a_held_dream_offers_an_auditor_nothing(cast: Cast, seat: Seated, client_of: ClientOf):
    assert "Let it through" not in page(client_of(cast.auditor), held(cast, seat))


def test_who_started_it_is_offered_no_consent_and_told_why(cast: Cast, seat: Seated, lead: Client):
    shown = page(lead, held(cast, seat))
    assert '/admit/"' not in shown
    assert "You started it, so others let it through." in shown


def test_who_agreed_is_named_and_not_asked_again(cast: Cast, seat: Seated, reviewer: Client):
    dream = held(cast, seat)
    shown = reviewer.post(f"{DREAMS}{dream}/admit/", follow=True).content.decode()
    assert "One more person must agree." in shown
    assert "Rosa has agreed" in shown
    assert '/admit/"' not in shown


def test_with_the_second_consent_its_changes_are_in_the_queue(
    cast: Cast, seat: Seated, reviewer: Client, client_of: ClientOf
):
    dream = held(cast, seat)
    other = build.person("Lars", within=cast.workspace, role="lead")
    reviewer.post(f"{DREAMS}{dream}/admit/")
    shown = client_of(other).post(f"{DREAMS}{dream}/admit/", follow=True).content.decode()
    assert "Its changes are in the queue." in shown
    assert Proposal.objects.get().state == "pending"


def test_a_refused_consent_says_why(
    cast: Cast, seat: Seated, reviewer: Client, client_of: ClientOf
):
    dream = held(cast, seat)
    reviewer.post(f"{DREAMS}{dream}/admit/")
    second = client_of(cast.second_reviewer)
    shown = second.post(f"{DREAMS}{dream}/admit/", follow=True).content.decode()
    assert "now a lead is needed" in shown


# The engine


def test_a_lead_chooses_among_the_engines_that_are_installed(lead: Client):
    page_text = text_of(lead, DREAMS)
    assert '<option value="local" selected>Local</option>' in page_text
    assert '<option value="claude">Claude</option>' in page_text


def test_an_engine_that_would_send_data_out_is_refused_with_the_way_out(cast: Cast, lead: Client):
    answer = lead.post(f"{DREAMS}start/", {"store": cast.agent.slug, "engine": "claude"})
    assert answer.status_code == 422
    assert "An admin sets this on the workspace" in answer.content.decode()
    assert not Dream.objects.exists()


def test_what_left_the_house_and_what_it_cost_stands_on_the_page(cast: Cast, reviewer: Client):
    made = build.dream(
        cast.store,
        engine="claude",
        engine_version="1/abc",
        finished_at=product_clock.now(),
        covered=7,
        estimate={"input_tokens": 9_000, "output_tokens": 1_000, "cost_micros": 20_000},
        usage={"requests": 5, "input_tokens": 8_000, "output_tokens": 400, "cost_micros": 12_345},
    )
    told = page(reviewer, made)
    assert "What left this house" in told
    assert "10,000 tokens at most, 0.02 USD at most" in told
    assert "8,400" in told
    assert "7 places of personal data" in told


def test_of_the_local_engine_nothing_left(cast: Cast, reviewer: Client):
    told = page(reviewer, build.dream(cast.store, usage={"sessions": 4, "events": 9}))
    assert "What left this house" not in told
    assert "Nothing left this machine." in told


@pytest.fixture
def asking(cast):
    """A dream that told its estimate and waits for the lead."""
    estimate = {
        "requests": 5,
        "input_tokens": 9_000,
        "output_tokens": 32_000,
        "cost_micros": 420_000,
    }
    return build.dream(
        cast.store,
        "queued",
        engine="claude",
        started_by=cast.lead,
        started_at=product_clock.now(),
        asks_first=True,
        asked_at=product_clock.now(),
        estimate=estimate,
        failure=spell_estimate(estimate),
    )


def test_the_form_asks_first_unless_told_otherwise(cast, client_of):
    client = client_of(cast.lead)
    page = client.get(DREAMS)
    assert page.context["form"]["asks_first"].initial is True
    assert b"Say what it may cost" in page.content
    start = f"{DREAMS}start/"
    client.post(start, {"store": "refund-desk", "asks_first": "on"})
    client.post(start, {"store": "shared"})
    assert list(Dream.objects.order_by("pk").values_list("asks_first", flat=True)) == [True, False]


def test_who_started_it_reads_the_estimate_and_lets_it_go_on(cast, client_of, asking):
    client = client_of(cast.lead)
    page = client.get(f"{DREAMS}{asking}/")
    words = page.content.decode()
    assert "at most 0.42 USD" in words
    assert "Go on within this" in words
    assert "Waits for an answer" in words
    assert "data-poll" not in words
    answer = client.post(f"{DREAMS}{asking}/agree/")
    assert answer.status_code == 302
    assert Dream.objects.get(pk=asking.pk).agreed == asking.estimate


def test_others_read_the_estimate_without_the_button(cast, client_of, asking):
    page = client_of(cast.reviewer).get(f"{DREAMS}{asking}/")
    words = page.content.decode()
    assert "at most 0.42 USD" in words
    assert "Go on within this" not in words
    answer = client_of(cast.reviewer).post(f"{DREAMS}{asking}/agree/")
    assert answer.status_code == 403
    assert Dream.objects.get(pk=asking.pk).agreed == {}
