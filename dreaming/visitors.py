"""Who asks: the browser's session and its person, each one prepared query of every request.

Whether they count is decided by Django as ever: expiry here, the password's hash in its middleware.
"""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from agents.models import Person
from agents.prepared import Prepared, Slot


@Prepared
def _kept(key: Slot, now: Slot) -> QuerySet[Session, str]:
    rows = Session.objects.filter(session_key=key, expire_date__gt=now).order_by("session_key")
    return rows.values_list("session_data", flat=True)


@Prepared
def _person_at(key: Slot) -> QuerySet[Person]:
    return Person.objects.filter(pk=key).order_by("pk")


class SessionStore(db.SessionStore):
    """Django's sessions in the database, read by a prepared query."""

    def load(self) -> dict[str, Any]:
        """Return what the session holds; one that ended or never was is empty and gets a new key.

        By Django's own time, as it is Django that writes when a session ends.
        """
        kept = _kept.first(key=self.session_key or "", now=timezone.now())
        if kept is None:
            self._session_key = None
            return {}
        return self.decode(kept)


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Sign-in by any address of an account, with the account looked up by a prepared query."""

    def get_user(self, user_id: int) -> Person | None:
        """Return the account of a session, None for one that is gone or closed."""
        person = _person_at.first(key=user_id)
        return person if person is not None and self.user_can_authenticate(person) else None
