"""How candidates name things: titles, lists of sessions, lists of arguments."""

import re
from collections.abc import Iterable, Sequence

TITLE_LIMIT = 60
_CLAUSE = re.compile(r"[;,.](?= )")
_LEADING_WORDS = (
    "& a an and are be been by did do does for from has have if in is its my of on or that the "
    "their then to was were with your"
)
_LEADS_ON = frozenset(_LEADING_WORDS.split())
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
    """Return `text` cut to at most 60 characters; see `cut_text`."""
    return cut_text(text, TITLE_LIMIT)


def title_error(tool: str, error: str) -> str:
    """Return the title of an error: with its tool where both fit, else the error's words alone."""
    both = f"{tool}: {error}"
    return both if len(both) <= TITLE_LIMIT else cut_title(error)


def cut_text(text: str, limit: int) -> str:
    """Return `text` cut to at most `limit` characters: behind a clause, else between words.

    A clause that ends in the second half stands for the whole; words that only lead on ("of the")
    are left out before "…".
    """
    if len(text) <= limit:
        return text
    ends = [found.start() for found in _CLAUSE.finditer(text, limit // 3, limit + 1)]
    if ends:
        return text[: ends[-1]]
    words = text[: limit - 1].split(" ")[:-1]
    while len(words) > 1 and words[-1].lower() in _LEADS_ON:
        words.pop()
    return " ".join(words).rstrip(" .,:;!-…") + " …"
