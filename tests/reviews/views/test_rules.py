"""The rules page: each rule in words, who can satisfy it, and which nobody can."""

import pytest

from agents.people import set_group
from reviews.approval_rules import Mode, Rule, Trait
from reviews.audit.actors import SYSTEM
from reviews.changes import Op
from reviews.rules import set_rule
from tests.reviews.views.desks import text_of

pytestmark = pytest.mark.django_db


def page(client) -> str:
    response = client.get("/w/northwind/rules/")
    assert response.status_code == 200
    return text_of(response)


def test_the_rules_in_force_are_said_in_words(cast, client_of) -> None:
    html = page(client_of(cast.reviewer))

    assert "New memory of low risk." in html
    assert "Retired memory." in html
    assert "Two approvals" in html
    assert "<bdi>Lena</bdi>, <bdi>Rosa</bdi>, <bdi>Sven</bdi>" in html


def test_a_narrow_rule_names_path_agent_and_groups(cast, client_of) -> None:
    set_group(cast.workspace, "legal", [cast.lead], by=SYSTEM)
    rule = Rule(
        "refunds",
        needs=(("legal", 1),),
        agent=cast.agent.slug,
        path_prefix="/refunds/",
        ops=frozenset({Op.UPDATE, Op.RETIRE}),
        risks=frozenset({"high", "medium"}),
        traits=frozenset({Trait.COMMAND}),
    )
    set_rule(cast.workspace, rule, position=9, actor=SYSTEM, by=None)

    html = page(client_of(cast.reviewer))

    assert (
        "Retired memory or changed memory of high or medium risk with a command under /refunds/"
        " of Refund-Desk." in html
    )
    assert "One of legal" in html
    assert '<td role="cell" data-l="Who can give it"><bdi>Lena</bdi>' in html


def test_a_rule_nobody_present_can_satisfy_is_reported(cast, client_of) -> None:
    rule = Rule("both", needs=(("legal", 1), ("security", 1)))
    set_rule(cast.workspace, rule, position=9, actor=SYSTEM, by=None)

    html = page(client_of(cast.reviewer))

    assert "1 rule nobody present can satisfy." in html
    assert "legal has 0 and 1 are needed" in html


def test_an_automatic_rule_needs_nobody(cast, client_of) -> None:
    rule = Rule(
        "identical",
        ops=frozenset({Op.MERGE}),
        traits=frozenset({Trait.IDENTICAL}),
        mode=Mode.AUTOMATIC,
    )
    set_rule(cast.workspace, rule, position=9, actor=SYSTEM, by=None)

    html = page(client_of(cast.reviewer))

    assert "Nobody: settled by the rule itself" in html
    assert "The rule itself" in html


@pytest.mark.parametrize("name", ["lead", "auditor", "admin"])
def test_every_role_reads_the_rules(cast, client_of, name) -> None:
    assert "Approval rules" in page(client_of(getattr(cast, name)))
