"""Tar archives read member by member, gzip or not, and never unpacked to disk.

An archive is hostile like any transcript: links, devices and hidden files are passed over, a name
is only ever a name, and there are limits to how many members there are, how large one may be, and
how much all of it may unpack to. Reading goes forward only, with one member in memory at a time.
"""

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath
from tarfile import EOFHeaderError, HeaderError, ReadError  # type: ignore[attr-defined]
from typing import IO, TYPE_CHECKING, BinaryIO, Self, cast

from agents.transcripts.base import UnreadableTranscript
from agents.transcripts.decoding import BROKEN_GZIP, open_plain
from agents.transcripts.limits import MAX_FILE_BYTES

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ENDING = re.compile(r"(?i)\.(tar|tar\.gz|tgz)$")
MAX_MEMBERS = 100_000
MAX_ARCHIVE_BYTES = 4 * 1024 * 1024 * 1024
"""Of everything in an archive, unpacked."""

MAX_NAME = 4_096
"""Characters of a member's name, folders and all."""

MAX_HEADER_BYTES = 1024 * 1024
"""Of what stands before a member: tarfile holds it in memory."""

BLOCK_BYTES = 64 * 1024

BROKEN_CONTENT = (tarfile.TarError, OSError, *BROKEN_GZIP)
"""What reading a member's content may raise."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive; `content` can be read until the next member is asked for.

    fault: why it is not read, '' when it is.
    """

    name: str
    content: BinaryIO
    fault: str = ""


def is_archive(name: str) -> bool:
    """Say whether a file of that name is read as an archive: .tar, .tar.gz and .tgz."""
    return ENDING.search(name) is not None


def archive_folder(name: str) -> str:
    """Return the name of the folder an archive stands for: its own without the ending."""
    return ENDING.sub("", name)


def read_members(stream: BinaryIO) -> Iterator[Member]:
    """Yield the files of an archive in their order.

    Raises UnreadableTranscript where the archive breaks off, is none, or passes a limit; what was
    yielded before it stands.
    """
    try:
        yield from _read_members(_Forward(open_plain(stream)))
    except (*BROKEN_CONTENT, ValueError, RecursionError) as error:
        raise UnreadableTranscript(f"The archive cannot be read (further): {error}.") from error


def is_hidden(path: PurePath) -> bool:
    """Say whether a file, or a folder it lies in, begins with a dot."""
    return any(part.startswith(".") for part in path.parts)


class _Forward(io.RawIOBase):
    """A stream of unpacked bytes with an end to what may be read before the next header."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.total = 0
        self.allowed = MAX_HEADER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        chunk = self.stream.read(len(view))
        view[: len(chunk)] = chunk
        self.total += len(chunk)
        self.allowed -= len(chunk)
        if self.allowed < 0:
            raise ReadError(f"a header of more than {MAX_HEADER_BYTES:,} bytes")
        if self.total > MAX_ARCHIVE_BYTES:
            raise ReadError(f"more than {MAX_ARCHIVE_BYTES:,} bytes unpacked, the limit")
        return len(chunk)

    def drain(self) -> None:
        """Read to the end, for only there gzip says whether the content is what was packed."""
        self.allowed = MAX_ARCHIVE_BYTES
        while self.read(BLOCK_BYTES):
            pass


class _Header(tarfile.TarInfo):
    """A header that is broken or missing ends the archive with an error, not silently."""

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        """Return the next header; raises ReadError where one stands that cannot be read."""
        try:
            return super().fromtarfile(tarfile)
        except EOFHeaderError:
            raise
        except HeaderError as error:
            raise ReadError(str(error)) from error


def _read_members(forward: _Forward) -> Iterator[Member]:
    with tarfile.open(fileobj=cast("IO[bytes]", forward), mode="r|", tarinfo=_Header) as archive:
        number = 0
        while (header := archive.next()) is not None:
            number += 1
            if number > MAX_MEMBERS:
                raise ReadError(f"more than {MAX_MEMBERS:,} members, the limit")
            # Else every header read so far is kept, whatever their number.
            archive.members.clear()  # type: ignore[attr-defined]
            forward.allowed = header.size + MAX_HEADER_BYTES
            if header.isreg() and not is_hidden(PurePosixPath(header.name)):
                yield _open(archive, header)
    forward.drain()


def _open(archive: tarfile.TarFile, header: tarfile.TarInfo) -> Member:
    if len(header.name) > MAX_NAME:
        fault = f"a name of {len(header.name):,} characters; the limit is {MAX_NAME:,}"
        return Member(header.name[:MAX_NAME], io.BytesIO(), fault)
    if header.issparse():
        return Member(header.name, io.BytesIO(), "a sparse file, which may be of any length")
    if header.size > MAX_FILE_BYTES:
        fault = f"{header.size:,} bytes; a file in an archive has at most {MAX_FILE_BYTES:,}"
        return Member(header.name, io.BytesIO(), fault)
    return Member(header.name, cast("BinaryIO", archive.extractfile(header)))
