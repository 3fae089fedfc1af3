"""Memories that disagree: found, shown with both sides, never settled here. Pure.

Newest does not win and most does not win. A pair becomes one text that keeps both sides and tells
an agent to ask, until a person settles it. Only near-equal wording and explicit words ("instead
of", "no longer", "replaced by") are told; other disagreement is out of reach and not claimed.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dreaming.claims import Claim, find_difference, kind_of, read_claim
from dreaming.engines.base import Dropped, EngineMemory
from dreaming.engines.wording import cut_title
from dreaming.likeness import split_statements
from dreaming.merging import CONTENT_BYTES, lowest_taint, may_go
from reviews.changes import Change, Op

UNSETTLED = (
    "Two memories disagree and nobody has settled it. Ask a person before you rely on either."
)
SERIES = 3
"""A memory that differs from so many others in one value is one of a list of facts."""
_LEAST_WORDS_OF_A_PART = 6
_SHOWN = 200
_STEM = 4
_PARTS = 40
_CODE_TERM = r"`(?P<{}>[^`\s]{{2,64}})`"

_ENDORSES = re.compile(
    r"\b(?:use|call|run|query|read|set|prefer|choose)\s+(?:the\s+)?`([^`\s]{2,64})`", re.IGNORECASE
)
_TURNS_DOWN = re.compile(r"\b(?:instead of|rather than)\s+(?:the\s+)?`([^`\s]{2,64})`", re.I)
_GONE = re.compile(
    r"`([^`\s]{2,64})`\s+(?:(?:is|was|has been|were)\s+)?"
    r"(?:no longer|replaced|renamed|removed|deprecated|changed to|retired)"
    r"|\bno longer (?:use|call|run|query|read|set)\s+(?:the\s+)?`([^`\s]{2,64})`"
    r"|\b(?:changed|renamed|moved) from\s+`([^`\s]{2,64})`",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(?:not|never|no longer|avoid|stop)\b|n't\b", re.IGNORECASE)
_PLAIN_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two statements that disagree: where each stands, its words, and in what they differ."""

    left: str
    right: str
    said_left: str
    said_right: str
    difference: str


@dataclass(slots=True)
class _Terms:
    """Names statements ask for, or say are gone or turned down: name -> (path, statement)."""

    asked: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    given_up: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


class ClaimIndex:
    """What memories claim, to be asked which of them a text disagrees with."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self._claims: dict[tuple[object, str], list[tuple[str, Claim]]] = {}
        self._terms = _Terms()
        for path, text in texts:
            self.add(path, text)

    def add(self, path: str, text: str) -> None:
        """Take in the text of `path`; a text that is known to be unsettled claims nothing."""
        for statement, claim in _read_text(text):
            if claim is not None:
                self._claims.setdefault(_key(claim), []).append((path, claim))
            _note_terms(self._terms, path, statement)

    def find(self, path: str, text: str) -> list[Disagreement]:
        """Return what disagrees with `text` of `path`, one for each other path, by their order."""
        found: dict[str, Disagreement] = {}
        for statement, claim in _read_text(text):
            for told in self._opposed(path, claim):
                found.setdefault(told.right, told)
            for told in self._superseded(path, statement):
                found.setdefault(told.right, told)
        return [found[other] for other in sorted(found)]

    def _opposed(self, path: str, claim: Claim | None) -> Iterator[Disagreement]:
        if claim is None:
            return
        for other, theirs in self._claims.get(_key(claim), ()):
            if other != path and (difference := find_difference(claim, theirs)):
                yield Disagreement(path, other, claim.text, theirs.text, difference)

    def _superseded(self, path: str, statement: str) -> Iterator[Disagreement]:
        mine = _Terms()
        _note_terms(mine, path, statement)
        for ours, theirs in (
            (mine.asked, self._terms.given_up),
            (mine.given_up, self._terms.asked),
        ):
            for name in sorted(ours):
                for other, words in theirs.get(name, ()):
                    if other != path and _is_about_the_same(statement, words):
                        why = f"one asks for `{name}`, the other has given it up"
                        yield Disagreement(path, other, statement, words, why)


def _read_text(text: str) -> Iterator[tuple[str, Claim | None]]:
    """Yield the statements of a text, each with its claim where it can be compared.

    Compared are the whole, and parts that say enough to stand without what is around them.
    """
    if text.startswith(UNSETTLED):
        return
    parts = split_statements(text)
    whole = text.strip()
    yield whole, read_claim(whole)
    if len(parts) < 2:
        return
    for part in parts[:_PARTS]:
        claim = read_claim(part)
        tells = claim is not None and len(claim.subject.split()) >= _LEAST_WORDS_OF_A_PART
        yield part, claim if tells else None


def _key(claim: Claim) -> tuple[object, str]:
    """Return under what a claim is looked up: its slots, and how the words of its subject begin.

    Forms of one word begin alike; those that do not ("went" for "go") are not told.
    """
    words = claim.subject.split()
    stems = {word if word[0] in "`<" else word[:_STEM] for word in words}
    return kind_of(claim), " ".join(sorted(stems))


def _note_terms(terms: _Terms, path: str, statement: str) -> None:
    given_up = [name for match in _GONE.findall(statement) for name in match if name]
    given_up += _TURNS_DOWN.findall(statement)
    for name in dict.fromkeys(given_up):
        terms.given_up.setdefault(name, []).append((path, statement))
    if _NEGATED.search(statement) is None:
        for name in dict.fromkeys(_ENDORSES.findall(statement)):
            if name not in given_up:
                terms.asked.setdefault(name, []).append((path, statement))


def _is_about_the_same(left: str, right: str) -> bool:
    """Say whether one statement gives a name up for good, or both share half their words."""
    if any(_GONE.search(one) and not _is_conditional(one) for one in (left, right)):
        return True
    ours, theirs = (set(_PLAIN_WORD.findall(one.lower())) for one in (left, right))
    fewer = min(len(ours), len(theirs))
    return fewer > 0 and 2 * len((ours & theirs) - {"instead", "call"}) >= fewer


def _is_conditional(statement: str) -> bool:
    return re.search(r"\b(?:when|if|unless|while|for)\b", statement, re.IGNORECASE) is not None


def flag_contradictions(
    memories: Sequence[EngineMemory], taken: Collection[str]
) -> tuple[tuple[Change, ...], tuple[Dropped, ...]]:
    """Return one change for each pair of memories that disagree, and what is only listed.

    taken: paths that have a change already. A memory is in one pair only; further pairs, pairs of
    protected memories and lists of facts are listed.
    """
    by_path = {memory.path: memory for memory in memories}
    index = ClaimIndex((memory.path, memory.content) for memory in memories)
    found = {path: index.find(path, by_path[path].content) for path in sorted(by_path)}
    series = sorted(path for path, pairs in found.items() if len(pairs) >= SERIES)
    dropped = [_list_series(series)] if series else []
    changes: list[Change] = []
    used = set(taken)
    for path, pairs in found.items():
        for pair in pairs:
            if pair.right < path or path in series or pair.right in series:
                continue
            left, right = by_path[path], by_path[pair.right]
            if why := _refuse_pair(left, right, used):
                dropped.append(Dropped(f"contradiction of {path} and {right.path}", why))
                continue
            changes.append(make_contradiction(left, right, pair))
            used |= {left.path, right.path}
    return tuple(changes), tuple(dropped)


def _list_series(paths: Sequence[str]) -> Dropped:
    shown = ", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")
    why = "They differ in one value only; so many together read as a list, not as contradictions."
    return Dropped(f"memories of one form: {shown}", why)


def _refuse_pair(left: EngineMemory, right: EngineMemory, used: Collection[str]) -> str:
    """Return why a pair is only listed, '' when it becomes a change."""
    protected = [memory.path for memory in (left, right) if memory.protected]
    both = f'One says "{_shorten(left.content)}", the other "{_shorten(right.content)}".'
    if protected:
        return f"{both} {' and '.join(protected)} is protected, so a person settles it."
    if not may_go(left) and not may_go(right):
        return f"{both} Both are pinned, so a person settles it."
    if {left.path, right.path} & set(used):
        return f"{both} One of them has another change in this dream; it comes back with the next."
    size = len(unsettled_text(left.content, right.content).encode())
    return f"{both} Together they are longer than a memory may be." if size > CONTENT_BYTES else ""


def make_contradiction(left: EngineMemory, right: EngineMemory, pair: Disagreement) -> Change:
    """Return the change that puts both sides into one text; nothing of either is lost."""
    kept, folded = (left, right) if may_go(right) else (right, left)
    return Change(
        op=Op.MERGE,
        path=kept.path,
        content=unsettled_text(kept.content, folded.content),
        base_version=kept.version,
        title=cut_title(f"Contradiction: {kept.title or _shorten(pair.said_left)}"),
        rationale=(
            f"{left.path} and {right.path} disagree: {pair.difference}. "
            f"{say_side(left, pair.said_left)} {say_side(right, pair.said_right)} "
            "Which of them holds is for a person to say: edit the text to what is right, or "
            "approve it as it is, and agents are told to ask."
        ),
        taint=lowest_taint((left, right)),
        merged=(folded.path,),
    )


def unsettled_text(left: str, right: str) -> str:
    """Return the text an agent can follow while two texts disagree; it keeps all of both."""
    return f"{UNSETTLED}\n\n{_as_item(left)}\n{_as_item(right)}\n"


def _as_item(text: str) -> str:
    lines = text.strip().splitlines()
    return "\n".join([f"- {lines[0]}", *(f"  {line}".rstrip() for line in lines[1:])])


def say_side(memory: EngineMemory, said: str) -> str:
    """Return one side in a sentence: its words, what it rests on, and since when."""
    rests: list[str] = []
    if memory.support:
        rests.append(f"{memory.support} session{'s' if memory.support != 1 else ''}")
    if memory.last_evidence_at is not None:
        rests.append(f"last seen {memory.last_evidence_at:%Y-%m-%d}")
    elif memory.learned_at is not None:
        rests.append(f"written {memory.learned_at:%Y-%m-%d}")
    facts = f" ({', '.join(rests)})" if rests else ""
    return f'{memory.path} says: "{_shorten(said).rstrip(".")}"{facts}.'


def _shorten(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1].rstrip() + "…"


def name_sides(pairs: Iterable[Disagreement]) -> str:
    """Return in a sentence each which texts say otherwise."""
    return " ".join(
        f'{pair.right} says otherwise: "{_shorten(pair.said_right).rstrip(".")}".' for pair in pairs
    )
