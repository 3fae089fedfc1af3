"""No key, a wrong key, no network, no such model: a sentence with the way out, and nothing."""

import re

import pytest

from agents import clock
from dreaming.dreams import Wish, queue_dream, run_due, run_to_end
from dreaming.errors import NotStartable
from dreaming.models import Dream, JournalLine, Pattern
from reviews.models import Evidence, Proposal
from tests.processes import free_port

pytestmark = pytest.mark.django_db(transaction=True)
NO_NETWORK = "DAYBREAK_ANTHROPIC_BASE_URL"
WAYS_OUT = {
    "wrong key": "DAYBREAK_ANTHROPIC_API_KEY",
    "no network": NO_NETWORK,
    "no such model": "DAYBREAK_CLAUDE_READ_MODEL",
}


def is_one_sentence(words):
    """Say whether the words, without the vendor's id of the request, end once."""
    told = re.sub(r" \(request \S+\)$", "", words)
    return told.endswith(".") and not re.search(r"[.!?]\s", told)


@pytest.fixture
def troubled(vendor, settings):
    """Make the engine meet one trouble; return how it was set up before."""

    def meet(trouble):
        options = settings.ENGINE_OPTIONS["claude"]
        before = dict(options)
        options |= {
            "no key": {"key": ""},
            "wrong key": {"key": "another-key"},
            "no network": {"base_url": f"http://127.0.0.1:{free_port()}"},
            "no such model": {"read_model": "claude-nobody-9"},
        }[trouble]
        return before

    return meet


def nothing_is_half_done():
    kept = (Proposal, Pattern, Evidence, JournalLine)
    return not any(model.objects.exists() for model in kept)


@pytest.mark.parametrize("trouble", WAYS_OUT)
def test_a_trouble_ends_the_dream_with_its_way_out_and_the_next_one_is_whole(
    house, vendor, settings, troubled, trouble
):
    before = troubled(trouble)
    queued = queue_dream(house.store, Wish(engine="claude"))
    Dream.objects.filter(pk=queued.pk).update(max_attempts=1)
    made = run_to_end(queued)
    assert made.state == "failed"
    assert WAYS_OUT[trouble] in made.failure
    assert is_one_sentence(made.failure), made.failure
    assert made.usage == {}
    assert nothing_is_half_done()
    assert "POST /v1/messages" not in vendor.lines()
    settings.ENGINE_OPTIONS["claude"] = before
    again = run_to_end(queue_dream(house.store, Wish(engine="claude")))
    assert again.state == "completed", again.failure
    assert Proposal.objects.exists()


def test_without_a_key_no_dream_begins(house, vendor, troubled):
    troubled("no key")
    with pytest.raises(NotStartable, match="DAYBREAK_ANTHROPIC_API_KEY") as told:
        queue_dream(house.store, Wish(engine="claude"))
    assert is_one_sentence(str(told.value))
    assert not Dream.objects.exists()
    assert nothing_is_half_done()
    assert vendor.received == []


def test_without_a_network_it_is_tried_again_and_says_so_meanwhile(house, troubled):
    troubled("no network")
    queued = queue_dream(house.store, Wish(engine="claude"))
    assert run_due(queued, clock.now())
    row = Dream.objects.get(pk=queued.pk)
    assert (row.state, row.attempt) == ("queued", 1)
    assert row.failure.endswith("It is tried again (1 of 3).")
    assert nothing_is_half_done()


def test_an_estimate_meets_the_same_troubles_in_the_same_words(house, vendor, troubled):
    troubled("wrong key")
    wish = Wish(engine="claude", started_by=house.lead, asks_first=True)
    made = run_to_end(queue_dream(house.store, wish))
    assert (made.state, made.asked_at, made.estimate) == ("failed", None, {})
    assert WAYS_OUT["wrong key"] in made.failure
