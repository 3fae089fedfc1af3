"""Exit codes and output of audit_verify where nothing was tampered with."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.processes import ROOT
from tests.reviews.audit.logs import fill, sign


@pytest.fixture(autouse=True)
def own_keys(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""
    return tmp_path


def verify(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("audit_verify", *words, stdout=out, stderr=err)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), f"{err.getvalue()}{error}"
    return 0, out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_a_sound_log_is_said_in_words():
    fill(5)
    sign()
    code, out, _ = verify()
    assert code == 0
    assert out.splitlines()[0] == "Sound."
    assert "entries 7" in out
    assert "Signed tree: 7 entries, root " in out


@pytest.mark.django_db
def test_json_is_all_there_is_on_standard_output():
    fill(5)
    sign()
    code, out, err = verify("--json")
    report = json.loads(out)
    assert (code, report["status"], report["exit"]) == (0, "sound", 0)
    assert report["counts"]["entries"] == 7
    assert err == ""


@pytest.mark.django_db
def test_an_empty_log_is_unverifiable():
    code, out, _ = verify()
    assert code == 3
    assert "The log has no entries" in out


@pytest.mark.django_db
def test_a_kept_checkpoint_of_this_log_is_taken(own_keys):
    fill(5)
    kept = sign()
    fill(5)
    sign()
    file = own_keys / "kept.txt"
    file.write_text(kept.note, encoding="utf-8")
    assert verify("--since", str(file))[0] == 0


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"\xff\xfe", b"a\n1\nb\n\n"])
def test_a_file_that_holds_no_checkpoint_is_bad_input(own_keys, content):
    fill(1)
    sign()
    file = own_keys / "kept.txt"
    file.write_bytes(content)
    code, out, err = verify("--json", "--since", str(file))
    assert (code, out) == (4, "")
    assert str(file) in err


@pytest.mark.django_db
def test_a_file_that_is_not_there_is_bad_input(own_keys):
    code, out, err = verify("--since", str(own_keys / "none.txt"))
    assert (code, out) == (4, "")
    assert "none.txt cannot be read" in err


def manage(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        env={"PATH": os.environ["PATH"], "DAYBREAK_DATA_DIR": str(folder), **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.processes
@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (("--bogus",), {}, "unrecognized arguments"),
        ((), {}, "no such table"),
        ((), {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "connection failed"),
        ((), {"DAYBREAK_NO_SUCH_SETTING": "1"}, "Unknown setting DAYBREAK_NO_SUCH_SETTING"),
    ],
    ids=["argument", "no tables", "no database", "unknown setting"],
)
def test_a_broken_set_up_is_never_called_tampered(tmp_path, words, env, said):
    done = manage(tmp_path, "audit_verify", *words, **env)
    assert (done.returncode, done.stdout) == (4, "")
    assert said in done.stderr
