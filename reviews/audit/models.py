"""The tables of the log. No foreign keys to anything outside, no update and no delete.

Migrations of these tables only ever add: docs/audit-format.md says what each column means.
"""

import uuid

from django.db import models


class Entry(models.Model):
    """One act. The body is the only truth; the other columns are derived from it and checked."""

    id = models.BigAutoField(primary_key=True)
    body = models.TextField()
    hash = models.BinaryField(max_length=32)
    action = models.CharField(max_length=64)
    workspace = models.CharField(max_length=64)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=128)
    object = models.CharField(max_length=256)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["workspace", "id"], name="entry_workspace"),
            models.Index(fields=["workspace", "at"], name="entry_at"),
            models.Index(fields=["workspace", "action", "id"], name="entry_action"),
            models.Index(fields=["actor_kind", "actor_id", "id"], name="entry_actor"),
            models.Index(fields=["workspace", "object", "id"], name="entry_object"),
            models.Index(fields=["hash"], name="entry_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object}"

    @property
    def event_id(self) -> str:
        """The entry's name for ever: its leaf hash in hex. `parents` holds these."""
        return bytes(self.hash).hex()


class Key(models.Model):
    """The key of a few values of one subject, wrapped by the key-encryption key; null: destroyed.

    One row for each subject and call, never shared between transactions: writers of one subject do
    not wait for each other, and an erasure meets no value under a key it has just destroyed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    subject = models.CharField(max_length=256)
    secret = models.BinaryField(max_length=128, null=True)
    kek = models.CharField(max_length=16)

    class Meta:
        indexes = [models.Index(fields=["subject"], name="key_subject")]

    def __str__(self) -> str:
        return f"key of {self.subject}"


class Value(models.Model):
    """Free or personal text of an entry, encrypted; null: erased.

    tag: finds a value that is used again (an actor's printed name); null where it is not.
    """

    commitment = models.CharField(max_length=64)
    salt = models.BinaryField(max_length=32, null=True)
    ciphertext = models.BinaryField(null=True)
    key = models.ForeignKey(Key, on_delete=models.DO_NOTHING, db_constraint=False)
    tag = models.CharField(max_length=64, null=True)

    class Meta:
        constraints = [
            # Not unique=True: PostgreSQL would get a second index for LIKE, paid at every entry.
            models.UniqueConstraint(fields=["commitment"], name="value_commitment_once")
        ]
        indexes = [
            models.Index(fields=["tag"], name="value_tag", condition=models.Q(tag__isnull=False))
        ]

    def __str__(self) -> str:
        return self.commitment


class Erasure(models.Model):
    """That what a commitment stood for was erased under an entry: the only licence to clear."""

    commitment = models.CharField(max_length=128, primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.DO_NOTHING, db_constraint=False)

    def __str__(self) -> str:
        return f"{self.commitment} under {self.entry_id}"


class Pending(models.Model):
    """An entry that waits for its place in the tree; a trigger fills it (PostgreSQL only)."""

    entry = models.OneToOneField(
        Entry, on_delete=models.DO_NOTHING, db_constraint=False, primary_key=True
    )

    class Meta:
        verbose_name_plural = "pending"

    def __str__(self) -> str:
        return f"pending {self.entry_id}"


class Leaf(models.Model):
    """An entry's place in the tree, from 0, and its number in its workspace, from 1."""

    index = models.BigIntegerField(primary_key=True, db_column="leaf_index")
    entry = models.OneToOneField(Entry, on_delete=models.DO_NOTHING, db_constraint=False)
    hash = models.BinaryField(max_length=32)
    workspace = models.CharField(max_length=64)
    number = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "leaves"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="leaf_number_once")
        ]

    def __str__(self) -> str:
        return f"leaf {self.index}"


class Tile(models.Model):
    """256 neighbouring hashes of one level; level n holds the roots of tiles of level n - 1."""

    id = models.BigAutoField(primary_key=True)
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField(db_column="tile_index")
    data = models.BinaryField(max_length=8192)
    root = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="tile_place_once")]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.index}"


class Checkpoint(models.Model):
    """A signed statement of size and root, as a C2SP note."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"checkpoint {self.size}"
