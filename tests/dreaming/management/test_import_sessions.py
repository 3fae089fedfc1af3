"""Flows: the command that brings sessions in, as people and scripts call it."""

import json

import pytest
from django.core.management import CommandError, call_command

from agents.models import Agent, Membership, MemoryStore, Session, Workspace
from tests import build, pack

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    """Two sessions that go in."""
    path = tmp_path / "refund-desk.jsonl"
    path.write_text("\n".join(line(name) for name in "ab"), encoding="utf-8")
    return path


def line(external_id):
    event = {"kind": "message", "role": "user", "text": "Hello."}
    return json.dumps({"external_id": external_id, "events": [event]})


def run(capsys, path, *more, workspace="northwind", format_name="daybreak"):
    """Run the command; return its exit code, and what it printed to both streams."""
    with pytest.raises(SystemExit) as left:
        call_command(
            "import_sessions",
            str(path),
            f"--format={format_name}",
            f"--workspace={workspace}",
            *more,
        )
    printed = capsys.readouterr()
    return left.value.code, printed.out, printed.err


def test_sessions_go_in_and_the_report_counts_them(file, capsys):
    build.workspace("northwind")
    code, out, _ = run(capsys, file)
    assert code == 0
    assert "2 sessions" in out
    assert Session.objects.count() == 2


def test_json_is_one_object_and_nothing_else(file, capsys):
    code, out, _ = run(capsys, file, "--json")
    assert code == 0
    assert json.loads(out) == {
        "sessions": 2,
        "added": 2,
        "unchanged": 0,
        "revised": 0,
        "not_agent_fault": 0,
        "events": 2,
        "tool_calls": 0,
        "tool_errors": 0,
        "secrets_removed": 0,
        "characters_replaced": 0,
        "refused": [],
    }


def test_the_second_time_the_totals_are_the_same_and_nothing_is_added(file, capsys):
    run(capsys, file)
    _, out, _ = run(capsys, file, "--json")
    report = json.loads(out)
    assert (report["sessions"], report["added"], report["unchanged"]) == (2, 0, 2)


def test_a_workspace_that_is_missing_is_opened_and_said_to_have_nobody(file, capsys):
    _, _, err = run(capsys, file, workspace="fresh")
    workspace = Workspace.objects.get(slug="fresh")
    assert MemoryStore.objects.filter(workspace=workspace, agent=None).exists()
    assert workspace.rules.exists()
    assert not Membership.objects.filter(workspace=workspace).exists()
    assert "create_workspace fresh --admin EMAIL" in err


def test_an_opened_workspace_gets_its_admin_and_keeps_its_rules(file, capsys):
    run(capsys, file, workspace="fresh")
    rules = Workspace.objects.get(slug="fresh").rules.count()
    call_command("create_workspace", "fresh", "--admin=ada@fresh.example")
    workspace = Workspace.objects.get(slug="fresh")
    assert [m.role for m in workspace.memberships.all()] == ["admin"]
    assert workspace.rules.count() == rules
    with pytest.raises(CommandError, match="exists already"):
        call_command("create_workspace", "fresh", "--admin=eve@fresh.example")


def test_a_workspace_that_is_there_says_nothing_about_people(file, capsys):
    build.workspace("northwind")
    assert run(capsys, file)[2] == ""


def test_some_refused_is_exit_3_with_their_places(tmp_path, capsys):
    path = tmp_path / "desk.jsonl"
    path.write_text(f"{line('a')}\nbroken\n{line('c')}", encoding="utf-8")
    code, out, _ = run(capsys, path, "--json")
    refused = json.loads(out)["refused"]
    assert code == 3
    assert [(entry["position"], entry["file"]) for entry in refused] == [(1, "desk.jsonl")]
    assert "not JSON" in refused[0]["reason"]


def test_refusals_are_named_for_people_too(tmp_path, capsys):
    path = tmp_path / "desk.jsonl"
    path.write_text("\n".join(["broken"] * 30 + [line("a")]), encoding="utf-8")
    code, out, _ = run(capsys, path)
    assert code == 3
    assert "Refused: desk.jsonl, position 0: not JSON" in out
    assert "and 10 more refused" in out


@pytest.mark.parametrize("content", ["broken", "[1, 2]", "\x1f\x8b\x08"])
def test_nothing_readable_is_exit_4(tmp_path, capsys, content):
    path = tmp_path / "desk.jsonl"
    path.write_bytes(content.encode("latin-1"))
    code, out, _ = run(capsys, path, "--json")
    assert code == 4
    assert json.loads(out)["sessions"] == 0
    assert len(json.loads(out)["refused"]) == 1


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"format_name": "tua"}, "Known: daybreak, intercode"),
        ({"workspace": "No Slug!"}, "cannot name a workspace"),
    ],
)
def test_a_wrong_word_is_exit_4_and_names_the_way_out(file, capsys, how, said):
    code, out, err = run(capsys, file, "--json", **how)
    assert (code, out) == (4, "")
    assert said in err
    assert not Workspace.objects.exists()


def test_a_path_with_nothing_there_is_exit_4_and_opens_no_workspace(tmp_path, capsys):
    code, _, err = run(capsys, tmp_path / "nowhere")
    assert code == 4
    assert "nowhere" in err
    assert not Workspace.objects.exists()


def test_a_wrong_agent_slug_refuses_every_session(file, capsys):
    code, _, _ = run(capsys, file, "--agent=No slug")
    assert code == 4
    assert not Agent.objects.exists()


def test_the_five_real_files_in_one_folder(tmp_path, capsys):
    for name in pack.TAU_FILES:
        (tmp_path / name).symlink_to(pack.require(name))
    code, out, _ = run(capsys, tmp_path, "--json", format_name="tau")
    report = json.loads(out)
    assert code == 0
    assert report["sessions"] == 308
    assert report["tool_errors"] == 31 + 14 + 11 + 19 + 10
    assert Agent.objects.count() == 5
