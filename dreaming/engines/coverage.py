"""Mistakes that say what another pattern of the same dream says better: listed, not proposed twice.

One pattern covers another where nearly all sessions of the other show it too and both ask for the
same: a step that leads out of an error leads out of failing on and on as well. An error is never
covered by the names it was met with so far: the next session may use another.
"""

import re
from collections.abc import Iterable, Iterator, Sequence, Set

from dreaming.engines.base import Candidate, Dropped
from dreaming.engines.habits import IN_VAIN, STUCK
from reviews.changes import pattern_key

SHARE = 0.8
"""So large a share of the sessions of a pattern must show those that cover it."""

LEAST_SESSIONS = 3
"""A pattern of fewer sessions is not proposed itself and covers nothing."""

_FAILS_WITH = re.compile(r"When [^\"]{1,200} fails with \"")
_STEP_FIRST = re.compile(r"\b(?:call|run) `([^`]+)` first\b")


def fold_covered(
    candidates: Sequence[Candidate], *, keep: Set[str] = frozenset()
) -> tuple[list[Candidate], list[Dropped]]:
    """Return the candidates that nothing covers, in their order, and the others with the reason.

    keep: keys of patterns that stay whatever covers them: memory holds them, or a person asked.
    """
    kept: list[Candidate] = []
    dropped: list[Dropped] = []
    for one in candidates:
        covering = list_covering(one, candidates)
        if covering and key_of(one) not in keep:
            dropped.append(Dropped(one.title, _explain(one, covering)))
        else:
            kept.append(one)
    return kept, dropped


def key_of(one: Candidate) -> str:
    """Return the key a pattern is known by."""
    return pattern_key(one.kind, one.tool, one.template, one.scope)


def list_covering(one: Candidate, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the patterns that together cover `one`, none where they do not."""
    others = [
        other
        for other in candidates
        if other is not one
        and other.tool == one.tool
        and not other.claim
        and len(other.matched) >= LEAST_SESSIONS
    ]
    alike = [other for other in _find_alike(one, others) if other.matched & one.matched]
    shown = frozenset().union(*(other.matched for other in alike)) & one.matched
    return alike if alike and len(shown) >= SHARE * len(one.matched) else []


def _find_alike(one: Candidate, others: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield the patterns of one tool that ask for what `one` asks for."""
    if one.kind != "mistake" or one.claim:
        return
    if one.template.startswith(f"{STUCK}: "):
        if step := _read_step(one):
            yield from (other for other in others if _is_error(other) and _read_step(other) == step)
        else:
            yield from (other for other in others if other.template.startswith(f"{IN_VAIN}: "))


def _read_step(one: Candidate) -> str:
    """Return the step a statement asks for first, '' where it asks for none."""
    found = _STEP_FIRST.search(one.statement)
    return found[1] if found else ""


def _is_error(one: Candidate) -> bool:
    return one.kind == "mistake" and _FAILS_WITH.match(one.statement) is not None


def _explain(one: Candidate, covering: Sequence[Candidate]) -> str:
    *others, last = sorted(f'"{other.title}"' for other in covering)
    titles = f"{', '.join(others)} and {last}" if others else last
    verb = "say" if others else "says"
    shown = frozenset().union(*(other.matched for other in covering)) & one.matched
    return f"{len(shown)} of its {len(one.matched)} sessions show {titles}, which {verb} it better."
