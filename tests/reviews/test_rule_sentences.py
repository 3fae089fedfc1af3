"""Rules in sentences, and a change of one as what was and what would be."""

import pytest

from reviews.approval_rules import Mode, PersonFacts, Rule, Trait
from reviews.changes import Op
from reviews.rule_sentences import (
    able_people,
    asks_for,
    facets_of,
    speaks_about,
)

AGENTS = {"claims-bot": "Claims bot", "": "the shared memory"}
SPOKEN = {
    "Every change.": Rule("r"),
    "New memory of low risk.": Rule("r", ops=frozenset({Op.CREATE}), risks=frozenset({"low"})),
    "Every change of Claims bot.": Rule("r", agent="claims-bot"),
    "Every change of the shared memory.": Rule("r", agent=""),
    "Every change of gone-bot.": Rule("r", agent="gone-bot"),
    "Every change with a command or a web address under /a/.": Rule(
        "r", traits=frozenset({Trait.URL, Trait.COMMAND}), path_prefix="/a/"
    ),
}
FOLD = Rule(
    "fold", ops=frozenset({Op.MERGE}), traits=frozenset({Trait.IDENTICAL}), mode=Mode.AUTOMATIC
)


@pytest.mark.parametrize("words", SPOKEN)
def test_a_rule_is_one_sentence(words):
    assert speaks_about(SPOKEN[words], AGENTS) == words


def test_what_it_asks_for_can_begin_a_cell():
    assert asks_for(Rule("r", needs=((None, 2),))) == "Two approvals"
    assert asks_for(Rule("r", needs=(("legal", 1), (None, 1)))) == (
        "One of legal and one of anyone who may decide"
    )
    assert asks_for(FOLD) == "Nobody: settled by the rule itself"


def test_who_can_give_it_is_in_a_group_it_names_or_anyone_who_decides():
    people = (
        PersonFacts(1, "reviewer"),
        PersonFacts(2, "lead", frozenset({"legal"})),
        PersonFacts(3, "auditor", frozenset({"legal"})),
    )
    assert able_people(Rule("r"), people) == (1, 2)
    assert able_people(Rule("r", needs=(("legal", 1),)), people) == (2,)
    assert able_people(Rule("r", needs=(("legal", 1), (None, 1))), people) == (1, 2)
    assert able_people(FOLD, people) == ()


def test_a_change_says_each_side_before_and_after():
    before, after = Rule("r"), Rule("r", needs=((None, 2),))
    speaks, asks, place = facets_of(before, after, AGENTS, (2, 1))
    assert (speaks.is_changed, asks.is_changed, place.is_changed) == (False, True, True)
    assert (asks.before, asks.after) == ("One approval", "Two approvals")
    assert (place.before, place.after) == ("2", "1")


def test_a_place_that_is_not_on_the_record_is_not_told():
    assert [one.name for one in facets_of(Rule("r"), Rule("r"), AGENTS, (None, 1))] == [
        "Speaks about",
        "Asks for",
    ]


def test_a_new_and_a_retired_rule_have_one_side_only():
    new = facets_of(None, Rule("r"), AGENTS)
    gone = facets_of(Rule("r"), None, AGENTS)
    assert {one.before for one in new} == {one.after for one in gone} == {""}
    assert [one.after for one in new] == [one.before for one in gone]
    assert facets_of(None, None, AGENTS) == ()
