"""Which parser reads which format: six of ours, others by entry point `daybreak.transcripts`."""

from importlib.metadata import entry_points
from typing import cast

from agents.transcripts import daybreak, intercode, managed, medagentbench, tau, tau2
from agents.transcripts.base import Parser, Registry, UnknownTranscriptFormat

ENTRY_POINT_GROUP = "daybreak.transcripts"

FORMATS: Registry = {
    "daybreak": daybreak.parse,
    "intercode": intercode.parse,
    "managed": managed.parse,
    "medagentbench": medagentbench.parse,
    "tau": tau.parse,
    "tau2": tau2.parse,
}


def list_formats() -> list[str]:
    """Return the names of every format that can be read here, in alphabetical order."""
    others = {point.name for point in entry_points(group=ENTRY_POINT_GROUP)}
    return sorted(others | FORMATS.keys())


def parser_for(name: str) -> Parser:
    """Return the parser of a format; a name of ours cannot be taken over by an installed one.

    Raises UnknownTranscriptFormat, also for an entry point that is installed but does not load.
    """
    if name in FORMATS:
        return FORMATS[name]
    for point in entry_points(group=ENTRY_POINT_GROUP, name=name):
        try:
            parser = point.load()
        except (ImportError, AttributeError) as error:
            raise UnknownTranscriptFormat(
                f"The transcript format {name!r} is installed as {point.value} but does not load: "
                f"{error}."
            ) from error
        return cast("Parser", parser)
    raise UnknownTranscriptFormat(
        f"No transcript format is called {name!r}. Known: {', '.join(list_formats())}."
    )
