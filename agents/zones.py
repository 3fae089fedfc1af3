"""Time zones by the names people type. Pure."""

import re
from datetime import UTC, tzinfo
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from agents.errors import UnknownZone

_NO_PLACES = ("Factory", "localtime", "posixrules", "posix/", "right/")
_ZONE_FORM = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+){0,2}", re.ASCII)


def clean_zone(text: str) -> str:
    """Return the name of a zone this machine knows, or raise UnknownZone with the nearest one."""
    name = text.strip()
    if not name:
        raise UnknownZone('No time zone is given. Write a name such as "Europe/Berlin", or "UTC".')
    zone_of(name)
    return name


def zone_of(name: str) -> tzinfo:
    """Return the time zone called `name`; raises UnknownZone for a name nobody here knows."""
    if name == "UTC":
        # Known without the zones' data, which a small machine may lack.
        return UTC
    if not _ZONE_FORM.fullmatch(name) or name.startswith(_NO_PLACES):
        raise _unknown(name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        # No such file, or a folder of the zones' data.
        raise _unknown(name) from error


def _unknown(name: str) -> UnknownZone:
    near = _nearest(name)
    hint = f'Is it "{near}"?' if near else 'Write a name such as "Europe/Berlin", or "UTC".'
    return UnknownZone(f'"{name[:64]}" is no time zone known here. {hint}')


def _nearest(name: str) -> str:
    """Return the zone that is spelled most like `name`, '' where none is."""
    by_fold = {zone.casefold(): zone for zone in zone_names()}
    folded = name.strip().casefold().replace(" ", "_")[:64]
    by_city = {fold.rpartition("/")[2]: zone for fold, zone in by_fold.items()}
    if found := by_fold.get(folded) or by_city.get(folded.rpartition("/")[2]):
        return found
    close = get_close_matches(folded, by_fold, n=1, cutoff=0.75)
    return by_fold[close[0]] if close else ""


@cache
def zone_names() -> tuple[str, ...]:
    """Return the names a person may choose from: UTC first, then places in order."""
    places = sorted(name for name in available_timezones() if "/" in name)
    return ("UTC", *(name for name in places if not name.startswith(("Etc/", "SystemV/"))))
