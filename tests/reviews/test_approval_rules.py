"""Rules as values: which route a change takes, who may decide, and what nobody can satisfy."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.approval_rules import (
    DEFAULT_RULES,
    RISKY_TRAITS,
    Facts,
    InvalidRule,
    Mode,
    PersonFacts,
    ProposalFacts,
    Rule,
    Trait,
    combine_needs,
    count_approvals,
    is_identical_merge,
    may_be_automatic,
    may_decide,
    may_undo,
    route,
    say_needs,
    unsatisfiable,
)
from reviews.changes import Change, Op
from reviews.lifecycle import Verdict, Vote, missing_approvals, settle

ONE = ((None, 1),)
TWO = ((None, 2),)


def facts(op: Op = Op.UPDATE, **others) -> Facts:
    return replace(Facts("claims-bot", "/refunds/limits.md", op, "low"), **others)


IDENTICAL = facts(Op.MERGE, traits=frozenset({Trait.IDENTICAL}), signal="outcome")
FOLD = Rule(
    "fold",
    ops=frozenset({Op.MERGE}),
    traits=frozenset({Trait.IDENTICAL}),
    mode=Mode.AUTOMATIC,
)
LEGAL = Rule("legal", needs=(("legal", 1),), path_prefix="/refunds")


DEFAULTS = {
    "a new memory of low risk": (facts(Op.CREATE), 1),
    "a new memory of medium risk": (facts(Op.CREATE, risk="medium"), 2),
    "a new memory of high risk": (facts(Op.CREATE, risk="high"), 2),
    "an update": (facts(Op.UPDATE), 1),
    "an update of medium risk": (facts(Op.UPDATE, risk="medium"), 1),
    "an update of high risk": (facts(Op.UPDATE, risk="high"), 2),
    "a merge": (facts(Op.MERGE), 1),
    "an identical merge, nothing set automatic": (IDENTICAL, 1),
    "retiring": (facts(Op.RETIRE), 2),
    **{
        f"an update with the trait {trait}": (facts(traits=frozenset({trait})), 2)
        for trait in sorted(RISKY_TRAITS)
    },
}


@pytest.mark.parametrize("case", DEFAULTS)
def test_by_the_default_rules_so_many_people_decide(case):
    asked, approvals = DEFAULTS[case]
    found = route(asked, DEFAULT_RULES)
    assert found.approvals == approvals
    assert found.mode is Mode.PEOPLE
    assert all(reason.endswith(".") for reason in found.reasons)


def test_a_route_names_its_rule_and_version_and_says_why():
    found = route(facts(Op.RETIRE), DEFAULT_RULES)
    assert (found.rule, found.version) == ("retire", 1)
    assert found.reasons == ("Retired memory: two approvals.",)


def test_a_change_no_rule_speaks_about_needs_two():
    found = route(facts(Op.CREATE), [Rule("only-merges", ops=frozenset({Op.MERGE}))])
    assert (found.rule, found.needs) == ("none", TWO)


MATCHES = {
    "everything": (Rule("r"), True),
    "this agent": (Rule("r", agent="claims-bot"), True),
    "another agent": (Rule("r", agent="sales-bot"), False),
    "the path above": (Rule("r", path_prefix="/refunds"), True),
    "another path": (Rule("r", path_prefix="/policies"), False),
    "this operation": (Rule("r", ops=frozenset({Op.UPDATE, Op.RETIRE})), True),
    "another operation": (Rule("r", ops=frozenset({Op.CREATE})), False),
    "this risk": (Rule("r", risks=frozenset({"low"})), True),
    "another risk": (Rule("r", risks=frozenset({"high"})), False),
    "a trait it lacks": (Rule("r", traits=frozenset({Trait.URL})), False),
}


@pytest.mark.parametrize("case", MATCHES)
def test_a_rule_matches_by_agent_path_operation_risk_and_trait(case):
    rule, is_match = MATCHES[case]
    assert (route(facts(), [rule]).rule == "r") is is_match


def test_a_rule_for_a_named_agent_does_not_speak_about_the_shared_memory():
    assert route(facts(agent=""), [Rule("r", agent="claims-bot")]).rule == "none"


def test_a_group_stays_asked_for_beside_two_of_anyone():
    high = Rule("high", needs=TWO, risks=frozenset({"high"}))
    found = route(facts(risk="high"), [LEGAL, high])
    assert found.needs == (("legal", 1), (None, 1))
    assert found.rule == "high"
    assert found.reasons == (
        "Changed memory of high risk: two approvals.",
        "Changed memory under /refunds: one of legal.",
    )


def test_groups_of_two_rules_are_both_asked():
    security = Rule("security", needs=(("security", 2),))
    assert route(facts(), [LEGAL, security]).needs == (("legal", 1), ("security", 2))


def test_the_order_of_rules_does_not_change_what_is_asked():
    rules = [LEGAL, *DEFAULT_RULES, Rule("security", needs=(("security", 1), (None, 1)))]
    asked = facts(risk="high", traits=frozenset({Trait.COMMAND}))
    assert route(asked, rules).needs == route(asked, rules[::-1]).needs


groups = st.sampled_from(["legal", "security", "clinic"])
needs = st.lists(
    st.tuples(st.one_of(st.none(), groups), st.integers(1, 2)), min_size=1, max_size=2
).map(tuple)
people = st.lists(st.frozensets(groups), max_size=6)


@given(st.lists(needs, min_size=1, max_size=4), people)
def test_whoever_satisfies_the_combination_satisfies_each_rule(asked, approvers):
    if missing_approvals(combine_needs(asked), approvers) == 0:
        assert all(missing_approvals(one, approvers) == 0 for one in asked)


@given(st.lists(needs, min_size=1, max_size=4))
def test_a_combination_asks_for_no_more_than_its_parts_together(asked):
    combined = count_approvals(combine_needs(asked))
    assert combined >= max(map(count_approvals, asked))
    assert combined <= sum(map(count_approvals, asked))


rules = st.builds(
    Rule,
    name=st.sampled_from("abc"),
    needs=needs,
    agent=st.sampled_from(["*", "claims-bot", "other"]),
    path_prefix=st.sampled_from(["", "/refunds", "/policies"]),
    ops=st.frozensets(st.sampled_from(Op), max_size=2),
    risks=st.frozensets(st.sampled_from(["low", "high"]), max_size=1),
    traits=st.frozensets(st.sampled_from(Trait), max_size=2),
)
asked_facts = st.builds(
    Facts,
    agent=st.sampled_from(["", "claims-bot"]),
    path=st.sampled_from(["/refunds/a.md", "/b.md"]),
    op=st.sampled_from(Op),
    risk=st.sampled_from(["low", "medium", "high"]),
    traits=st.frozensets(st.sampled_from(Trait), max_size=3),
    signal=st.sampled_from(["outcome", "approval", "words", ""]),
)


@given(asked_facts, st.lists(rules, min_size=1, max_size=4), rules)
def test_a_further_rule_never_asks_for_less(asked, some, further):
    before, after = route(asked, some), route(asked, [*some, further])
    if before.rule == "none":
        return
    assert after.approvals >= before.approvals
    assert combine_needs([before.needs, after.needs]) == after.needs


@given(asked_facts, st.lists(rules, max_size=4))
def test_nothing_is_settled_without_a_person_but_a_clean_fold(asked, some):
    found = route(asked, [*some, FOLD, *DEFAULT_RULES])
    if found.mode is Mode.AUTOMATIC:
        assert asked.op is Op.MERGE
        assert Trait.IDENTICAL in asked.traits
        assert not asked.traits & RISKY_TRAITS
        assert asked.signal != "approval"
        assert asked.risk == "low"


def test_an_automatic_rule_folds_identical_texts():
    found = route(IDENTICAL, [*DEFAULT_RULES, FOLD])
    assert (found.rule, found.mode) == ("fold", Mode.AUTOMATIC)


@pytest.mark.parametrize(
    "narrower",
    [LEGAL, Rule("by-hand", agent="claims-bot"), Rule("path", path_prefix="/refunds/limits.md")],
    ids=["path", "agent", "one memory"],
)
def test_a_rule_for_people_about_a_narrower_place_outweighs_an_automatic_one(narrower):
    assert route(IDENTICAL, [*DEFAULT_RULES, FOLD, narrower]).mode is Mode.PEOPLE


@pytest.mark.parametrize(
    "forbidden",
    [
        replace(IDENTICAL, op=Op.RETIRE),
        replace(IDENTICAL, op=Op.UPDATE),
        replace(IDENTICAL, traits=frozenset()),
        replace(IDENTICAL, traits=frozenset({Trait.IDENTICAL, Trait.TAINTED})),
        replace(IDENTICAL, traits=frozenset({Trait.IDENTICAL, Trait.PROTECTED})),
        replace(IDENTICAL, risk="medium"),
        replace(IDENTICAL, signal="approval"),
    ],
    ids=["retire", "update", "not identical", "tainted", "protected", "risk", "approval only"],
)
def test_never_automatic(forbidden):
    assert not may_be_automatic(forbidden)
    assert route(forbidden, [FOLD, *DEFAULT_RULES]).mode is Mode.PEOPLE


@pytest.mark.parametrize(
    "broken",
    [
        {"ops": frozenset()},
        {"ops": frozenset({Op.MERGE, Op.UPDATE})},
        {"ops": frozenset({Op.RETIRE})},
        {"traits": frozenset()},
        {"traits": frozenset({Trait.IDENTICAL, Trait.TAINTED})},
    ],
)
def test_an_automatic_rule_for_anything_else_cannot_be_made(broken):
    with pytest.raises(InvalidRule, match="only merges of texts that are identical"):
        replace(FOLD, **broken)


@pytest.mark.parametrize("asked", [(), ((None, 0),), ((None, 6),), (("legal", -1), (None, 2))])
def test_a_rule_asks_for_one_to_five_approvals(asked):
    with pytest.raises(InvalidRule, match="1 to 5 can be asked for"):
        Rule("r", needs=asked)


def test_a_rule_about_a_path_without_a_slash_is_refused():
    with pytest.raises(InvalidRule, match="paths begin with a slash"):
        Rule("r", path_prefix="refunds")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (ONE, "one approval"),
        (TWO, "two approvals"),
        (((None, 7),), "7 approvals"),
        ((("legal", 1), (None, 2)), "one of legal and two of anyone who may decide"),
        ((("a", 1), ("b", 1), ("c", 1)), "one of a, one of b and one of c"),
    ],
)
def test_what_is_asked_for_is_said_in_words(asked, words):
    assert say_needs(asked) == words


ANA, BEN, CEM = (PersonFacts(1, "reviewer"), PersonFacts(2, "lead"), PersonFacts(3, "reviewer"))

MAY = {
    "a reviewer": (ANA, ProposalFacts(proposer=9), None),
    "a lead": (BEN, ProposalFacts(), None),
    "an auditor": (PersonFacts(4, "auditor"), ProposalFacts(), "your role does not"),
    "an admin": (PersonFacts(5, "admin"), ProposalFacts(), "your role does not"),
    "somebody without a role": (PersonFacts(6, ""), ProposalFacts(), "your role does not"),
    "the proposer": (ANA, ProposalFacts(proposer=1), "You filed this proposal"),
    "the editor": (ANA, ProposalFacts(authors=frozenset({1})), "You wrote a revision"),
    "who started the dream": (ANA, ProposalFacts(starter=1), "You started the dream"),
    "who has voted": (ANA, ProposalFacts(voted=frozenset({1})), "You have decided"),
    "the owner": (ANA, ProposalFacts(owner=1), None),
    "the owner as the third": (ANA, ProposalFacts(owner=1, disputed=True), "owner cannot be"),
    "another third": (ANA, ProposalFacts(owner=2, disputed=True), None),
}


@pytest.mark.parametrize("case", MAY)
def test_who_may_decide(case):
    person, proposal, why = MAY[case]
    found = may_decide(person, proposal)
    if why is None:
        assert found is None
    else:
        assert found is not None
        assert why in found
        assert found.endswith(".")


UNDO = {
    "who cast it": (ANA, ProposalFacts(), 1, True),
    "who cast it and now only looks": (PersonFacts(1, "auditor"), ProposalFacts(), 1, False),
    "another reviewer": (ANA, ProposalFacts(), 3, False),
    "a lead": (BEN, ProposalFacts(), 1, True),
    "a lead, a rule's decision": (BEN, ProposalFacts(), None, True),
    "a reviewer, a rule's decision": (ANA, ProposalFacts(), None, False),
    "a lead who proposed it": (BEN, ProposalFacts(proposer=2), 1, False),
    "a lead who wrote of it": (BEN, ProposalFacts(authors=frozenset({2})), 1, False),
    "a lead who started its dream": (BEN, ProposalFacts(starter=2), 1, False),
    "an admin": (PersonFacts(5, "admin"), ProposalFacts(), 1, False),
}


@pytest.mark.parametrize("case", UNDO)
def test_who_may_undo(case):
    person, proposal, decided_by, may = UNDO[case]
    assert (may_undo(person, proposal, decided_by) is None) is may


@given(
    st.sampled_from(["reviewer", "lead", "auditor", "admin"]),
    st.builds(
        ProposalFacts,
        proposer=st.one_of(st.none(), st.integers(1, 3)),
        authors=st.frozensets(st.integers(1, 3), max_size=2),
        starter=st.one_of(st.none(), st.integers(1, 3)),
        voted=st.frozensets(st.integers(1, 3)),
        disputed=st.booleans(),
        owner=st.one_of(st.none(), st.integers(1, 3)),
    ),
)
def test_nobody_approves_their_own_words_whatever_else_is_true(role, proposal):
    if 1 in {proposal.proposer, proposal.starter} | proposal.authors | proposal.voted:
        assert may_decide(PersonFacts(1, role), proposal) is not None


def in_groups(number: int, *names: str, role: str = "reviewer") -> PersonFacts:
    return PersonFacts(number, role, frozenset(names))


SHORT = {
    "two of two": (TWO, [ANA, BEN], None, None),
    "one of two": (TWO, [ANA], None, "1 people may decide here"),
    "auditors do not count": (TWO, [ANA, PersonFacts(4, "auditor")], None, "asks for two"),
    "the proposer is left out": (TWO, [ANA, BEN], ProposalFacts(proposer=1), "asks for two"),
    "the editor is left out": (
        TWO,
        [ANA, BEN],
        ProposalFacts(authors=frozenset({2})),
        "asks for two",
    ),
    "the starter is left out": (ONE, [ANA], ProposalFacts(starter=1), "asks for one approval"),
    "three with one left out": (TWO, [ANA, BEN, CEM], ProposalFacts(proposer=1), None),
    "an empty group": ((("legal", 1),), [ANA, BEN], None, "legal has 0 and 1 are needed"),
    "one person cannot fill two groups": (
        (("legal", 1), ("security", 1)),
        [in_groups(1, "legal", "security")],
        None,
        "one of legal and one of security",
    ),
    "two people fill two groups": (
        (("legal", 1), ("security", 1)),
        [in_groups(1, "legal", "security"), in_groups(2, "legal")],
        None,
        None,
    ),
    "no third person": (
        TWO,
        [ANA, BEN],
        ProposalFacts(voted=frozenset({1, 2}), disputed=True),
        "takes a third person",
    ),
    "only the owner is left": (
        TWO,
        [ANA, BEN, CEM],
        ProposalFacts(voted=frozenset({1, 2}), disputed=True, owner=3),
        "takes a third person",
    ),
    "a third person": (
        TWO,
        [ANA, BEN, CEM],
        ProposalFacts(voted=frozenset({1, 2}), disputed=True),
        None,
    ),
    "the third is in no group asked for": (
        (("legal", 2),),
        [in_groups(1, "legal"), in_groups(2, "legal"), CEM],
        ProposalFacts(voted=frozenset({1, 2}), disputed=True),
        "takes a third person",
    ),
}


@pytest.mark.parametrize("case", SHORT)
def test_what_nobody_present_can_satisfy_is_said(case):
    asked, present, proposal, why = SHORT[case]
    found = unsatisfiable(asked, present, proposal)
    if why is None:
        assert found is None
    else:
        assert found is not None
        assert why in found
        assert found.endswith("An admin adds people or changes groups.")


@given(needs, st.lists(st.frozensets(groups), max_size=5))
def test_what_is_called_satisfiable_can_be_approved(asked, memberships):
    present = [PersonFacts(at, "reviewer", held) for at, held in enumerate(memberships)]
    votes = [Vote(one.id, Verdict.APPROVE, one.groups) for one in present]
    can_be = settle(asked, votes).verdict is Verdict.APPROVE
    assert (unsatisfiable(asked, present) is None) is can_be


def merge(content: str, *merged: str) -> Change:
    return Change(Op.MERGE, "/a.md", content, 3, "Fold", "Two say the same.", merged=merged)


@pytest.mark.parametrize(
    ("texts", "is_identical"),
    [
        (["Read the ledger.", "Read  the\nledger. "], True),
        (["Read the ledger.", "read the ledger."], False),
        (["Read the ledger.", "Read the ledger"], False),
        (["Read the ledger.", "Read the\u200b ledger."], False),
        (["Read the ledger."], False),
    ],
)
def test_texts_are_identical_when_only_white_space_differs(texts, is_identical):
    assert is_identical_merge(merge("Read the ledger.", "/b.md"), texts) is is_identical


def test_only_a_merge_can_be_an_identical_merge():
    change = replace(merge("Read."), op=Op.UPDATE)
    assert not is_identical_merge(change, ["Read.", "Read."])


def accounts(number: int, *others: int, role: str = "reviewer") -> PersonFacts:
    return PersonFacts(number, role, others=frozenset(others))


@pytest.mark.parametrize(
    "proposal",
    [
        ProposalFacts(proposer=7),
        ProposalFacts(starter=7),
        ProposalFacts(authors=frozenset({7})),
        ProposalFacts(voted=frozenset({7})),
        ProposalFacts(owner=7, disputed=True),
    ],
)
def test_what_another_account_of_a_person_did_bars_the_person(proposal):
    assert may_decide(accounts(1, 7), proposal) is not None
    assert may_decide(accounts(1, 8), proposal) is None


def test_two_accounts_of_a_person_give_one_approval():
    people = [accounts(1, 2), accounts(2, 1)]
    assert unsatisfiable(ONE, people) is None
    why = unsatisfiable(TWO, people)
    assert why is not None
    assert "1 people may decide here" in why


def test_nobody_is_left_where_the_others_are_accounts_of_the_proposer():
    people = [accounts(1, 7), accounts(7, 1)]
    assert unsatisfiable(ONE, people, ProposalFacts(proposer=7)) is not None


def test_who_cast_the_vote_undoes_it_from_another_account():
    assert may_undo(accounts(1, 7), ProposalFacts(), 7) is None
    lead = accounts(2, 7, role="lead")
    assert may_undo(lead, ProposalFacts(proposer=7), 1) is not None
