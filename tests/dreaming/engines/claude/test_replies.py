"""What a model may answer, and what of an answer is kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.claude.replies import (
    Observation,
    Observations,
    Proposals,
    Proposed,
    read_items,
    schema_of,
)
from tests.attacks.replies import SHAPELESS

SEEN = {
    "kind": "mistake",
    "topic": "shipped orders",
    "statement": "Look at the state first.",
    "tool": "cancel_order",
    "signal": "outcome",
    "recovered": False,
    "quotes": [{"event": 0, "text": "Error", "relation": "supports"}],
}
CHANGE = {
    "op": "create",
    "path": "",
    "kind": "mistake",
    "topic": "shipped orders",
    "title": "Look first",
    "statement": "Look at the state first.",
    "tool": "cancel_order",
    "observations": [1],
    "rationale": "Seen twice.",
}


def read(*items):
    return read_items(json.dumps({"observations": items}), "observations", Observation, "S-1")


def test_a_sound_item_is_kept_and_words_of_a_list_in_any_case():
    loud = SEEN | {"kind": " Mistake", "signal": "OUTCOME"}
    found = read(SEEN, loud)
    assert [one.kind for one in found.items] == ["mistake", "mistake"]
    assert found.dropped == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "revelation"},
        {"signal": "trust me"},
        {"recovered": "yes"},
        {"statement": ""},
        {"statement": "x" * 1_001},
        {"quotes": [{"event": -1, "text": "x", "relation": "supports"}]},
        {"quotes": [{"event": 0, "text": "", "relation": "supports"}]},
        {"quotes": [{"event": 0, "text": "x", "relation": "proves"}]},
        {"quotes": [SEEN["quotes"][0]] * 6},
        {"tool": None},
    ],
)
def test_a_wrong_item_is_dropped_with_its_place_and_the_rest_stays(wrong):
    found = read(SEEN | wrong, SEEN)
    assert len(found.items) == 1
    (lost,) = found.dropped
    assert lost.what == "observations, item 1 of S-1"
    assert next(iter(wrong)) in lost.why


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"observations": {}}', '{"observations'])
def test_an_answer_without_the_list_is_no_answer(text):
    with pytest.raises(ValueError, match=r".+"):
        read_items(text, "observations", Observation, "S-1")


LEAVES = st.none() | st.booleans() | st.text(max_size=9) | st.integers()
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=9,
)


@given(ANYTHING)
def test_whatever_an_item_is_it_costs_itself_at_most(item):
    found = read(item, SEEN)
    assert len(found.items) + len(found.dropped) == 2
    assert found.items[-1].topic == "shipped orders"


@pytest.mark.parametrize("model", [Observations, Proposals])
def test_the_schema_keeps_to_what_the_api_takes(model):
    text = json.dumps(schema_of(model))
    assert '"additionalProperties": false' in text
    for refused in ("minimum", 'maxLength": ', 'maxItems": ', "default"):
        assert f'"{refused}' not in text
    schema = schema_of(model)["schema"]
    for part in (schema, *schema["$defs"].values()):
        assert set(part["required"]) == set(part["properties"])


def test_a_change_is_read_like_an_observation():
    text = json.dumps({"proposals": [CHANGE, CHANGE | {"op": "delete"}]})
    found = read_items(text, "proposals", Proposed, "the writing")
    assert [one.op for one in found.items] == ["create"]
    assert "op" in found.dropped[0].why


@pytest.mark.parametrize("hard", ["\0", "\ud800", "a\0b\udfff"])
def test_characters_no_database_keeps_are_replaced_and_cost_nothing(hard):
    quote = {"event": 0, "text": f"Error {hard}", "relation": "supports"}
    found = read(SEEN | {"topic": f"x{hard}", "quotes": [quote]})
    (item,) = found.items
    said = item.topic + item.quotes[0].text
    assert "\0" not in said
    assert said.encode().count(b"\xef\xbf\xbd") == 2 * sum(one not in "ab" for one in hard)


@pytest.mark.parametrize("text", SHAPELESS)
def test_an_answer_of_no_form_at_all_is_no_answer_or_costs_its_items(text):
    for field, item in (("observations", Observation), ("proposals", Proposed)):
        try:
            found = read_items(text, field, item, "S-1")
        except ValueError:
            continue
        assert found.items == ()
