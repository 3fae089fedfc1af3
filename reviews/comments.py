"""Comments on a proposal: on the record, naming people, never changed afterwards.

Who has not voted yet is not told what an earlier voter on the same revision wrote: it would weigh
on them. Who settles a disagreement reads both sides.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from agents import clock
from agents.models import Workspace
from agents.people import Member, actor_of, people_with
from agents.prepared import Prepared, Slot
from agents.rights import Right
from reviews.appeals import Piece
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.errors import NotAllowed, ReasonMissing
from reviews.models import Comment, Mention, Proposal
from reviews.notices import settle_mentions
from reviews.proposals import lock

LENGTH = 4_000
SHOWN = 12
"""The newest comments stand on a proposal's page."""

_AT = re.compile(r"(?<![\w@.])@(?=\w)")


class Named(NamedTuple):
    """A person named in a text, from `start` to `end`."""

    start: int
    end: int
    person: int


@dataclass(frozen=True, slots=True)
class Line:
    """A comment as it is printed: its text in pieces, the names of people marked."""

    number: int
    revision: int
    by: str
    at: datetime
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Discussion:
    """The comments a member reads. earlier: older ones not on the page; held: not told yet.

    names_reader: the member is named in one and has not opened the page since.
    """

    lines: tuple[Line, ...]
    earlier: int
    held: int
    names_reader: bool


def find_names(text: str, people: Mapping[int, tuple[str, ...]]) -> tuple[Named, ...]:
    """Return who is named in the text as `@name`, in order; the longest name wins.

    people: by key the names each is called by. A name that two people share names nobody.
    """
    by_name: dict[str, set[int]] = {}
    for key, names in people.items():
        for name in names:
            by_name.setdefault(name.casefold(), set()).add(key)
    longest_first = sorted(by_name, key=len, reverse=True)
    found = []
    for at in _AT.finditer(text):
        said = text[at.end() :].casefold()
        called = next((one for one in longest_first if _begins(said, one)), "")
        if len(by_name.get(called, ())) == 1:
            [person] = by_name[called]
            found.append(Named(at.start(), at.end() + len(called), person))
    return tuple(found)


def _begins(said: str, name: str) -> bool:
    following = said[len(name) : len(name) + 1]
    return said.startswith(name) and not (following.isalnum() or following == "_")


def names_in(workspace: Workspace) -> dict[int, tuple[str, ...]]:
    """Return by key what each member who sees proposals is called: name, first name, address."""
    people = people_with(workspace, Right.SEE_QUEUE)
    return {
        pk: tuple(dict.fromkeys((name, name.split()[0] if name.split() else name, email)))
        for pk, name, email in people.values_list("pk", "name", "email")
    }


def add_comment(proposal: Proposal, text: str, *, by: Member) -> Comment:
    """Write `by`'s comment on the proposal and who it names, on the record.

    Raises ReasonMissing for an empty text, NotAllowed for roles that do not decide.
    """
    if not by.may(Right.DECIDE):
        raise NotAllowed("Reviewers and leads comment on proposals; your role does not.")
    words = text.strip()
    if not words or len(words) > LENGTH:
        raise ReasonMissing(f"Write 1 to {LENGTH:,} characters.")
    named = find_names(words, names_in(by.workspace))
    with transaction.atomic(durable=True):
        row = lock(proposal)
        last = Comment.objects.filter(proposal=row).aggregate(last=Max("number"))["last"] or 0
        comment = Comment.objects.create(
            proposal=row,
            number=last + 1,
            revision=row.revision,
            person=by.person,
            text=words,
            marks=[[one.start, one.end] for one in named],
            created_at=clock.now(),
        )
        keys = sorted({one.person for one in named} - {by.person.pk})
        Mention.objects.bulk_create(
            Mention(comment=comment, person_id=key, created_at=comment.created_at) for key in keys
        )
        append(
            Action.PROPOSAL_COMMENTED,
            workspace=row.workspace.slug,
            actor=actor_of(by.person),
            object=str(row),
            revision=row.revision,
            after={"comment": comment.number, "mentions": len(keys)},
            values={"text": words},
        )
    return comment


def is_held(comment: Comment, revision: int, untold: frozenset[int]) -> bool:
    """Say whether a comment is held back from a reader who still has to vote.

    revision: the proposal's newest; untold: whose votes on it the reader is not told yet.
    """
    return comment.person_id in untold and comment.revision == revision


def discussion_of(proposal: Proposal, member: Member, untold: frozenset[int]) -> Discussion:
    """Return the comments `member` reads, oldest first; one query, whatever their number.

    untold: as reviews.turns.unseen_by says for this member.
    """
    rows = _comments(proposal=proposal.pk, reader=member.person.pk)
    told = [row for row in rows if not is_held(row, proposal.revision, untold)]
    return Discussion(
        lines=tuple(map(_line, told[-SHOWN:])),
        earlier=max(0, len(told) - SHOWN),
        held=len(rows) - len(told),
        names_reader=any(row.names_reader for row in told),
    )


@Prepared
def _comments(proposal: Slot, reader: Slot) -> QuerySet[Comment, Any]:
    unseen = Mention.objects.filter(comment=OuterRef("pk"), person=reader, seen_at=None)
    rows = Comment.objects.filter(proposal=proposal).annotate(names_reader=Exists(unseen))
    return rows.select_related("person").order_by("number")


def _line(row: Comment) -> Line:
    pieces: list[Piece] = []
    at = 0
    for start, end in row.marks:
        pieces += [Piece(row.text[at:start]), Piece(row.text[start:end], is_marked=True)]
        at = end
    pieces.append(Piece(row.text[at:]))
    shown = tuple(piece for piece in pieces if piece.text)
    return Line(row.number, row.revision, row.person.name, row.created_at, shown)


def see_mentions(proposal: Proposal, member: Member) -> None:
    """Note that `member` has opened the proposal in whose comments they were named."""
    Mention.objects.filter(comment__proposal=proposal, person=member.person, seen_at=None).update(
        seen_at=clock.now()
    )
    settle_mentions(proposal, member.person.pk)
