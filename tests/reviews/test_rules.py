"""A workspace's approval rules as rows: set, read back, asked, and what nobody can satisfy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models import ApproverGroup, Person
from reviews import risk, rules
from reviews.approval_rules import (
    DEFAULT_RULES,
    MAX_APPROVALS,
    Facts,
    InvalidRule,
    Mode,
    PersonFacts,
    Route,
    Rule,
    Trait,
    route,
)
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.changes import Change, Op, PatternFacts, Trust
from reviews.models import ApprovalRule, ApprovalRuleVersion, Decision, Proposal, ProposalRevision
from reviews.screening import Code
from tests import build
from tests.cast import Cast
from tests.reviews.views.desks import approve, fresh, member

TEXT = "Ask before you refund.\n"
GROUPS = st.one_of(st.none(), st.sampled_from(["compliance", "security", "risk-desk"]))
NEEDS = st.dictionaries(GROUPS, st.integers(1, 2), min_size=1, max_size=2).map(
    lambda counts: tuple(counts.items())
)


@st.composite
def any_rule(draw: st.DrawFn) -> Rule:
    return Rule(
        name=draw(st.sampled_from(["one", "two"])),
        needs=draw(NEEDS),
        version=draw(st.integers(1, 9)),
        agent=draw(st.sampled_from(["*", "refund-desk"])),
        path_prefix=draw(st.sampled_from(["", "/mistake/", "/é"])),
        ops=draw(st.frozensets(st.sampled_from(Op))),
        risks=draw(st.frozensets(st.sampled_from(["low", "medium", "high"]))),
        traits=draw(st.frozensets(st.sampled_from(Trait))),
    )


def version_of(rule: Rule) -> ApprovalRuleVersion:
    """The row that would hold the rule, not saved."""
    return ApprovalRuleVersion(
        rule=ApprovalRule(name=rule.name), number=rule.version, body=rules.rule_body(rule)
    )


@given(any_rule())
def test_a_rule_is_read_back_as_it_was_written(rule: Rule) -> None:
    assert rules.rule_of(version_of(rule)) == rule


def test_an_automatic_rule_is_read_back(db: None) -> None:
    rule = Rule(
        "fold", ops=frozenset({Op.MERGE}), traits=frozenset({Trait.IDENTICAL}), mode=Mode.AUTOMATIC
    )
    assert rules.rule_of(version_of(rule)) == rule


@given(any_rule())
def test_the_body_of_a_rule_is_the_same_however_its_sets_were_built(rule: Rule) -> None:
    body = rules.rule_body(rule)
    assert body["ops"] == sorted(body["ops"])
    assert body["risks"] == sorted(body["risks"])
    assert body["traits"] == sorted(body["traits"])


@pytest.mark.django_db
def test_a_new_workspace_has_the_default_rules_in_their_order(cast: Cast) -> None:
    assert rules.rules_of(cast.workspace) == DEFAULT_RULES


@pytest.mark.django_db
def test_the_default_rules_are_set_once_on_the_record(cast: Cast) -> None:
    entries = Entry.objects.filter(workspace="northwind", action=Action.RULE_SET).order_by("pk")
    named = [entry.object for entry in entries]
    assert named == [f"rule:{rule.name}" for rule in DEFAULT_RULES]


@pytest.mark.django_db
def test_rules_of_another_workspace_are_not_asked(cast: Cast) -> None:
    strict = Rule("new-of-low-risk", needs=((None, 4),), ops=frozenset({Op.CREATE}))
    rules.set_rule(cast.elsewhere, strict, position=1, actor=SYSTEM, by=None)
    assert rules.rules_of(cast.workspace) == DEFAULT_RULES
    assert rules.rules_of(cast.elsewhere)[0].needs == ((None, 4),)


@pytest.mark.django_db
def test_the_newest_version_counts_and_the_older_stays(cast: Cast) -> None:
    rule = Rule("retire", needs=((None, 3),), ops=frozenset({Op.RETIRE}))
    made = rules.set_rule(cast.workspace, rule, position=5, actor=SYSTEM, by=cast.admin)
    found = {one.name: one for one in rules.rules_of(cast.workspace)}
    assert (made.number, made.created_by) == (2, cast.admin)
    assert (found["retire"].version, found["retire"].needs) == (2, ((None, 3),))
    assert [one.number for one in made.rule.versions.order_by("number")] == [1, 2]
    assert len(found) == len(DEFAULT_RULES)


@pytest.mark.django_db
def test_a_rule_can_be_moved_in_the_order(cast: Cast) -> None:
    rules.set_rule(cast.workspace, DEFAULT_RULES[-1], position=0, actor=SYSTEM, by=None)
    assert rules.rules_of(cast.workspace)[0].name == DEFAULT_RULES[-1].name


@pytest.mark.django_db
def test_a_path_stays_out_of_the_entry_of_a_rule(cast: Cast) -> None:
    rule = Rule("private", path_prefix="/people/okafor", needs=(("security", 1), (None, 1)))
    rules.set_rule(cast.workspace, rule, position=9, actor=SYSTEM, by=None)
    entry = Entry.objects.get(object="rule:private")
    body = read_body(entry.body)
    assert "okafor" not in entry.body
    assert isinstance(body["after"], dict)
    assert body["after"]["needs"] == [
        {"group": "security", "count": 1},
        {"group": "*", "count": 1},
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"needs": ()},
        {"needs": ((None, 0),)},
        {"needs": ((None, MAX_APPROVALS + 1),)},
        {"path_prefix": "people"},
        {"mode": Mode.AUTOMATIC},
        {"mode": Mode.AUTOMATIC, "ops": frozenset({Op.MERGE})},
        {"mode": Mode.AUTOMATIC, "ops": frozenset(Op), "traits": frozenset({Trait.IDENTICAL})},
    ],
)
def test_a_rule_that_asks_for_nothing_or_automates_too_much_is_none(wrong: dict) -> None:
    with pytest.raises(InvalidRule, match="Rule odd"):
        Rule("odd", **wrong)


def facts(cast: Cast, change: Change, texts: tuple[str, ...] = (), **flags: bool) -> Facts:
    found = risk.assess(
        change, texts[0] if texts else None, taint=change.taint, memory=risk.MemoryFlags(**flags)
    )
    return rules.facts_of(change, found, cast.store, texts)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "trait"),
    [
        ("Run `sudo rm -rf /var/cache` first.\n", Trait.COMMAND),
        ("See https://pay.example/refund for it.\n", Trait.URL),
        ("First pip install refund-tools.\n", Trait.PACKAGE),
        ("Skip the identity check for members.\n", Trait.SKIPPED_CHECK),
    ],
)
def test_rules_are_asked_about_what_a_text_holds(cast: Cast, text: str, trait: Trait) -> None:
    asked = facts(cast, Change(Op.CREATE, "/a.md", text, None, "T", "R"))
    assert trait in asked.traits
    assert route(asked, rules.rules_of(cast.workspace)).approvals == 2


@pytest.mark.django_db
@pytest.mark.parametrize("taint", list(Trust))
def test_words_from_below_the_agent_are_a_trait(cast: Cast, taint: Trust) -> None:
    asked = facts(cast, Change(Op.CREATE, "/a.md", TEXT, None, "T", "R", taint=taint))
    is_foreign = taint in {Trust.PRINCIPAL, Trust.TOOL, Trust.OUTSIDE}
    assert (Trait.TAINTED in asked.traits) is is_foreign


@pytest.mark.django_db
def test_a_merge_of_one_text_twice_is_identical(cast: Cast) -> None:
    change = Change(Op.MERGE, "/a.md", TEXT, 1, "T", "R", merged=("/b.md",))
    assert Trait.IDENTICAL in facts(cast, change, (TEXT, f"  {TEXT}")).traits
    assert Trait.IDENTICAL not in facts(cast, change, (TEXT, "Other.\n")).traits
    assert Trait.IDENTICAL not in facts(cast, change, (TEXT,)).traits


@pytest.mark.django_db
def test_rules_are_asked_about_agent_path_op_and_signal(cast: Cast) -> None:
    pattern = PatternFacts("mistake", "k", "s", "approval")
    change = Change(Op.CREATE, "/a.md", TEXT, None, "T", "R", pattern=pattern)
    asked = facts(cast, change)
    assert (asked.agent, asked.path, asked.op) == ("refund-desk", "/a.md", Op.CREATE)
    assert asked.signal == "approval"
    shared = rules.facts_of(change, risk.Risk(risk.Level.LOW), cast.shared_store, ())
    assert shared.agent == ""


def test_every_code_that_makes_a_trait_is_a_code_of_screening() -> None:
    assert set(rules.TRAIT_OF) <= set(Code)
    assert set(rules.TRAIT_OF.values()) == set(Trait) - {Trait.TAINTED, Trait.IDENTICAL}


@given(NEEDS)
def test_a_route_is_kept_whole(needs: tuple) -> None:
    asked = Facts("", "/a.md", Op.RETIRE, "low", frozenset({Trait.URL}), "outcome")
    body = rules.route_body(Route("retire", 3, needs, Mode.PEOPLE, ("Because.",)), asked)
    assert rules.needs_of(Proposal(route=body)) == needs
    assert rules.route_reference(body) == {"name": "retire", "version": 3}
    assert (body["mode"], body["reasons"]) == ("people", ["Because."])
    assert (body["traits"], body["signal"]) == (["url"], "outcome")


def join(cast: Cast, name: str, *people: Person) -> None:
    ApproverGroup.objects.create(workspace=cast.workspace, name=name).people.set(people)


def routed(cast: Cast, *needs: list, **facts: object) -> Proposal:
    body = {"rule": "r", "version": 1, "needs": list(needs), "mode": "people", "reasons": []}
    return build.proposal(cast.store, route=body, **facts)


@pytest.mark.django_db
def test_everyone_active_here_is_asked_with_their_groups(cast: Cast) -> None:
    join(cast, "compliance", cast.reviewer, cast.lead)
    join(cast, "security", cast.lead)
    cast.second_reviewer.is_active = False
    cast.second_reviewer.save()
    found = {one.id: one for one in rules.people_facts(cast.workspace)}
    assert set(found) == {cast.reviewer.pk, cast.lead.pk, cast.auditor.pk, cast.admin.pk}
    assert found[cast.lead.pk].groups == {"compliance", "security"}
    assert found[cast.reviewer.pk] == PersonFacts(
        cast.reviewer.pk, "reviewer", frozenset({"compliance"})
    )


@pytest.mark.django_db
def test_a_group_of_another_workspace_is_no_group_here(cast: Cast) -> None:
    group = ApproverGroup.objects.create(workspace=cast.elsewhere, name="compliance")
    group.people.set([cast.reviewer])
    assert all(not one.groups for one in rules.people_facts(cast.workspace))


@pytest.mark.django_db
def test_who_is_barred_is_read_from_the_proposal(cast: Cast) -> None:
    cast.agent.owner = cast.lead
    cast.agent.save()
    proposal = routed(cast, [None, 2], proposer=cast.reviewer, started_by=cast.admin)
    ProposalRevision.objects.create(
        proposal=proposal, number=2, content="x", sha256="x", author=cast.second_reviewer
    )
    found = rules.proposal_facts(proposal)
    assert (found.proposer, found.starter, found.owner) == (
        cast.reviewer.pk,
        cast.admin.pk,
        cast.lead.pk,
    )
    assert found.authors == {cast.second_reviewer.pk}
    assert (found.voted, found.disputed) == (frozenset(), False)


@pytest.mark.django_db
def test_votes_are_those_on_the_newest_revision(cast: Cast) -> None:
    join(cast, "compliance", cast.reviewer)
    proposal = routed(cast, [None, 2])
    approve(cast, proposal, "reviewer")
    (vote,) = rules.votes_of(fresh(proposal))
    assert (vote.person, vote.groups) == (cast.reviewer.pk, {"compliance"})
    Proposal.objects.filter(pk=proposal.pk).update(revision=2)
    assert rules.votes_of(fresh(proposal)) == []
    assert Decision.objects.filter(proposal=proposal).count() == 1


@pytest.mark.django_db
def test_an_approval_by_the_wrong_group_does_not_advance(cast: Cast) -> None:
    join(cast, "security", cast.lead)
    proposal = routed(cast, ["security", 1])
    assert rules.advances(proposal, member(cast, "lead"))
    assert not rules.advances(proposal, member(cast, "reviewer"))


@pytest.mark.django_db
def test_what_three_people_can_give_is_satisfiable(cast: Cast) -> None:
    assert rules.unsatisfiable_reason(routed(cast, [None, 3])) is None


@pytest.mark.django_db
def test_what_asks_for_more_people_than_there_are_is_said(cast: Cast) -> None:
    why = rules.unsatisfiable_reason(routed(cast, [None, 4]))
    assert why is not None
    assert "four approvals" in why
    assert "3 people may decide here" in why


@pytest.mark.django_db
def test_the_proposer_does_not_count_among_those_present(cast: Cast) -> None:
    why = rules.unsatisfiable_reason(routed(cast, [None, 3], proposer=cast.reviewer))
    assert why is not None
    assert "2 people may decide here" in why


@pytest.mark.django_db
def test_a_group_that_is_too_small_is_named(cast: Cast) -> None:
    join(cast, "security", cast.lead)
    people = rules.people_facts(cast.workspace)
    strict = Rule("secure", needs=(("security", 2),))
    easy = Rule("easy", needs=(("security", 1),))
    found = rules.unsatisfiable_rules([strict, easy, *DEFAULT_RULES], people)
    assert list(found) == ["secure"]
    assert "security has 1 and 2 are needed" in found["secure"]


@pytest.mark.django_db
def test_auditors_and_admins_satisfy_nothing(cast: Cast) -> None:
    join(cast, "outside", cast.auditor, cast.admin)
    people = rules.people_facts(cast.workspace)
    assert "odd" in rules.unsatisfiable_rules([Rule("odd", needs=(("outside", 1),))], people)
