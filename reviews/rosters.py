"""Who is in a workspace now and what of its proposals says whose turn it is, for many at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from agents.models import Person, Workspace
from reviews import lifecycle, rules
from reviews.approval_rules import PersonFacts, ProposalFacts
from reviews.deadlines import settings_of
from reviews.holders import Case, Roster
from reviews.lifecycle import StandingKind, State, Verdict, Vote
from reviews.models import Absence, Decision, Proposal, ProposalRevision

VERDICTS = frozenset(Verdict)


def roster_of(workspace: Workspace, now: datetime) -> Roster:
    """Return everybody active in the workspace and who of them is away; four queries."""
    people = rules.people_facts(workspace)
    away = absences_at(workspace, now).values_list("person", "stand_in")
    return Roster(people=people, away=dict(away), group=settings_of(workspace).group)


def absences_at(workspace: Workspace, now: datetime) -> QuerySet[Absence]:
    """Return who is away at `now`, in a fixed order."""
    running = Absence.objects.filter(workspace=workspace, starts_at__lte=now, ends_at__gt=now)
    return running.filter(Q(ended_at=None) | Q(ended_at__gt=now)).order_by("pk")


def cases_of(proposals: Sequence[Proposal], roster: Roster) -> Mapping[int, Case]:
    """Return what says whose turn it is at each proposal, by primary key; two queries for all.

    proposals: of one workspace, each with its agent and, where there is one, its deadline.
    """
    keys = [row.pk for row in proposals]
    authors: dict[int, set[int]] = {}
    written = ProposalRevision.objects.filter(proposal__in=keys, author__isnull=False)
    for proposal, author in written.values_list("proposal", "author"):
        authors.setdefault(proposal, set()).add(author)
    decisions: dict[int, list[Decision]] = {}
    counting = Decision.objects.filter(proposal__in=keys, person__isnull=False, undo=None)
    for one in counting.order_by("pk"):
        decisions.setdefault(one.proposal_id, []).append(one)
    people = {one.id: one for one in roster.people}
    return {
        row.pk: _case_of(row, decisions.get(row.pk, ()), authors.get(row.pk, ()), people)
        for row in proposals
    }


def _case_of(
    row: Proposal,
    decisions: Iterable[Decision],
    authors: Iterable[int],
    people: Mapping[int, PersonFacts],
) -> Case:
    votes = tuple(_votes(row, decisions, people))
    needs = rules.needs_of(row)
    standing = lifecycle.settle(needs, votes)
    deadline = getattr(row, "deadline", None)
    return Case(
        needs=needs,
        votes=votes,
        facts=ProposalFacts(
            proposer=row.proposer_id,
            authors=frozenset(authors),
            starter=row.started_by_id,
            owner=row.agent.owner_id if row.agent else None,
            voted=frozenset(vote.person for vote in votes),
            disputed=standing.kind is StandingKind.DISAGREEMENT,
        ),
        is_conflicted=row.state == State.CONFLICTED,
        assignee=row.assignee_id,
        is_escalated=deadline is not None and deadline.escalated_at is not None,
    )


def _votes(
    row: Proposal, decisions: Iterable[Decision], people: Mapping[int, PersonFacts]
) -> Iterable[Vote]:
    """Yield the votes on the newest revision, oldest first, with each voter's groups now."""
    owner = row.agent.owner_id if row.agent else None
    for one in decisions:
        if one.revision != row.revision or one.verdict not in VERDICTS or one.person_id is None:
            continue
        voter = people.get(one.person_id)
        yield Vote(
            person=one.person_id,
            verdict=Verdict(one.verdict),
            groups=voter.groups if voter else frozenset(),
            is_owner_of_agent=one.person_id == owner,
        )


def names_of(ids: Iterable[int]) -> Mapping[int, str]:
    """Return id -> printed name."""
    return dict(Person.objects.filter(pk__in=set(ids)).values_list("pk", "name"))
