import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from dreaming.engines import registry
from dreaming.engines.local import LocalEngine
from dreaming.errors import UnknownEngine
from tests.fake_engine import FakeEngine


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put packages under the entry point group, as an installer would."""

    def install(**engines: str) -> None:
        points = EntryPoints(
            EntryPoint(name=name, value=value, group=registry.ENTRY_POINT_GROUP)
            for name, value in engines.items()
        )
        monkeypatch.setattr(registry, "entry_points", lambda *, group: points.select(group=group))

    return install


def test_the_local_engine_is_there_without_options():
    assert isinstance(registry.load_engine("local"), LocalEngine)


def test_every_built_in_name_is_listed_sorted():
    assert list(registry.engine_names()) == sorted({*registry.engine_names(), *registry.BUILTIN})


def test_an_unknown_name_is_refused_and_the_known_ones_are_named():
    with pytest.raises(UnknownEngine, match=r'no engine called "oracle".*local'):
        registry.load_engine("oracle")


def test_an_installed_package_adds_an_engine(installed):
    installed(fake="tests.fake_engine:create_engine")
    assert "fake" in registry.engine_names()
    assert isinstance(registry.load_engine("fake"), FakeEngine)


def test_an_installed_package_cannot_take_over_a_built_in_name(installed):
    installed(local="tests.fake_engine:create_engine")
    assert isinstance(registry.load_engine("local"), LocalEngine)


def test_what_is_no_engine_is_refused_by_name(installed):
    installed(broken="builtins:dict")
    with pytest.raises(UnknownEngine, match=r'"broken" is no engine.*sends_data_to'):
        registry.load_engine("broken")


def test_what_cannot_be_called_is_refused(installed):
    installed(broken="tests.fake_engine:__doc__")
    with pytest.raises(UnknownEngine, match='"broken" is no engine'):
        registry.load_engine("broken")


def test_an_engine_that_cannot_be_imported_says_what_is_missing(installed):
    installed(broken="no_such_package.engine:create_engine")
    with pytest.raises(UnknownEngine, match=r"broken.*no_such_package"):
        registry.load_engine("broken")


def test_asking_for_names_imports_no_engine():
    code = (
        "import sys; from dreaming.engines import registry; registry.engine_names();"
        "print([m for m in sys.modules if m == 'anthropic' or m.startswith('dreaming.engines.')"
        " and not m.endswith(('registry', 'base'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
