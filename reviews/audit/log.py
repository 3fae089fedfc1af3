"""Appending to the log: in the caller's transaction, or not at all.

The change and its entry commit together, because `append` refuses to run outside a transaction and
lets every error through. There is no setting that turns it off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from reviews.audit import clock, merkle, tree
from reviews.audit.actions import Action
from reviews.audit.actors import Actor, Cause
from reviews.audit.bodies import ACTOR_NAME, INSTALLATION, Draft, Facts, check_names, write_body
from reviews.audit.errors import EntryRefused, NotCanonical, OutsideTransaction
from reviews.audit.identifiers import refuse_text
from reviews.audit.keys import KeyEncryptionKey
from reviews.audit.models import Entry
from reviews.audit.requests import current_request
from reviews.audit.values import (
    SealedValue,
    SubjectKey,
    make_key,
    seal_value,
    tag_of,
    writing_kek,
)

INSERT_KEY = "INSERT INTO audit_key (id, subject, secret, kek) "
INSERT_VALUE = "INSERT INTO audit_value (commitment, salt, ciphertext, key_id, tag) "
INSERT_ENTRY = (
    "INSERT INTO audit_entry (body, hash, action, workspace, actor_kind, actor_id, object, at) "
)


def append(  # noqa: PLR0913 (each is a member of the entry's closed form)
    action: Action,
    *,
    workspace: str,
    actor: Actor,
    object: str,  # noqa: A002 (the word of the format)
    revision: int | str | None = None,
    on_behalf: Actor | Cause | None = None,
    request: str | None = None,
    parents: Sequence[str] = (),
    before: Facts | None = None,
    after: Facts | None = None,
    values: Mapping[str, str] | None = None,
    subject: str | None = None,
    rule: Facts | str | None = None,
    engine: Facts | str | None = None,
    shown: Facts | None = None,
) -> Entry:
    """Write one entry in the caller's transaction and return it.

    workspace: its slug, "" for an act of the installation. object: kind:id of what was acted on.
    on_behalf: who or what caused the act of a dream, a rule or a worker. request: the request's id,
    by default that of the request being answered.
    parents: the event ids of entries this one follows from. before, after, rule, engine, shown:
    identifiers and whole numbers only. values: every free or personal text by a name; the body gets
    salted commitments. subject: under whose key they are encrypted, so what is erased together;
    `subject_of(workspace, object)` by default. The actor's printed name is kept under the actor.

    Raises OutsideTransaction, UnknownAction, and EntryRefused for text or a float outside `values`
    and for more than 64 KiB.
    """
    draft = Draft(
        action=action,
        workspace=workspace,
        actor=actor,
        object=object,
        revision=revision,
        on_behalf=on_behalf,
        request=request or current_request.get(),
        parents=parents,
        before=before,
        after=after,
        values=values or {},
        subject=subject,
        rule=rule,
        engine=engine,
        shown=shown,
    )
    return append_many([draft])[0]


def append_many(drafts: Sequence[Draft]) -> list[Entry]:
    """Write these entries in this order with shared statements; as `append` otherwise."""
    refuse_outside_transaction()
    if not drafts:
        return []
    batch = Batch(clock.now())
    batch.find_names(drafts)
    entries = [batch.entry_of(draft) for draft in drafts]
    if connection.vendor == "postgresql":
        insert_together(batch, entries)
    else:
        insert_and_seal(batch, entries)
    return entries


def subject_of(workspace: str, object: str) -> str:  # noqa: A002 (the word of the format)
    """Return whose an entry's values are when no subject is given: ids repeat in workspaces."""
    return f"{workspace or INSTALLATION}/{object}"


def refuse_outside_transaction() -> None:
    """Raise OutsideTransaction unless the caller's own transaction is open.

    The transaction a test case opens around a test does not count: in production it is not there.
    """
    if all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise OutsideTransaction(
            "An entry is written in the transaction of the change it records: open one with "
            "transaction.atomic() around both."
        )


@dataclass(slots=True)
class Batch:
    """The rows that go with entries written together."""

    at: datetime
    kek: KeyEncryptionKey | None = None
    keys: dict[str, SubjectKey] = field(default_factory=dict)
    values: list[SealedValue] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def open_kek(self) -> KeyEncryptionKey:
        """Return the key-encryption key, read once a batch and only where there is text."""
        if self.kek is None:
            self.kek = writing_kek()
        return self.kek

    def find_names(self, drafts: Sequence[Draft]) -> None:
        """Look up which printed names already have a value that stands; tag -> commitment."""
        named = {draft.actor for draft in drafts if draft.actor.name}
        if not named:
            return
        kek = self.open_kek()
        tags = sorted(tag_of(actor.subject, actor.name, kek) for actor in named)
        marks = ", ".join(["%s"] * len(tags))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT tag, commitment FROM audit_value WHERE tag IN ({marks})",  # noqa: S608 (marks only)
                tags,
            )
            self.names.update(cursor.fetchall())

    def key_of(self, subject: str) -> SubjectKey:
        """Return this batch's key of `subject`."""
        if subject not in self.keys:
            self.keys[subject] = make_key(subject, self.open_kek())
        return self.keys[subject]

    def name_of(self, actor: Actor) -> str:
        """Return the commitment to the actor's printed name, stored once for many entries."""
        tag = tag_of(actor.subject, actor.name, self.open_kek())
        if tag not in self.names:
            sealed = seal_value(actor.name, self.key_of(actor.subject), tag)
            self.values.append(sealed)
            self.names[tag] = sealed.commitment
        return self.names[tag]

    def entry_of(self, draft: Draft) -> Entry:
        """Return the unsaved entry, having put its values beside it."""
        check_names(draft.values)
        refuse_text(draft.subject or "", "the subject")
        commitments: dict[str, str] = {}
        try:
            if draft.actor.name:
                commitments[ACTOR_NAME] = self.name_of(draft.actor)
            subject = draft.subject or subject_of(draft.workspace, draft.object)
            for name, text in draft.values.items():
                sealed = seal_value(text, self.key_of(subject))
                self.values.append(sealed)
                commitments[name] = sealed.commitment
        except NotCanonical as error:
            raise EntryRefused(f"A value of {draft.action} cannot be kept: {error}") from error
        body = write_body(draft, commitments, self.at)
        return Entry(
            body=body,
            hash=merkle.leaf_hash(body.encode()),
            action=str(draft.action),
            workspace=draft.workspace or INSTALLATION,
            actor_kind=draft.actor.kind,
            actor_id=draft.actor.id,
            object=draft.object,
            at=self.at,
        )

    def key_rows(self) -> list[tuple[Any, ...]]:
        """Return the rows of the keys as the database takes them."""
        native = connection.features.has_native_uuid_field
        return [
            (key.id if native else key.id.hex, key.subject, key.secret, key.kek)
            for key in self.keys.values()
        ]

    def value_rows(self) -> list[tuple[Any, ...]]:
        """Return the rows of the values as the database takes them."""
        native = connection.features.has_native_uuid_field
        return [
            (v.commitment, v.salt, v.ciphertext, v.key if native else v.key.hex, v.tag)
            for v in self.values
        ]


def entry_row(entry: Entry) -> tuple[Any, ...]:
    """Return the row of one entry as the database takes it."""
    at = connection.ops.adapt_datetimefield_value(entry.at)
    return (
        entry.body,
        entry.hash,
        entry.action,
        entry.workspace,
        entry.actor_kind,
        entry.actor_id,
        entry.object,
        at,
    )


def insert_together(batch: Batch, entries: Sequence[Entry]) -> None:
    """Insert keys, values and entries in one statement; a trigger queues them for the sealer."""
    parts: list[str] = []
    params: list[Any] = []
    rows = {"k": (INSERT_KEY, batch.key_rows()), "v": (INSERT_VALUE, batch.value_rows())}
    for name, (insert, members) in rows.items():
        if members:
            parts.append(f"{name} AS ({insert}{values_clause(members, params)})")
    before = f"WITH {', '.join(parts)} " if parts else ""
    clause = values_clause([entry_row(entry) for entry in entries], params)
    with connection.cursor() as cursor:
        cursor.execute(f"{before}{INSERT_ENTRY}{clause} RETURNING id", params)
        for entry, (entry_id,) in zip(entries, cursor.fetchall(), strict=True):
            mark_stored(entry, entry_id)


def values_clause(rows: Sequence[tuple[Any, ...]], params: list[Any]) -> str:
    """Return VALUES with marks for `rows`, having put their members into `params`."""
    one = marks_clause(rows[0])
    for row in rows:
        params.extend(row)
    return ", ".join([one, *[one.removeprefix("VALUES ")] * (len(rows) - 1)])


def marks_clause(row: tuple[Any, ...]) -> str:
    """Return VALUES with one mark for each member of `row`."""
    return f"VALUES ({', '.join(['%s'] * len(row))})"


def insert_and_seal(batch: Batch, entries: Sequence[Entry]) -> None:
    """Insert keys, values and entries and give them their leaves at once (SQLite)."""
    with connection.cursor() as cursor:
        for insert, rows in ((INSERT_KEY, batch.key_rows()), (INSERT_VALUE, batch.value_rows())):
            if rows:
                cursor.executemany(insert + marks_clause(rows[0]), rows)
        for entry in entries:
            row = entry_row(entry)
            cursor.execute(INSERT_ENTRY + marks_clause(row), row)
            mark_stored(entry, cursor.lastrowid)
    tree.place([tree.Placed(e.id, bytes(e.hash), e.workspace) for e in entries])


def mark_stored(entry: Entry, entry_id: int) -> None:
    """Let the entry know its row."""
    entry.id = entry_id
    entry._state.adding = False
    entry._state.db = connection.alias
