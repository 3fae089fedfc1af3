"""Asking Claude: what each answer amounts to, and how many questions are under way at once."""

import threading
from contextlib import closing
from itertools import count

import pytest
from anthropic.types import Message

from dreaming.engines.base import EngineError
from dreaming.engines.claude.asking import LARGEST_WHOLE, Asker, Question, Reply, reply_of
from dreaming.engines.claude.client import make_client
from dreaming.engines.claude.options import Options
from dreaming.standin.messages import Said
from dreaming.standin.server import Fault
from dreaming.standin.wire import refuse
from tests.dreaming.engines.claude.conftest import KEY

HAIKU = "claude-haiku-5-5"


def question(name="q", *, tokens=100, text="Read this."):
    asked = {"model": HAIKU, "max_tokens": tokens, "messages": [{"role": "user", "content": text}]}
    return Question(name, asked)


@pytest.fixture
def asker(vendor):
    vendor.messages.speaker = lambda body: Said(f"heard {body['messages'][0]['content']}")
    options = Options(key=KEY, base_url=vendor.url, retries=0, concurrency=3)
    with closing(make_client(options)) as client:
        yield Asker(client, options)


def message(stop, text="words", **facts):
    content = [{"type": "text", "text": text}] if text else []
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": HAIKU,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    return Message.model_validate(body | facts)


@pytest.mark.parametrize(
    ("stop", "fault", "too_long"),
    [
        ("end_turn", "", False),
        ("stop_sequence", "", False),
        ("max_tokens", "The answer was longer than it may be.", True),
        ("model_context_window_exceeded", "It is longer than the model reads at once.", True),
        ("refusal", "The model refused to read it.", False),
        ("pause_turn", "The answer ended as pause_turn.", False),
    ],
)
def test_how_an_answer_ended_says_what_it_is_worth(stop, fault, too_long):
    reply = reply_of("q", message(stop))
    assert (reply.fault, reply.is_too_long) == (fault, too_long)
    assert bool(reply.text) is not bool(fault)
    assert reply.usage == {
        "input_tokens": 3,
        "output_tokens": 2,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }


def test_an_end_without_words_is_no_answer():
    assert reply_of("q", message("end_turn", "")).fault == "The answer was empty."
    assert reply_of("q", message("end_turn", " \n")).fault == "The answer was empty."


def test_a_refusal_names_its_category():
    told = message("refusal", "", stop_details={"type": "refusal", "category": "cyber"})
    assert reply_of("q", told).fault == "The model refused to read it (cyber)."


def test_one_question_has_one_reply_with_the_vendors_id_for_it(asker):
    reply = asker.ask(question())
    assert (reply.text, reply.fault) == ("heard Read this.", "")
    assert reply.request.startswith("req_")


def test_a_long_answer_comes_as_a_stream(asker, vendor):
    assert asker.ask(question(tokens=LARGEST_WHOLE + 1)).text == "heard Read this."
    assert vendor.received[-1].asked.body["stream"] is True
    asker.ask(question(tokens=LARGEST_WHOLE))
    assert "stream" not in vendor.received[-1].asked.body


def test_replies_come_in_the_order_of_the_questions(asker):
    replies = asker.ask_all(question(str(n), text=str(n)) for n in range(10))
    assert [(one.name, one.text) for one in replies] == [(str(n), f"heard {n}") for n in range(10)]


def test_no_more_questions_are_under_way_than_options_allow(asker, vendor, monkeypatch):
    under_way, most = count(), []
    lock, running = threading.Lock(), []

    def ask(one):
        with lock:
            running.append(one.name)
            most.append(len(running))
        next(under_way)
        with lock:
            running.remove(one.name)
        return Reply(one.name)

    monkeypatch.setattr(asker, "ask", ask)
    assert len(list(asker.ask_all(question(str(n)) for n in range(20)))) == 20
    assert max(most) <= 3


def test_who_stops_listening_asks_no_further(asker, vendor):
    replies = asker.ask_all(question(str(n)) for n in range(100))
    next(replies)
    replies.close()
    assert len(vendor.received) < 10


def test_what_is_wrong_with_one_question_is_its_reply_and_what_is_wrong_with_all_an_error(
    asker, vendor
):
    vendor.faults.append(Fault("POST", "/v1/messages", refuse(413, "Large.")))
    reply = asker.ask(question())
    assert reply.is_too_long
    assert "status 413" in reply.fault
    vendor.faults.append(Fault("POST", "/v1/messages", refuse(401, "No.")))
    with pytest.raises(EngineError):
        asker.ask(question())


def test_counts_are_those_of_the_api(asker, vendor):
    assert asker.count(question(text="one two three")) == 3
    assert asker.count_all([question(text="one"), question(text="one two")]) == 3
    assert set(vendor.lines()) == {"POST /v1/messages/count_tokens"}


def test_a_batch_is_started_looked_at_and_read(asker, vendor):
    batch = asker.start_batch([question("a"), question("b")])
    assert not asker.has_ended(batch)
    assert asker.has_ended(batch)
    assert {one.name: one.text for one in asker.batch_replies(batch)} == {
        "a": "heard Read this.",
        "b": "heard Read this.",
    }


@pytest.mark.parametrize("outcome", ["errored", "canceled", "expired"])
def test_a_request_of_a_batch_that_came_to_nothing_says_how(asker, vendor, outcome):
    vendor.messages.speaker = lambda body: Said("", outcome=outcome)
    batch = asker.start_batch([question("a")])
    for _ in range(2):
        asker.has_ended(batch)
    (reply,) = asker.batch_replies(batch)
    assert reply.fault == f"Its request in the batch {outcome}."
    assert reply.usage is None


def test_what_no_database_keeps_is_replaced_in_an_answer_and_in_why_there_is_none():
    assert reply_of("q", message("end_turn", "a\0b")).text == "a\ufffdb"
    told = message("end_turn", "")
    told.stop_reason = "x\0" * 500
    fault = reply_of("q", told).fault
    assert "\0" not in fault
    assert len(fault) == 200
