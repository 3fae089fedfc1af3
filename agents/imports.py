"""Sessions from files: which files, whose sessions they are, and what became of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from django.db import transaction

from agents.errors import InvalidInput, UnknownAgent
from agents.models import Agent, Workspace
from agents.sessions import AgentFor, Ingested, ingest_each
from agents.transcripts.archives import (
    BROKEN_CONTENT,
    archive_folder,
    is_archive,
    is_hidden,
    read_members,
)
from agents.transcripts.base import ParsedSession, Parser, Refused, UnreadableTranscript
from agents.transcripts.limits import printable_reason
from agents.transcripts.registry import parser_for
from agents.workspaces import create_agent
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record that did not go in: its file, its position there from 0, and why.

    file: its path below what was imported, for a file of an archive behind the archive's.
    """

    file: str
    position: int
    reason: str


@dataclass(slots=True)
class Imported:
    """What became of every file that was read."""

    totals: Ingested = field(default_factory=Ingested)
    refused: list[RefusedRecord] = field(default_factory=list)
    files: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read, or one of an archive.

    name: where it lies, for people; place: the same behind all its folders, for parsers.
    fault: why it is not read, '' when it is.
    """

    name: str
    place: str
    content: BinaryIO
    fault: str = ""


def import_files(
    workspace: Workspace, path: Path, *, format_name: str, agent: str = "", actor: Actor = SYSTEM
) -> Imported:
    """Bring in every session of a file or archive, or of all files below a folder.

    agent: whose the sessions are; with '' the agents are those the files name. Agents that are
    missing are created. Raises InvalidInput for an unknown format and a path that is not there.
    """
    parser = parser_for(format_name)
    files = find_files(path)
    agent_for = agents_as_needed(workspace, agent, actor)
    imported = Imported()
    for source in open_sources(files, path):
        imported.files += 1
        sessions = read_source(source, parser)
        for result in ingest_each(workspace, sessions, agent_for=agent_for, actor=actor):
            imported.totals.count(result)
            if isinstance(result, Refused):
                imported.refused.append(RefusedRecord(source.name, result.position, result.reason))
    _log_import(workspace, path, format_name, imported, actor)
    return imported


def check_source(path: Path, format_name: str) -> None:
    """Raise InvalidInput unless there is something at `path` and a parser of that name."""
    parser_for(format_name)
    find_files(path)


def find_files(path: Path) -> list[Path]:
    """Return the file, or every file below the folder in the order of their paths.

    Hidden files and folders are left out. Raises InvalidInput when there is nothing at `path`.
    """
    if path.is_dir():
        below = sorted(found for found in path.rglob("*") if found.is_file())
        return [file for file in below if not is_hidden(file.relative_to(path))]
    if path.is_file():
        return [path]
    raise InvalidInput(f"There is no file or folder at {path}.")


def open_sources(files: Iterable[Path], top: Path) -> Iterator[Source]:
    """Yield each file, and instead of an archive each file in it; only one is open at a time.

    top: what is imported, the file itself or the folder the files lie below. A file that cannot
    be opened, or an archive that cannot be read further, is one source with that fault.
    """
    for file in files:
        name = file.relative_to(top).as_posix() if file != top else file.name
        place = (file.parent.resolve() / file.name).as_posix()
        try:
            with file.open("rb") as content:
                if is_archive(file.name):
                    yield from _open_members(name, place, content)
                else:
                    yield Source(name, place, content)
        except OSError as error:
            yield Source(name, place, BytesIO(), str(error))


def read_source(source: Source, parser: Parser) -> Iterator[ParsedSession | Refused]:
    """Yield what the parser finds; what cannot be read (further) is one last refusal."""
    if source.fault:
        yield Refused(0, printable_reason(source.fault))
        return
    position = 0
    try:
        for found in parser(source.content, source_name=source.place):
            position = found.position + 1
            yield found
    except (UnreadableTranscript, *BROKEN_CONTENT) as error:
        yield Refused(position, printable_reason(str(error)))


def _open_members(name: str, place: str, content: BinaryIO) -> Iterator[Source]:
    folder = archive_folder(place)
    try:
        for member in read_members(content):
            shown = printable_reason(f"{name}/{member.name}")
            yield Source(shown, f"{folder}/{member.name}", member.content, member.fault)
    except UnreadableTranscript as error:
        yield Source(name, place, BytesIO(), str(error))


def agents_as_needed(workspace: Workspace, agent: str, actor: Actor) -> AgentFor:
    """Return a function that finds the agent of a slug, or creates it with its store.

    agent: the one whose all sessions are, or '' for the agent each session names.
    """

    def find_or_create(named: str) -> Agent:
        slug = agent or named
        if not slug:
            raise UnknownAgent("The session names no agent; give one with --agent.")
        found = Agent.objects.filter(workspace=workspace, slug=slug).first()
        return found or create_agent(workspace, slug, by=actor)

    return find_or_create


@transaction.atomic
def _log_import(
    workspace: Workspace,
    path: Path,
    format_name: str,
    imported: Imported,
    actor: Actor,
) -> None:
    totals = imported.totals
    log.append(
        Action.IMPORT_COMPLETED,
        workspace=workspace.slug,
        actor=actor,
        object=f"import:{format_name}",
        after={
            "files": imported.files,
            "added": totals.added,
            "unchanged": totals.unchanged,
            "revised": totals.revised,
            "refused": len(imported.refused),
            "secrets_removed": totals.secrets_removed,
            "characters_replaced": totals.characters_replaced,
        },
        values={"source": path.name},
    )
