"""The approval rules in words: those in force, what waits for its answer, one rule's history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents.access import member_page
from agents.http import MemberRequest
from agents.models import Agent, Person, Workspace
from agents.rights import Right
from agents.web.charts import wilson
from reviews import seeding
from reviews.approval_rules import PersonFacts, Rule
from reviews.calibration import agreement_on_cases, calibrations_of
from reviews.models import ApprovalRuleVersion, RuleChange, RuleChangeState
from reviews.rule_changes import proposed_rule
from reviews.rule_forms import RetireRuleForm
from reviews.rule_sentences import Facet, able_people, asks_for, facets_of, speaks_about
from reviews.rules import people_facts, rule_of, rules_of, unsatisfiable_rules
from reviews.sampling import DEFAULT_PERCENT, MOST_PERCENT, agreement_of

MOST_NAMES = 8
LEAST_PAIRS = 20
"""Fewer looks at the same proposal say nothing about how often two people agree."""

MOST_ANSWERED = 5


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule as it is read: what it speaks about, what it asks for, and who can give it.

    able: at most MOST_NAMES names; more: how many others can.
    """

    name: str
    version: int
    speaks: str
    needs: str
    able: tuple[str, ...]
    more: int
    unsatisfiable: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of a rule in its history, and what it changed."""

    version: ApprovalRuleVersion
    facets: tuple[Facet, ...]


@require_GET
@member_page(Right.READ_RULES)
def rules(request: MemberRequest) -> HttpResponse:
    lines = lines_of(request.workspace, rules_of(request.workspace))
    changes = changes_of(request.workspace)
    answered = changes.exclude(state=RuleChangeState.PENDING).order_by("-answered_at", "-pk")
    context = {
        "lines": lines,
        "short": sum(bool(line.unsatisfiable) for line in lines),
        "waiting": changes.filter(state=RuleChangeState.PENDING).order_by("proposed_at", "pk"),
        "answered": answered[:MOST_ANSWERED],
        **double_review_context(request.workspace),
        **test_item_context(request.workspace),
        **calibration_context(request),
    }
    return render(request, "reviews/rules.html", context)


def calibration_context(request: MemberRequest) -> dict[str, Any]:
    """Return how far people agree on known cases, and to leads the numbers of each person."""
    alpha = agreement_on_cases(request.workspace)
    is_told = alpha is not None and alpha.values >= LEAST_PAIRS
    people = calibrations_of(request.workspace) if request.member.may(Right.PROPOSE_RULES) else []
    return {"alpha": alpha if is_told else None, "calibrations": people}


def test_item_context(workspace: Workspace) -> dict[str, Any]:
    """Return how many test items are shown, and how often they were answered rightly."""
    hits = seeding.hits_of(workspace)
    low, high = wilson(hits.right, hits.of) if hits.of >= LEAST_PAIRS else (0.0, 0.0)
    return {
        "test_percent": workspace.test_item_percent,
        "most_test_percent": seeding.MOST_PERCENT,
        "offered_test_percent": workspace.test_item_percent or seeding.DEFAULT_PERCENT,
        "hits": hits,
        "hit_share": hits.right / hits.of if hits.of >= LEAST_PAIRS else None,
        "hit_low": low,
        "hit_high": high,
    }


def double_review_context(workspace: Workspace) -> dict[str, Any]:
    """Return how much is drawn for double review, and how often the second person agreed."""
    found = agreement_of(workspace)
    is_told = found.of >= LEAST_PAIRS
    low, high = wilson(found.agreed, found.of) if is_told else (0.0, 0.0)
    return {
        "drawn_percent": workspace.double_review_percent,
        "most_percent": MOST_PERCENT,
        "offered_percent": workspace.double_review_percent or DEFAULT_PERCENT,
        "agreement": found,
        "agreed_share": found.agreed / found.of if is_told else None,
        "agreed_low": low,
        "agreed_high": high,
        "least_pairs": LEAST_PAIRS,
    }


@require_GET
@member_page(Right.READ_RULES)
def rule(request: MemberRequest, rule: str) -> HttpResponse:
    return rule_page(request, rule, RetireRuleForm())


def rule_page(
    request: MemberRequest, name: str, form: RetireRuleForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    """Answer with one rule: what it asks, who can give it, and each of its versions.

    Raises Http404 where neither a version nor a change bears the name.
    """
    changes = changes_of(request.workspace).filter(name=name)
    versions = versions_of(request.workspace, name)
    if not versions and not changes.exists():
        raise Http404(f"{request.workspace.name} has no rule {name}.")
    present = versions[0] if versions and versions[0].body else None
    context = {
        "name": name,
        "line": lines_of(request.workspace, (rule_of(present),))[0] if present else None,
        "history": history_of(versions, agent_names(request.workspace)),
        "waiting": changes.filter(state=RuleChangeState.PENDING).first(),
        "turned_down": changes.filter(
            state__in=[RuleChangeState.REFUSED, RuleChangeState.WITHDRAWN]
        ).order_by("-answered_at"),
        "form": form,
        **more,
    }
    return render(request, "reviews/rule.html", context, status=status)


def changes_of(workspace: Workspace) -> Any:
    """Return the workspace's changes of rules with the people in them."""
    changes = RuleChange.objects.filter(workspace=workspace)
    return changes.select_related("proposed_by", "answered_by", "version")


def versions_of(workspace: Workspace, name: str) -> list[ApprovalRuleVersion]:
    """Return the versions of the rule of that name, newest first, with who made them."""
    versions = ApprovalRuleVersion.objects.filter(rule__workspace=workspace, rule__name=name)
    people = ("rule", "created_by", "change__proposed_by", "change__answered_by")
    return list(versions.select_related(*people).order_by("-number"))


def history_of(
    versions: Sequence[ApprovalRuleVersion], agents: Mapping[str, str]
) -> list[VersionLine]:
    """Return each version with what it changed against the one before; newest first."""
    read = [rule_of(version) if version.body else None for version in versions]
    lines = []
    for (version, now), (before_version, before) in pairwise(
        [*zip(versions, read, strict=True), (None, None)]
    ):
        if version is None:
            continue
        places = (place_in(before_version), place_in(version))
        facets = facets_of(before, now, agents, places)
        lines.append(VersionLine(version, tuple(one for one in facets if one.is_changed)))
    return lines


def place_in(version: ApprovalRuleVersion | None) -> int | None:
    """Return where a version was put in the order, None where that is not on the record."""
    return version.change.place if version is not None and version.change is not None else None


def agent_names(workspace: Workspace) -> dict[str, str]:
    """Return slug -> name of the workspace's agents, and how the other values are read."""
    named = dict(Agent.objects.filter(workspace=workspace).values_list("slug", "name"))
    return {**named, "": "the shared memory"}


def lines_of(workspace: Workspace, found: Sequence[Rule]) -> list[RuleLine]:
    """Return rules in words, with those present who can satisfy them."""
    people = people_facts(workspace)
    short = unsatisfiable_rules(found, people)
    names = dict(Person.objects.filter(pk__in=[one.id for one in people]).values_list("pk", "name"))
    agents = agent_names(workspace)
    return [line_of(rule, people, names, agents, short.get(rule.name, "")) for rule in found]


def line_of(
    rule: Rule,
    people: Sequence[PersonFacts],
    names: Mapping[int, str],
    agents: Mapping[str, str],
    unsatisfiable: str,
) -> RuleLine:
    """Return a rule in words."""
    able = sorted(names[one] for one in able_people(rule, people))
    return RuleLine(
        name=rule.name,
        version=rule.version,
        speaks=speaks_about(rule, agents),
        needs=asks_for(rule),
        able=tuple(able[:MOST_NAMES]),
        more=max(0, len(able) - MOST_NAMES),
        unsatisfiable=unsatisfiable,
    )


def facets_of_change(
    change: RuleChange, present: Sequence[Rule], agents: Mapping[str, str]
) -> tuple[Facet, ...]:
    """Return what a change proposes against what is in force."""
    names = [rule.name for rule in present]
    before = next((rule for rule in present if rule.name == change.name), None)
    place = names.index(change.name) + 1 if before else None
    return facets_of(before, proposed_rule(change), agents, (place, change.place))
