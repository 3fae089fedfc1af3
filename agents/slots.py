"""Which moments a cron line in a time zone names. Pure.

Five fields as in Debian's cron: minute, hour, day of month, month, weekday (names, L, LW and #
too). Across a change of clocks a line that names its hour comes once: a time the clocks leap over
comes right after the leap, a time they show twice comes the first time. A line with a star for the
hour follows the clock on the wall, so an hour that is shown twice comes twice.

A slot is a moment in UTC, to the minute; the same slot is the same moment whatever the clocks do.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from cronsim import CronSim, CronSimError

from agents import zones
from agents.errors import BadTimes, UnknownZone

CRON_LENGTH = 100
FIELDS = ("minute", "hour", "day of month", "month", "weekday")
FORM = "%Y-%m-%dT%H:%MZ"
NOW_AND_THEN = datetime(2026, 1, 1, tzinfo=UTC)
"""Where the search for a first slot begins: any moment does."""

_EXAMPLE = 'Write five fields, such as "0 2 * * *" for 02:00 each day.'
_FIELD_EXAMPLES = {
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day-of-month": "1 to 31 in a month that has it, or L for the last",
    "month": "1 to 12, or JAN to DEC",
    "day-of-week": "0 to 7 with 0 and 7 for Sunday, or SUN to SAT",
}
# Not places, or with leap seconds, which no clock on a wall shows.
_LOOK_BACK = (timedelta(days=2), timedelta(days=64), timedelta(days=1500))


def clean_cron(text: str) -> str:
    """Return the cron line with single spaces, or raise BadTimes saying what is wrong with it."""
    line = " ".join(text.split())
    shown = f'"{line[:CRON_LENGTH]}"'
    if not line:
        raise BadTimes(f"No time is given. {_EXAMPLE}")
    if len(line) > CRON_LENGTH:
        raise BadTimes(f"{shown}… has {len(line)} characters; {CRON_LENGTH} are the most.")
    count = len(line.split(" "))
    if count == 6:
        raise BadTimes(f"{shown} has six fields; seconds are not told apart. {_EXAMPLE}")
    if count != len(FIELDS):
        named = "one field" if count == 1 else f"{count} fields"
        raise BadTimes(f"{shown} has {named}; five are wanted: {', '.join(FIELDS)}. {_EXAMPLE}")
    try:
        minutes = CronSim(line, NOW_AND_THEN).minutes
    except CronSimError as error:
        raise BadTimes(f"{shown}: {_why(str(error))} {_EXAMPLE}") from error
    if len(minutes) > 1:
        raise BadTimes(
            f"{shown} comes more than once an hour; once an hour is the most. Name one minute, "
            'such as "0 * * * *" for each full hour.'
        )
    if next_slot(line, "UTC", NOW_AND_THEN) is None:
        raise BadTimes(f"{shown} names a date that never comes. {_EXAMPLE}")
    return line


def _why(error: str) -> str:
    field = error.removeprefix("Bad ")
    wanted = _FIELD_EXAMPLES.get(field)
    return f"the {field.replace('-', ' ')} is out of range ({wanted})." if wanted else f"{error}."


def clean_zone(text: str) -> str:
    """Return the name of a time zone this machine knows, or raise BadTimes with the nearest one."""
    try:
        return zones.clean_zone(text)
    except UnknownZone as error:
        raise BadTimes(str(error)) from error


def zone_of(name: str) -> tzinfo:
    """Return the time zone called `name`; raises BadTimes for a name nobody here knows."""
    try:
        return zones.zone_of(name)
    except UnknownZone as error:
        raise BadTimes(str(error)) from error


def slots_between(cron: str, zone: str, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the slots later than `after` up to `until` itself, in order, each once, in UTC."""
    last = after
    for slot in _walk(cron, zone, after):
        if slot > until:
            return
        if slot > last:
            last = slot
            yield slot


def newest_slot(cron: str, zone: str, after: datetime, now: datetime) -> datetime | None:
    """Return the newest slot later than `after` up to `now`; None where there is none."""
    for back in (now - span for span in _LOOK_BACK):
        found = max(slots_between(cron, zone, max(after, back), now), default=None)
        if found is not None or back <= after:
            return found
    return max(slots_between(cron, zone, after, now), default=None)


def next_slot(cron: str, zone: str, now: datetime) -> datetime | None:
    """Return the first slot later than `now`, None where none comes within fifty years."""
    return next((slot for slot in _walk(cron, zone, now) if slot > now), None)


def _walk(cron: str, zone: str, start: datetime) -> Iterator[datetime]:
    """Yield slots in UTC from about `start` on: one may come twice, or be past.

    Two times that clocks leap over fall together, and a walk that begins while the clocks show an
    hour again begins with what that hour was the first time.
    """
    try:
        for moment in CronSim(cron, start.astimezone(zone_of(zone))):
            yield moment.astimezone(UTC)
    except CronSimError as error:
        raise BadTimes(f'"{cron}" is no time. {_EXAMPLE}') from error


def clocks_moved(zone: str, since: datetime, until: datetime) -> timedelta:
    """Return by how much the zone's clocks stand otherwise at `until` than at `since`."""
    place = zone_of(zone)
    offsets = [moment.astimezone(place).utcoffset() for moment in (since, until)]
    earlier, later = (offset or timedelta() for offset in offsets)
    return abs(later - earlier)


def spell_slot(slot: datetime) -> str:
    """Return the slot as it stands on a dream: 2026-11-21T02:00Z."""
    return slot.astimezone(UTC).strftime(FORM)


def read_slot(text: str) -> datetime:
    """Return the moment a spelled slot names; raises ValueError for anything else."""
    return datetime.strptime(text, FORM).replace(tzinfo=UTC)


def explain(cron: str) -> str:
    """Return the line in words: "At 02:00 every day"."""
    try:
        return CronSim(cron, NOW_AND_THEN).explain()
    except CronSimError as error:
        raise BadTimes(f'"{cron}" is no time. {_EXAMPLE}') from error
