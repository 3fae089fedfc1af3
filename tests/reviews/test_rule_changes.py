"""Approval rules are changed by two persons, on the record, and never by who proposed it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Membership
from agents.people import Member, add_person, change_role, set_group
from reviews import reconcile, rule_changes, rules
from reviews.approval_rules import DEFAULT_RULES, InvalidRule, Mode, Rule, Trait
from reviews.audit import sealing
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.bodies import read_body
from reviews.audit.history import entries
from reviews.audit.models import Entry
from reviews.audit.report import Status
from reviews.changes import Op
from reviews.errors import MayNotDecide, NotAllowed, ReasonMissing, StaleRule
from reviews.models import Proposal, RuleChange, RuleChangeState
from reviews.rehearsal import Fate
from reviews.revisions import submit_edit
from reviews.rule_changes import Told, Unsatisfiable
from tests import build
from tests.cast import Cast
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db

WHY = Told("Two pairs of eyes on every refund.")
STRICT = Rule("retire", needs=((None, 3),), ops=frozenset({Op.RETIRE}))
REFUNDS = Rule("refunds", needs=((None, 2),), path_prefix="/refunds/")


def propose(cast: Cast, rule: Rule = STRICT, *, place: int = 5, by: str = "lead", **told: Any):
    said = replace(WHY, **told)
    return rule_changes.propose_rule(
        cast.workspace, rule, place=place, told=said, by=member(cast, by)
    )


def put_in_force(cast: Cast, change: RuleChange, by: str = "admin", warned: str = ""):
    return rule_changes.apply_change(change, warned=warned, by=member(cast, by))


def named(cast: Cast) -> list[str]:
    return [rule.name for rule in rules.rules_of(cast.workspace)]


def body_of(action: Action) -> dict[str, Any]:
    return read_body(Entry.objects.filter(action=action, object__startswith="rule:").last().body)


def test_what_a_lead_proposes_is_not_in_force(cast):
    change = propose(cast)
    assert (change.state, change.number, change.base) == (RuleChangeState.PENDING, 1, 1)
    assert rules.rules_of(cast.workspace) == DEFAULT_RULES


def test_an_admin_puts_it_in_force_as_the_next_version(cast):
    version = put_in_force(cast, propose(cast))
    found = {rule.name: rule for rule in rules.rules_of(cast.workspace)}
    assert (version.number, version.created_by) == (2, cast.admin)
    assert (found["retire"].version, found["retire"].needs) == (2, ((None, 3),))
    assert version.change.state == RuleChangeState.APPLIED
    assert (version.change.proposed_by, version.change.answered_by) == (cast.lead, cast.admin)


def test_a_new_rule_stands_where_it_was_proposed_to(cast):
    put_in_force(cast, propose(cast, REFUNDS, place=2))
    names = [rule.name for rule in DEFAULT_RULES]
    assert named(cast) == [names[0], "refunds", *names[1:]]
    # Placed anew, not pushed in between two that share a number.
    positions = [one.rule.position for one in rules.versions_in_force(cast.workspace)]
    assert positions == list(range(1, 8))


def test_a_rule_moves_without_saying_anything_else(cast):
    last = DEFAULT_RULES[-1]
    put_in_force(cast, propose(cast, last, place=1))
    assert named(cast) == [last.name, *[rule.name for rule in DEFAULT_RULES[:-1]]]


def test_a_retired_rule_matches_nothing_and_keeps_its_versions(cast):
    change = rule_changes.propose_retirement(
        cast.workspace, "high-risk", told=WHY, by=member(cast, "lead")
    )
    version = put_in_force(cast, change)
    assert "high-risk" not in named(cast)
    assert [one.number for one in version.rule.versions.order_by("number")] == [1, 2]
    assert body_of(Action.RULE_REMOVED)["object"] == "rule:high-risk"


def test_a_retired_rule_comes_back_as_a_further_version(cast):
    change = rule_changes.propose_retirement(
        cast.workspace, "retire", told=WHY, by=member(cast, "lead")
    )
    put_in_force(cast, change)
    version = put_in_force(cast, propose(cast, STRICT, place=1))
    assert version.number == 3
    assert named(cast)[0] == "retire"


def test_what_is_not_in_force_cannot_be_retired(cast):
    with pytest.raises(InvalidRule, match="No rule refunds is in force"):
        rule_changes.propose_retirement(
            cast.workspace, "refunds", told=WHY, by=member(cast, "lead")
        )


@pytest.mark.parametrize("who", ["reviewer", "auditor", "admin"])
def test_only_a_lead_proposes(cast, who):
    with pytest.raises(NotAllowed):
        propose(cast, by=who)
    assert not RuleChange.objects.exists()


@pytest.mark.parametrize("who", ["reviewer", "lead", "auditor"])
def test_only_an_admin_answers(cast, who):
    change = propose(cast)
    with pytest.raises(NotAllowed):
        put_in_force(cast, change, by=who)
    with pytest.raises(NotAllowed):
        rule_changes.refuse_change(change, reason="No.", by=member(cast, who))
    assert rules.rules_of(cast.workspace) == DEFAULT_RULES


def test_a_lead_of_another_workspace_proposes_nothing_here(cast):
    elsewhere = Member(cast.elsewhere, cast.outsider, "lead", frozenset())
    with pytest.raises(NotAllowed):
        rule_changes.propose_rule(cast.workspace, STRICT, place=5, told=WHY, by=elsewhere)


def test_an_admin_of_another_workspace_answers_nothing_here(cast):
    change = propose(cast)
    elsewhere = Member(cast.elsewhere, cast.outsider, "admin", frozenset())
    with pytest.raises(NotAllowed):
        rule_changes.apply_change(change, warned="", by=elsewhere)


def attempts(cast: Cast, change: RuleChange, who: str) -> None:
    for act in (
        lambda by: rule_changes.apply_change(change, warned="", by=by),
        lambda by: rule_changes.refuse_change(change, reason="No.", by=by),
    ):
        with pytest.raises(MayNotDecide):
            act(member(cast, who))


def test_a_lead_who_became_admin_does_not_apply_what_they_proposed(cast):
    change = propose(cast)
    change_role(cast.workspace, cast.lead, "admin", by=cast.admin)
    attempts(cast, change, "lead")
    assert rules.rules_of(cast.workspace) == DEFAULT_RULES
    assert RuleChange.objects.get().state == RuleChangeState.PENDING


def test_a_second_account_of_the_proposer_does_not_apply_it_either(cast):
    change = propose(cast)
    EmailAddress.objects.filter(user=cast.lead).delete()
    EmailAddress.objects.create(user=cast.admin, email=cast.lead.email.upper(), verified=True)
    attempts(cast, change, "admin")
    assert rules.rules_of(cast.workspace) == DEFAULT_RULES


def test_an_attempt_to_apply_ones_own_is_on_the_record(cast):
    change = propose(cast)
    change_role(cast.workspace, cast.lead, "admin", by=cast.admin)
    attempts(cast, change, "lead")
    tried = Entry.objects.filter(action=Action.DECISION_REFUSED, object="rule:retire")
    assert [read_body(one.body)["after"]["verdict"] for one in tried.order_by("pk")] == [
        "applied",
        "refused",
    ]


def test_the_entries_name_both_persons_and_follow_from_each_other(cast):
    put_in_force(cast, propose(cast, REFUNDS, place=1))
    proposed, made = body_of(Action.RULE_PROPOSED), body_of(Action.RULE_SET)
    assert proposed["actor"]["id"] == cast.lead.public_id
    assert made["actor"]["id"] == cast.admin.public_id
    assert made["after"]["proposed_by"] == cast.lead.public_id
    assert made["parents"] == [RuleChange.objects.get().entry]
    assert (made["revision"], made["before"]) == (1, {"version": 0})


def test_reason_and_path_are_values_and_no_part_of_a_body(cast):
    rule = replace(REFUNDS, path_prefix="/people/okafor/")
    rule_changes.refuse_change(
        propose(cast, rule, reason="Okafor asked for it.", place=1),
        reason="Ask Okafor again.",
        by=member(cast, "admin"),
    )
    said = Entry.objects.filter(object="rule:refunds")
    assert all("kafor" not in one.body for one in said)
    told = [one.values for one in entries("northwind") if one.columns.object == "rule:refunds"]
    assert [one["reason"] for one in told] == ["Okafor asked for it.", "Ask Okafor again."]
    assert told[0]["path_prefix"] == "/people/okafor/"


def test_a_refused_change_says_why_and_leaves_the_rule(cast):
    change = rule_changes.refuse_change(
        propose(cast), reason=" Three are too many. ", by=member(cast, "admin")
    )
    assert (change.state, change.answer) == (RuleChangeState.REFUSED, "Three are too many.")
    assert rules.rules_of(cast.workspace) == DEFAULT_RULES
    assert body_of(Action.RULE_DECLINED)["after"] == {"change": 1}


def test_refusing_and_proposing_need_a_reason(cast):
    with pytest.raises(ReasonMissing):
        propose(cast, reason="  ")
    with pytest.raises(ReasonMissing):
        rule_changes.refuse_change(propose(cast), reason=" ", by=member(cast, "admin"))


def test_who_proposed_withdraws_and_nobody_else(cast):
    change = propose(cast)
    add_person(cast.workspace, email="lia@nowhere.example", name="Lia", role="lead", by=SYSTEM)
    other = Membership.objects.get(person__name="Lia")
    with pytest.raises(MayNotDecide):
        rule_changes.withdraw_change(
            change, reason="", by=Member(cast.workspace, other.person, "lead", frozenset())
        )
    row = rule_changes.withdraw_change(change, reason="Not yet.", by=member(cast, "lead"))
    assert (row.state, row.answer) == (RuleChangeState.WITHDRAWN, "Not yet.")
    assert body_of(Action.RULE_WITHDRAWN)["parents"] == [change.entry]


def test_an_answered_change_is_not_answered_again(cast):
    change = propose(cast)
    put_in_force(cast, change)
    admin, lead = member(cast, "admin"), member(cast, "lead")
    for act in (
        lambda: rule_changes.apply_change(change, warned="", by=admin),
        lambda: rule_changes.refuse_change(change, reason="No.", by=admin),
        lambda: rule_changes.withdraw_change(change, reason="", by=lead),
    ):
        with pytest.raises(StaleRule, match="was applied before"):
            act()
    assert len(rules.rules_of(cast.workspace)) == len(DEFAULT_RULES)


def test_one_change_of_a_rule_waits_at_a_time(cast):
    propose(cast)
    with pytest.raises(StaleRule, match="Change 1 of retire waits already"):
        propose(cast, replace(STRICT, needs=((None, 1),)))
    assert propose(cast, REFUNDS, place=1).number == 1


def test_changes_of_a_rule_are_counted(cast):
    rule_changes.withdraw_change(propose(cast), reason="", by=member(cast, "lead"))
    assert propose(cast).number == 2


def test_a_rule_set_meanwhile_is_not_overwritten(cast):
    change = propose(cast)
    rules.set_rule(
        cast.workspace, replace(STRICT, needs=((None, 1),)), position=5, actor=SYSTEM, by=None
    )
    with pytest.raises(StaleRule, match="changed since"):
        put_in_force(cast, change)


def test_a_change_that_changes_nothing_is_refused(cast):
    with pytest.raises(InvalidRule, match="says this already"):
        propose(cast, DEFAULT_RULES[4], place=5)


FOUR = replace(STRICT, needs=((None, 4),))


def test_a_rule_nobody_present_can_satisfy_is_said_before_it_is_proposed(cast):
    with pytest.raises(Unsatisfiable, match="3 people may decide here") as told:
        propose(cast, FOUR)
    assert not RuleChange.objects.exists()
    assert propose(cast, FOUR, warned=str(told.value)).state == RuleChangeState.PENDING


def test_it_is_said_again_before_it_is_put_in_force(cast):
    with pytest.raises(Unsatisfiable) as told:
        propose(cast, FOUR)
    change = propose(cast, FOUR, warned=str(told.value))
    with pytest.raises(Unsatisfiable):
        put_in_force(cast, change)
    assert RuleChange.objects.get().state == RuleChangeState.PENDING
    assert put_in_force(cast, change, warned=str(told.value)).number == 2


def test_a_warning_about_other_people_is_not_the_one_that_was_seen(cast):
    with pytest.raises(Unsatisfiable) as told:
        propose(cast, FOUR)
    change = propose(cast, FOUR, warned=str(told.value))
    change_role(cast.workspace, cast.second_reviewer, "auditor", by=cast.admin)
    with pytest.raises(Unsatisfiable, match="2 people may decide here"):
        put_in_force(cast, change, warned=str(told.value))


def test_a_group_that_was_removed_meanwhile_is_found_at_applying(cast):
    set_group(cast.workspace, "legal", [cast.lead], by=SYSTEM)
    change = propose(cast, replace(REFUNDS, needs=(("legal", 1),)), place=1)
    cast.workspace.groups.all().delete()
    with pytest.raises(InvalidRule, match="no group legal"):
        put_in_force(cast, change)


FOLD = Rule(
    "fold", ops=frozenset({Op.MERGE}), traits=frozenset({Trait.IDENTICAL}), mode=Mode.AUTOMATIC
)


def test_an_automatic_rule_is_proposed_and_applied_by_two_as_well(cast):
    version = put_in_force(cast, propose(cast, FOLD, place=7))
    assert rules.rule_of(version).mode is Mode.AUTOMATIC


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (replace(REFUNDS, name="new"), "no name of a rule"),
        (replace(REFUNDS, name="none"), "no name of a rule"),
        (replace(REFUNDS, name="Refunds"), "no name of a rule"),
        (replace(REFUNDS, name="x" * 81), "no name of a rule"),
        (replace(REFUNDS, agent="other-desk"), "no agent other-desk"),
        (replace(REFUNDS, needs=(("legal", 1),)), "no group legal"),
        (replace(REFUNDS, path_prefix="/refunds\u202e/"), "hidden characters"),
    ],
)
def test_a_rule_names_only_what_is_here(cast, rule, why):
    with pytest.raises(InvalidRule, match=why):
        propose(cast, rule, place=1)


def test_a_group_of_another_workspace_is_not_here(cast):
    set_group(cast.elsewhere, "legal", [cast.outsider], by=SYSTEM)
    with pytest.raises(InvalidRule, match="no group legal"):
        propose(cast, replace(REFUNDS, needs=(("legal", 1),)), place=1)


@pytest.mark.parametrize(("rule", "place"), [(STRICT, 0), (STRICT, 7), (REFUNDS, 8)])
def test_a_place_beyond_the_order_is_no_place(cast, rule, place):
    with pytest.raises(InvalidRule, match="The place is 1 to"):
        propose(cast, rule, place=place)


def test_open_proposals_keep_the_route_they_were_filed_with(cast):
    filed = build.filed(cast.store)
    put_in_force(cast, propose(cast, Rule("all", needs=((None, 3),)), place=1))
    filed.refresh_from_db()
    assert filed.route["needs"] == [[None, 1]]
    assert build.filed(cast.store, path="/b.md", content="Two.\n").route["needs"] == [[None, 3]]


def test_rules_with_a_draft_are_those_in_force_but_for_the_draft():
    drafted = rule_changes.rules_with(DEFAULT_RULES, "retire", STRICT, 1)
    assert drafted[0] is STRICT
    assert len(drafted) == len(DEFAULT_RULES)
    without = rule_changes.rules_with(DEFAULT_RULES, "retire", None, 1)
    assert [one.name for one in without] == [
        one.name for one in DEFAULT_RULES if one.name != "retire"
    ]


def rehearse(cast: Cast, *drafted: Rule):
    return rule_changes.rehearse_rules(cast.workspace, drafted or rules.rules_of(cast.workspace))


def test_the_rules_in_force_would_have_asked_for_what_they_asked(cast):
    build.filed(cast.store, content="Run `sudo rm -rf /var/cache` first.\n")
    build.filed(cast.store, path="/b.md", content="Ask first.\n")
    build.memory(cast.store, "/c.md")
    build.filed(cast.store, op=Op.RETIRE, path="/c.md", content="", base_version=1)
    done = rehearse(cast)
    assert (done.filed, done.counts[Fate.SAME]) == (3, 3)


def test_a_route_is_compared_by_the_facts_it_was_chosen_by(cast):
    """A word that raises the risk today would not have raised it then."""
    filed = build.filed(cast.store, content="Run `sudo rm -rf /var/cache` first.\n")
    commands = Rule("commands", needs=((None, 3),), traits=frozenset({Trait.COMMAND}))
    assert rehearse(cast, Rule("rest"), commands).counts[Fate.MORE] == 1
    Proposal.objects.filter(pk=filed.pk).update(route={**filed.route, "traits": []})
    assert rehearse(cast, Rule("rest"), commands).counts[Fate.MORE] == 0


def test_an_edited_proposal_is_compared_by_what_it_says_now(cast):
    filed = build.filed(cast.store, content="Ask first.\n")
    text = "Run `sudo rm -rf /var/cache` first.\n"
    submit_edit(
        filed, content=text, reason="It helps.", by=member(cast, "reviewer"), expected_revision=1
    )
    assert "command" in Proposal.objects.get(pk=filed.pk).route["traits"]
    commands = Rule("commands", needs=((None, 3),), traits=frozenset({Trait.COMMAND}))
    assert rehearse(cast, commands).counts[Fate.MORE] == 1


def test_what_was_filed_earlier_or_next_door_is_not_tried(cast, clock):
    build.filed(build.shared_store(cast.elsewhere), path="/theirs.md")
    build.filed(cast.store, path="/old.md")
    clock.advance(days=91)
    build.filed(cast.store, path="/new.md", content="New.\n")
    since = clock.at - timedelta(days=rule_changes.REHEARSED_DAYS)
    (found,) = rule_changes.alike_since(cast.workspace, since, ())
    assert (found.filed.facts.path, found.times) == ("/new.md", 1)


def test_what_was_filed_is_read_newest_first_with_what_it_was_asked(cast):
    build.filed(cast.store, path="/a.md")
    build.filed(cast.shared_store, path="/b.md")
    newest, oldest = rule_changes.alike_since(cast.workspace, oldest_day(), ())
    assert (newest.filed.facts.agent, oldest.filed.facts.agent) == ("", "refund-desk")
    asked = newest.filed
    assert (asked.rule, asked.version, asked.needs) == ("new-of-low-risk", 1, ((None, 1),))
    assert asked.mode is Mode.PEOPLE


def test_what_rules_cannot_tell_apart_is_one_group_with_the_numbers_of_its_newest(cast):
    paths = ["/a.md", "/refunds/a.md", "/b.md", "/refunds/b.md", "/c.md"]
    numbers = [build.filed(cast.store, path=path).number for path in paths]
    (all_,) = rule_changes.alike_since(cast.workspace, oldest_day(), ())
    assert (all_.times, all_.newest) == (5, tuple(reversed(numbers)))
    others, refunds = rule_changes.alike_since(cast.workspace, oldest_day(), ("/refunds/",))
    assert [others.times, refunds.times] == [3, 2]
    assert refunds.newest == (numbers[3], numbers[1])


def test_what_differs_is_listed_with_its_own_title_and_time(cast, clock):
    for at in range(3):
        clock.advance(days=1)
        build.filed(cast.store, path=f"/{at}.md", title=f"Title {at}")
    differing = rehearse(cast, Rule("all", needs=((None, 3),))).differing
    assert [one.filed.title for one in differing] == ["Title 2", "Title 1", "Title 0"]
    assert [one.filed.filed_at for one in differing] == [
        clock.at - timedelta(days=ago) for ago in range(3)
    ]


def test_a_dry_run_asks_the_same_few_questions_however_much_was_filed(cast):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            rehearse(cast, Rule("all", needs=((None, 3),)))
        return len(queries)

    build.filed(cast.store)
    few = asked()
    for _ in range(4):
        build.filed(cast.store)
    assert asked() == few


def oldest_day() -> datetime:
    return datetime(2000, 1, 1, tzinfo=UTC)


def test_a_proposal_whose_facts_were_not_kept_is_passed_over(cast):
    build.proposal(cast.store)
    assert rule_changes.alike_since(cast.workspace, oldest_day(), ()) == []


@pytest.fixture
def own_keys(settings, tmp_path) -> None:
    """Keys of this test alone, before anything is written with others."""
    settings.DATA_DIR, settings.AUDIT_KEK = tmp_path, ""


def test_the_log_agrees_with_the_rules_after_all_of_it(own_keys, cast):
    put_in_force(cast, propose(cast, REFUNDS, place=1))
    rule_changes.refuse_change(propose(cast), reason="No.", by=member(cast, "admin"))
    rule_changes.withdraw_change(propose(cast), reason="Later.", by=member(cast, "lead"))
    sealing.seal()
    sealing.checkpoint(datetime.now(UTC))
    assert reconcile.verify().status is Status.SOUND
