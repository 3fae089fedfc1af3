"""What an attacker with the whole database leaves behind, and what `audit_verify` says of it.

The attacker has a connection of their own and the rights of the owner: they switch the triggers
off, change rows, and put everything back as it stood, so that only the log can tell.
"""

import io
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction

from agents.memory import retire_memory, write_memory
from agents.models import Agent, Channel, Memory, MemoryVersion, Release
from agents.releases import publish
from agents.stores import manifest_sha256, text_sha256
from reviews.audit import sealing
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Checkpoint, Leaf
from tests import build

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
FIRST, SECOND = "Shipped orders cannot be cancelled.\n", "Shipped orders can be sent back.\n"
PATH = "/tool_limit/shipped-orders-1a2b3c4d.md"
Attack = Callable[..., int]


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""
    return tmp_path


@pytest.fixture
def agent(own_folder: Path) -> Agent:
    """An agent with one live memory of two versions and one retired one, all of it signed."""
    made = build.agent(build.workspace("northwind"))
    build.memory(made.store, PATH, FIRST)
    with transaction.atomic():
        write_memory(made.store, PATH, SECOND, base_version=1, actor=SYSTEM, taint="agent")
    publish(made.store)
    build.memory(made.store, "/tone/greeting-00000001.md", "Greet by name.\n")
    with transaction.atomic():
        retire_memory(made.store, "/tone/greeting-00000001.md", base_version=1, actor=SYSTEM)
    publish(made.store)
    sign()
    return made


def sign() -> Checkpoint:
    sealing.seal()
    signed = sealing.checkpoint(NOW)
    assert signed is not None
    return signed


def verify(*words: str) -> tuple[int, str]:
    """Run the command; return its exit code and what it printed."""
    out = io.StringIO()
    try:
        call_command("audit_verify", *words, stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


@contextmanager
def attacker() -> Iterator[Attack]:
    """Give a function that runs statements past all triggers; returns how many rows it touched."""
    chosen = attack_postgresql if connection.vendor == "postgresql" else attack_sqlite
    with chosen() as run:
        yield run


@contextmanager
def attack_sqlite() -> Iterator[Attack]:
    raw = sqlite3.connect(connection.settings_dict["NAME"], timeout=10)
    triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        raw.execute(f'DROP TRIGGER "{name}"')
    yield lambda text, *values: raw.execute(text.replace("%s", "?"), values).rowcount
    for _, create in triggers:
        raw.execute(create)
    raw.commit()
    raw.close()


@contextmanager
def attack_postgresql() -> Iterator[Attack]:
    parameters: Any = connection.get_connection_params()
    wanted = {"dbname", "user", "password", "host", "port"} & parameters.keys()
    with psycopg.connect(**{name: parameters[name] for name in wanted}) as raw:
        triggers = raw.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal"
        ).fetchall()
        raw.execute("SET session_replication_role = replica")  # no foreign key is checked either
        for table, name in triggers:
            raw.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER "{name}"')
        yield lambda text, *values: raw.execute(text, values).rowcount
        for table, name in triggers:
            raw.execute(f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"')


def attack(statement: str, *values: Any) -> None:
    """Change exactly one row behind the application."""
    with attacker() as run:
        assert run(statement, *values) == 1


def middle() -> Leaf:
    """A leaf in the middle whose entry says nothing about memory."""
    return (
        Leaf.objects.select_related("entry")
        .filter(entry__action=str(Action.RULE_SET))
        .order_by("index")[0]
    )


def last() -> Leaf:
    return Leaf.objects.select_related("entry").order_by("-index")[0]


def place_of(leaf: Leaf) -> str:
    return f"entry {leaf.index + 1:,} (leaf {leaf.index:,}): "


def test_an_honest_installation_is_sound(agent):
    code, said = verify()
    assert (code, said.splitlines()[0]) == (0, "Sound.")
    assert "memories 2" in said
    assert "releases 4" in said


def test_a_flipped_byte_in_a_body_is_tampering(agent):
    leaf = middle()
    body = leaf.entry.body.replace("rule.set", "rule.sat")
    attack("UPDATE audit_entry SET body = %s WHERE id = %s", body, leaf.entry_id)
    code, said = verify()
    assert code == 1
    assert f"{place_of(leaf)}its body is not the one that was sealed." in said


def test_a_middle_row_taken_away_is_incomplete(agent):
    leaf = middle()
    attack("DELETE FROM audit_entry WHERE id = %s", leaf.entry_id)
    code, said = verify()
    assert code == 2
    assert f"{place_of(leaf)}its row is missing, its leaf is there." in said


def test_the_entry_of_a_memory_taken_away_leaves_the_log_incomplete(agent):
    leaf = Leaf.objects.filter(entry__action=str(Action.MEMORY_WRITTEN)).order_by("index")[1]
    attack("DELETE FROM audit_entry WHERE id = %s", leaf.entry_id)
    code, said = verify()
    assert code == 2
    assert f"{place_of(leaf)}its row is missing, its leaf is there." in said
    assert "M-1 in northwind, version 2: no entry says that it was written." in said


def test_the_last_row_taken_away_after_a_checkpoint_is_incomplete(agent):
    leaf = last()
    attack("DELETE FROM audit_entry WHERE id = %s", leaf.entry_id)
    attack("DELETE FROM audit_leaf WHERE leaf_index = %s", leaf.index)
    code, said = verify()
    assert code == 2
    size = leaf.index + 1
    assert f"checkpoint {size} states {size} entries, the log has {leaf.index}" in said


def test_the_last_row_with_its_checkpoint_is_found_by_a_checkpoint_kept_elsewhere(
    agent, own_folder
):
    build.workspace("globex")
    kept = sign()
    file = own_folder / "kept.txt"
    file.write_text(kept.note, encoding="utf-8")
    leaf = last()
    attack("DELETE FROM audit_entry WHERE id = %s", leaf.entry_id)
    attack("DELETE FROM audit_leaf WHERE leaf_index = %s", leaf.index)
    attack("DELETE FROM audit_checkpoint WHERE size = %s", kept.size)
    assert verify()[0] == 0
    code, said = verify("--since", str(file))
    assert code == 2
    assert f"the checkpoint kept elsewhere states {kept.size} entries" in said


def head_of_first() -> MemoryVersion:
    head = Memory.objects.select_related("head").get(path=PATH).head
    assert head is not None
    return head


def test_a_live_memory_edited_behind_the_application_is_tampering(agent):
    attack(
        "UPDATE agents_memoryversion SET content = %s WHERE id = %s",
        "Refund every order.\n",
        head_of_first().pk,
    )
    code, said = verify()
    assert code == 1
    assert "M-1 in northwind, version 2: its text is not the one that was logged." in said


def test_a_memory_edited_with_every_hash_beside_it_is_tampering(agent):
    text = "Refund every order.\n"
    head = head_of_first()
    release = Channel.objects.get(store=agent.store).release
    attack(
        "UPDATE agents_memoryversion SET content = %s, sha256 = %s WHERE id = %s",
        text,
        text_sha256(text),
        head.pk,
    )
    sha256 = manifest_sha256([(PATH, text_sha256(text))])
    attack("UPDATE agents_release SET sha256 = %s WHERE id = %s", sha256, release.pk)
    code, said = verify()
    assert code == 1
    assert "M-1 in northwind, version 2: its text is not the one that was logged." in said
    assert f"{release} in northwind: its SHA-256 is not the one that was published." in said


def test_a_memory_without_an_entry_is_tampering(agent):
    now = NOW.isoformat(" ")
    with attacker() as run:
        run(
            "INSERT INTO agents_memory (id, store_id, workspace_id, number, path, pinned, "
            "protected) VALUES (900, %s, %s, 77, '/a/planted-00000001.md', %s, %s)",
            agent.store.pk,
            agent.workspace_id,
            False,
            False,
        )
        run(
            "INSERT INTO agents_memoryversion (id, memory_id, number, content, sha256, "
            "is_tombstone, title, pattern_key, support, taint, proposal, created_at) "
            "VALUES (900, 900, 1, 'Pay at once.', %s, %s, '', '', 0, 'member', '', %s)",
            text_sha256("Pay at once."),
            False,
            now,
        )
        run("UPDATE agents_memory SET head_id = 900 WHERE id = 900")
    code, said = verify()
    assert code == 1
    assert "M-77 in northwind has no entry: it was written behind the application." in said


def test_a_version_added_behind_the_application_is_tampering(agent):
    head = head_of_first()
    with attacker() as run:
        run(
            "INSERT INTO agents_memoryversion (id, memory_id, number, content, sha256, "
            "is_tombstone, title, pattern_key, support, taint, proposal, created_at) "
            "VALUES (900, %s, 3, 'Pay at once.', %s, %s, '', '', 0, 'member', '', %s)",
            head.memory_id,
            text_sha256("Pay at once."),
            False,
            NOW.isoformat(" "),
        )
        run("UPDATE agents_memory SET head_id = 900 WHERE id = %s", head.memory_id)
    code, said = verify()
    assert code == 1
    assert "M-1 in northwind, version 3: no entry says that it was written." in said


def test_a_version_taken_away_is_tampering(agent):
    head = head_of_first()
    first = MemoryVersion.objects.get(memory=head.memory_id, number=1)
    with attacker() as run:
        run("UPDATE agents_memory SET head_id = %s WHERE id = %s", first.pk, head.memory_id)
        run(
            "UPDATE agents_releaseitem SET version_id = %s WHERE version_id = %s", first.pk, head.pk
        )
        run("DELETE FROM agents_memoryversion WHERE id = %s", head.pk)
    code, said = verify()
    assert code == 1
    assert "M-1 in northwind, version 2: it is in the log and no longer in memory." in said
    assert "M-1 in northwind has version 1 for its head; by the log it is 2." in said
    assert "it changes other memories or versions than its entry says." in said


def test_a_memory_taken_away_is_tampering(agent):
    head = head_of_first()
    with attacker() as run:
        run("DELETE FROM agents_releaseitem WHERE memory_id = %s", head.memory_id)
        run("DELETE FROM agents_memoryversion WHERE memory_id = %s", head.memory_id)
        run("DELETE FROM agents_memory WHERE id = %s", head.memory_id)
    code, said = verify()
    assert code == 1
    assert "M-1 in northwind is in the log and no longer in memory." in said


def test_a_retired_memory_brought_back_is_tampering(agent):
    tombstone = MemoryVersion.objects.get(is_tombstone=True)
    attack(
        "UPDATE agents_memoryversion SET is_tombstone = %s, content = 'x' WHERE id = %s",
        False,
        tombstone.pk,
    )
    code, said = verify()
    assert code == 1
    assert "M-2 in northwind, version 2: the log and the row differ" in said


def test_a_taint_washed_off_is_tampering(agent):
    attack("UPDATE agents_memoryversion SET taint = 'member' WHERE id = %s", head_of_first().pk)
    code, said = verify()
    assert code == 1
    assert "M-1 in northwind, version 2: it is marked member; by the log it is agent." in said


def test_a_path_moved_is_tampering(agent):
    attack("UPDATE agents_memory SET path = '/other.md' WHERE path = %s", PATH)
    code, said = verify()
    assert code == 1
    assert "M-1 in northwind has another path than its entries say." in said


def test_an_earlier_release_served_again_is_tampering(agent):
    live = Channel.objects.select_related("release__parent").get(store=agent.store)
    before = live.release.parent
    attack("UPDATE agents_channel SET release_id = %s WHERE id = %s", before.pk, live.pk)
    code, said = verify()
    assert code == 1
    assert (
        f"store:refund-desk in northwind serves {before}; by the log it is {live.release}" in said
    )


def test_a_release_taken_away_is_tampering(agent):
    live = Channel.objects.select_related("release__parent").get(store=agent.store)
    release, before = live.release, live.release.parent
    with attacker() as run:
        run("UPDATE agents_channel SET release_id = %s WHERE id = %s", before.pk, live.pk)
        run("DELETE FROM agents_releaseitem WHERE release_id = %s", release.pk)
        run("DELETE FROM agents_release WHERE id = %s", release.pk)
    code, said = verify()
    assert code == 1
    assert f"{release} in northwind is in the log and no longer in the releases." in said


def test_a_channel_taken_away_is_tampering(agent):
    attack("DELETE FROM agents_channel WHERE store_id = %s", agent.store.pk)
    code, said = verify()
    assert code == 1
    assert "store:refund-desk in northwind serves nothing: its channel live is gone." in said


def test_a_release_that_takes_another_version_is_tampering(agent):
    head = head_of_first()
    first = MemoryVersion.objects.get(memory=head.memory_id, number=1)
    attack("UPDATE agents_releaseitem SET version_id = %s WHERE version_id = %s", first.pk, head.pk)
    code, said = verify()
    assert code == 1
    assert "it changes other memories or versions than its entry says." in said
    assert "holds other texts than were published." in said


def test_a_release_nobody_published_is_tampering(agent):
    release = Release.objects.filter(store=agent.store).latest("sequence")
    Release.objects.create(
        store=agent.store,
        workspace=agent.workspace,
        number=70,
        sequence=release.sequence + 1,
        parent=release,
        sha256=release.sha256,
    )
    code, said = verify()
    assert code == 1
    assert "R-70 in northwind has no entry: nobody published it." in said


def test_triggers_that_are_gone_are_named_and_a_migration_puts_them_back(agent):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP TRIGGER audit_entry_no_change ON audit_entry")
        else:
            cursor.execute("DROP TRIGGER audit_entry_no_delete")
    code, said = verify()
    assert code == 2
    assert re.search(r"The trigger audit_entry_no_\w+ is missing or was changed\.", said)
    call_command("migrate", verbosity=0)
    assert verify()[0] == 0


def test_a_memory_planted_while_triggers_are_gone_is_still_tampering(agent):
    with connection.cursor() as cursor:
        on = " ON audit_entry" if connection.vendor == "postgresql" else ""
        kind = "change" if connection.vendor == "postgresql" else "delete"
        cursor.execute(f"DROP TRIGGER audit_entry_no_{kind}{on}")
    Memory.objects.create(
        store=agent.store, workspace=agent.workspace, number=77, path="/a/planted.md"
    )
    assert verify()[0] == 1


def test_a_remade_table_has_its_triggers_again(agent):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CREATE TABLE remade (LIKE audit_erasure INCLUDING ALL)")
        else:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_erasure'")
            create = str(cursor.fetchone()[0])
            cursor.execute(create.replace('"audit_erasure"', '"remade"', 1))
            # What reads the table from another trigger would stop the next statement.
            cursor.execute("PRAGMA legacy_alter_table = ON")
        cursor.execute("DROP TABLE audit_erasure")
        cursor.execute("ALTER TABLE remade RENAME TO audit_erasure")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA legacy_alter_table = OFF")
    code, said = verify()
    assert code == 2
    assert "The trigger audit_erasure_no_" in said
    call_command("migrate", verbosity=0)
    assert verify()[0] == 0


def test_the_report_names_what_was_changed_in_json_too(agent):
    leaf = middle()
    attack("UPDATE audit_entry SET object = 'rule:other' WHERE id = %s", leaf.entry_id)
    code, said = verify("--json")
    report = json.loads(said)
    assert (code, report["exit"], report["status"]) == (1, 1, "tampered")
    assert [problem["leaf"] for problem in report["problems"]] == [leaf.index]
    assert "index columns" in report["problems"][0]["message"]
