"""Changing a rule on the page: form, dry run, and the answer of another person."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.people import change_role, set_group
from reviews.approval_rules import DEFAULT_RULES, Rule
from reviews.audit.actors import SYSTEM
from reviews.models import RuleChange, RuleChangeState
from reviews.rule_changes import Told, propose_rule
from reviews.rules import rules_of, set_rule
from tests import build
from tests.reviews.views.desks import HTMX, member, text_of

pytestmark = pytest.mark.django_db

RULES = "/w/northwind/rules/"
TWO = {"agent": "*", "mode": "people", "anyone": "2", "place": "1", "reason": "More eyes on it."}
TRIED = {"HX-Request": "true", "HX-Target": "trial"}


def sent(**given: Any) -> dict[str, Any]:
    return TWO | {"name": "money-moves"} | given


def waiting(cast, rule: Rule | None = None, *, place: int = 1) -> RuleChange:
    drafted = rule or Rule("money-moves", needs=((None, 2),), path_prefix="/money/")
    told = Told("Money moves need two.")
    return propose_rule(cast.workspace, drafted, place=place, told=told, by=member(cast, "lead"))


def at(change: RuleChange, act: str = "") -> str:
    return f"{RULES}{change.name}/changes/{change.number}/{act}"


def test_a_lead_proposes_a_rule_and_sees_that_it_waits(cast, client_of):
    client = client_of(cast.lead)
    answer = client.post(f"{RULES}new/", sent(path_prefix="/money/"), follow=True)
    assert answer.redirect_chain == [(f"{RULES}money-moves/changes/1/", 303)]
    html = text_of(answer)
    assert "Waits for an admin" in html
    assert "Every change under /money/." in html
    assert "Not in force" in html
    assert rules_of(cast.workspace) == DEFAULT_RULES


def test_the_form_of_a_rule_in_force_holds_what_it_says(cast, client_of):
    set_group(cast.workspace, "legal", [cast.lead], by=SYSTEM)
    rule = Rule("refunds", needs=(("legal", 1), (None, 1)), agent="", path_prefix="/refunds/")
    set_rule(cast.workspace, rule, position=9, actor=SYSTEM, by=None)
    html = text_of(client_of(cast.lead).get(f"{RULES}refunds/propose/"))
    assert 'value="shared" selected' in html
    assert 'name="of_legal" value="1"' in html
    assert 'name="path_prefix" value="/refunds/"' in html
    assert 'name="place" value="7"' in html
    assert 'name="name"' not in html


def test_what_was_typed_stays_when_it_cannot_be_taken(cast, client_of):
    answer = client_of(cast.lead).post(f"{RULES}new/", sent(path_prefix="money", reason="Odd one."))
    assert answer.status_code == 422
    assert "paths begin with a slash" in text_of(answer)
    assert "Odd one." in text_of(answer)
    assert not RuleChange.objects.exists()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"anyone": ""}, "asks for 0 approvals"),
        ({"anyone": "6"}, "less than or equal to 5"),
        ({"reason": ""}, "required"),
        ({"name": "new"}, "no name of a rule"),
        ({"mode": "automatic"}, "only merges of texts"),
        ({"agent": "other-desk"}, "other-desk is not one of the available choices"),
        ({"place": "99"}, "The place is 1 to 7"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_the_reason(cast, client_of, given, why):
    answer = client_of(cast.lead).post(f"{RULES}new/", sent(**given))
    assert answer.status_code == 422
    assert why in text_of(answer)
    assert not RuleChange.objects.exists()


def test_a_rule_nobody_can_satisfy_is_said_and_needs_a_second_press(cast, client_of):
    client = client_of(cast.lead)
    first = client.post(f"{RULES}new/", sent(anyone="4"))
    assert first.status_code == 422
    assert "Nobody present can satisfy this rule." in text_of(first)
    assert not RuleChange.objects.exists()
    second = client.post(f"{RULES}new/", sent(anyone="4", warned=first.context["warning"]))
    assert second.status_code == 303
    html = text_of(client_of(cast.admin).get(at(RuleChange.objects.get())))
    assert "Nobody present can satisfy this rule." in html


def test_trying_a_rule_keeps_nothing_and_says_what_would_have_been_asked(cast, client_of):
    money = build.filed(cast.store, path="/money/a.md", title="Pay within a day")
    build.filed(cast.store, path="/b.md", content="Other.\n")
    given = sent(path_prefix="/money/", reason="") | {"try": "1"}
    answer = client_of(cast.lead).post(f"{RULES}new/", given)
    html = text_of(answer)
    assert answer.status_code == 200
    assert "Of 2 proposals filed in the last 90 days" in html
    assert f'href="/w/northwind/review/P-{money.number}/"' in html
    assert "Two approvals" in html
    assert not RuleChange.objects.exists()


def test_trying_by_htmx_answers_with_the_panel_alone(cast, client_of):
    given = sent(path_prefix="/money/") | {"try": "1"}
    html = text_of(client_of(cast.lead).post(f"{RULES}new/", given, headers=TRIED))
    assert html.lstrip().startswith('<section class="panel stays" id="trial"')
    assert "there is nothing to try it on" in html


def test_the_page_of_a_change_loads_its_dry_run_by_itself(cast, client_of):
    build.filed(cast.store, path="/money/a.md", title="Pay within a day")
    change = waiting(cast)
    client = client_of(cast.admin)
    assert f'hx-get="{at(change)}?tried"' in text_of(client.get(at(change)))
    fragment = text_of(client.get(f"{at(change)}?tried", headers=HTMX))
    assert fragment.lstrip().startswith('<section class="panel" id="rehearsal"')
    assert "hx-trigger" not in fragment
    whole = text_of(client.get(f"{at(change)}?tried"))
    assert "Pay within a day" in fragment
    assert "Pay within a day" in whole
    assert "<html" in whole


def test_an_admin_who_sees_no_proposals_gets_no_link_to_one(cast, client_of):
    build.filed(cast.store, path="/money/a.md")
    html = text_of(client_of(cast.admin).get(f"{at(waiting(cast))}?tried"))
    assert "P-" in html
    assert "/review/P-" not in html


def test_the_dry_run_does_not_ask_more_with_more_proposals(cast, client_of):
    change, client = waiting(cast), client_of(cast.admin)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(f"{at(change)}?tried", headers=HTMX)
        return len(queries)

    build.filed(cast.store, path="/money/1.md")
    first = asked()
    for number in range(2, 20):
        build.filed(cast.store, path=f"/money/{number}.md", content=f"Text {number}.\n")
    assert asked() == first


def test_an_admin_applies_it_and_the_rule_says_who_did(cast, client_of):
    change = waiting(cast)
    answer = client_of(cast.admin).post(at(change, "apply/"), follow=True)
    html = text_of(answer)
    assert answer.redirect_chain == [(f"{RULES}money-moves/", 303)]
    assert "Proposed by <bdi>Lena</bdi>, applied by <bdi>Amir</bdi>." in html
    assert "Version 1 of money-moves is in force." in html
    assert rules_of(cast.workspace)[0].name == "money-moves"


def test_an_admin_refuses_it_with_a_reason(cast, client_of):
    change, client = waiting(cast), client_of(cast.admin)
    silent = client.post(at(change, "refuse/"), {"reason": ""})
    assert silent.status_code == 422
    assert "Say why the change is refused" in text_of(silent)
    assert client.post(at(change, "refuse/"), {"reason": "Too wide."}).status_code == 303
    html = text_of(client_of(cast.lead).get(at(change)))
    assert "Refused" in html
    assert "Too wide." in html


def test_who_proposed_it_sees_no_buttons_and_is_refused(cast, client_of):
    change = waiting(cast)
    change_role(cast.workspace, cast.lead, "admin", by=cast.admin)
    client = client_of(cast.lead)
    assert at(change, "apply/") not in text_of(client.get(at(change)))
    answer = client.post(at(change, "apply/"))
    assert answer.status_code == 403
    assert "Your answer was not recorded." in text_of(answer)
    assert RuleChange.objects.get().state == RuleChangeState.PENDING


def test_a_second_answer_shows_the_first(cast, client_of):
    change, client = waiting(cast), client_of(cast.admin)
    client.post(at(change, "apply/"))
    answer = client.post(at(change, "refuse/"), {"reason": "No."})
    assert answer.status_code == 409
    assert "This change was applied before." in text_of(answer)


def test_who_proposed_it_withdraws_it(cast, client_of):
    change, client = waiting(cast), client_of(cast.lead)
    assert at(change, "withdraw/") in text_of(client.get(at(change)))
    assert client.post(at(change, "withdraw/")).status_code == 303
    assert RuleChange.objects.get().state == RuleChangeState.WITHDRAWN


def test_a_rule_is_retired_by_two_as_well(cast, client_of):
    lead, admin = client_of(cast.lead), client_of(cast.admin)
    answer = lead.post(f"{RULES}high-risk/retire/", {"reason": "Others say it."}, follow=True)
    assert "Retire high-risk" in text_of(answer)
    admin.post(f"{RULES}high-risk/changes/1/apply/")
    html = text_of(admin.get(f"{RULES}high-risk/"))
    assert "This rule is not in force." in html
    assert "high-risk" not in [rule.name for rule in rules_of(cast.workspace)]


@pytest.mark.parametrize("who", ["reviewer", "auditor", "admin"])
def test_who_may_not_propose_sees_no_way_to(cast, client_of, who):
    client = client_of(getattr(cast, who))
    for page in (RULES, f"{RULES}retire/"):
        html = text_of(client.get(page))
        assert f"{RULES}new/" not in html
        assert "/propose/" not in html
        assert "/retire/retire/" not in html


@pytest.mark.parametrize("who", ["reviewer", "lead", "auditor"])
def test_who_may_not_answer_sees_no_way_to(cast, client_of, who):
    html = text_of(client_of(getattr(cast, who)).get(at(waiting(cast))))
    assert "/apply/" not in html
    assert "/refuse/" not in html


def test_what_waits_is_named_on_the_rules_page_as_an_admins_turn(cast, client_of):
    waiting(cast)
    assert "Your turn" in text_of(client_of(cast.admin).get(RULES))
    html = text_of(client_of(cast.lead).get(RULES))
    assert "Money moves need two." in html
    assert "Your turn" not in html


def test_the_history_of_a_rule_says_what_each_version_changed(cast, client_of):
    retire = next(rule for rule in DEFAULT_RULES if rule.name == "retire")
    three = Rule("retire", needs=((None, 3),), ops=retire.ops)
    client_of(cast.admin).post(at(waiting(cast, three, place=5), "apply/"))
    html = text_of(client_of(cast.auditor).get(f"{RULES}retire/"))
    newest, oldest = html.split("Version 1", 1)
    assert "Version 2" in newest
    assert "Two approvals</del>" in newest
    assert "Three approvals</ins>" in newest
    assert "Set when the workspace was opened." in oldest


def test_hostile_text_of_a_change_is_text(cast, client_of):
    rule = Rule("money-moves", needs=((None, 2),), path_prefix="/<script>alert(1)</script>/")
    told = Told("<script>alert(2)</script>\u202egnp")
    change = propose_rule(cast.workspace, rule, place=1, told=told, by=member(cast, "lead"))
    for page in (RULES, at(change), f"{at(change)}?tried"):
        html = text_of(client_of(cast.admin).get(page))
        assert "<script>alert" not in html
        assert "\u202e" not in html.replace('title="', "")


def test_the_rules_page_does_not_ask_more_with_more_rules(cast, client_of):
    client = client_of(cast.lead)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(RULES)
        return len(queries)

    waiting(cast)
    first = asked()
    for number in range(12):
        set_rule(cast.workspace, Rule(f"r-{number}"), position=9, actor=SYSTEM, by=None)
        waiting(cast, Rule(f"w-{number}"))
    assert asked() == first


@pytest.mark.parametrize("page", ["no-such-rule/", "retire/changes/1/", "no-such/changes/1/"])
def test_what_is_not_there_is_not_found(cast, client_of, page):
    assert client_of(cast.lead).get(f"{RULES}{page}").status_code == 404
