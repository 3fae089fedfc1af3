"""The approval rules of a workspace as rows, and the facts they are asked about."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from agents import clock
from agents.identities import group_accounts, with_addresses
from agents.models import MemoryStore, Person, Workspace
from agents.people import Member
from agents.prepared import Prepared, Slot
from agents.qualifications import Roll, roll_of
from reviews import lifecycle
from reviews.approval_rules import (
    DEFAULT_RULES,
    Facts,
    Mode,
    PersonFacts,
    ProposalFacts,
    Route,
    Rule,
    Trait,
    is_identical_merge,
    unsatisfiable,
)
from reviews.audit.actions import Action
from reviews.audit.actors import Actor
from reviews.audit.log import append
from reviews.changes import Change, Op, is_tainted
from reviews.lifecycle import Needs, Standing, StandingKind, Verdict, Vote
from reviews.models import (
    ApprovalRule,
    ApprovalRuleVersion,
    Decision,
    Proposal,
    ProposalRevision,
)
from reviews.risk import Risk
from reviews.screening import Code

ADDRESSES = ("own_address", "address")
NOBODY = 0
"""A key that no account has."""

TRAIT_OF: Mapping[Code, Trait] = {
    Code.SKIPPED_CHECK: Trait.SKIPPED_CHECK,
    Code.REMOVED_CHECK: Trait.SKIPPED_CHECK,
    Code.OVERSIGHT: Trait.SKIPPED_CHECK,
    Code.CREDENTIAL: Trait.CREDENTIAL,
    Code.COMMAND: Trait.COMMAND,
    Code.PACKAGE: Trait.PACKAGE,
    Code.ADDRESS: Trait.URL,
    Code.PERMISSION: Trait.PERMISSION,
    Code.AUTHORITY: Trait.PERMISSION,
    Code.PROTECTED: Trait.PROTECTED,
}


def rules_of(workspace: Workspace) -> tuple[Rule, ...]:
    """Return the workspace's rules in their order, each as its newest version says."""
    return tuple(rule_of(version) for version in versions_in_force(workspace))


def versions_in_force(workspace: Workspace) -> tuple[ApprovalRuleVersion, ...]:
    """Return the newest version of each rule that was not retired, in the order of the rules."""
    later = ApprovalRuleVersion.objects.filter(rule=OuterRef("rule"), number__gt=OuterRef("number"))
    newest = ApprovalRuleVersion.objects.filter(~Exists(later), rule__workspace=workspace)
    ordered = newest.select_related("rule").order_by("rule__position", "rule")
    return tuple(version for version in ordered if version.body)


def set_default_rules(workspace: Workspace, actor: Actor) -> None:
    """Give a new workspace the default rules, in the transaction that creates it."""
    for position, rule in enumerate(DEFAULT_RULES, start=1):
        set_rule(workspace, rule, position=position, actor=actor, by=None)


@transaction.atomic
def set_rule(
    workspace: Workspace, rule: Rule, *, position: int, actor: Actor, by: Person | None
) -> ApprovalRuleVersion:
    """Make `rule` the newest version under its name; earlier versions stay on the record.

    For what the system sets and seeds: people change rules by two (reviews.rule_changes).
    """
    row, _ = ApprovalRule.objects.update_or_create(
        workspace=workspace, name=rule.name, defaults={"position": position}
    )
    number = row.versions.count() + 1
    version = ApprovalRuleVersion.objects.create(
        rule=row, number=number, body=rule_body(rule), created_by=by, created_at=clock.now()
    )
    append(
        Action.RULE_SET,
        workspace=workspace.slug,
        actor=actor,
        object=f"rule:{rule.name}",
        revision=number,
        after={"position": position, **entry_facts(rule)},
        values=entry_values(rule),
    )
    return version


def entry_facts(rule: Rule) -> dict[str, Any]:
    """Return what an entry says of a rule; its path is text and stands in `entry_values`."""
    return {
        "mode": rule.mode.value,
        "ops": sorted(op.value for op in rule.ops),
        "risks": sorted(rule.risks),
        "traits": sorted(trait.value for trait in rule.traits),
        "needs": [{"group": group or "*", "count": count} for group, count in rule.needs],
        "agent": rule.agent,
    }


def entry_values(rule: Rule) -> dict[str, str]:
    """Return the texts of a rule that an entry keeps beside its body."""
    return {"path_prefix": rule.path_prefix} if rule.path_prefix else {}


def rule_body(rule: Rule) -> dict[str, Any]:
    """Return the rule as JSON; `rule_of` reads it back."""
    return {
        "agent": rule.agent,
        "path_prefix": rule.path_prefix,
        "ops": sorted(op.value for op in rule.ops),
        "risks": sorted(rule.risks),
        "traits": sorted(trait.value for trait in rule.traits),
        "needs": [[group, count] for group, count in rule.needs],
        "mode": rule.mode.value,
    }


def rule_of(version: ApprovalRuleVersion) -> Rule:
    """Return the rule a version holds; one that retires its rule holds none."""
    return read_rule(version.rule.name, version.number, version.body)


def read_rule(name: str, version: int, body: Mapping[str, Any]) -> Rule:
    """Return the rule that `rule_body` wrote. Raises InvalidRule."""
    return Rule(
        name=name,
        version=version,
        agent=body["agent"],
        path_prefix=body["path_prefix"],
        ops=frozenset(Op(op) for op in body["ops"]),
        risks=frozenset(body["risks"]),
        traits=frozenset(Trait(trait) for trait in body["traits"]),
        needs=tuple((group, count) for group, count in body["needs"]),
        mode=Mode(body["mode"]),
    )


def facts_of(change: Change, risk: Risk, store: MemoryStore, texts: Sequence[str]) -> Facts:
    """Return what rules are asked about a change with this risk in this store.

    texts: what its path and every path it folds in say now.
    """
    traits = {TRAIT_OF[code] for code in risk.codes if code in TRAIT_OF}
    if is_tainted(change.taint):
        traits.add(Trait.TAINTED)
    if is_identical_merge(change, texts):
        traits.add(Trait.IDENTICAL)
    return Facts(
        agent=store.agent.slug if store.agent else "",
        path=change.path,
        op=change.op,
        risk=risk.level.value,
        traits=frozenset(traits),
        signal=change.pattern.signal if change.pattern else "",
    )


def route_body(route: Route, facts: Facts) -> dict[str, Any]:
    """Return the route as the proposal keeps it, with what the rules were asked about.

    Agent, path, operation and risk stand in columns of the proposal.
    """
    return {
        "rule": route.rule,
        "version": route.version,
        "needs": [[group, count] for group, count in route.needs],
        "mode": route.mode.value,
        "reasons": list(route.reasons),
        "traits": sorted(trait.value for trait in facts.traits),
        "signal": facts.signal,
    }


def route_reference(route: Mapping[str, Any]) -> dict[str, object]:
    """Return which version of which rule a proposal was routed by, for an entry."""
    return {"name": route["rule"], "version": route["version"]}


def needs_of(proposal: Proposal) -> Needs:
    """Return the approvals the proposal's route asks for."""
    return tuple((group, count) for group, count in proposal.route["needs"])


def ask(proposal: Proposal, votes: Sequence[Vote]) -> Standing:
    """Let the proposal ask for what `votes` leave to be approved; return what they amount to.

    votes: all of its newest revision. Whose turn it is stands in `asked` and nowhere else, so every
    verb that adds a vote, takes one back or writes a revision calls this before it saves the row.
    """
    standing = lifecycle.settle(needs_of(proposal), votes)
    proposal.asked = lifecycle.spell_groups(standing.groups)
    return standing


def people_facts(workspace: Workspace) -> tuple[PersonFacts, ...]:
    """Return the facts of everyone active in the workspace, in a fixed order."""
    roll, now = roll_of(workspace), clock.now()
    members = Person.objects.filter(is_active=True, memberships__workspace=workspace)
    rows = list(with_addresses(members).values_list("pk", "memberships__role", *ADDRESSES))
    accounts = group_accounts((key, addresses) for key, _, *addresses in rows)
    roles = {key: role for key, role, *_ in rows}
    return tuple(
        PersonFacts(
            key,
            roles[key],
            roll.counted(key, now),
            roll.uncounted(key, now),
            accounts[key] - {key},
        )
        for key in sorted(roles)
    )


def facts_about(
    proposal: Proposal, member: Member, votes: Sequence[Vote]
) -> tuple[PersonFacts, ProposalFacts]:
    """Return what is asked about a member who would decide, and who is barred; in one query.

    votes: those of votes_of. Accounts that share a verified address with one that took part are
    the same person, whatever name they go by.
    """
    own, owner = member.person.pk, proposal.agent.owner_id if proposal.agent else None
    rows = _took_part(
        proposal=proposal.pk,
        own=own,
        owner=owner or NOBODY,
        proposer=proposal.proposer_id or NOBODY,
        starter=proposal.started_by_id or NOBODY,
    )
    accounts = group_accounts((key, addresses) for key, _, *addresses in rows)
    authors = frozenset(key for key, wrote, *_ in rows if wrote)
    others = accounts.get(own, frozenset()) - {own}
    person = PersonFacts(own, member.role.value, member.groups, member.unqualified, others)
    return person, _proposal_facts(proposal, votes, authors)


@Prepared
def _took_part(
    proposal: Slot, own: Slot, owner: Slot, proposer: Slot, starter: Slot
) -> QuerySet[Person, tuple[int, bool, str, str | None]]:
    """Return who took part in a proposal, who asks among them, once for each address."""
    revisions = ProposalRevision.objects.filter(proposal=proposal)
    voters = Decision.objects.filter(proposal=proposal, person__isnull=False)
    people = Person.objects.annotate(wrote=Exists(revisions.filter(author=OuterRef("pk"))))
    rows = people.filter(
        Q(pk__in=[own, owner, proposer, starter])
        | Q(pk__in=revisions.values("author"))
        | Q(pk__in=voters.values("person"))
    )
    return with_addresses(rows).values_list("pk", "wrote", *ADDRESSES)


def _proposal_facts(
    proposal: Proposal, votes: Sequence[Vote], authors: frozenset[int]
) -> ProposalFacts:
    standing = lifecycle.settle(needs_of(proposal), votes)
    return ProposalFacts(
        proposer=proposal.proposer_id,
        authors=authors,
        starter=proposal.started_by_id,
        owner=proposal.agent.owner_id if proposal.agent else None,
        voted=frozenset(vote.person for vote in votes),
        disputed=standing.kind is StandingKind.DISAGREEMENT,
    )


def proposal_facts(proposal: Proposal) -> ProposalFacts:
    """Return who is barred from deciding the proposal's newest revision, and who has voted."""
    authors = proposal.revisions.exclude(author=None).values_list("author_id", flat=True)
    return _proposal_facts(proposal, votes_of(proposal), frozenset(authors))


def decisions_of(proposal: Proposal) -> list[Decision]:
    """Return everything that was ever decided on the proposal, oldest first, undone or not."""
    return _decided(proposal=proposal.pk)


@Prepared
def _decided(proposal: Slot) -> QuerySet[Decision]:
    found = Decision.objects.filter(proposal=proposal).select_related("person", "undo__person")
    return found.order_by("pk")


def last_vote(proposal: Proposal, decisions: Iterable[Decision]) -> Decision | None:
    """Return the last vote that counts on the newest revision, None where nobody has voted."""
    return next(reversed(_counting(proposal, decisions)), None)


def _counting(proposal: Proposal, decisions: Iterable[Decision]) -> list[Decision]:
    return [
        one
        for one in decisions
        if one.revision == proposal.revision and one.verdict in set(Verdict) and not one.is_undone
    ]


def votes_of(proposal: Proposal, decisions: Iterable[Decision] | None = None) -> list[Vote]:
    """Return the votes on the newest revision, oldest first, with the groups each voter counted in.

    Who stands in a group now counts in it as they were qualified when they voted.
    decisions: those of decisions_of, where they are at hand. Being sent back is no vote, and what
    was undone is none any more.
    """
    if decisions is None:
        decisions = decisions_of(proposal)
    cast = _counting(proposal, decisions)
    owner = proposal.agent.owner_id if proposal.agent else None
    # Most proposals have no vote yet, and then nobody's groups matter.
    roll = roll_of(proposal.workspace) if cast else Roll()
    first = _first_accounts({one.person_id for one in cast if one.person_id is not None})
    return [
        Vote(
            person=first.get(decision.person_id, decision.person_id),
            verdict=Verdict(decision.verdict),
            groups=roll.counted(decision.person_id, decision.created_at),
            is_owner_of_agent=decision.person_id == owner,
        )
        for decision in cast
        if decision.person_id is not None
    ]


def _first_accounts(voters: Collection[int]) -> Mapping[int, int]:
    """Return account -> the lowest account of the same person among `voters`: they count once."""
    if len(voters) < 2:
        return {}
    rows = with_addresses(Person.objects.filter(pk__in=voters)).values_list("pk", *ADDRESSES)
    accounts = group_accounts((key, addresses) for key, *addresses in rows)
    return {key: min(same) for key, same in accounts.items()}


def advances(proposal: Proposal, member: Member, votes: Sequence[Vote] | None = None) -> bool:
    """Say whether an approval by `member` would leave fewer approvals due; as proposal_facts."""
    votes = votes_of(proposal) if votes is None else votes
    approvers = [vote.groups for vote in votes if vote.verdict is Verdict.APPROVE]
    return lifecycle.advances(needs_of(proposal), approvers, member.groups)


def unsatisfiable_reason(proposal: Proposal) -> str | None:
    """Return why nobody present can complete the proposal's approvals, or None."""
    people = people_facts(proposal.workspace)
    return unsatisfiable(needs_of(proposal), people, proposal_facts(proposal))


def unsatisfiable_rules(rules: Iterable[Rule], people: Sequence[PersonFacts]) -> dict[str, str]:
    """Return rule name -> why nobody present can satisfy it, for those that cannot be."""
    found = ((rule.name, unsatisfiable(rule.needs, people)) for rule in rules)
    return {name: why for name, why in found if why}
