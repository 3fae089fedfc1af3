"""The approval rules in words, and which of them nobody present can satisfy."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents.access import member_page
from agents.http import MemberRequest
from agents.models import Agent, Person, Workspace
from agents.rights import Right
from reviews.approval_rules import (
    DECIDING_ROLES,
    OP_WORDS,
    TRAIT_WORDS,
    Mode,
    PersonFacts,
    Rule,
    say_needs,
)
from reviews.rules import people_facts, rules_of, unsatisfiable_rules


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule as it is read: what it speaks about, what it asks for, and who can give it."""

    name: str
    version: int
    speaks: str
    needs: str
    able: tuple[str, ...]
    unsatisfiable: str


@require_GET
@member_page(Right.READ_RULES)
def rules(request: MemberRequest) -> HttpResponse:
    found = rules_of(request.workspace)
    people = people_facts(request.workspace)
    short = unsatisfiable_rules(found, people)
    names = dict(Person.objects.filter(pk__in=[one.id for one in people]).values_list("pk", "name"))
    agents = agent_names(request.workspace)
    lines = [line_of(rule, people, names, agents, short.get(rule.name, "")) for rule in found]
    return render(request, "reviews/rules.html", {"lines": lines, "short": len(short)})


def agent_names(workspace: Workspace) -> dict[str, str]:
    """Return slug -> name of the workspace's agents, and how the other values are read."""
    named = dict(Agent.objects.filter(workspace=workspace).values_list("slug", "name"))
    return {**named, "": "the shared memory"}


def line_of(
    rule: Rule,
    people: tuple[PersonFacts, ...],
    names: dict[int, str],
    agents: dict[str, str],
    unsatisfiable: str,
) -> RuleLine:
    """Return a rule in words."""
    groups = {group for group, _ in rule.needs}
    able = [
        names[one.id]
        for one in people
        if one.role in DECIDING_ROLES and (None in groups or groups & one.groups)
    ]
    needs = "nobody: settled by the rule itself"
    if rule.mode is not Mode.AUTOMATIC:
        needs = say_needs(rule.needs)
    return RuleLine(
        name=rule.name,
        version=rule.version,
        speaks=speaks_about(rule, agents),
        needs=f"{needs[0].upper()}{needs[1:]}",
        able=tuple(sorted(able)) if rule.mode is not Mode.AUTOMATIC else (),
        unsatisfiable=unsatisfiable,
    )


def speaks_about(rule: Rule, agents: dict[str, str]) -> str:
    """Return what a rule matches, in one sentence."""
    ops = [OP_WORDS[op].lower() for op in sorted(rule.ops)]
    parts = [_either(ops) if ops else "every change"]
    if rule.risks:
        parts.append(f"of {_either(sorted(rule.risks))} risk")
    if rule.traits:
        parts.append(f"with {_either([TRAIT_WORDS[trait] for trait in sorted(rule.traits)])}")
    if rule.path_prefix:
        parts.append(f"under {rule.path_prefix}")
    if rule.agent != "*":
        parts.append(f"of {agents.get(rule.agent, rule.agent)}")
    words = " ".join(parts)
    return f"{words[0].upper()}{words[1:]}."


def _either(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"
