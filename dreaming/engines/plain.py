"""What may stand in the words of a candidate: nothing hidden, no markup, no endless line. Pure.

Words of transcripts are somebody's. Labels and reasons are cleaned of what could deceive; an
instruction is taken as it was said or not at all.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from dreaming.engines.base import Candidate, Dropped
from dreaming.engines.wording import cut_title, name_sessions
from reviews.diffs import HIDDEN

LINE_LIMIT = 600
"""Characters of a line of a statement; nobody reads further."""

_NO_WIDTH = re.compile("(?<=[\u203c-\u3299\U0001f000-\U0001faff])[\ufe0e\ufe0f]|\xad")
_HIDDEN_RUN = re.compile(f"(?:{HIDDEN.pattern})+")
_MARKUP = re.compile(
    r"<(?=[A-Za-z/!?])|!\[|\]\s?[(\[]|^\s{0,3}\[[^\]\n]{1,200}\]:|&(?:#\w{1,8}|\w{2,8});",
    re.MULTILINE,
)
_BRACKETS = re.compile(r"[<>\[\]]|&(?=#?\w{1,8};)")


def keep_plain(candidates: Iterable[Candidate]) -> tuple[list[Candidate], list[Dropped]]:
    """Return the candidates that can be shown, labels cleaned, and what was left out and why.

    A candidate for a path of its own holds the text of a memory and is kept as it is.
    """
    kept: list[Candidate] = []
    dropped: list[Dropped] = []
    for one in candidates:
        cleaned = _clean_labels(one)
        why = "" if one.path else find_unplain(cleaned)
        if why:
            where = name_sessions(one.matched)
            dropped.append(Dropped(f"a pattern of kind {one.kind}", f"{why} in {where}; not used."))
        else:
            kept.append(cleaned)
    return kept, dropped


def _clean_labels(one: Candidate) -> Candidate:
    statement = one.statement if one.path else _NO_WIDTH.sub("", one.statement)
    title = cut_title(clean_words(one.title)) or one.kind
    rationale = clean_words(one.rationale)
    if (statement, title, rationale) == (one.statement, one.title, one.rationale):
        return one
    return replace(one, statement=statement, title=title, rationale=rationale)


def find_unplain(one: Candidate) -> str:
    """Return what in the words of a candidate cannot be shown, '' where everything can."""
    words = "\n".join((one.statement, one.recovery, *one.conditions))
    if HIDDEN.search(words):
        return "Words with hidden characters"
    if _MARKUP.search(words):
        return "Words with HTML, links or images"
    if max(map(len, words.split("\n"))) > LINE_LIMIT:
        return f"A line of more than {LINE_LIMIT} characters"
    return ""


def clean_words(text: str) -> str:
    """Return `text` on one line, without hidden characters and the brackets of markup."""
    if not text:
        return text
    shown = _BRACKETS.sub("", _HIDDEN_RUN.sub(" ", _NO_WIDTH.sub("", text)))
    return " ".join(shown.split())
