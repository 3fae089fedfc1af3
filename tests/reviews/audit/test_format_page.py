"""docs/audit-format.md says what the code does."""

import re
from pathlib import Path

from reviews.audit import bodies, merkle, notes
from reviews.audit.actions import Action
from reviews.audit.notes import Verifier
from reviews.audit.report import Status

PAGE = (Path(__file__).parents[3] / "docs" / "audit-format.md").read_text(encoding="utf-8")
CATALOGUE = PAGE.split("## Catalogue of actions")[1]


def test_every_action_is_in_the_catalogue_once_and_no_other():
    assert sorted(re.findall(r"`([a-z_]+\.[a-z_]+)`", CATALOGUE)) == sorted(Action)


def test_every_member_of_the_body_is_explained():
    table = PAGE.split("## Value", maxsplit=1)[0]
    assert {m for m in bodies.MEMBERS if f"`{m}`" in table} == bodies.MEMBERS


def test_every_status_has_its_exit_code():
    for status in Status:
        assert f"| {status.name.lower()} | {int(status)} |" in PAGE


def test_the_checkpoint_on_the_page_verifies_with_the_key_beside_it():
    note = PAGE.split("```\n")[1]
    named = re.search(r"example key, `([^`]+)`", PAGE)
    assert named is not None
    stated = notes.open_checkpoint(note, [Verifier.from_text(named[1])], "daybreak.local/log")
    assert stated.head == merkle.TreeHead(1, merkle.leaf_hash(b"{}"))
