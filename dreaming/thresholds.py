"""Whether a scheduled dream starts, waits or is skipped, and in which words. Pure."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """What a schedule asks for before it dreams: hours, sessions, minutes of quiet (0: none)."""

    min_hours: int
    min_sessions: int
    idle_minutes: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is now.

    last: the store's last dream as people name it, '' where none ended well; since: time since it,
    None without one; sessions: how many are new; quiet: time since the newest came, None for none;
    is_late: an earlier slot came and was not dreamt, so this one has waited long enough.
    """

    last: str
    since: timedelta | None
    sessions: int
    quiet: timedelta | None
    is_late: bool = False


def why_wait(limits: Limits, seen: Seen) -> str:
    """Return why the slot waits for quiet, '' when it need not."""
    wanted = timedelta(minutes=limits.idle_minutes)
    if seen.quiet is None or seen.is_late or seen.quiet >= wanted:
        return ""
    minutes = max(0, seen.quiet // timedelta(minutes=1))
    came = f"{count_of(minutes, 'minute')} ago" if minutes else "less than a minute ago"
    verb = "is" if limits.idle_minutes == 1 else "are"
    return (
        f"{count_of(limits.idle_minutes, 'minute')} without a new session {verb} wanted; "
        f"the newest came {came}."
    )


def why_skip(limits: Limits, seen: Seen) -> str:
    """Return why the slot is skipped, '' when its dream starts."""
    reasons = []
    if seen.sessions < limits.min_sessions:
        new = f"{count_of(seen.sessions, 'new session')} since {seen.last}"
        reasons.append(
            f"{new if seen.last else count_of(seen.sessions, 'session') + ' so far'}; "
            f"{limits.min_sessions:,} {'is' if limits.min_sessions == 1 else 'are'} needed."
        )
    if seen.since is not None and seen.since < timedelta(hours=limits.min_hours):
        hours = max(0, seen.since // timedelta(hours=1))
        passed = f"Only {count_of(hours, 'hour')}" if hours else "Less than an hour"
        wanted = "is" if limits.min_hours == 1 else "are"
        reasons.append(f"{passed} since {seen.last}; {limits.min_hours:,} {wanted} wanted.")
    return " ".join(reasons)


def why_start(seen: Seen) -> str:
    """Return what a dream that starts now would have: new sessions, since which dream."""
    if seen.last:
        return f"{count_of(seen.sessions, 'new session')} since {seen.last}."
    return f"{count_of(seen.sessions, 'session')} so far."


def count_of(number: int, thing: str) -> str:
    """Return "1 new session", "3 new sessions", "No new sessions"."""
    spelled = f"{number:,}" if number else "No"
    return f"{spelled} {thing}{'' if number == 1 else 's'}"
