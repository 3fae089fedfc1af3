"""A dry run of rules: each proposal is compared with what it was asked, and memory stays flat."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.approval_rules import DEFAULT_RULES, Facts, Mode, PersonFacts, Rule, Trait, route
from reviews.changes import Op
from reviews.rehearsal import Alike, Fate, Filed, compare, prefixes_of, rehearse

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
ONE, TWO = ((None, 1),), ((None, 2),)
FOLD = Rule(
    "fold", ops=frozenset({Op.MERGE}), traits=frozenset({Trait.IDENTICAL}), mode=Mode.AUTOMATIC
)
THREE_HERE = tuple(PersonFacts(at, "reviewer") for at in range(3))


def facts(**given: object) -> Facts:
    return Facts(**({"agent": "desk", "path": "/a.md", "op": Op.CREATE, "risk": "low"} | given))


def filed(needs=ONE, mode=Mode.PEOPLE, number=1, **given: object) -> Filed:
    return Filed(number, f"Title {number}", "pending", NOW, facts(**given), "one", 1, needs, mode)


def alone(*many: Filed) -> list[Alike]:
    """Each as a group of its own."""
    return [Alike(one, 1, (one.number,)) for one in many]


def one_rule(**given: object) -> Rule:
    return Rule("draft", **given)


FATES = {
    "as many of anyone": (filed(), one_rule(), Fate.SAME),
    "more of anyone": (filed(), one_rule(needs=TWO), Fate.MORE),
    "fewer of anyone": (filed(TWO), one_rule(), Fate.FEWER),
    "as many, of a group": (filed(), one_rule(needs=(("legal", 1),)), Fate.OTHERS),
    "as many, of another group": (
        filed((("security", 1),)),
        one_rule(needs=(("legal", 1),)),
        Fate.OTHERS,
    ),
    "the same groups in another order": (
        filed((("security", 1), ("legal", 1))),
        one_rule(needs=(("legal", 1), ("security", 1))),
        Fate.SAME,
    ),
    "a rule where people were asked": (
        filed(op=Op.MERGE, traits=frozenset({Trait.IDENTICAL})),
        FOLD,
        Fate.BY_RULE,
    ),
    "people where a rule settled it": (filed(mode=Mode.AUTOMATIC), one_rule(), Fate.BY_PEOPLE),
    "a rule where a rule settled it": (
        filed(mode=Mode.AUTOMATIC, op=Op.MERGE, traits=frozenset({Trait.IDENTICAL})),
        FOLD,
        Fate.SAME,
    ),
}


@pytest.mark.parametrize("case", FATES)
def test_what_would_be_asked_is_compared_with_what_was(case):
    one, rule, fate = FATES[case]
    assert compare(one, route(one.facts, [rule])) is fate


def test_every_fate_has_a_case():
    assert {fate for _, _, fate in FATES.values()} == set(Fate)


def test_each_proposal_counts_once_and_the_first_that_differ_are_listed():
    many = [filed(number=at, risk="high" if at % 2 else "low") for at in range(10, 0, -1)]
    high = one_rule(needs=TWO, risks=frozenset({"high"}))
    done = rehearse(alone(*many), [Rule("rest"), high], THREE_HERE, listed=3)
    assert (done.filed, done.counts[Fate.MORE], done.counts[Fate.SAME]) == (10, 5, 5)
    assert [one.filed.number for one in done.differing] == [9, 7, 5]
    assert done.left == 2
    assert sum(done.counts.values()) == done.filed


def test_what_differs_says_both_in_words():
    (one,) = rehearse(
        alone(filed()), [one_rule(needs=(("legal", 2),))], THREE_HERE, listed=5
    ).differing
    assert (one.asked, one.would_ask) == ("One approval", "Two of legal")
    (one,) = rehearse(
        alone(filed(mode=Mode.AUTOMATIC)), [one_rule()], THREE_HERE, listed=5
    ).differing
    assert (one.asked, one.would_ask) == ("Nobody, the rule", "One approval")


def test_what_nobody_present_could_complete_is_counted():
    rule = one_rule(needs=((None, 3),))
    assert rehearse(alone(filed(), filed()), [rule], THREE_HERE, listed=5).stuck == 0
    assert rehearse(alone(filed(), filed()), [rule], THREE_HERE[:2], listed=5).stuck == 2
    same = one_rule(needs=(("legal", 1),))
    assert rehearse(alone(filed((("legal", 1),))), [same], THREE_HERE, listed=5).stuck == 1


def test_what_a_rule_settles_needs_nobody():
    merge = filed(mode=Mode.AUTOMATIC, op=Op.MERGE, traits=frozenset({Trait.IDENTICAL}))
    assert rehearse(alone(merge), [FOLD], (), listed=5).stuck == 0


def test_nothing_filed_gives_nothing():
    done = rehearse([], DEFAULT_RULES, THREE_HERE, listed=5)
    assert (done.filed, done.left, done.stuck, done.differing) == (0, 0, 0, ())


def test_a_group_is_routed_once_and_counts_as_often_as_it_has_proposals():
    many = Alike(filed(number=5_000), 5_000, tuple(range(5_000, 4_950, -1)))
    done = rehearse([many], [one_rule(needs=TWO)], THREE_HERE, listed=2)
    assert (done.filed, done.counts[Fate.MORE], done.left) == (5_000, 5_000, 4_998)
    assert [one.filed.number for one in done.differing] == [5_000, 4_999]


def test_the_newest_of_all_groups_are_listed():
    groups = [
        Alike(filed(number=9), 3, (9, 4, 1)),
        Alike(filed(number=8, risk="high"), 2, (8, 7)),
        Alike(filed(TWO, number=6), 1, (6,)),
    ]
    done = rehearse(groups, [one_rule(needs=TWO)], THREE_HERE, listed=4)
    assert [one.filed.number for one in done.differing] == [9, 8, 7, 4]
    assert [one.filed.facts.risk for one in done.differing] == ["low", "high", "high", "low"]
    assert (done.filed, done.left) == (6, 1)


SOME_FACTS = st.builds(
    Facts,
    agent=st.sampled_from(["", "desk", "other"]),
    path=st.sampled_from(["/a.md", "/refunds/a.md", "/refunds/big/a.md"]),
    op=st.sampled_from(Op),
    risk=st.sampled_from(["low", "medium", "high"]),
    traits=st.frozensets(st.sampled_from(Trait)),
    signal=st.sampled_from(["", "approval", "outcome"]),
)
RULES = (
    *DEFAULT_RULES,
    FOLD,
    Rule("refunds", needs=(("legal", 1),), path_prefix="/refunds/"),
    Rule("big", needs=TWO, path_prefix="/refunds/big/"),
    Rule("desk", needs=((None, 3),), agent="desk", risks=frozenset({"medium"})),
)


@given(SOME_FACTS, st.sampled_from(["/b.md", "/refunds/b.md", "/refunds/big/b.md", "/big/b"]))
def test_paths_that_begin_alike_for_the_rules_are_asked_for_the_same(one, path):
    other = replace(one, path=path)
    prefixes = prefixes_of(RULES)
    if [*map(one.path.startswith, prefixes)] == [*map(path.startswith, prefixes)]:
        found, direct = route(one, RULES), route(other, RULES)
        assert replace(found, reasons=()) == replace(direct, reasons=())


def test_beginnings_are_those_of_the_rules_each_once():
    assert prefixes_of((*RULES, Rule("more", path_prefix="/refunds/"))) == (
        "/refunds/",
        "/refunds/big/",
    )


@given(st.lists(SOME_FACTS, max_size=30))
def test_the_rules_that_routed_them_ask_for_the_same_again(many):
    as_filed = [
        Filed(at, "T", "pending", NOW, one, found.rule, found.version, found.needs, found.mode)
        for at, one in enumerate(many)
        for found in [route(one, RULES)]
    ]
    done = rehearse(alone(*as_filed), RULES, THREE_HERE, listed=5)
    assert done.counts[Fate.SAME] == done.filed == len(many)
