"""Drafts: saved while one types, so that a reload or an ended session costs no words.

They are private and no act, so they are not in the log.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import OuterRef, QuerySet, Subquery

from agents import clock
from agents.people import Member
from agents.prepared import Slot
from agents.stores import MAX_MEMORY_BYTES
from reviews.models import Draft, Proposal

KEPT_FOR = timedelta(days=30)
MOST_SIGNS = 4_000
"""Of a reason or a comment; more cannot be sent either."""


class Kind(StrEnum):
    """What the words are for."""

    EDIT = "edit"
    REJECT = "reject"
    REQUEST = "request"
    COMMENT = "comment"


WORDS = (Kind.REJECT, Kind.REQUEST, Kind.COMMENT)
"""Kinds that are words to people, not the text of a memory."""


def keep_draft(proposal: Proposal, by: Member, *, revision: int, text: str) -> None:
    """Save what `by` has typed; it takes the place of what they typed before.

    More than a memory may hold is not kept: it could not be submitted either.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_MEMORY_BYTES:
        return
    Draft.objects.update_or_create(
        proposal=proposal,
        person=by.person,
        kind=Kind.EDIT,
        defaults={"revision": revision, "text": text, "saved_at": clock.now()},
    )


def draft_of(proposal: Proposal, by: Member) -> Draft | None:
    """Return what `by` has typed on this proposal and not sent, None without any."""
    return Draft.objects.filter(proposal=proposal, person=by.person, kind=Kind.EDIT).first()


def drop_draft(proposal: Proposal, by: Member, kind: Kind = Kind.EDIT) -> None:
    """Forget what `by` has typed: it was sent."""
    Draft.objects.filter(proposal=proposal, person=by.person, kind=kind).delete()


def keep_words(proposal: Proposal, by: Member, kind: Kind, text: str) -> None:
    """Save the reason or comment `by` has typed; nothing typed is nothing kept."""
    if not text.strip():
        drop_draft(proposal, by, kind)
        return
    Draft.objects.update_or_create(
        proposal=proposal,
        person=by.person,
        kind=kind,
        defaults={
            "revision": proposal.revision,
            "text": text[:MOST_SIGNS],
            "saved_at": clock.now(),
        },
    )


def with_words(rows: QuerySet[Proposal], by: Slot) -> QuerySet[Proposal]:
    """Return the rows with what a person left in each field of words, for words_left.

    by: the slot of a prepared query that the person's key is filled in.
    """
    own = Draft.objects.filter(proposal=OuterRef("pk"), person=by)
    left = {_name(kind): Subquery(own.filter(kind=kind).values("text")[:1]) for kind in WORDS}
    return rows.annotate(**left)


def words_left(proposal: Proposal) -> dict[Kind, str]:
    """Return kind -> what was left of it; proposal: loaded by with_words, else there is none."""
    return {kind: getattr(proposal, _name(kind), None) or "" for kind in WORDS}


def _name(kind: Kind) -> str:
    return f"left_{kind.value}"


def drop_old_drafts(now: datetime) -> int:
    """Forget drafts nobody touched for KEPT_FOR; return how many. For the worker."""
    gone, _ = Draft.objects.filter(saved_at__lt=now - KEPT_FOR).delete()
    return gone
