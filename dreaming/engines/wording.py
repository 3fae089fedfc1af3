"""How candidates name things: titles, lists of sessions, lists of arguments."""

from collections.abc import Iterable, Sequence

TITLE_LIMIT = 60
_NAMED = 5


def order_session(session: str) -> tuple[int, str]:
    """Return the key that puts S-9 before S-10."""
    return len(session), session


def name_sessions(sessions: Iterable[str]) -> str:
    """Return the first five session ids in order and how many more there are."""
    names = sorted(sessions, key=order_session)
    shown = ", ".join(names[:_NAMED])
    rest = len(names) - _NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown


def join_names(names: Sequence[str]) -> str:
    """Return one or more names as code, joined by commas and "and"."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def cut_title(text: str) -> str:
    """Return `text` cut between words to at most 60 characters."""
    if len(text) <= TITLE_LIMIT:
        return text
    return text[: TITLE_LIMIT - 2].rsplit(" ", 1)[0].rstrip(" .,:;…") + " …"
