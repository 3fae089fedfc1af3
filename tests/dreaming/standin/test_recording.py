"""What the stand-in says where no model is."""

import json

from dreaming.standin.recording import observe, plain, propose, speak, title_of, topic_of


def row(number, text, **facts):
    return {"event": number, "kind": "message", "role": "user", "text": text} | facts


def body(rows, field):
    text = "\n".join(["[m begins]", *(json.dumps(one) for one in rows), "[m ends]"])
    asked = {"format": {"schema": {"properties": {field: {}}}}}
    return {"messages": [{"role": "user", "content": text}], "output_config": asked}


def test_each_error_of_a_tool_and_each_standing_wish_is_noted_once():
    failed = {"tool": "pay", "role": "tool", "error": True}
    rows = [
        row(0, "Hello. Always answer in English. Thanks."),
        row(1, "Error: card 4711 refused", **failed),
        row(2, "Error: card 4712 refused", **failed),
    ]
    wish, error = observe(rows)
    assert (wish["kind"], wish["quotes"][0]["text"]) == ("preference", "Always answer in English.")
    assert (error["kind"], error["quotes"][0]["event"]) == ("mistake", 1)
    told = '`pay` refuses with "card … refused": look at what it asks for first.'
    assert error["statement"] == told
    assert title_of(error) == "pay refuses with card … refused"


def test_a_title_is_cut_between_words():
    said = {"statement": "From now on never close an access review while an exception is open."}
    assert title_of(said) == "From now on never close an access review while an …"


def test_what_two_sessions_show_is_proposed_and_what_one_shows_is_not():
    observed = {"kind": "mistake", "statement": "Look first.", "tool": "pay", "signal": "outcome"}
    rows = [
        {"observation": n, "session": f"S-{s}", "topic": topic, **observed}
        for n, (s, topic) in enumerate([(1, "a b"), (2, "a b"), (3, "c")], start=1)
    ]
    (change,) = propose(rows)
    assert (change["topic"], change["observations"]) == ("a b", [1, 2])


def test_it_knows_from_the_format_what_is_asked():
    assert json.loads(speak(body([row(0, "Hi.")], "observations")).text) == {"observations": []}
    assert json.loads(speak(body([], "proposals")).text) == {"proposals": []}


def test_topics_and_statements_name_nothing_of_one_session():
    assert topic_of("Error: order #W42 of [e-mail removed] not found") == "error order of not found"
    assert plain("order #W42\nof [e-mail removed]") == "order … of …"
    assert topic_of("42") == "something"
