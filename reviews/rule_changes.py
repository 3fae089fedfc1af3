"""Changing approval rules by two persons: one proposes, another applies or refuses.

Nobody applies what they proposed, under whichever account: a person who could would make the rule
that lets their own changes through. What is refused for that is an entry too.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, TextField
from django.db.models.functions import Cast

from agents import clock
from agents.identities import accounts_of
from agents.models import Agent, ApproverGroup, Workspace
from agents.people import Member, actor_of, lock_workspace
from agents.rights import Right
from agents.web.characters import count_hidden
from reviews.approval_rules import Facts, InvalidRule, Mode, Rule, Trait, unsatisfiable
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.changes import Op
from reviews.errors import MayNotDecide, NotAllowed, ReasonMissing, StaleRule
from reviews.lifecycle import Needs, named_groups
from reviews.models import (
    ApprovalRule,
    ApprovalRuleVersion,
    Proposal,
    RuleChange,
    RuleChangeState,
)
from reviews.rehearsal import Alike, Filed, Rehearsal, prefixes_of, rehearse
from reviews.rules import (
    entry_facts,
    entry_values,
    people_facts,
    read_rule,
    rule_body,
    versions_in_force,
)

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
RESERVED = frozenset({"due-times", "new", "none"})
"""Words that addresses and routes use themselves."""
WITHOUT_RULE: Needs = ((None, 2),)
REHEARSED_DAYS = 90
MOST_REHEARSED = 100_000
LISTED = 50
OWN = "You proposed this change, so another person answers it."


class Unsatisfiable(InvalidRule):
    """Nobody present can give what the rule asks for, and the page had not said so."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a person said of a change of a rule.

    warned: the sentence the page had shown when nobody present can satisfy the rule, else ''.
    """

    reason: str
    warned: str = ""


def propose_rule(
    workspace: Workspace, rule: Rule, *, place: int, told: Told, by: Member
) -> RuleChange:
    """Propose that `rule` says this under its name, at `place` (1 is first) in the order.

    Raises NotAllowed for roles that do not propose rules, ReasonMissing, InvalidRule for what
    names no agent or group of the workspace or changes nothing, Unsatisfiable when nobody present
    can satisfy it and `told.warned` does not say so, StaleRule when a change of it waits already.
    """
    _check_proposer(workspace, by, told)
    with transaction.atomic(durable=True):
        lock_workspace(workspace)
        present = versions_in_force(workspace)
        _check_names(workspace, rule)
        _check_place(place, rule.name, present)
        _refuse_same(rule, place, present)
        _warn(workspace, rule.needs if rule.mode is Mode.PEOPLE else WITHOUT_RULE, told.warned)
        return _propose(workspace, rule.name, rule, place, told, by)


def propose_retirement(workspace: Workspace, name: str, *, told: Told, by: Member) -> RuleChange:
    """Propose to take the rule called `name` out of force; see propose_rule for what is refused."""
    _check_proposer(workspace, by, told)
    with transaction.atomic(durable=True):
        lock_workspace(workspace)
        names = [version.rule.name for version in versions_in_force(workspace)]
        if name not in names:
            raise InvalidRule(f"No rule {name} is in force here, so it cannot be retired.")
        _warn(workspace, asked_of_people(None), told.warned)
        return _propose(workspace, name, None, names.index(name) + 1, told, by)


def apply_change(change: RuleChange, *, warned: str, by: Member) -> ApprovalRuleVersion:
    """Put the proposed change in force as the rule's next version.

    Proposals that are open keep the route they were filed with. Raises NotAllowed for roles that
    do not apply rules, MayNotDecide for the person who proposed it, Unsatisfiable as propose_rule,
    StaleRule when it was answered before or the rule has another version now.
    """
    _check_answerer(by)
    with transaction.atomic(durable=True):
        row = _lock(change, by)
        own = _refuse_own(row, by, RuleChangeState.APPLIED)
        version = None if own else _put_in_force(row, by, warned)
    if version is None:
        raise MayNotDecide(OWN)
    return version


def refuse_change(change: RuleChange, *, reason: str, by: Member) -> RuleChange:
    """Refuse the proposed change; see apply_change for what is refused. Raises ReasonMissing."""
    _check_answerer(by)
    if not reason.strip():
        raise ReasonMissing("Say why the change is refused: who proposed it reads it.")
    with transaction.atomic(durable=True):
        row = _lock(change, by)
        own = _refuse_own(row, by, RuleChangeState.REFUSED)
        if not own:
            _close(row, RuleChangeState.REFUSED, reason.strip(), by)
            _log_closed(row, Action.RULE_DECLINED, by)
    if own:
        raise MayNotDecide(OWN)
    return row


def withdraw_change(change: RuleChange, *, reason: str, by: Member) -> RuleChange:
    """Take back what one proposed oneself. Raises MayNotDecide for others, StaleRule."""
    with transaction.atomic(durable=True):
        row = _lock(change, by)
        if row.proposed_by_id != by.person.pk:
            raise MayNotDecide("Only who proposed this change withdraws it; an admin refuses it.")
        _close(row, RuleChangeState.WITHDRAWN, reason.strip(), by)
        _log_closed(row, Action.RULE_WITHDRAWN, by)
    return row


def warning_of(workspace: Workspace, needs: Needs) -> str:
    """Return why nobody present can give what `needs` asks for, '' when somebody can."""
    return unsatisfiable(needs, people_facts(workspace)) or ""


def asked_of_people(rule: Rule | None) -> Needs:
    """Return what people must be able to give for `rule` to be of use; None: it is retired.

    Where no rule speaks, and where one for machines leaves a change to people, two decide.
    """
    return WITHOUT_RULE if rule is None or rule.mode is Mode.AUTOMATIC else rule.needs


def proposed_rule(change: RuleChange) -> Rule | None:
    """Return the rule as the change would have it, None when it retires the rule."""
    if change.retires:
        return None
    return read_rule(change.name, change.base + 1, change.body)


def rules_with(
    rules: tuple[Rule, ...], name: str, rule: Rule | None, place: int
) -> tuple[Rule, ...]:
    """Return the rules in force with the one called `name` replaced by `rule`, put at `place`.

    rule: None takes it away.
    """
    others = [one for one in rules if one.name != name]
    if rule is not None:
        others.insert(place - 1, rule)
    return tuple(others)


def alike_since(workspace: Workspace, since: datetime, prefixes: tuple[str, ...]) -> list[Alike]:
    """Return what was filed since then, at most the newest MOST_REHEARSED, in groups of alike ones.

    prefixes: beginnings of paths the rules ask about. Numbers rise with time but for a few that
    were taken at once, so reading ends a day earlier. A route is read once a group, as text; one
    from before the facts of routes were kept is passed over.
    """
    rows = Proposal.objects.filter(workspace=workspace).order_by("-number")
    rows = rows.annotate(kept=Cast("route", TextField()))
    columns = ("agent__slug", "op", "risk", "kept", "path", "number", "filed_at")
    earliest = since - timedelta(days=1)
    counts: Counter[tuple[Any, ...]] = Counter()
    newest: dict[tuple[Any, ...], list[int]] = {}
    paths: dict[tuple[Any, ...], str] = {}
    for agent, op, risk, kept, path, number, filed_at in rows.values_list(*columns)[
        :MOST_REHEARSED
    ].iterator(chunk_size=2_000):
        if filed_at < since:
            if filed_at < earliest:
                break
            continue
        key = (agent, op, risk, kept, *map(path.startswith, prefixes))
        counts[key] += 1
        if counts[key] == 1:
            newest[key], paths[key] = [number], path
        elif counts[key] <= LISTED:
            newest[key].append(number)
    groups = (_alike(key, paths[key], count, newest[key]) for key, count in counts.items())
    return [one for one in groups if one is not None]


def _alike(key: tuple[Any, ...], path: str, times: int, newest: list[int]) -> Alike | None:
    agent, op, risk, text, *_ = key
    kept = json.loads(text)
    if "traits" not in kept:
        return None
    traits = frozenset(Trait(trait) for trait in kept["traits"])
    filed = Filed(
        number=newest[0],
        title="",
        state="",
        filed_at=datetime.min.replace(tzinfo=UTC),
        facts=Facts(agent or "", path, Op(op), risk, traits, kept["signal"]),
        rule=kept["rule"],
        version=kept["version"],
        needs=tuple((group, count) for group, count in kept["needs"]),
        mode=Mode(kept["mode"]),
    )
    return Alike(filed, times, tuple(newest))


def rehearse_rules(workspace: Workspace, rules: tuple[Rule, ...]) -> Rehearsal:
    """Return what `rules` would have asked of what was filed in the last REHEARSED_DAYS."""
    since = clock.now() - timedelta(days=REHEARSED_DAYS)
    people = people_facts(workspace)
    groups = alike_since(workspace, since, prefixes_of(rules))
    return _named(workspace, rehearse(groups, rules, people, listed=LISTED))


def _named(workspace: Workspace, done: Rehearsal) -> Rehearsal:
    """Return the rehearsal with title, state, time and path of what it lists."""
    numbers = [one.filed.number for one in done.differing]
    rows = Proposal.objects.filter(workspace=workspace, number__in=numbers)
    found = {row[0]: row[1:] for row in rows.values_list("number", "title", "state", "filed_at")}
    listed = []
    for one in done.differing:
        title, state, filed_at = found[one.filed.number]
        filed = replace(one.filed, title=title, state=state, filed_at=filed_at)
        listed.append(replace(one, filed=filed))
    return replace(done, differing=tuple(listed))


def _check_proposer(workspace: Workspace, by: Member, told: Told) -> None:
    if not by.may(Right.PROPOSE_RULES) or by.workspace != workspace:
        raise NotAllowed("A lead of this workspace proposes rules.")
    if not told.reason.strip():
        raise ReasonMissing("Say why the rule changes: who applies it decides on the reason.")


def _check_names(workspace: Workspace, rule: Rule) -> None:
    if not NAME.fullmatch(rule.name) or rule.name in RESERVED:
        raise InvalidRule(
            f"{rule.name[:80]!r} is no name of a rule. Use small letters, digits and hyphens: "
            "high-risk."
        )
    if rule.path_prefix and count_hidden(rule.path_prefix):
        raise InvalidRule("The path holds hidden characters. Type it without them.")
    agents = Agent.objects.filter(workspace=workspace, slug=rule.agent)
    if rule.agent not in {"*", ""} and not agents.exists():
        raise InvalidRule(f"There is no agent {rule.agent} here.")
    named = set(named_groups(rule.needs))
    known = set(ApproverGroup.objects.filter(workspace=workspace).values_list("name", flat=True))
    if unknown := sorted(named - known):
        raise InvalidRule(f"There is no group {unknown[0]} here. An admin makes it first.")


def _check_place(place: int, name: str, present: tuple[ApprovalRuleVersion, ...]) -> None:
    last = len({version.rule.name for version in present} | {name})
    if not 1 <= place <= last:
        raise InvalidRule(f"The place is 1 to {last}.")


def _refuse_same(rule: Rule, place: int, present: tuple[ApprovalRuleVersion, ...]) -> None:
    for at, version in enumerate(present, start=1):
        if version.rule.name == rule.name and version.body == rule_body(rule) and at == place:
            raise InvalidRule(f"Rule {rule.name} says this already. Change something first.")


def _warn(workspace: Workspace, needs: Needs, warned: str) -> None:
    warning = warning_of(workspace, needs)
    if warning and warning != warned:
        raise Unsatisfiable(warning)


def _propose(
    workspace: Workspace, name: str, rule: Rule | None, place: int, told: Told, by: Member
) -> RuleChange:
    """Write the change and its entry; the caller holds the workspace's lock."""
    changes = RuleChange.objects.filter(workspace=workspace, name=name)
    if waiting := changes.filter(state=RuleChangeState.PENDING).first():
        raise StaleRule(
            f"Change {waiting.number} of {name} waits already. It is applied, refused or withdrawn "
            "first."
        )
    row = RuleChange(
        workspace=workspace,
        name=name,
        number=(changes.aggregate(last=Max("number"))["last"] or 0) + 1,
        body=rule_body(rule) if rule else {},
        place=place,
        base=_newest(workspace, name),
        reason=told.reason.strip(),
        proposed_by=by.person,
        proposed_at=clock.now(),
    )
    entry = append(
        Action.RULE_PROPOSED,
        workspace=workspace.slug,
        actor=actor_of(by.person),
        object=f"rule:{name}",
        before={"version": row.base},
        after=_facts(row, rule),
        values={"reason": row.reason, **(entry_values(rule) if rule else {})},
    )
    row.entry = entry.event_id
    row.save()
    return row


def _newest(workspace: Workspace, name: str) -> int:
    """Return the number of the newest version under `name`, retired or not; 0 without any."""
    versions = ApprovalRuleVersion.objects.filter(rule__workspace=workspace, rule__name=name)
    return versions.aggregate(last=Max("number"))["last"] or 0


def _facts(row: RuleChange, rule: Rule | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"change": row.number, "place": row.place, "retires": int(rule is None)}
    return facts | (entry_facts(rule) if rule else {})


def _check_answerer(by: Member) -> None:
    if not by.may(Right.APPLY_RULES):
        raise NotAllowed("An admin of this workspace applies or refuses changes of rules.")


def _lock(change: RuleChange, by: Member) -> RuleChange:
    """Return the pending row as it is now; no other change of rules runs until the commit."""
    if change.workspace_id != by.workspace.pk:
        raise NotAllowed("This change is of another workspace.")
    lock_workspace(by.workspace)
    row = RuleChange.objects.select_related("workspace", "proposed_by").get(pk=change.pk)
    if row.state != RuleChangeState.PENDING:
        raise StaleRule(f"This change was {row.state} before.")
    return row


def _refuse_own(row: RuleChange, by: Member, tried: RuleChangeState) -> bool:
    """Say whether `by` is who proposed it, under any account, and put the attempt on record."""
    if by.person.pk not in accounts_of(row.proposed_by):
        return False
    append(
        Action.DECISION_REFUSED,
        workspace=row.workspace.slug,
        actor=actor_of(by.person),
        object=f"rule:{row.name}",
        after={"change": row.number, "verdict": tried.value, "why": MayNotDecide.__name__},
        values={"message": OWN},
        parents=[row.entry],
    )
    return True


def _put_in_force(row: RuleChange, by: Member, warned: str) -> ApprovalRuleVersion:
    """Write the rule's next version, give the others their places, and log it."""
    if _newest(row.workspace, row.name) != row.base:
        raise StaleRule(f"Rule {row.name} changed since this was proposed. Propose it anew.")
    rule = proposed_rule(row)
    if rule is not None:
        _check_names(row.workspace, rule)
    _warn(row.workspace, asked_of_people(rule), warned)
    _close(row, RuleChangeState.APPLIED, "", by)
    version = ApprovalRuleVersion.objects.create(
        rule=_place(row),
        number=row.base + 1,
        body=row.body,
        created_by=by.person,
        created_at=clock.now(),
        change=row,
    )
    append(
        Action.RULE_REMOVED if rule is None else Action.RULE_SET,
        workspace=row.workspace.slug,
        actor=actor_of(by.person),
        object=f"rule:{row.name}",
        revision=version.number,
        before={"version": row.base},
        after={**_facts(row, rule), "proposed_by": row.proposed_by.public_id},
        values=entry_values(rule) if rule else {},
        parents=[row.entry],
    )
    return version


def _place(row: RuleChange) -> ApprovalRule:
    """Return the rule's row at its place in the order, the others counted around it."""
    others = [version.rule for version in versions_in_force(row.workspace)]
    others = [rule for rule in others if rule.name != row.name]
    own, _ = ApprovalRule.objects.get_or_create(
        workspace=row.workspace, name=row.name, defaults={"position": row.place}
    )
    if not row.retires:
        others.insert(row.place - 1, own)
    for position, rule in enumerate(others, start=1):
        rule.position = position
    ApprovalRule.objects.bulk_update(others, ["position"])
    return own


def _close(row: RuleChange, state: RuleChangeState, answer: str, by: Member) -> None:
    row.state, row.answer = state, answer
    row.answered_by, row.answered_at = by.person, clock.now()
    row.save(update_fields=["state", "answer", "answered_by", "answered_at"])


def _log_closed(row: RuleChange, action: Action, by: Member) -> None:
    append(
        action,
        workspace=row.workspace.slug,
        actor=actor_of(by.person),
        object=f"rule:{row.name}",
        after={"change": row.number},
        values={"reason": row.answer} if row.answer else {},
        parents=[row.entry],
    )
