"""Who looked at an agent's session: the log keeps each opening, and what of it was shown."""

from django.db import transaction

from agents.models import Session
from agents.people import Member, actor_of
from reviews.audit import log
from reviews.audit.actions import Action


def record_session_opened(session: Session, member: Member, *, revision: int, shown: range) -> None:
    """Log that `member` was shown the events `shown` of a revision of the session.

    Every opening is an entry of its own: how often somebody looked is a fact too.
    """
    with transaction.atomic():
        log.append(
            Action.SESSION_OPENED,
            workspace=member.workspace.slug,
            actor=actor_of(member.person),
            object=str(session),
            revision=revision,
            after={"first": shown.start, "events": len(shown)},
        )


def record_event_revealed(session: Session, member: Member, *, revision: int, index: int) -> None:
    """Log that `member` was shown one event of the session without its masks."""
    with transaction.atomic():
        log.append(
            Action.SESSION_REVEALED,
            workspace=member.workspace.slug,
            actor=actor_of(member.person),
            object=str(session),
            revision=revision,
            after={"event": index},
        )
