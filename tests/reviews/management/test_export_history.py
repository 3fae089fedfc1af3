"""export_history: the file, the manifest beside it, and what is refused."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.models import Export
from tests import build
from tests.reviews.audit.logs import sign

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_keys(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""
    return tmp_path


def export(*words: str) -> str:
    out = io.StringIO()
    call_command("export_history", *words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_the_file_and_its_manifest_lie_beside_each_other(own_keys, form):
    build.workspace("northwind")
    sign()
    said = export("--workspace", "northwind", "--format", form)
    made = Export.objects.get()
    folder = own_keys / "exports" / "northwind"
    file, manifest = folder / made.file_name, folder / f"{made.file_name}.manifest.json"
    assert str(file) in said
    assert made.sha256 in said
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert json.loads(manifest.read_text(encoding="utf-8"))["sha256"] == sha256 == made.sha256
    assert Entry.objects.get(action=str(Action.EXPORT_MADE)).actor_kind == "system"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--workspace", "nowhere"), "There is no workspace 'nowhere'"),
        (
            ("--workspace", "northwind", "--since", "2026-01-02", "--until", "2026-01-01"),
            "The period ends on 2026-01-01",
        ),
    ],
)
def test_what_cannot_be_exported_is_bad_input(words, said):
    build.workspace("northwind")
    with pytest.raises(CommandError, match=said) as refused:
        export(*words)
    assert refused.value.returncode == 4
    assert not Export.objects.exists()


@pytest.mark.parametrize("wrong", [("--format", "xlsx"), ("--since", "yesterday")])
def test_a_wrong_word_is_refused(wrong):
    build.workspace("northwind")
    with pytest.raises(CommandError):
        export("--workspace", "northwind", *wrong)
    assert not Export.objects.exists()
