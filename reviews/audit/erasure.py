"""Erasing values: the text and its key go, the entry, the tree and every proof stay."""

from collections.abc import Iterator, Mapping, Sequence

from django.db import transaction

from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import Actor
from reviews.audit.errors import AuditError
from reviews.audit.models import Entry, Erasure, Key, Value

COMMITMENTS_AN_ENTRY = 500


class NothingToErase(AuditError):
    """Nothing that still stands belongs to this subject."""


def erase_subject(
    subject: str, *, workspace: str, actor: Actor, values: Mapping[str, str]
) -> list[Entry]:
    """Erase every value encrypted under a key of `subject`; return the entries that say so.

    values: why and on whose request; they are kept under the erasure, not under the subject.
    Raises NothingToErase. What was exported or shown before cannot be called back.
    """
    with transaction.atomic():
        rows = Value.objects.filter(key__subject=subject, ciphertext__isnull=False)
        commitments = sorted(rows.values_list("commitment", flat=True))
        if not commitments:
            raise NothingToErase(f"No value of {subject} stands in the log.")
        entries = license_clearing(
            commitments, object=subject, workspace=workspace, actor=actor, values=values
        )
        # Bounded by the list, not by a fresh query: what was written meanwhile has no licence.
        for part in parts(commitments):
            Value.objects.filter(commitment__in=part).update(salt=None, ciphertext=None, tag=None)
        emptied = Key.objects.filter(subject=subject, secret__isnull=False)
        emptied.exclude(value__ciphertext__isnull=False).filter(value__isnull=False).update(
            secret=None
        )
        return entries


def license_clearing(
    commitments: Sequence[str],
    *,
    object: str,  # noqa: A002 (the word of the format)
    workspace: str,
    actor: Actor,
    values: Mapping[str, str],
) -> list[Entry]:
    """Record the erasure of what these commitments stand for, so that its columns may be cleared.

    For the tables of other rooms as well: their triggers let a column be cleared once the key they
    registered (a commitment, or such as event:77) stands here. In the caller's transaction.
    """
    entries: list[Entry] = []
    for part in parts(commitments):
        entry = log.append(
            Action.ERASURE_DONE,
            workspace=workspace,
            actor=actor,
            object=object,
            after={"commitments": part, "count": len(commitments)},
            values=values,
            subject=f"erasure:{object}",
        )
        Erasure.objects.bulk_create(Erasure(commitment=c, entry_id=entry.pk) for c in part)
        entries.append(entry)
    return entries


def parts(commitments: Sequence[str]) -> Iterator[list[str]]:
    """Cut the list so that each part fits into one entry."""
    for at in range(0, len(commitments), COMMITMENTS_AN_ENTRY):
        yield list(commitments[at : at + COMMITMENTS_AN_ENTRY])
