import gzip
import io
import random
import tarfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.transcripts import archives
from agents.transcripts.archives import archive_folder, is_archive, is_hidden, read_members
from agents.transcripts.base import UnreadableTranscript


def pack(*files: tuple[str, bytes], mode: str = "w:gz") -> bytes:
    """A tar archive of regular files."""
    return pack_headers(
        *((header(name, len(content)), content) for name, content in files), mode=mode
    )


def header(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, **fields: Any) -> Any:
    made = tarfile.TarInfo(name)
    made.size, made.type = size, kind
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def pack_headers(*members: Any, mode: str = "w:gz") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for made, content in members:
            archive.addfile(made, io.BytesIO(content))
    return stream.getvalue()


def read(content: bytes) -> list[tuple[str, bytes, str]]:
    return [(m.name, m.content.read(), m.fault) for m in read_members(io.BytesIO(content))]


def read_until(content: bytes) -> tuple[list[str], str]:
    """The names of the members that could be read, and what was said when it broke off."""
    names = []
    try:
        for member in read_members(io.BytesIO(content)):
            names.append(member.name)
            member.content.read()
    except UnreadableTranscript as error:
        return names, str(error)
    except archives.BROKEN_CONTENT:
        return names, "content"
    return names, ""


@pytest.mark.parametrize(
    ("name", "folder"),
    [("a.tar", "a"), ("/x/b.tar.gz", "/x/b"), ("c.TGZ", "c"), ("d.tar.gz.tgz", "d.tar.gz")],
)
def test_archives_are_known_by_their_names(name, folder):
    assert is_archive(name)
    assert archive_folder(name) == folder


@pytest.mark.parametrize("name", ["a.json", "tar", "a.tar.json", "tgz", "a.json.gz", "a.tar.xz"])
def test_other_files_are_no_archives(name):
    assert not is_archive(name)
    assert archive_folder(name) == name


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_files_come_in_their_order(mode):
    files = [("b/2.json", b"two"), ("a/1.json", b""), ("c.json", b"x" * 30_000)]
    assert read(pack(*files, mode=mode)) == [(name, content, "") for name, content in files]


def test_what_was_not_read_of_a_member_is_passed_over():
    content = pack(("a", b"a" * 50_000), ("b", b"b"))
    members = read_members(io.BytesIO(content))
    assert next(members).content.read(3) == b"aaa"
    assert next(members).content.read() == b"b"


def test_links_devices_and_folders_are_passed_over():
    content = pack_headers(
        (header("link", kind=tarfile.SYMTYPE, linkname="/etc/passwd"), b""),
        (header("hard", kind=tarfile.LNKTYPE, linkname="real.json"), b""),
        (header("pipe", kind=tarfile.FIFOTYPE), b""),
        (header("disk", kind=tarfile.BLKTYPE), b""),
        (header("folder", kind=tarfile.DIRTYPE), b""),
        (header("real.json", 2), b"{}"),
    )
    assert read(content) == [("real.json", b"{}", "")]


def test_hidden_files_are_passed_over():
    files = [("._a.json", b"1"), (".git/b.json", b"2"), ("../c.json", b"3"), ("./d.json", b"4")]
    assert [content for _, content, _ in read(pack(*files))] == [b"4"]


def test_nothing_is_written_whatever_a_member_is_called(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outside = tmp_path / "outside"
    names = [str(outside / "a"), "a\\b", "x" * 300, "a\nb", "caf\udce9"]
    assert [name for name, _, _ in read(pack(*((name, b"1") for name in names)))] == names
    assert list(tmp_path.iterdir()) == []


def test_a_member_over_the_limit_is_named_and_the_next_is_read(monkeypatch):
    monkeypatch.setattr(archives, "MAX_FILE_BYTES", 1_000)
    large, small = read(pack(("large", b"x" * 1_001), ("small", b"x" * 1_000)))
    assert large == ("large", b"", "1,001 bytes; a file in an archive has at most 1,000")
    assert small[1:] == (b"x" * 1_000, "")


def test_a_name_over_the_limit_is_cut_and_its_file_not_read():
    long, short = read(pack(("x" * 5_000, b"1"), ("short", b"2")))
    assert long == ("x" * 4_096, b"", "a name of 5,000 characters; the limit is 4,096")
    assert short == ("short", b"2", "")


def test_a_sparse_file_is_not_read():
    # A sparse file of the GNU form says at an offset of its header what it would unpack to.
    made = bytearray(header("a", 0, tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT))
    made[483:495] = b"77777777777\0"
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    (found,) = read(bytes(made) + b"\0" * 1_024)
    assert found[1:] == (b"", "a sparse file, which may be of any length")


def test_an_archive_that_unpacks_to_too_much_breaks_off(monkeypatch):
    monkeypatch.setattr(archives, "MAX_ARCHIVE_BYTES", 100_000)
    content = pack(("a", b"a"), ("b", b"\0" * 200_000))
    assert len(content) < 1_000
    names, _ = read_until(content)
    assert names == ["a", "b"]
    assert "more than 100,000 bytes unpacked" in said_at_the_end(content)


def said_at_the_end(content: bytes) -> str:
    with pytest.raises(UnreadableTranscript) as raised:
        list(read_members(io.BytesIO(content)))
    return str(raised.value)


def test_an_archive_of_too_many_members_breaks_off(monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    assert "more than 2 members" in said_at_the_end(pack(*((str(n), b"") for n in range(3))))


def test_a_long_header_is_not_held_in_memory(monkeypatch):
    monkeypatch.setattr(archives, "MAX_HEADER_BYTES", 20_000)
    content = pack_headers((header("n" * 100_000), b""))
    assert "a header of more than 20,000 bytes" in said_at_the_end(content)


def test_headers_without_end_break_off():
    one = header("x", 512, tarfile.XHDTYPE).tobuf(tarfile.USTAR_FORMAT)
    content = (one + b"20 comment=aaaaaaaa\n".ljust(512, b"\0")) * 900
    assert "cannot be read" in said_at_the_end(content)


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", b"\x1f\x8bno gzip", gzip.compress(b"no archive", mtime=0), b"x" * 2_000],
)
def test_what_is_no_archive_is_unreadable(content):
    assert said_at_the_end(content).startswith("The archive cannot be read")


def test_garbage_between_members_is_not_the_quiet_end():
    first = pack(("a", b"1"), mode="w")[:1_024]
    names, said = read_until(first + b"\x07" * 512 + pack(("b", b"2"), mode="w"))
    assert (names, said != "") == (["a"], True)


def test_an_archive_without_an_end_is_not_whole():
    names, said = read_until(pack(("a", b"1"), mode="w")[:1_024])
    assert (names, said != "") == (["a"], True)


NOISE = random.Random(7)  # noqa: S311
FILES = [(f"{n}.json", NOISE.randbytes(3_000)) for n in range(5)]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@given(data=st.data())
def test_an_archive_cut_anywhere_gives_what_came_before_and_says_so(mode, data):
    content = pack(*FILES, mode=mode)
    # The last kilobytes of a plain archive are nothing but the end's zeros.
    cut = data.draw(st.integers(0, len(content) - (9_000 if mode == "w" else 1)))
    names, said = read_until(content[:cut])
    assert names == [name for name, _ in FILES][: len(names)]
    assert said


@given(st.binary(max_size=300), st.integers(0, 2_000))
def test_an_archive_with_changed_bytes_is_read_or_unreadable(noise, place):
    content = bytearray(pack(*FILES[:2], mode="w"))
    content[place : place + len(noise)] = noise
    names, _ = read_until(bytes(content))
    assert len(names) < 20


@pytest.mark.parametrize(
    ("path", "hidden"),
    [("a/b.json", False), ("a/.b.json", True), (".a/b.json", True), ("../b", True), ("a.b", False)],
)
def test_a_dot_at_the_beginning_hides(path, hidden):
    assert is_hidden(archives.PurePosixPath(path)) is hidden
