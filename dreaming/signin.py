"""Sign-in by invitation only, with every sign-in and change of credentials in the log.

Signals are used here and nowhere else: they are the only seam Django and allauth leave between
their sign-in and us. Each receiver writes its entries and lets every error through, so a sign-in
whose entry cannot be written fails.
"""

from typing import Any

from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals as auth_signals
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from agents.models import Person, Workspace
from agents.people import actor_of, find_account, subject_of
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor

UNKNOWN = "person:unknown"
"""The object of a failed sign-in with an address nobody here has; the address is not kept."""


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes registration; people are added by an admin of their workspace."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The e-mail address or the password is wrong.",
        "too_many_login_attempts": "Too many failed attempts. Wait five minutes and try again.",
        "account_inactive": "This account is closed.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no: an account begins with an invitation."""
        return False

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Set the password and write the entry in one transaction."""
        with transaction.atomic():
            super().set_password(user, password)
            if isinstance(user, Person):
                record(Action.CREDENTIAL_CHANGED, user, actor_of(user))


def connect() -> None:
    """Hear of every sign-in; called once, when the models are loaded."""
    receivers = (
        (auth_signals.user_logged_in, record_sign_in),
        (auth_signals.user_logged_out, record_sign_out),
        (auth_signals.user_login_failed, record_failure),
        (account_signals.password_reset, record_reset),
        (account_signals.email_added, record_address),
        (account_signals.email_changed, record_address),
        (account_signals.email_removed, record_address),
        (account_signals.authentication_step_completed, record_step),
        (mfa_signals.authentication_failed, record_wrong_code),
    )
    for signal, receiver in receivers:
        signal.connect(receiver, dispatch_uid=f"dreaming.signin.{receiver.__name__}")
    # allauth tells of factors after the commit; the rows themselves tell of it inside.
    post_save.connect(record_factor_added, Authenticator, dispatch_uid="dreaming.signin.added")
    post_delete.connect(record_factor_removed, Authenticator, dispatch_uid="dreaming.signin.gone")


def record(
    action: Action,
    person: Person,
    actor: Actor,
    *,
    after: dict[str, object] | None = None,
    values: dict[str, str] | None = None,
) -> None:
    """Write one entry for every workspace the person is in, or one for the installation.

    A sign-in belongs to the person, so each workspace's auditor sees it in their own log.
    """
    places = Workspace.objects.filter(memberships__person=person).order_by("slug")
    with transaction.atomic():
        for slug in list(places.values_list("slug", flat=True)) or [""]:
            log.append(
                action,
                workspace=slug,
                actor=actor,
                object=subject_of(person),
                after=after,
                values=values,
                subject=subject_of(person),
            )


def record_sign_in(user: Person, **_: Any) -> None:
    """Write that somebody came in."""
    record(Action.SIGNED_IN, user, actor_of(user))


def record_sign_out(user: Person | None, **_: Any) -> None:
    """Write that somebody left; nobody leaves a session that has already ended."""
    if user is not None:
        record(Action.SIGNED_OUT, user, actor_of(user))


def record_failure(credentials: dict[str, Any], **_: Any) -> None:
    """Write that somebody was not let in, and as whom; never what was typed.

    The actor is the system: whoever typed the address need not be its owner.
    """
    typed = str(credentials.get("email") or credentials.get("username") or "")
    person = find_account(typed)
    if person is not None:
        record(Action.SIGN_IN_FAILED, person, SYSTEM, after={"by": "password"})
        return
    with transaction.atomic():
        log.append(Action.SIGN_IN_FAILED, workspace="", actor=SYSTEM, object=UNKNOWN)


def record_wrong_code(user: Person, **_: Any) -> None:
    """Write that a second factor was wrong."""
    record(Action.SIGN_IN_FAILED, user, SYSTEM, after={"by": "factor"})


def record_reset(user: Person, **_: Any) -> None:
    """Write that a password was set through a link instead of by its owner's old one."""
    record(Action.CREDENTIAL_RESET, user, actor_of(user))


def record_address(user: Person, email_address: EmailAddress | None = None, **given: Any) -> None:
    """Write that a person's addresses changed; the address itself stays erasable."""
    address = email_address or given.get("to_email_address")
    values = {"email": address.email} if address else None
    record(Action.PERSON_CHANGED, user, actor_of(user), values=values)


def record_factor_added(instance: Authenticator, created: bool, **_: Any) -> None:  # noqa: FBT001
    """Write that a second factor was set up; its use also saves the row and is no change."""
    if created:
        person = Person.objects.get(pk=instance.user_id)
        record(Action.FACTOR_ADDED, person, actor_of(person), after={"factor": instance.type})


def record_factor_removed(instance: Authenticator, **_: Any) -> None:
    """Write that a second factor was taken away."""
    person = Person.objects.get(pk=instance.user_id)
    record(Action.FACTOR_REMOVED, person, actor_of(person), after={"factor": instance.type})


def record_step(user: Person, method: str, reauthenticated: object = None, **_: Any) -> None:
    """Write a repeated proof of identity; the steps of a sign-in end in an entry of their own."""
    if reauthenticated:
        record(Action.REAUTHENTICATED, user, actor_of(user), after={"by": method})
