"""Editing and rebasing: the next revision of a proposal, judged anew by the rules."""

from dataclasses import dataclass, field

from django.db import transaction

from agents import clock
from agents.memory import find_head
from agents.models import MemoryVersion, Person
from agents.people import Member, actor_of
from agents.rights import Right
from agents.stores import check_content, text_sha256
from reviews import deadlines, lifecycle, rules, sampling
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.changes import Change, Op, Trust
from reviews.errors import InvalidChange, NotAllowed, ReasonMissing, StaleProposal
from reviews.lifecycle import Act, State
from reviews.models import Proposal, ProposalRevision
from reviews.proposals import (
    bases_of,
    head_version,
    heads_by_path,
    judge,
    judged_columns,
    lock,
    save_once,
)
from reviews.risk import unsourced_in
from reviews.things import pack, things_in


def submit_edit(
    proposal: Proposal,
    *,
    content: str,
    reason: str,
    by: Member,
    expected_revision: int,
    token: str = "",
) -> Proposal:
    """Make `content` the proposal's next revision, written by `by`; earlier approvals fall.

    The proposal goes back to pending and `by` can no longer decide it. token: of the form; sent
    again, the form changes nothing and gives the same answer. Raises StaleProposal when
    the page showed another revision, ReasonMissing, InvalidChange for unchanged text, NotAllowed
    for roles that do not decide, IllegalTransition for one in conflict: that is rebased.
    """
    _check_role(by)
    if not reason.strip():
        raise ReasonMissing("Say what you changed and why: the next reviewer reads it.")
    with transaction.atomic(durable=True):
        row = lock(proposal)
        if _is_repeat(row, expected_revision, token):
            return row
        _refuse_stale(row, expected_revision)
        state = lifecycle.next_state(State(row.state), Act.EDIT)
        text = Text(content, reason.strip(), by.person, row.base_version, token, new_words=True)
        _revise(row, state, text)
        _log_revised(row, Action.PROPOSAL_REVISED, by, reason, content)
    return row


def rebase(
    proposal: Proposal,
    *,
    content: str,
    reason: str,
    by: Member,
    expected_revision: int,
    expected_head: int | None,
    token: str = "",
) -> Proposal:
    """Put a conflicted proposal on today's head with `content` as its text; it is pending again.

    Who rebases writes the revision, unless the text stays word for word what it was.
    expected_head: the version of the path that the page showed, None where it had no text; what
    was put together on it says nothing about a newer one. token: as for an edit. Raises
    StaleProposal when somebody was
    quicker, NotAllowed for roles that do not decide.
    """
    _check_role(by)
    with transaction.atomic(durable=True):
        row = lock(proposal)
        if _is_repeat(row, expected_revision, token):
            return row
        _refuse_stale(row, expected_revision)
        state = lifecycle.next_state(State(row.state), Act.REBASE)
        before = row.revisions.get(number=row.revision)
        head = head_version(row)
        if head != expected_head:
            raise StaleProposal(
                f"{row.path} changed again while you settled {row}.", proposal=str(row)
            )
        row.merged = _still_there(row)
        is_new = content != before.content
        _revise(row, state, Text(content, reason, by.person, head, token, new_words=is_new))
        _log_revised(row, Action.PROPOSAL_REBASED, by, reason, content)
    return row


def _check_role(by: Member) -> None:
    if not by.may(Right.DECIDE):
        raise NotAllowed("Reviewers and leads write proposals; your role does not.")


def _refuse_stale(row: Proposal, expected_revision: int) -> None:
    if row.revision != expected_revision:
        raise StaleProposal(
            f"{row} is at revision {row.revision}; the page showed revision {expected_revision}.",
            proposal=str(row),
        )


def _is_repeat(row: Proposal, expected_revision: int, token: str) -> bool:
    """Say whether the form was sent before: then its text is a revision already."""
    is_later = bool(token) and row.revision > expected_revision
    return is_later and row.revisions.filter(token=token).exists()


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it becomes a revision. new_words: `person` is its author, else who was before."""

    content: str
    reason: str
    person: Person
    base: int | None
    token: str
    new_words: bool = field(kw_only=True)


def _revise(row: Proposal, state: State, text: Text) -> None:
    """Write the next revision with risk and route judged anew: an edit launders nothing."""
    before = row.revisions.get(number=row.revision)
    content, base = text.content, text.base
    is_retire = row.op == Op.RETIRE and not content.strip()
    if not is_retire:
        check_content(row.path, content)
    sha256 = text_sha256(content)
    if text.new_words and sha256 == before.sha256:
        raise InvalidChange("The text is the same as before; approve or reject it instead.")
    head = find_head(row.store, row.path)
    op = Op.RETIRE if is_retire else _op_on(row, head)
    change = Change(
        op=op,
        path=row.path,
        content=content,
        base_version=base,
        title=row.title,
        rationale=before.rationale,
        taint=Trust(row.taint),
        merged=tuple(merged["path"] for merged in row.merged),
        unsourced=unsourced_in(one["words"] for one in row.risk_reasons),
    )
    judged = judge(change, row.store)
    row.op, row.base_version, row.revision = op.value, base, row.revision + 1
    row.state, row.state_reason, row.content_sha256 = state.value, "", sha256
    row.verdict, row.apply_at, row.settled_at = "", None, None
    row.decided_at, row.decided_by = None, None
    columns = sampling.draw(judged_columns(judged, Trust(row.taint)), row.workspace, row.number)
    for column, value in columns.items():
        setattr(row, column, value)
    # Nobody has voted on this revision yet.
    rules.ask(row, ())
    save_once(row)
    deadlines.begin_round(row)
    ProposalRevision.objects.create(
        proposal=row,
        number=row.revision,
        content=content,
        sha256=sha256,
        base_version=base,
        rationale=before.rationale,
        reason=text.reason,
        things=pack(things_in(content)),
        author=text.person if text.new_words else before.author,
        token=text.token,
        created_at=clock.now(),
    )


def _op_on(row: Proposal, head: MemoryVersion | None) -> Op:
    if row.merged:
        return Op.MERGE
    return Op.UPDATE if head else Op.CREATE


def _still_there(row: Proposal) -> list[dict[str, object]]:
    """Return what a merge folds in, on today's heads; a path retired since has nothing to fold."""
    heads = heads_by_path(row.store, [merged["path"] for merged in row.merged])
    return bases_of(row.store, list(heads))


def _log_revised(row: Proposal, action: Action, by: Member, reason: str, content: str) -> None:
    append(
        action,
        workspace=row.workspace.slug,
        actor=actor_of(by.person),
        object=str(row),
        revision=row.revision,
        after={
            "state": row.state,
            "op": row.op,
            "risk": row.risk,
            "base_version": row.base_version,
        },
        values={"content": content, "reason": reason},
        rule=rules.route_reference(row.route),
    )
