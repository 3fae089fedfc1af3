"""manage.py check_packet: its words and its exit codes."""

import zipfile

import pytest
from django.core.management import CommandError, call_command

from reviews.audit import keys, sealing
from reviews.auditing.packet import make_packet
from reviews.auditing.selection import draw_sample
from reviews.exports import PACKET, export_path
from tests.reviews.audit.logs import NOW
from tests.reviews.auditing.scenes import ALL, approve, member, with_evidence

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""


@pytest.fixture
def packet(cast):
    approve(cast, with_evidence(cast))
    sample = draw_sample(cast.workspace, ALL, seed="dawn", size=1, by=member(cast))
    sealing.seal()
    sealing.checkpoint(NOW)
    made = make_packet(sample, by=member(cast))
    return export_path(cast.workspace, made.number, PACKET)


def test_a_sound_packet_is_called_sound(packet, capsys):
    call_command("check_packet", packet, verifiers=keys.verifiers_path())
    said = capsys.readouterr().out
    assert said.startswith("Sound. Looked at: entries 2, files 7, population 1, proposals 1")


def test_a_changed_packet_ends_with_one(packet, capsys):
    with zipfile.ZipFile(packet, "a") as archive:
        archive.writestr("more.txt", "More.")
    with pytest.raises(SystemExit) as ended:
        call_command("check_packet", packet)
    assert ended.value.code == 1
    assert "more.txt is not what the manifest lists" in capsys.readouterr().out


@pytest.mark.parametrize("which", ["packet", "verifiers"])
def test_a_file_that_is_not_there_ends_with_four(packet, tmp_path, which):
    given = {"packet": packet, "verifiers": None} | {which: tmp_path / "none"}
    with pytest.raises(CommandError) as ended:
        call_command("check_packet", given["packet"], verifiers=given["verifiers"])
    assert ended.value.returncode == 4


def test_keys_that_are_none_end_with_four(packet, tmp_path):
    (tmp_path / "mine").write_text("not a key\n")
    with pytest.raises(CommandError, match="holds no public keys") as ended:
        call_command("check_packet", packet, verifiers=tmp_path / "mine")
    assert ended.value.returncode == 4
