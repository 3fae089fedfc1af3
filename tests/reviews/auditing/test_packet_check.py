"""Checking a packet nobody can vouch for: whatever was done to it is said, by the member's name."""

import json
import tracemalloc
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviews.audit.notes import Signer, Verifier
from reviews.audit.report import Status
from reviews.auditing.packet_check import LARGEST, check_packet, read_json
from tests.reviews.auditing.packets import (
    QUOTE,
    SALT,
    SIGNER,
    TEXT,
    Files,
    body_of,
    facts_of,
    lines_of,
    listed,
    packet,
    sha256,
    with_facts,
    with_lines,
    write,
)

SOUND = packet()
FIRST, SECOND = json.loads(SOUND["manifest.json"])["drawn"]
STRANGER = Signer("log.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))
SECONDS = {name for name in SOUND if name.startswith(SECOND)}
DEEP = "[" * 100_000 + "]" * 100_000
Told = Callable[..., tuple[int, str]]


@pytest.fixture
def told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Told:
    """Run the command over files or over a path; return its exit code and what it printed."""

    def run(given: Files | Path, verifier: Verifier = SIGNER.verifier) -> tuple[int, str]:
        path = given if isinstance(given, Path) else write(tmp_path / "packet.zip", given)
        (tmp_path / "keys").write_text(f"{verifier.to_text()}\n")
        code: Any = 0
        try:
            call_command("check_packet", path, verifiers=tmp_path / "keys")
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out

    return run


def without(name: str, files: Files = SOUND) -> Files:
    return {each: content for each, content in files.items() if each != name}


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def changed(which: str, **facts: Any) -> Files:
    """The packet with other facts about the first of a list of the first proposal."""
    told = facts_of(FIRST)
    told[which][0] |= facts
    return with_facts(SOUND, FIRST, told)


def with_line(at: int = 0, **members: Any) -> Files:
    """The packet with another line about the first proposal."""
    lines = lines_of(SOUND, FIRST)
    lines[at] |= members
    return with_lines(SOUND, FIRST, lines)


def with_manifest(**members: Any) -> Files:
    said = json.loads(SOUND["manifest.json"]) | members
    return SOUND | {"manifest.json": json.dumps(said).encode()}


def test_the_packet_these_tests_begin_with_is_sound(told: Told) -> None:
    code, said = told(SOUND)

    assert (code, said) == (
        0,
        "Sound. Looked at: entries 4, files 10, population 5, proposals 2, texts 4.\n",
    )


def test_a_sample_of_nothing_is_sound(told: Told) -> None:
    assert told(packet(population=0, size=0)) == (0, "Sound. Looked at: files 4, population 0.\n")


@pytest.mark.parametrize("name", sorted(SOUND))
def test_a_flipped_byte_in_any_member_is_found_by_its_name(told: Told, name: str) -> None:
    middle = len(SOUND[name]) // 2
    code, said = told(SOUND | {name: flipped(SOUND[name], middle)})

    assert code != 0
    # One in the manifest shows in what it no longer says: a member, the draw, or itself.
    assert name in said or name == "manifest.json"


@pytest.mark.parametrize("name", sorted(SOUND))
def test_a_missing_member_is_named(told: Told, name: str) -> None:
    code, said = told(without(name))

    assert code != 0
    assert name in said


@pytest.mark.parametrize(
    "name", sorted(set(SOUND) - {"manifest.json", "README.txt", "verifiers.txt"})
)
def test_a_missing_member_is_named_where_the_manifest_is_silent_about_it(
    told: Told, name: str
) -> None:
    code, said = told(listed(without(name)))

    assert code != 0
    assert name in said or f"{name.partition('/')[0]} was drawn and is not there" in said


def test_keys_left_out_of_the_packet_are_missed_by_who_has_none(told: Told, tmp_path: Path) -> None:
    files = listed(without("verifiers.txt"))
    report = check_packet(write(tmp_path / "own.zip", files))

    assert told(files)[0] == 0
    assert "verifiers.txt: 'verifiers.txt' is missing." in [one.message for one in report.problems]


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/cron.d/job.txt",
        "P-1/../../x.txt",
        "/etc/passwd.txt",
        "C:/x.txt",
        "..\\x.txt",
        "P-1/",
        "P-1/x/y.txt",
        "P-1/.profile",
        "x.exe",
        "a\u202etxt.txt",
        "a\n.txt",
        "P-99999999999999999999/reading.txt",
        "",
    ],
)
def test_a_name_that_would_be_written_elsewhere_is_refused_though_it_is_listed(
    told: Told, name: str
) -> None:
    code, said = told(listed(SOUND | {name: b"x"}))

    assert (code, "is no name of a file in a packet" in said) == (1, True)
    assert "\u202e" not in said


def test_two_members_of_one_name_are_no_packet(told: Told, tmp_path: Path) -> None:
    path = write(tmp_path / "twice.zip", SOUND)
    with (
        zipfile.ZipFile(path, "a") as archive,
        pytest.warns(UserWarning, match=r"Duplicate name: 'README\.txt'"),
    ):
        archive.writestr("README.txt", "Another.\n")

    code, said = told(path)

    assert code == 1
    assert said.endswith("\n- This is no packet: two files are named README.txt.\n")


def lying(path: Path, name: str, content: bytes, size: int) -> Path:
    """A sound packet and one member more, whose size the archive states as `size`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, text in SOUND.items():
            archive.writestr(each, text)
        archive.writestr(name, content)
        archive.getinfo(name).file_size = size
    return path


def test_a_member_of_a_huge_size_is_named_and_not_unpacked(told: Told, tmp_path: Path) -> None:
    code, said = told(lying(tmp_path / "huge.zip", "huge.txt", b"x", LARGEST + 1))

    assert code == 1
    assert "more than 268,435,456 bytes, most of them 'huge.txt'" in said


def test_a_member_that_grows_beyond_its_stated_size_takes_no_memory(
    told: Told, tmp_path: Path
) -> None:
    path = lying(tmp_path / "bomb.zip", "bomb.txt", bytes(64 * 1024 * 1024), 10)
    tracemalloc.start()
    code, said = told(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert code == 1
    assert "bomb.txt cannot be unpacked" in said
    assert peak < 8 * 1024 * 1024


@pytest.mark.parametrize(("place", "value"), [("flag_bits", 1), ("compress_type", 99)])
def test_a_member_under_a_password_or_of_an_unknown_method_is_named(
    told: Told, tmp_path: Path, place: str, value: int
) -> None:
    path = tmp_path / "odd.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("README.txt", "x")
        setattr(archive.getinfo("README.txt"), place, value)

    code, said = told(path)

    assert (code, "README.txt cannot be unpacked" in said) == (1, True)


def archive_of(files: Files) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


ARCHIVE = archive_of(SOUND)


@given(st.integers(0, len(ARCHIVE) - 1), st.integers(1, 255))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_byte_of_the_archive_changes_what_is_read_unsaid(
    tmp_path: Path, at: int, by: int
) -> None:
    path = tmp_path / "byte.zip"
    path.write_bytes(ARCHIVE[:at] + bytes([ARCHIVE[at] ^ by]) + ARCHIVE[at + 1 :])
    try:
        report = check_packet(path, [SIGNER.verifier])
    except OSError:
        return  # The command says so and ends with 4.
    # Times and versions in the archive's own tables are nothing that was sealed.
    assert report.status is not Status.SOUND or contents(path) == SOUND


def contents(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@given(st.integers(0, len(ARCHIVE) - 1))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_archive_that_was_cut_off_is_no_packet(tmp_path: Path, at: int) -> None:
    path = tmp_path / "cut.zip"
    path.write_bytes(ARCHIVE[:at])

    (problem,) = check_packet(path).problems

    assert problem.message.startswith("This is no packet: ")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (changed("decisions", verdict="reject"), "decision 1 is not the one in the log"),
        (changed("decisions", revision=2), "decision 1 is not the one in the log"),
        (changed("decisions", reason="Because."), "decision 1 is not the one in the log"),
        (
            changed("revisions", content="Never.\n", sha256=sha256("Never.\n")),
            "revision 1 is not the text in the log",
        ),
        (changed("revisions", content="Never.\n"), "revision 1 is not the text its hash names"),
        (
            changed("evidence", quote="delivered", sha256=sha256("delivered")),
            "evidence 1 is not the quote in the log",
        ),
        (changed("evidence", sha256=sha256("")), "evidence 1 is not the text its hash names"),
    ],
)
def test_a_changed_vote_text_or_quote_is_found_though_all_around_it_agrees(
    told: Told, files: Files, said: str
) -> None:
    code, out = told(files)

    assert code == 1
    assert f"- {FIRST} {said}.\n" in out


def test_erased_texts_are_no_change(told: Told) -> None:
    files = changed("decisions", reason="")
    lines = [line | {"values": dict.fromkeys(line["values"])} for line in lines_of(files, FIRST)]
    code, said = told(with_lines(files, FIRST, lines))

    assert code == 0
    assert f"- {FIRST} entry {lines[0]['number']}: content was erased.\n" in said


def test_a_reading_for_people_that_says_something_else_is_named(told: Told) -> None:
    name = f"{FIRST}/reading.txt"
    assert b"approve by Rosa" in SOUND[name]
    files = listed(SOUND | {name: SOUND[name].replace(b"approve", b"reject")})

    code, said = told(files)

    assert code == 3
    assert f"- {name} is not what this version says of {FIRST}/proposal.json.\n" in said


@pytest.mark.parametrize(
    ("which", "code", "said"),
    [(0, 2, "revision 1 has no entry in the packet"), (1, 1, "has 1 decisions, the log 0")],
)
def test_an_entry_left_out_is_missed_by_what_it_wrote(
    told: Told, which: int, code: int, said: str
) -> None:
    lines = lines_of(SOUND, FIRST)
    del lines[which]

    found, out = told(with_lines(SOUND, FIRST, lines))

    assert found == code
    assert f"- {FIRST} {said}.\n" in out


def test_evidence_nobody_filed_is_found(told: Told) -> None:
    facts = facts_of(FIRST)
    facts["evidence"].append(facts["evidence"][0] | {"position": 2})
    code, said = told(with_facts(SOUND, FIRST, facts))

    assert code == 1
    assert f"- {FIRST} evidence 2 is not the quote in the log.\n" in said


def test_an_entry_given_twice_is_found(told: Told) -> None:
    lines = lines_of(SOUND, FIRST)
    code, said = told(with_lines(SOUND, FIRST, [*lines, lines[1]]))

    assert (code, f"- {FIRST} has 1 decisions, the log 2.\n" in said) == (1, True)


def test_an_entry_about_another_proposal_is_found(told: Told) -> None:
    lines = lines_of(SOUND, FIRST)[:1] + lines_of(SOUND, SECOND)[1:]
    code, said = told(with_lines(SOUND, FIRST, lines))

    assert code == 1
    assert f"- {FIRST} entry {lines[1]['number']}: its body is not the one that was sealed." in said


def test_swapped_proofs_are_found_at_both_entries(told: Told) -> None:
    lines = lines_of(SOUND, FIRST)
    lines[0]["proof"], lines[1]["proof"] = lines[1]["proof"], lines[0]["proof"]
    code, said = told(with_lines(SOUND, FIRST, lines))

    assert code == 1
    for line in lines:
        assert f"- {FIRST} entry {line['number']}: " in said


def test_proofs_to_another_root_are_found_at_every_entry(told: Told) -> None:
    other = packet(population=6)
    files = listed(SOUND | {"checkpoint.txt": other["checkpoint.txt"]})
    code, said = told(files)

    assert code == 1
    for name in (FIRST, SECOND):
        for line in lines_of(SOUND, name):
            assert f"- {name} entry {line['number']}: " in said


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"leaf": -1}, "Leaf -1 is not in a tree of 10"),
        ({"leaf": 10}, "Leaf 10 is not in a tree of 10"),
        ({"proof": []}, "fewer than the tree is high"),
        ({"proof": ["00" * 32] * 9}, "more than the tree is high"),
        ({"proof": ["00"]}, "entry"),
        ({"proof": ["no hex"]}, "entries.jsonl line 1: "),
        ({"proof": 3}, "entries.jsonl line 1: "),
        ({"leaf": "0"}, "entries.jsonl line 1: "),
        ({"body": 3}, "entries.jsonl line 1: "),
        ({"body": "[]"}, "entries.jsonl line 1: "),
        ({"body": "{}"}, "entries.jsonl line 1: 'action' is missing"),
        ({"body": DEEP}, "entries.jsonl line 1: "),
        ({"values": []}, "its texts are not those its body names"),
        ({"values": {}}, "its texts are not those its body names"),
        ({"values": {"content": {"text": TEXT}, "quote_1": None}}, "'salt' is missing"),
        (
            {"values": {"content": {"salt": SALT.hex(), "text": "X"}, "quote_1": None}},
            "content is not the text its body commits to",
        ),
        ({"values": {"content": {"salt": SALT.hex(), "text": 3}, "quote_1": None}}, "line 1: "),
    ],
)
def test_a_line_of_another_form_is_named_and_the_others_are_read(
    told: Told, members: dict[str, Any], said: str
) -> None:
    code, out = told(with_line(**members))

    assert code == 1
    assert said in out
    assert f"- {FIRST}" in out
    assert "entries 4," in out


def test_values_that_are_a_list_where_the_body_has_none_are_named(told: Told) -> None:
    body = json.dumps(body_of(FIRST, "proposal.filed", {}), separators=(",", ":"), sort_keys=True)
    code, said = told(with_line(body=body, values=[]))

    assert code == 1
    assert f"- {FIRST}/entries.jsonl line 1: " in said


@pytest.mark.parametrize("spelled", ['{{"x":1,{}', " {{{}", '{{"action":"a",{}'])
def test_a_body_in_another_spelling_is_not_the_sealed_one(told: Told, spelled: str) -> None:
    body = lines_of(SOUND, FIRST)[0]["body"]
    code, said = told(with_line(body=spelled.format(body[1:])))

    assert code == 1
    assert f"- {FIRST}/entries.jsonl line 1: " in said


@pytest.mark.parametrize(
    "text", ["", "{", "null", "3", "[]", "{}", '"x"', DEEP, '{"decisions": 3}', "\x00", "NaN"]
)
@pytest.mark.parametrize("name", ["manifest.json", f"{FIRST}/proposal.json"])
def test_json_of_another_form_is_named(told: Told, name: str, text: str) -> None:
    files = SOUND | {name: text.encode()}
    code, said = told(files if name == "manifest.json" else listed(files))

    assert code == 1
    assert f"{name}: " in said
    assert "texts 2" in said or name == "manifest.json"


@pytest.mark.parametrize(
    "name", sorted(set(SOUND) - {"README.txt", "verifiers.txt", f"{FIRST}/reading.txt"} - SECONDS)
)
def test_bytes_that_are_no_text_are_named(told: Told, name: str) -> None:
    files = SOUND | {name: b"\xff\xfe\x00"}
    code, said = told(files if name == "manifest.json" else listed(files))

    assert (code, name in said) == (1, True)


@pytest.mark.parametrize(
    "members",
    [
        {"files": []},
        {"files": {"README.txt": 3}},
        {"drawn": "P-1"},
        {"drawn": [1]},
        {"drawn": [["P-1"]]},
        {"drawn": None},
        {"seed": 3},
        {"rule": ["sha256-1"]},
        {"population": "5"},
        {"population": True},
        {"population_sha256": None},
    ],
)
def test_a_manifest_of_wrong_types_is_named(told: Told, members: dict[str, Any]) -> None:
    code, said = told(with_manifest(**members))

    assert (code, "- manifest.json: " in said) == (1, True)


@pytest.mark.parametrize(
    ("members", "code", "said"),
    [
        ({"seed": "dusk"}, 1, "The seed draws other proposals"),
        ({"population": 6}, 1, "population.txt is not what was drawn from"),
        ({"rule": "sha256-9"}, 3, "The rule 'sha256-9' is not known here"),
        ({"drawn": [FIRST, FIRST]}, 1, "The seed draws other proposals"),
        ({"drawn": [FIRST, SECOND, "P-77"]}, 2, "P-77 was drawn and is not there"),
        ({"drawn": [SECOND, FIRST]}, 1, "The seed draws other proposals"),
    ],
)
def test_a_draw_that_was_not_made_is_found(
    told: Told, members: dict[str, Any], code: int, said: str
) -> None:
    found, out = told(with_manifest(**members))

    assert said in out
    assert found == (1 if "P-77" in said else code)


def test_a_key_nobody_knows_is_unverifiable(told: Told) -> None:
    code, said = told(packet(signer=STRANGER))

    assert code == 3
    assert "- checkpoint.txt: Signed by log.example, and none of these keys is known here." in said


def test_keys_kept_elsewhere_go_before_those_in_the_packet(told: Told, tmp_path: Path) -> None:
    assert check_packet(write(tmp_path / "a.zip", SOUND)).status is Status.SOUND
    assert told(SOUND, STRANGER.verifier)[0] == 3


def test_a_strangers_keys_beside_a_strangers_signature_only_agree_with_themselves(
    tmp_path: Path,
) -> None:
    report = check_packet(write(tmp_path / "forged.zip", packet(signer=STRANGER)))

    assert report.status is Status.SOUND
    assert "Checked with the keys in the packet" in report.notes[0]


@pytest.mark.parametrize("text", ["not a key\n", "a+b+c\n", "\x00"])
def test_keys_in_the_packet_that_are_none_are_named_as_the_packets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = write(tmp_path / "k.zip", listed(SOUND | {"verifiers.txt": text.encode()}))
    with pytest.raises(SystemExit) as ended:
        call_command("check_packet", path)

    assert ended.value.code == 1
    assert "- verifiers.txt: " in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "log.example\n", "log.example\n10\nAA==\n\n\u2014 x AAAA\n"])
def test_a_checkpoint_that_is_none_is_named(told: Told, text: str) -> None:
    code, said = told(listed(SOUND | {"checkpoint.txt": text.encode()}))

    assert code != 0
    assert "- checkpoint.txt: " in said


def test_a_folder_in_place_of_a_packet_ends_with_four(told: Told, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as ended:
        told(tmp_path)

    assert ended.value.returncode == 4


def test_one_broken_proposal_does_not_hide_another(told: Told) -> None:
    files = SOUND | {f"{FIRST}/proposal.json": b"{"}
    files |= {f"{SECOND}/proposal.json": SOUND[f"{SECOND}/proposal.json"].replace(
        QUOTE.encode(), b"delivered"
    )}  # fmt: skip
    _, said = told(listed(files))

    assert f"- {FIRST}/proposal.json: " in said
    assert f"- {SECOND} evidence 1 is not the quote in the log.\n" in said


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "a": 1}}]', "[Infinity]"])
def test_json_that_readers_take_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"stands twice|is no JSON"):
        read_json(text)
