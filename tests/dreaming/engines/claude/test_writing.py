"""From observations to one question, and from its answer to candidates."""

import json
from dataclasses import replace

from dreaming.engines.base import EngineMemory, Note, Quote
from dreaming.engines.claude import writing
from dreaming.engines.claude.asking import Reply
from dreaming.engines.claude.options import Options
from dreaming.engines.claude.reading import Seen
from dreaming.engines.claude.replies import Observation
from tests.dreaming.build_sessions import material, says, session
from tests.dreaming.engines.claude.test_replies import CHANGE, SEEN


def seen(number, *, event=0, relation="supports", **facts):
    said = Observation.model_validate(SEEN | facts)
    return Seen(f"S-{number}", said, (Quote(f"S-{number}", event, "Error", relation),))


def written(changes, behind, **facts):
    sessions = [session(number, says("Error, look here")) for number in range(1, 6)]
    reply = Reply("write", text=json.dumps({"proposals": [CHANGE | one for one in changes]}))
    return writing.written_of(material(sessions, **facts), reply, behind)


def test_the_question_holds_memory_observations_and_notes_between_the_marks():
    memory = EngineMemory("/a.md", 1, "Ask first.", title="Ask")
    notes = (Note("P-1", "/a.md", "abc", "Say when."),)
    given = replace(material([session(1, says("x"))], memories=[memory]), notes=notes)
    asked = writing.question_of(given, [seen(1)], "mark-1", Options(write_model="big")).asked
    body = asked["messages"][0]["content"].splitlines()
    assert (body[0], body[-1]) == ("[mark-1 begins]", "[mark-1 ends]")
    remembered, observed, note = (json.loads(line) for line in body[1:-1])
    assert remembered == {"memory": "/a.md", "title": "Ask", "text": "Ask first."}
    assert (observed["observation"], observed["session"]) == (1, "S-1")
    assert note["asked"] == "Say when."
    assert (asked["model"], "mark-1" in asked["system"]) == ("big", True)


def test_a_change_rests_on_the_sessions_of_its_observations():
    (one,) = written([{"observations": [1, 2, 2]}], [seen(1), seen(2), seen(3)]).candidates
    assert one.matched == {"S-1", "S-2"}
    assert {quote.session for quote in one.quotes} == {"S-1", "S-2"}
    assert (one.signal, one.template, one.path) == ("outcome", "shipped orders", "")


def test_what_speaks_against_it_is_quoted_and_does_not_support_it():
    behind = [seen(1), seen(2, relation="contradicts")]
    (one,) = written([{"observations": [1, 2]}], behind).candidates
    assert one.matched == {"S-1"}
    assert [quote.relation for quote in one.quotes] == ["contradicts", "supports"]


def test_words_alone_are_told_as_words():
    behind = [seen(1, signal="words"), seen(2, signal="words")]
    (one,) = written([{"observations": [1, 2]}], behind).candidates
    assert one.signal == "words"


def test_a_path_is_kept_for_what_changes_a_memory_only():
    changes = [
        {"path": "/free/choice.md"},
        {"op": "update", "path": "/a.md", "topic": "b"},
        {"op": "retire", "path": "/b.md", "topic": "c", "statement": ""},
    ]
    made = written(changes, [seen(1)]).candidates
    assert [(one.op, one.path) for one in made] == [
        ("create", ""),
        ("update", "/a.md"),
        ("retire", "/b.md"),
    ]


def test_one_pattern_and_one_path_are_proposed_once():
    changes = [{}, {"title": "Again"}, {"op": "update", "path": "/a.md"}] * 2
    made = written(changes, [seen(1)])
    assert len(made.candidates) == 2


def test_numbers_of_no_observation_support_nothing():
    made = written([{"observations": [0, 9, -1]}], [seen(1)])
    assert made.candidates == ()
    assert "names no observation" in made.dropped[0].why


def test_observations_of_topics_that_recur_are_taken_first_in_the_order_of_sessions(monkeypatch):
    monkeypatch.setattr(writing, "MOST_OBSERVATIONS", 2)
    given = [seen(1, topic="rare"), seen(2, topic="often"), seen(3, topic="Often!")]
    kept, dropped = writing.choose(given)
    assert [one.session for one in kept] == ["S-2", "S-3"]
    assert dropped[0].why.startswith("1 of topics")
    assert writing.choose(kept) == (kept, ())


def test_an_answer_that_is_no_list_is_told_once():
    made = writing.written_of(material([]), Reply("write", text="sorry"), [seen(1)])
    assert (made.candidates, len(made.dropped)) == ((), 1)
