"""What is typed of a rule is the rule that is proposed, and a rule's form proposes that rule."""

from typing import Any

import pytest
from django.http import QueryDict

from agents.people import set_group
from reviews.approval_rules import DEFAULT_RULES, InvalidRule, Mode, Rule, Trait
from reviews.audit.actors import SYSTEM
from reviews.changes import Op
from reviews.rule_forms import AnswerChangeForm, RetireRuleForm, RuleForm, first_values
from tests import build
from tests.cast import Cast

pytestmark = pytest.mark.django_db

RULES = (
    *DEFAULT_RULES,
    Rule("of-groups", needs=(("legal", 2), ("security", 1))),
    Rule("of-a-group-and-anyone", needs=(("legal", 1), (None, 2))),
    Rule("of-an-agent", agent="refund-desk", path_prefix="/refunds/"),
    Rule("of-the-shared-memory", agent=""),
    Rule(
        "of-everything-named",
        ops=frozenset(Op),
        risks=frozenset({"low", "medium", "high"}),
        traits=frozenset(Trait),
    ),
    Rule(
        "by-itself",
        ops=frozenset({Op.MERGE}),
        traits=frozenset({Trait.IDENTICAL}),
        mode=Mode.AUTOMATIC,
    ),
)


@pytest.fixture(autouse=True)
def groups(cast: Cast) -> None:
    for name in ("security", "legal"):
        set_group(cast.workspace, name, [cast.lead, cast.reviewer], by=SYSTEM)


def typed(**given: Any) -> QueryDict:
    """A form as a browser sends it."""
    data = QueryDict(mutable=True)
    for name, value in given.items():
        data.setlist(name, [str(one) for one in value] if isinstance(value, list) else [str(value)])
    return data


def form(cast: Cast, **given: Any) -> RuleForm:
    sent = {"name": "r", "agent": "*", "mode": "people", "place": 1, "reason": "Because."} | given
    return RuleForm(typed(**sent), workspace=cast.workspace)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_form_of_a_rule_sent_back_untouched_is_that_rule(cast, rule):
    sent = typed(**first_values(rule, 3), reason="Because.")
    again = RuleForm(sent, workspace=cast.workspace, rule=rule, place=3)
    assert again.is_valid(), again.errors
    made = again.rule()
    assert (made.name, made.agent, made.path_prefix) == (rule.name, rule.agent, rule.path_prefix)
    assert (made.ops, made.risks, made.traits) == (rule.ops, rule.risks, rule.traits)
    assert (made.mode, sorted(made.needs, key=str)) == (rule.mode, sorted(rule.needs, key=str))
    assert again.cleaned_data["place"] == 3


def test_a_new_rule_begins_with_one_approval_of_anyone_for_everything(cast):
    fresh = RuleForm(workspace=cast.workspace, place=7)
    assert fresh.initial == {"agent": "*", "mode": "people", "anyone": 1, "place": 7}


def test_approvals_are_asked_of_each_group_of_the_workspace_and_no_other(cast):
    set_group(cast.elsewhere, "their-desk", [cast.outsider], by=SYSTEM)
    names = [field.name for field in form(cast).counts()]
    assert names == ["anyone", "of_legal", "of_security"]


def test_groups_that_give_none_are_not_named(cast):
    sent = form(cast, anyone=0, of_legal=1, of_security="")
    assert sent.is_valid()
    assert sent.rule().needs == (("legal", 1),)


def test_a_group_of_another_workspace_that_is_sent_asks_for_nothing(cast):
    set_group(cast.elsewhere, "their-desk", [cast.outsider], by=SYSTEM)
    sent = form(cast, anyone=1, of_their_desk=3)
    assert sent.is_valid()
    assert sent.rule().needs == ((None, 1),)


def test_a_rule_that_asks_nobody_is_no_rule(cast):
    sent = form(cast, anyone=0)
    assert sent.is_valid()
    with pytest.raises(InvalidRule, match="asks for 0 approvals"):
        sent.rule()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"agent": "nobody"}, "agent"),
        ({"agent": ""}, "agent"),
        ({"ops": ["create", "explode"]}, "ops"),
        ({"risks": ["huge"]}, "risks"),
        ({"traits": ["odd"]}, "traits"),
        ({"mode": "magic"}, "mode"),
        ({"place": 0}, "place"),
        ({"place": "first"}, "place"),
        ({"anyone": -1}, "anyone"),
        ({"of_legal": 6}, "of_legal"),
        ({"name": "two words"}, "name"),
        ({"name": ""}, "name"),
        ({"path_prefix": "/" + "a" * 1_024}, "path_prefix"),
        ({"path_prefix": "/a\0"}, "path_prefix"),
        ({"reason": "x" * 2_001}, "reason"),
        ({"reason": " "}, "reason"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(cast, given, field):
    sent = form(cast, **given)
    assert not sent.is_valid()
    assert list(sent.errors) == [field]


def test_an_agent_of_the_workspace_can_be_named_and_one_next_door_cannot(cast):
    build.agent(cast.workspace, "claims-bot", name="Claims bot")
    choices = dict(form(cast).fields["agent"].choices)
    assert {"*", "shared", "refund-desk", "claims-bot"} == set(choices)


def test_the_name_of_a_rule_in_force_is_not_asked_and_not_taken_from_what_is_sent(cast):
    rule = DEFAULT_RULES[0]
    sent = typed(**first_values(rule, 1), reason="Because.", name="another")
    again = RuleForm(sent, workspace=cast.workspace, rule=rule, place=1)
    assert again.is_valid()
    assert again.rule().name == rule.name


def test_what_the_page_had_warned_of_is_told_with_the_reason(cast):
    sent = form(cast, warned="Nobody can.")
    assert sent.is_valid()
    assert (sent.told().reason, sent.told().warned) == ("Because.", "Nobody can.")


def test_a_reason_is_needed_to_retire_and_not_to_apply():
    assert AnswerChangeForm(typed()).is_valid()
    assert list(RetireRuleForm(typed()).errors) == ["reason"]
