"""Sealing: entries get their leaves, and every so often the tree is signed.

On SQLite a leaf is sealed in the transaction of its entry; on PostgreSQL by `seal`, in batches, so
that writers never wait for each other. The manifest, the checkpoint and the signing key belong to
the worker on both.
"""

import logging
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Max

from reviews.audit import keys, log, notes, tree
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor
from reviews.audit.bodies import Facts
from reviews.audit.errors import BadNote, CheckpointRefused
from reviews.audit.merkle import TreeHead
from reviews.audit.models import Checkpoint, Entry, Leaf, Pending
from reviews.audit.notes import CheckpointText, Signer
from reviews.audit.tree import StoredTree

logger = logging.getLogger(__name__)

SEALER_LOCK = 0x6175_6469_7401
BATCH = 5_000
CHECKPOINT_LEAVES = 256
CHECKPOINT_AGE = timedelta(seconds=60)
SPACES_A_MANIFEST = 500


def seal(limit: int = BATCH) -> int:
    """Give every waiting entry its leaf, `limit` in a transaction; return how many got one.

    Safe to call from several processes at once, and from none for a while: nothing waits for it.
    """
    if connection.vendor != "postgresql":
        return 0
    sealed = 0
    while True:
        with transaction.atomic():
            hold_sealer_lock()
            placed = tree.place_pending(limit)
        sealed += placed
        if placed < limit:
            return sealed


def hold_sealer_lock() -> None:
    """Wait until no other process seals, until the end of this transaction.

    SQLite has one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALER_LOCK])


def checkpoint_due(now: datetime) -> bool:
    """Say whether leaves wait for a signature: 256 of them, one for 60 s, or the very first."""
    last = Checkpoint.objects.order_by("-size").first()
    signed = last.size if last else 0
    waiting = Pending.objects.count()
    unsigned = tree.size() - signed + waiting
    if unsigned <= 0:
        return False
    if last is None or unsigned >= CHECKPOINT_LEAVES:
        return True
    leaf = Leaf.objects.filter(index=signed).select_related("entry").first()
    oldest = leaf.entry if leaf else Entry.objects.filter(pending__isnull=False).first()
    return oldest is None or now - oldest.at >= CHECKPOINT_AGE


def checkpoint(now: datetime) -> Checkpoint | None:
    """Seal what waits, then a manifest, and sign the tree; None when nothing is new since the last.

    Raises CheckpointRefused where signing would contradict what was signed before: nothing is
    signed until a person has looked.
    """
    signers = keys.signers()
    with transaction.atomic():
        hold_sealer_lock()
        while connection.vendor == "postgresql" and tree.place_pending(BATCH) == BATCH:
            pass
        last = Checkpoint.objects.order_by("-size").first()
        size = tree.size()
        refuse_contradiction(last, size)
        if size == (last.size if last else 0):
            return None
        if last is None:
            append_and_seal(Action.KEY_CREATED, {"key": signers[0].verifier.to_text()})
        seal_manifests(last.size if last else 0)
        return sign_tree(now, signers)


def sign_tree(now: datetime, signers: tuple[Signer, ...]) -> Checkpoint:
    """Sign and store the tree as it is; the caller holds the sealer's lock."""
    size = tree.size()
    head = TreeHead(size, StoredTree().root_at(size))
    note = notes.sign(CheckpointText(keys.origin(), head).to_text(), signers)
    made = Checkpoint.objects.create(size=size, root=head.root, note=note, at=now)
    transaction.on_commit(lambda: remember(note))
    logger.info("checkpoint signed size=%d root=%s", size, head.root.hex()[:16])
    return made


def seal_manifests(since: int) -> None:
    """Append and seal the last number of each workspace that grew since leaf `since`.

    Always at least one entry, so that every checkpoint ends on a manifest.
    """
    grown = list(
        Leaf.objects.filter(index__gte=since, number__isnull=False)
        .values_list("workspace")
        .annotate(last=Max("number"))
        .order_by("workspace")
    )
    for at in range(0, max(len(grown), 1), SPACES_A_MANIFEST):
        last = dict(grown[at : at + SPACES_A_MANIFEST])
        append_and_seal(Action.LOG_MANIFEST, {"last": last})


def append_and_seal(action: Action, after: Facts) -> None:
    """Append an entry of the log about itself and give it the next leaf, before anything else.

    This one alone: an entry that came meanwhile would stand before a manifest and not be counted.
    """
    entry = log.append(
        action, workspace="", actor=SYSTEM, object=f"log:{keys.origin()}", after=after
    )
    if connection.vendor == "postgresql":
        tree.place_pending(1, only=[entry.id])


def refuse_contradiction(last: Checkpoint | None, size: int) -> None:
    """Raise CheckpointRefused unless the tree still has everything that was ever signed.

    What was signed is asked of the database and of the worker's own memory beside the signing key,
    because a database put back from an old backup forgets both leaves and checkpoints.
    """
    stored = StoredTree()
    heads = [("the last checkpoint", TreeHead(last.size, bytes(last.root)))] if last else []
    if (remembered := remembered_head()) is not None:
        heads.append((f"the checkpoint in {memory_path()}", remembered))
    for source, head in heads:
        if head.size > size:
            raise CheckpointRefused(
                f"The log has {size:,} leaves, {source} states {head.size:,}: entries are missing, "
                "perhaps because an older backup was put back. Restore a newer one, or move "
                f"{memory_path()} away to begin another log knowingly."
            )
        try:
            root = stored.root_at(head.size)
        except IndexError as error:
            raise CheckpointRefused(f"{error} Leaves before {head.size:,} are missing.") from error
        if root != head.root:
            raise CheckpointRefused(
                f"The first {head.size:,} leaves have the root {root.hex()}, {source} states "
                f"{head.root.hex()}: run `manage.py audit_verify` to find the entry."
            )


def memory_path() -> Path:
    """Return where the worker remembers the last checkpoint it signed, outside the database."""
    return keys.keys_dir() / "last-checkpoint"


def remember(note: str) -> None:
    """Write down what was signed; after the commit, so that it is never more than was stored."""
    path = memory_path()
    fresh = path.with_suffix(".new")
    fresh.write_text(note, encoding="utf-8")
    fresh.replace(path)


def remembered_head() -> TreeHead | None:
    """Return the tree the worker signed last; None when it never did.

    Raises CheckpointRefused when the memory is there and cannot be read as ours.
    """
    path = memory_path()
    if not path.exists():
        return None
    try:
        note = path.read_text(encoding="utf-8")
        return notes.open_checkpoint(note, keys.listed_verifiers(), keys.origin()).head
    except (BadNote, UnicodeDecodeError) as error:
        raise CheckpointRefused(f"{path} is no checkpoint of this log: {error}") from error


def rotate_key(actor: Actor, now: datetime) -> Checkpoint | None:
    """Replace the signing key: the next checkpoint carries both signatures, later ones the new one.

    The entry names both public keys, so the change itself is in the tree both keys signed.
    """
    old, new = keys.signers()[0], keys.new_signer()
    keys.keep_signers((new, old))
    with transaction.atomic():
        log.append(
            Action.KEY_ROTATED,
            workspace="",
            actor=actor,
            object=f"log:{keys.origin()}",
            before={"key": old.verifier.to_text()},
            after={"key": new.verifier.to_text()},
        )
        signed = checkpoint(now)
    keys.keep_signers((new,))
    return signed
