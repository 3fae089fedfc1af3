"""Tokens of agents' stacks: issued once, kept as a hash, for one workspace and few things."""

import hashlib
import logging
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db import OperationalError, transaction

from agents import clock
from agents.errors import InvalidInput, InvalidToken
from agents.locks import transaction_waiting_at_most
from agents.models import Agent, Person, Scope, Token, Workspace
from agents.people import acting, clean_name, lock_workspace
from agents.rights import Right
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import Actor

logger = logging.getLogger(__name__)

PREFIX = "dbk_"
SECRET_BYTES = 32
SHOWN_CHARACTERS = 12
LONGEST_DAYS = 90
USE_NOTED_EVERY = timedelta(minutes=1)
LOCK_WAIT_MS = 10


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token with its secret, which exists only here and is shown only once."""

    token: Token
    secret: str


def actor_of_token(token: Token) -> Actor:
    """Return how the log names what a token's holder does."""
    return Actor(kind="token", id=token.public_id, name=token.label)


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret in hex. 256 random bits need no slow hash and no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def issue_token(
    workspace: Workspace,
    *,
    label: str,
    scopes: Collection[str],
    by: Person,
    agent: Agent | None = None,
    days: int = LONGEST_DAYS,
) -> IssuedToken:
    """Issue a token of 1 to LONGEST_DAYS days for one agent, or with agent None for all of them.

    Raises InvalidInput for a label, scope or length that cannot be taken, NotAllowed for anybody
    but an admin.
    """
    label, known = clean_name(label), clean_scopes(scopes)
    check_days(days)
    if agent is not None and agent.workspace_id != workspace.pk:
        raise InvalidInput(f"{workspace.name} has no agent {agent.slug!r}.")
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.MANAGE_TOKENS)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    token = Token.objects.create(
        workspace=workspace,
        agent=agent,
        label=label,
        start=secret[:SHOWN_CHARACTERS],
        sha256=hash_secret(secret),
        scopes=known,
        issued_by=by,
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=days),
    )
    log.append(
        Action.TOKEN_ISSUED,
        workspace=workspace.slug,
        actor=actor,
        object=f"token:{token.public_id}",
        after={"scopes": known, "agent": agent.slug if agent else None, "days": days},
        values={"label": label},
    )
    return IssuedToken(token=token, secret=secret)


@transaction.atomic
def revoke_token(workspace: Workspace, token: Token, *, by: Person | Actor) -> None:
    """End a token now; revoking it again writes nothing."""
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.MANAGE_TOKENS)
    if token.workspace_id != workspace.pk:
        raise InvalidInput(f"{workspace.name} has no such token.")
    ended = Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now())
    if ended:
        log.append(
            Action.TOKEN_REVOKED,
            workspace=workspace.slug,
            actor=actor,
            object=f"token:{token.public_id}",
        )


def find_token(secret: str) -> Token:
    """Return the live token with this secret, or raise InvalidToken.

    The look-up is by the SHA-256 of the secret: what is compared reveals nothing of it by its time.
    """
    token = (
        Token.objects.filter(sha256=hash_secret(secret))
        .select_related("workspace", "agent")
        .first()
    )
    if token is None:
        raise InvalidToken("The token is not known here. An admin can issue one.")
    if token.revoked_at is not None:
        raise InvalidToken(f"The token {token.start}… was revoked. An admin can issue another.")
    if token.expires_at <= clock.now():
        raise InvalidToken(f"The token {token.start}… has expired. An admin can issue another.")
    return token


def note_use(token: Token) -> None:
    """Remember that the token was used, at most once a minute, and never make its holder wait.

    A row or database that is busy keeps the older time: a read of memory must not stand in line
    for a note about itself.
    """
    now = clock.now()
    if token.last_used_at is not None and now - token.last_used_at < USE_NOTED_EVERY:
        return
    try:
        with transaction_waiting_at_most(LOCK_WAIT_MS):
            Token.objects.filter(pk=token.pk).update(last_used_at=now)
    except OperationalError:
        logger.info("token_use_not_noted token=%s cause=busy", token.public_id)


def clean_scopes(scopes: Collection[str]) -> list[str]:
    """Return the scopes sorted, or raise InvalidInput naming the known ones."""
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown:
        raise InvalidInput(f"{unknown[0][:40]!r} is not a scope. Known: {', '.join(Scope.values)}.")
    if not scopes:
        raise InvalidInput(f"A token needs a scope: {', '.join(Scope.values)}.")
    return sorted(set(scopes))


def check_days(days: int) -> None:
    """Raise InvalidInput unless a token may live that long."""
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput(f"A token lives 1 to {LONGEST_DAYS} days, not {days}.")
