import importlib
import io
import sys

import pytest

from agents.transcripts import daybreak, intercode, managed, medagentbench, tau, tau2
from agents.transcripts.base import Refused, UnknownTranscriptFormat
from agents.transcripts.registry import FORMATS, list_formats, parser_for

MODULE = """
from agents.transcripts.base import Refused

def parse(stream, *, source_name):
    for position, line in enumerate(stream):
        yield Refused(position, f"{source_name}: {line.decode().strip()}")
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that installs a distribution with the given entry points."""

    def write(entry_points):
        info = tmp_path / "acme_formats-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-formats\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[daybreak.transcripts]\n{entry_points}\n")
        (tmp_path / "acme_formats.py").write_text(MODULE)
        monkeypatch.syspath_prepend(tmp_path)
        importlib.invalidate_caches()

    yield write
    sys.modules.pop("acme_formats", None)


def test_the_built_in_formats_are_known():
    assert {
        "daybreak": daybreak.parse,
        "intercode": intercode.parse,
        "managed": managed.parse,
        "medagentbench": medagentbench.parse,
        "tau": tau.parse,
        "tau2": tau2.parse,
    } == FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_has_its_parser(name):
    assert parser_for(name) is FORMATS[name]


@pytest.mark.parametrize("name", FORMATS)
def test_every_parser_yields_nothing_for_an_empty_file(name):
    assert list(parser_for(name)(io.BytesIO(b""), source_name="empty")) == []


@pytest.mark.parametrize("name", ["", "Tau", "openai"])
def test_an_unknown_format_names_the_known_ones(name):
    with pytest.raises(UnknownTranscriptFormat) as raised:
        parser_for(name)
    assert str(raised.value) == (
        f"No transcript format is called {name!r}. Known: {', '.join(list_formats())}."
    )


def test_an_installed_format_is_found_by_its_entry_point(install):
    install("acme = acme_formats:parse")
    records = list(parser_for("acme")(io.BytesIO(b"one\n"), source_name="a.log"))
    assert records == [Refused(0, "a.log: one")]


def test_an_installed_format_is_listed(install):
    install("acme = acme_formats:parse")
    assert list_formats() == [
        "acme",
        "daybreak",
        "intercode",
        "managed",
        "medagentbench",
        "tau",
        "tau2",
    ]


def test_an_installed_format_cannot_take_over_one_of_ours(install):
    install("tau = acme_formats:parse")
    assert parser_for("tau") is tau.parse


@pytest.mark.parametrize("target", ["acme_formats:missing", "no_such_module:parse"])
def test_an_installed_format_that_does_not_load_is_refused(install, target):
    install(f"acme = {target}")
    with pytest.raises(UnknownTranscriptFormat, match=f"as {target} but does not load"):
        parser_for("acme")
