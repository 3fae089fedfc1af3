"""Which engines there are, by name. An engine is imported when it is asked for, not before."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from dreaming.engines.base import Engine
from dreaming.errors import UnknownEngine

ENTRY_POINT_GROUP = "daybreak.engines"

BUILTIN: Mapping[str, str] = {
    "claude": "dreaming.engines.claude.engine:create_engine",
    "local": "dreaming.engines.local:create_engine",
    "managed": "dreaming.engines.managed.engine:create_engine",
}
"""Name -> module:function; the function takes the engine's options and returns the engine."""

_PARTS = ("name", "version", "sends_data_to", "dream")


def engine_names() -> tuple[str, ...]:
    """Return the names of all engines that are installed, sorted; none is imported."""
    return tuple(sorted({*BUILTIN, *_list_entry_points()}))


def load_engine(
    name: str,
    options: Mapping[str, str] | None = None,
    *,
    also: Mapping[str, str] | None = None,
) -> Engine:
    """Import and return the engine called `name`, made with `options` (keys, addresses, models).

    also: further names -> module:function, for this call. Built-in names cannot be taken over,
    neither by these nor by an installed package. Raises UnknownEngine where no such
    engine is installed or what is installed under the name is no engine.
    """
    try:
        create = _find_factory(name, {**(also or {}), **BUILTIN})
    except ImportError as error:
        raise UnknownEngine(f'The engine "{name}" cannot be imported: {error}.') from error
    engine = create(options or {}) if callable(create) else None
    missing = [part for part in _PARTS if not hasattr(engine, part)]
    if engine is None or missing:
        raise UnknownEngine(
            f'What is installed as "{name}" is no engine: it has no {", ".join(missing)}.'
        )
    return cast("Engine", engine)


def _find_factory(name: str, places: Mapping[str, str]) -> object:
    if name in places:
        module, _, attribute = places[name].partition(":")
        return getattr(import_module(module), attribute)
    found = _list_entry_points().get(name)
    if found is None:
        known = ", ".join(engine_names())
        raise UnknownEngine(f'There is no engine called "{name}". Installed are: {known}.')
    return found.load()


def _list_entry_points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
