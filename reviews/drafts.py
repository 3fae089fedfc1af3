"""Drafts of edits: saved while one types, so that a reload or an ended session costs no words.

They are private and no act, so they are not in the log.
"""

from datetime import datetime, timedelta

from agents import clock
from agents.people import Member
from agents.stores import MAX_MEMORY_BYTES
from reviews.models import Draft, Proposal

KEPT_FOR = timedelta(days=30)


def keep_draft(proposal: Proposal, by: Member, *, revision: int, text: str) -> None:
    """Save what `by` has typed; it takes the place of what they typed before.

    More than a memory may hold is not kept: it could not be submitted either.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_MEMORY_BYTES:
        return
    Draft.objects.update_or_create(
        proposal=proposal,
        person=by.person,
        defaults={"revision": revision, "text": text, "saved_at": clock.now()},
    )


def draft_of(proposal: Proposal, by: Member) -> Draft | None:
    """Return what `by` has typed on this proposal and not sent, None without any."""
    return Draft.objects.filter(proposal=proposal, person=by.person).first()


def drop_draft(proposal: Proposal, by: Member) -> None:
    """Forget what `by` has typed: it was sent."""
    Draft.objects.filter(proposal=proposal, person=by.person).delete()


def drop_old_drafts(now: datetime) -> int:
    """Forget drafts nobody touched for KEPT_FOR; return how many. For the worker."""
    gone, _ = Draft.objects.filter(saved_at__lt=now - KEPT_FOR).delete()
    return gone
