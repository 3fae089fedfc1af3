import pytest

from agents.models import WorkspaceRole
from agents.rights import RIGHTS, Right, Role, may, roles_with

# The table of roles as the design states it, one line a right: R reviewer, L lead, A auditor,
# D admin. It is written out here a second time on purpose.
EXPECTED = {
    Right.BE_HERE: "RLAD",
    Right.SEE_QUEUE: "RLA",
    Right.SEE_DREAMS: "RLA",
    Right.SEE_MEMORY: "RLA",
    Right.SEE_TRANSCRIPTS: "RLA",
    Right.REVEAL_TRANSCRIPTS: "A",
    Right.DECIDE: "RL",
    Right.PUBLISH: "RL",
    Right.SET_PUBLISHING: "L",
    Right.SIGN_BASELINE: "L",
    Right.LINK_STORES: "L",
    Right.PROPOSE_RETIRE: "RL",
    Right.ASSIGN: "L",
    Right.START_DREAMS: "L",
    Right.PAUSE: "L",
    Right.CONTAIN: "L",
    Right.FREEZE: "LD",
    Right.UNFREEZE: "L",
    Right.READ_RULES: "RLAD",
    Right.PROPOSE_RULES: "L",
    Right.APPLY_RULES: "D",
    Right.SET_DUE_TIMES: "L",
    Right.AUDIT_OWN: "RLAD",
    Right.AUDIT_WORKSPACE: "LAD",
    Right.AUDIT_SIGN_INS: "AD",
    Right.AUDIT_VERIFY: "AD",
    Right.AUDIT_EXPORT: "A",
    Right.MANAGE_PEOPLE: "D",
    Right.MANAGE_TOKENS: "D",
    Right.MANAGE_WEBHOOKS: "D",
}
LETTERS = {Role.REVIEWER: "R", Role.LEAD: "L", Role.AUDITOR: "A", Role.ADMIN: "D"}
CONTENT = {Right.SEE_QUEUE, Right.SEE_DREAMS, Right.SEE_MEMORY, Right.SEE_TRANSCRIPTS}


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_a_role_has_exactly_the_rights_of_the_table(role, right):
    assert may(role, right) is (LETTERS[role] in EXPECTED[right])


def test_every_right_is_in_the_table():
    assert EXPECTED.keys() == set(Right)


def test_roles_are_those_a_membership_can_hold():
    assert [role.value for role in Role] == list(WorkspaceRole.values)


def test_a_lead_may_do_everything_a_reviewer_may():
    assert RIGHTS[Role.REVIEWER] < RIGHTS[Role.LEAD]


def test_an_admin_sees_no_content_and_decides_nothing():
    assert not RIGHTS[Role.ADMIN] & (CONTENT | {Right.DECIDE, Right.CONTAIN, Right.START_DREAMS})


def test_an_auditor_changes_nothing():
    changing = (
        set(Right)
        - CONTENT
        - {
            Right.BE_HERE,
            Right.REVEAL_TRANSCRIPTS,
            Right.READ_RULES,
            Right.AUDIT_OWN,
            Right.AUDIT_WORKSPACE,
            Right.AUDIT_SIGN_INS,
            Right.AUDIT_VERIFY,
            Right.AUDIT_EXPORT,
        }
    )
    assert not RIGHTS[Role.AUDITOR] & changing


def test_nobody_both_proposes_and_applies_approval_rules():
    for rights in RIGHTS.values():
        assert not {Right.PROPOSE_RULES, Right.APPLY_RULES} <= rights


def test_an_unknown_role_has_no_right():
    assert not any(may("owner", right) for right in Right)


@pytest.mark.parametrize("right", Right)
def test_roles_with_a_right_are_those_that_may(right):
    assert roles_with(right) == tuple(role for role in Role if may(role, right))
