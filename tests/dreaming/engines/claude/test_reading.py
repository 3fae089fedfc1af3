"""What the journal keeps of each session, and what all of it shows."""

import json
from dataclasses import replace

import pytest

from dreaming.engines.claude import reading
from dreaming.engines.claude.asking import Reply
from dreaming.engines.claude.options import Options
from dreaming.engines.claude.records import Part
from tests.dreaming.build_sessions import fails, material, says, session
from tests.dreaming.engines.claude.test_replies import SEEN

ONE = session(1, says("Cancel it."), fails("cancel_order", "Error: shipped"))


def observed(**facts):
    quotes = [{"event": 1, "text": "Error: shipped", "relation": "supports"}]
    return SEEN | {"quotes": quotes} | facts


def note(*observations, of=ONE, number=1):
    text = json.dumps({"observations": observations})
    usage = {"input_tokens": 9, "output_tokens": 4}
    return reading.note_of(Part(of, number), Reply("S-1_1", text=text, usage=usage, request="r"))


def test_a_question_holds_the_session_between_marks_and_the_wishes_of_who_started():
    asked = reading.question_of(Part(ONE), "m-1", Options(read_model="small"), "Look at refunds.")
    content = asked.asked["messages"][0]["content"]
    assert content.startswith("[m-1 begins]")
    assert content.endswith("[m-1 ends]")
    assert asked.asked["model"] == "small"
    assert "Look at refunds." in asked.asked["system"][0]["text"]
    assert asked.name == "S-1_1"


def test_what_every_session_shares_can_be_read_from_the_cache():
    first, second = (
        reading.question_of(Part(session(n, says("x"))), "m", Options(), "").asked for n in (1, 2)
    )
    assert first["system"] == second["system"]
    assert first["system"][0]["cache_control"] == {"type": "ephemeral"}


def test_a_note_keeps_sound_observations_their_cost_and_the_request():
    kept = note(observed(), {"kind": "odd"})
    assert len(kept["observations"]) == 1
    assert len(kept["dropped"]) == 1
    assert (kept["session"], kept["part"], kept["request"]) == ("S-1", 1, "r")
    assert kept["usage"]["input_tokens"] == 9
    assert json.loads(json.dumps(kept)) == kept


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"observations": 3}'])
def test_what_cannot_be_read_is_a_fault_of_this_part(text):
    kept = reading.note_of(Part(ONE), Reply("S-1_1", text=text))
    assert kept["fault"].startswith("The answer cannot be read")


def test_a_fault_of_the_reply_is_kept_as_it_is():
    kept = reading.note_of(Part(ONE), Reply("S-1_1", fault="The model refused to read it."))
    assert kept["fault"] == "The model refused to read it."
    assert "fault" not in reading.emptied(kept)
    assert reading.emptied(kept)["observations"] == []


def test_only_parts_without_a_note_are_read():
    given = material([ONE, session(2, says("x"))])
    left = reading.unread(given, {"S-1_1": {}})
    assert [part.name for part in left] == ["S-2_1"]


def test_observations_come_in_the_order_of_sessions_whatever_came_back_first():
    two = session(2, says("x"), fails("cancel_order", "Error: shipped"))
    made = reading.reading_of(material([ONE, two]), [note(observed(), of=two), note(observed())])
    assert [one.session for one in made.seen] == ["S-1", "S-2"]


def test_parts_of_a_session_come_in_their_order():
    notes = [note(observed(topic="late"), number=2), note(observed(topic="early"), number=1)]
    made = reading.reading_of(material([ONE]), notes)
    assert [one.said.topic for one in made.seen] == ["early", "late"]


@pytest.mark.parametrize(
    "quote",
    [
        {"event": 0, "text": "Error: shipped", "relation": "supports"},
        {"event": 9, "text": "Error: shipped", "relation": "supports"},
        {"event": 1, "text": "error: shipped", "relation": "supports"},
    ],
)
def test_words_that_do_not_stand_where_they_are_said_to_are_dropped(quote):
    made = reading.reading_of(material([ONE]), [note(observed(quotes=[quote]))])
    assert made.seen == ()
    assert [one.what for one in made.dropped] == [
        "quote for shipped orders",
        "observation of S-1: shipped orders",
    ]


def test_one_true_quote_is_enough_and_the_false_one_is_named():
    false = {"event": 0, "text": "never said", "relation": "contradicts"}
    true = observed()["quotes"][0]
    made = reading.reading_of(material([ONE]), [note(observed(quotes=[false, true]))])
    assert [quote.text for quote in made.seen[0].quotes] == ["Error: shipped"]
    assert len(made.dropped) == 1


def test_an_echo_of_memory_is_no_quote():
    echoed = replace(ONE, events=tuple(replace(one, remembered=True) for one in ONE.events))
    made = reading.reading_of(material([echoed]), [note(observed(), of=echoed)])
    assert made.seen == ()


def test_a_session_with_a_fault_is_listed_as_not_analysed():
    kept = reading.note_of(Part(ONE), Reply("S-1_1", fault="The answer was empty."))
    made = reading.reading_of(material([ONE]), [kept])
    (lost,) = made.not_analysed
    assert (lost.what, lost.why) == ("S-1", "Not analysed: The answer was empty.")
