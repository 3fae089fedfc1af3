"""How hosted dreams are set up."""

from dreaming.engines.claude.costs import prices_of
from dreaming.engines.managed.options import NO_KEY, Options


def test_what_is_not_said_keeps_its_default():
    made = Options.of({"key": "k"})
    assert (made.reach.write_model, made.reach.destination) == ("claude-opus-5", "anthropic:global")
    assert (made.hours, made.poll_s, made.most_poll_s) == (12.0, 10.0, 60.0)
    assert made.reach.timeout_s == 60
    assert made.unready == ""


def test_what_is_said_is_read():
    given = {"key": "k", "write_model": "claude-sonnet-5", "region": "us", "hours": "1.5"}
    made = Options.of(given)
    assert (made.reach.write_model, made.reach.destination) == ("claude-sonnet-5", "anthropic:us")
    assert made.hours == 1.5


def test_a_model_without_a_known_price_takes_the_one_that_is_set():
    made = Options.of({"key": "k", "write_model": "new", "prices": "new=1/2"})
    assert prices_of(made.reach.write_model, made.reach.prices).cost({"input_tokens": 10}) == 10


def test_an_empty_model_is_none():
    assert Options.of({"key": "k", "write_model": ""}).reach.write_model == "claude-opus-5"


def test_without_a_key_it_says_how_to_set_one():
    assert Options.of({}).unready == NO_KEY
    assert "DAYBREAK_MANAGED_API_KEY" in NO_KEY
