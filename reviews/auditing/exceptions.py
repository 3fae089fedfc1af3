"""Exceptions of a period: a table of questions an auditor asks of what was decided.

Each is one query over rows or log. A count says where to look; it accuses nobody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Lag
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents.models import Workspace
from agents.web.paging import Page, page_of
from reviews import trail
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.auditing.population import decisions_in
from reviews.auditing.spans import Span
from reviews.models import Absence, Decision, Evidence, ProposalRevision
from reviews.turns import DID

PAGE = 50

SWIFT = timedelta(seconds=10)
"""A decision that comes sooner after the same person's last one is told."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its short name, what it asks, why it matters, and who answers it.

    find: the rows of a period it is about, decisions or entries, without an order.
    """

    key: str
    name: Promise
    about: Promise
    find: Callable[[Workspace, Span], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and how many rows of the period it is about."""

    question: Question
    count: int


def by_people(workspace: Workspace, span: Span) -> QuerySet[Decision]:
    """Return the decisions people made in the period."""
    return decisions_in(workspace, span).filter(person__isnull=False)


def approvals(workspace: Workspace, span: Span) -> QuerySet[Decision]:
    """Return the approvals people gave in the period."""
    return by_people(workspace, span).filter(verdict="approve")


def swift(workspace: Workspace, span: Span) -> QuerySet[Decision]:
    """Return decisions that came within SWIFT after the same person's last one."""
    before = Window(Lag("created_at"), partition_by="person", order_by=["created_at", "pk"])
    found = by_people(workspace, span).annotate(before=before)
    # By their keys: a page's own condition must not change whose decision came before whose.
    keys = found.filter(created_at__lt=F("before") + SWIFT).values("pk")
    return Decision.objects.filter(pk__in=keys)


def unopened(workspace: Workspace, span: Span) -> QuerySet[Decision]:
    """Return approvals of what has evidence, of which the person had opened none."""
    quotes = Evidence.objects.filter(proposal=OuterRef("proposal"))
    return approvals(workspace, span).filter(Exists(quotes), shown__evidence_opened=[])


def over_risk(workspace: Workspace, span: Span) -> QuerySet[Decision]:
    """Return approvals of what is marked as high risk."""
    return approvals(workspace, span).filter(proposal__risk="high")


def own(workspace: Workspace, span: Span) -> QuerySet[Decision]:
    """Return decisions of who filed it, started its dream or wrote a text that was decided."""
    written = ProposalRevision.objects.filter(
        proposal=OuterRef("proposal"), author=OuterRef("person"), number__lte=OuterRef("revision")
    )
    return by_people(workspace, span).filter(
        Q(person=F("proposal__proposer")) | Q(person=F("proposal__started_by")) | Q(Exists(written))
    )


def disagreed(workspace: Workspace, span: Span) -> QuerySet[Decision]:
    """Return rejections of a text that somebody else had approved."""
    approved = Decision.objects.filter(
        proposal=OuterRef("proposal"),
        revision=OuterRef("revision"),
        verdict="approve",
        pk__lt=OuterRef("pk"),
        undo=None,
    ).exclude(person=OuterRef("person"))
    return by_people(workspace, span).filter(Exists(approved), verdict="reject")


def late(workspace: Workspace, span: Span) -> QuerySet[Decision]:
    """Return decisions after the proposal's due time."""
    return by_people(workspace, span).filter(created_at__gt=F("proposal__due_at"))


def by_stand_in(workspace: Workspace, span: Span) -> QuerySet[Decision]:
    """Return decisions of who stood in for the person the proposal was assigned to."""
    stood_in = Absence.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=OuterRef("created_at")),
        workspace=workspace,
        person=OuterRef("proposal__assignee"),
        stand_in=OuterRef("person"),
        starts_at__lte=OuterRef("created_at"),
        ends_at__gt=OuterRef("created_at"),
    )
    return by_people(workspace, span).filter(Exists(stood_in))


def automatic(workspace: Workspace, span: Span) -> QuerySet[Decision]:
    """Return the decisions of rules that may decide alone."""
    return decisions_in(workspace, span).exclude(rule="")


def logged(*actions: Action, **more: Any) -> Callable[[Workspace, Span], QuerySet[Entry]]:
    """Return a question's find: the period's entries of these actions."""

    def find(workspace: Workspace, span: Span) -> QuerySet[Entry]:
        return Entry.objects.filter(
            workspace=workspace.slug,
            action__in=[str(action) for action in actions],
            at__gte=span.begins,
            at__lt=span.ends,
            **more,
        )

    return find


QUESTIONS = (
    Question(
        "own",
        _("Decided by its proposer, editor or dream starter"),
        _("Four eyes forbid it: any number but none is an error of Daybreak."),
        own,
    ),
    Question(
        "unopened",
        _("Approved without opening evidence"),
        _("There were quotes, and the person had opened none of them when they approved."),
        unopened,
    ),
    Question(
        "swift",
        _("Decided within 10 seconds"),
        _("Counted from the same person's decision before."),
        swift,
    ),
    Question(
        "over-risk",
        _("Approved over a mark of high risk"),
        _("What was flagged as high risk and approved all the same."),
        over_risk,
    ),
    Question(
        "disagreed",
        _("Rejected after another had approved"),
        _("Two people read one text differently; a third decided."),
        disagreed,
    ),
    Question(
        "undone",
        _("Undone"),
        _("Taken back before anything came of it, by whoever decided or by a lead."),
        logged(Action.DECISION_UNDONE),
    ),
    Question("late", _("Decided late"), _("After the due time of the text decided."), late),
    Question(
        "stand-in",
        _("Decided by a stand-in"),
        _("Whoever it was assigned to was away, and this person stood in."),
        by_stand_in,
    ),
    Question(
        "automatic",
        _("Decided by a rule alone"),
        _("No person saw it before it was applied."),
        automatic,
    ),
    Question(
        "self-closed",
        _("Closed by the system"),
        _("Withdrawn without a decision, because it no longer applied."),
        logged(Action.PROPOSAL_WITHDRAWN, actor_kind="system"),
    ),
    Question(
        "barred",
        _("Tried to decide and was barred"),
        _("A decision that was refused because this person may not take it."),
        logged(Action.DECISION_REFUSED, body__contains='"why":"MayNotDecide"'),
    ),
    Question(
        "cleared",
        _("Taint cleared by hand"),
        _("A named person vouched for words that come from outside."),
        logged(Action.TAINT_CLEARED),
    ),
    Question(
        "contained",
        _("Rolled back, restored or quarantined"),
        _("One lead, at once; another person confirms within 48 hours."),
        logged(Action.CONTAINMENT_OPENED, Action.QUARANTINE_OPENED),
    ),
    Question(
        "rules",
        _("Rules and settings changed"),
        _("From then on, other proposals are decided by other people."),
        logged(Action.RULE_SET, Action.RULE_REMOVED, Action.SETTING_CHANGED),
    ),
)
BY_KEY: Mapping[str, Question] = {question.key: question for question in QUESTIONS}


def exceptions_in(workspace: Workspace, span: Span) -> list[Answer]:
    """Return how many rows of the period each question is about: one query a question."""
    return [Answer(one, one.find(workspace, span).count()) for one in QUESTIONS]


@dataclass(frozen=True, slots=True)
class Found:
    """One row a question is about: when, what, who did what, and where it can be read.

    decision: its number on its proposal, 0 for an entry; entry: its number, None without one.
    """

    at: datetime
    object: str
    about: str
    who: str
    did: str
    decision: int = 0
    entry: int | None = None


def page_found(question: Question, workspace: Workspace, span: Span, cursor: str) -> Page[Any]:
    """Return one page of the rows a question is about, newest first, with what its lines show."""
    rows = question.find(workspace, span)
    if rows.model is Decision:
        before = Decision.objects.filter(proposal=OuterRef("proposal"), pk__lte=OuterRef("pk"))
        counted = before.order_by().values("proposal").annotate(count=Count("pk")).values("count")
        rows = rows.select_related("proposal", "person").annotate(position=Subquery(counted))
    else:
        rows = rows.select_related("leaf")
    return page_of(rows, order=("-id",), cursor=cursor, size=PAGE)


def lines_of(page: Page[Any]) -> list[Found]:
    """Return the lines of a page of decisions or of entries."""
    if page.items and isinstance(page.items[0], Decision):
        return [_decision_line(row) for row in page.items]
    return [
        Found(line.at, line.object, line.detail, line.who, line.did, entry=line.number)
        for line in trail.lines_of(page.items)
    ]


def _decision_line(row: Any) -> Found:
    return Found(
        at=row.created_at,
        object=str(row.proposal),
        about=row.proposal.title,
        who=row.person.name if row.person else f"Rule {row.rule}",
        did=DID[row.verdict].capitalize(),
        decision=row.position,
    )
