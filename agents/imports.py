"""Sessions from files: which files, whose sessions they are, and what became of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from agents.errors import InvalidInput, UnknownAgent
from agents.models import Agent, Workspace
from agents.sessions import AgentFor, Ingested, ingest_each
from agents.transcripts.base import ParsedSession, Parser, Refused, UnreadableTranscript
from agents.transcripts.limits import printable_reason
from agents.transcripts.registry import parser_for
from agents.workspaces import create_agent
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record that did not go in: its file, its position there from 0, and why."""

    file: str
    position: int
    reason: str


@dataclass(slots=True)
class Imported:
    """What became of every file that was read."""

    totals: Ingested = field(default_factory=Ingested)
    refused: list[RefusedRecord] = field(default_factory=list)


def import_files(
    workspace: Workspace, path: Path, *, format_name: str, agent: str = "", actor: Actor = SYSTEM
) -> Imported:
    """Bring in every session of a file, or of all files below a folder.

    agent: whose the sessions are; with '' the agents are those the files name. Agents that are
    missing are created. Raises InvalidInput for an unknown format and a path that is not there.
    """
    parser = parser_for(format_name)
    files = find_files(path)
    agent_for = agents_as_needed(workspace, agent, actor)
    imported = Imported()
    for file in files:
        sessions = read_file(file, parser)
        for result in ingest_each(workspace, sessions, agent_for=agent_for, actor=actor):
            imported.totals.count(result)
            if isinstance(result, Refused):
                imported.refused.append(RefusedRecord(file.name, result.position, result.reason))
    _log_import(workspace, path, format_name, imported, len(files), actor)
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


def is_hidden(path: Path) -> bool:
    """Return whether a file, or a folder it lies in, begins with a dot."""
    return any(part.startswith(".") for part in path.parts)


def read_file(file: Path, parser: Parser) -> Iterator[ParsedSession | Refused]:
    """Yield what the parser finds; a file that cannot be read (further) is one last refusal."""
    position = 0
    try:
        with file.open("rb") as stream:
            for found in parser(stream, source_name=file.name):
                position = found.position + 1
                yield found
    except (UnreadableTranscript, OSError) as error:
        yield Refused(position, printable_reason(str(error)))


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
    files: int,
    actor: Actor,
) -> None:
    totals = imported.totals
    log.append(
        Action.IMPORT_COMPLETED,
        workspace=workspace.slug,
        actor=actor,
        object=f"import:{format_name}",
        after={
            "files": files,
            "added": totals.added,
            "unchanged": totals.unchanged,
            "revised": totals.revised,
            "refused": len(imported.refused),
            "secrets_removed": totals.secrets_removed,
            "characters_replaced": totals.characters_replaced,
        },
        values={"source": path.name},
    )
