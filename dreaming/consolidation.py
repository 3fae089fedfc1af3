"""Measured patterns become changes to memory, or are listed with the reason why not.

One change a path a dream, nothing twice, and nothing that is already known: a pattern is known by
its key, by equal text after normalising, by standing word for word within a memory, or by
near-equal text whose numbers and negation agree. What grew or disagrees is proposed as that.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypedDict

from dreaming.contradictions import (
    ClaimIndex,
    Disagreement,
    flag_contradictions,
    name_sides,
    say_side,
    unsettled_text,
)
from dreaming.engines.base import Candidate, Dropped, EngineMemory
from dreaming.engines.wording import cut_text, cut_title
from dreaming.likeness import (
    SAME,
    Form,
    NearIndex,
    form_of,
    normalise_text,
    say_the_same,
    split_statements,
)
from dreaming.loss import list_names
from dreaming.measures import Measured
from dreaming.merging import fold_identical, fold_near, lowest_taint
from dreaming.precedents import (
    ALREADY_IN_MEMORY,
    Known,
    Precedent,
    comes_back,
    has_doubled,
    say_return,
)
from dreaming.sentences import sentences
from reviews.changes import Change, Evidence, Op, PatternFacts, Trust, Unsourced, lowest_trust

PATH_BYTES = 1024
PATH_SEGMENTS = 20
CONTENT_BYTES = 102_400
TITLE_LIMIT = 60
_SLUG_LIMIT = 48
_NAMED = 3
_NAMED_WORDS = 120

LISTED = "listed"
STALE = "stale"
"""A kind whose reason is told by the engine: how often it was seen says nothing more."""

PATH_TAKEN = "Another change of this dream has this path."


@dataclass(frozen=True, slots=True)
class Listed:
    """A pattern that led to no change: why, and the change of this dream that says the same."""

    key: str
    title: str
    statement: str
    status: str
    reference: str
    why: str


@dataclass(frozen=True, slots=True)
class Consolidated:
    """What a dream comes to, the patterns it only lists, and what had to be left out.

    changes do not depend on what is known already, so that equal sessions give equal ones. settled:
    path of a change -> (status, human id or path) where a person or memory has dealt with it; such
    a change is shown and not filed.
    """

    changes: tuple[Change, ...]
    settled: Mapping[str, tuple[str, str]]
    listed: tuple[Listed, ...]
    dropped: tuple[Dropped, ...]


@dataclass(slots=True)
class _Work:
    """What has been decided so far in one consolidation."""

    changes: dict[str, Change] = field(default_factory=dict)
    settled: dict[str, tuple[str, str]] = field(default_factory=dict)
    listed: list[Listed] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    forms: list[tuple[str, Form]] = field(default_factory=list)
    claims: ClaimIndex = field(default_factory=lambda: ClaimIndex(()))

    @property
    def taken(self) -> set[str]:
        """Return every path that has a change: its own, or one that folds it in."""
        return self.changes.keys() | {p for one in self.changes.values() for p in one.merged}

    def keep(self, change: Change) -> None:
        self.changes[change.path] = change
        if change.op is Op.CREATE:
            self.forms.append((change.path, form_of(change.content)))
            self.claims.add(change.path, change.content)

    def list_only(self, one: Measured, why: str, reference: str = "") -> None:
        self.listed.append(
            Listed(one.key, one.candidate.title, one.candidate.statement, LISTED, reference, why)
        )


def consolidate(
    measured: Iterable[Measured],
    evidence: Mapping[str, Sequence[Evidence]],
    memories: Sequence[EngineMemory],
    known: Known,
    *,
    scope: str,
    shared: Mapping[str, str] | None = None,
) -> Consolidated:
    """Return the changes the patterns and the store's own state lead to.

    Order: texts engines propose, patterns (clearest first), then what the memories themselves call
    for: identical ones folded, contradictions, near duplicates. evidence: pattern key -> checked
    evidence. memories: the store's live ones. known: what the agent's and the shared store, open
    proposals and rejections already hold. scope: 'agent', or 'workspace' for the shared store,
    which takes patterns of two or more agents only. shared: M-id -> text of the shared store, for
    an agent's dream.
    """
    work = _Work()
    index = _MemoryIndex(memories, shared or {})
    for one in sorted(measured, key=_rank):
        quotes = tuple(evidence.get(one.key, ()))
        if one.candidate.path:
            _take_text(work, one, quotes, index)
        elif why := explain_listing(one, scope=scope):
            work.list_only(one, why)
        else:
            _take_pattern(work, one, quotes, index, known.get(one.key))
    _tidy(work, memories)
    changes = tuple(work.changes.values())
    return Consolidated(changes, work.settled, tuple(work.listed), tuple(work.dropped))


def _rank(one: Measured) -> tuple[bool, bool, int, str]:
    return not one.candidate.path, not one.is_told, -one.sessions, one.key


def _tidy(work: _Work, memories: Sequence[EngineMemory]) -> None:
    """Fold what says the same, and flag what disagrees; a path has one change a dream."""
    for change in fold_identical(memories):
        if not {change.path, *change.merged} & work.taken:
            work.keep(change)
    flagged, listed = flag_contradictions(memories, work.taken)
    for change in flagged:
        work.keep(change)
    folded, refused = fold_near(memories, work.taken)
    for change in folded:
        work.keep(change)
    work.dropped += (*listed, *refused)


def explain_listing(one: Measured, *, scope: str) -> str:
    """Return why a pattern is listed and not proposed, '' when it may become a change."""
    if one.shortfall:
        return one.shortfall
    if scope == "workspace" and one.agents < 2:
        return "Seen at one agent; shared memory takes patterns of two or more."
    return ""


class _MemoryIndex:
    """A store's live memories, to be asked whether they hold a pattern or a text."""

    def __init__(self, memories: Sequence[EngineMemory], shared: Mapping[str, str]) -> None:
        self.by_path = {memory.path: memory for memory in memories}
        ordered = sorted(memories, key=lambda memory: memory.path)
        self.by_key = {m.pattern_key: m for m in reversed(ordered) if m.pattern_key}
        texts = [(m.path, m.content) for m in ordered]
        texts += [(name, shared[name]) for name in sorted(shared)]
        self.by_text = {normalise_text(text): name for name, text in reversed(texts)}
        self.by_statement = dict(_read_statements(reversed(texts)))
        self.near = NearIndex(((name, form_of(text)) for name, text in texts), at_least=SAME)
        self.claims = ClaimIndex(texts)

    def own(self, one: Measured, path: str) -> EngineMemory | None:
        """Return the store's memory of this very pattern: by its key, else at its path."""
        return self.by_key.get(one.key) or self.by_path.get(path)

    def find_text(self, one: Measured, content: str) -> str:
        """Return the path, or M-id of a shared memory, that says the same already; '' for none."""
        texts = (content, one.candidate.statement)
        for text in texts:
            if held := self.by_text.get(normalise_text(text), ""):
                return held
        plain = normalise_text(one.candidate.statement)
        if held := self.by_statement.get(plain, ""):
            return held
        return next((held for text in texts if (held := self.near.find(form_of(text)))), "")


def _read_statements(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, text in texts:
        for statement in split_statements(text):
            yield normalise_text(statement), name


def find_near(form: Form, forms: Iterable[tuple[str, Form]]) -> str:
    """Return the path of the first text that is a near duplicate of `form`, '' where none is."""
    return next((path for path, other in forms if say_the_same(form, other)), "")


def _take_pattern(
    work: _Work,
    one: Measured,
    quotes: tuple[Evidence, ...],
    memories: _MemoryIndex,
    before: Precedent | None,
) -> None:
    """Make a pattern a change: new, grown, or at odds with memory; say where it stands already."""
    candidate = one.candidate
    if not quotes:
        work.dropped.append(Dropped(candidate.title, "None of its quotes was found."))
        return
    content = render_memory(candidate)
    path = make_path(candidate.kind, candidate.title, one.key)
    if twin := find_near(form_of(content), work.forms):
        work.list_only(one, f"It says nearly the same as {twin} of this dream.", twin)
        return
    change = _make_change(one, Op.CREATE, path, content, None, quotes)
    returns = before is not None and comes_back(before, **_now(one))
    if before is not None and returns:
        change = _say_first(change, say_return(before, **_now(one)))
    memory = memories.own(one, path)
    renewed = _renew(change, one, memory, before) if memory is not None else None
    if renewed is not None and renewed.path not in work.taken:
        work.keep(renewed)
    elif before is not None and not returns:
        work.keep(change)
        work.settled[path] = (before.status, before.reference)
    elif held := memory.path if memory is not None else memories.find_text(one, content):
        work.keep(change)
        work.settled[path] = (ALREADY_IN_MEMORY, held)
    else:
        work.keep(_face_memory(work, change, memories))


def _now(one: Measured) -> "_Now":
    return {"sessions": one.sessions, "is_told": one.is_told}


class _Now(TypedDict):
    sessions: int
    is_told: bool


def _say_first(change: Change, words: str) -> Change:
    return replace(change, rationale=f"{words} {change.rationale}")


def _renew(
    change: Change, one: Measured, memory: EngineMemory, before: Precedent | None
) -> Change | None:
    """Return the update of a memory whose pattern has grown, None where it has not.

    Its text grows with it only where it is still what a dream proposed and now names more; what a
    person wrote stays. Else the same text is filed again with what it rests on now, which ranks it.
    """
    told = before is not None and before.sessions > 0 and one.is_told and not before.is_told
    wrote = before.proposed if before is not None else ""
    new = sorted(list_names(change.content) - list_names(memory.content))
    if new and wrote == memory.content and one.sessions > memory.support and not memory.protected:
        names = ", ".join(f"`{name}`" for name in new[:5])
        update = replace(change, op=Op.UPDATE, path=memory.path, base_version=memory.version)
        return _say_first(update, f"It names more than when it was approved: {names}.")
    if not told and not (memory.support and has_doubled(memory.support, one.sessions)):
        return None
    update = replace(
        change,
        op=Op.UPDATE,
        path=memory.path,
        content=memory.content,
        base_version=memory.version,
        title=cut_title(f"Raise: {memory.title or change.title}"),
        taint=Trust(memory.taint),
    )
    return _say_first(update, _say_proof(one, memory, is_newly_told=told))


def _say_proof(one: Measured, memory: EngineMemory, *, is_newly_told: bool) -> str:
    then = f"{memory.support} session{'' if memory.support == 1 else 's'}"
    seen = f"It proved itself: it rested on {then} when it was approved, and on {one.sessions} now."
    told = " How these sessions ended tells an effect now." if is_newly_told else ""
    return f"{seen}{told} The text stays as it is; it is only ranked higher."


def _face_memory(work: _Work, change: Change, memories: _MemoryIndex) -> Change:
    """Return a new pattern as it is filed beside what disagrees with it.

    At odds with a memory of the store: one text with both sides, in that memory's place. At odds
    with shared or protected memory, or with another pattern of the dream: filed with the other side
    named.
    """
    against = memories.claims.find(change.path, change.content)
    for pair in against:
        memory = memories.by_path.get(pair.right)
        if memory is not None and not memory.protected and memory.path not in work.taken:
            return _oppose(change, memory, pair)
    against += work.claims.find(change.path, change.content)
    if not against:
        return change
    return replace(change, rationale=f"{change.rationale} {name_sides(against)}")


def _oppose(change: Change, memory: EngineMemory, pair: Disagreement) -> Change:
    content = unsettled_text(memory.content, change.content)
    if len(content.encode()) > CONTENT_BYTES:
        return replace(change, rationale=f"{change.rationale} {name_sides([pair])}")
    return replace(
        change,
        op=Op.UPDATE,
        path=memory.path,
        content=content,
        base_version=memory.version,
        title=cut_title(f"Contradiction: {change.title}"),
        rationale=(
            f"Sessions show what {memory.path} does not say: {pair.difference}. "
            f'{say_side(memory, pair.said_right)} Sessions show: "{pair.said_left}" '
            f"{change.rationale} Which of them holds is for a person to say."
        ),
        taint=lowest_trust((change.taint, lowest_taint((memory,)))),
    )


def _take_text(
    work: _Work, one: Measured, quotes: tuple[Evidence, ...], memories: _MemoryIndex
) -> None:
    """Take a text an engine proposes for a path of its own choosing, or drop it with the reason."""
    candidate = one.candidate
    memory = memories.by_path.get(candidate.path)
    reason = _refuse_text(work, candidate, memory)
    if reason:
        work.dropped.append(Dropped(f"{candidate.op} of {candidate.path!a}", reason))
        return
    op = Op(candidate.op)
    if op is Op.CREATE and memory is not None:
        op = Op.UPDATE
    content = "" if op is Op.RETIRE else candidate.statement
    base = memory.version if memory is not None else None
    change = _make_change(one, op, candidate.path, content, base, quotes)
    work.keep(replace(change, unsourced=_how_unsourced(candidate, quotes)))
    if memory is not None and op is not Op.RETIRE and content == memory.content:
        work.settled[memory.path] = (ALREADY_IN_MEMORY, memory.path)


def _how_unsourced(candidate: Candidate, quotes: Sequence[Evidence]) -> Unsourced:
    if not quotes:
        return Unsourced.WHOLE
    return Unsourced.PART if candidate.unfounded else Unsourced.NOTHING


def _refuse_text(work: _Work, candidate: Candidate, memory: EngineMemory | None) -> str:
    if wrong := check_path(candidate.path):
        return wrong
    if candidate.op not in {Op.CREATE, Op.UPDATE, Op.RETIRE}:
        return f'"{candidate.op}" is no operation an engine may ask for.'
    if candidate.path in work.taken:
        return PATH_TAKEN
    if candidate.op != Op.CREATE and memory is None:
        return "There is no memory at this path."
    return "" if candidate.op == Op.RETIRE else check_text(candidate.statement)


def check_text(text: str) -> str:
    """Return what is wrong with a memory's text by the stores' limits, '' when nothing is."""
    size = len(text.encode())
    if not text.strip():
        return "The text is empty."
    return "" if size <= CONTENT_BYTES else f"It has {size} bytes; {CONTENT_BYTES} are allowed."


def _make_change(
    one: Measured,
    op: Op,
    path: str,
    content: str,
    base_version: int | None,
    quotes: tuple[Evidence, ...],
) -> Change:
    candidate = one.candidate
    return Change(
        op=op,
        path=path,
        content=content,
        base_version=base_version,
        title=candidate.title[:TITLE_LIMIT],
        rationale=render_rationale(one, has_source=bool(quotes)),
        evidence=quotes,
        pattern=PatternFacts(
            kind=candidate.kind,
            key=one.key,
            statement=candidate.statement,
            signal=candidate.signal,
            numbers=one.numbers,
        ),
        taint=lowest_trust(tuple(Trust(source) for source in candidate.sources)),
    )


def render_memory(candidate: Candidate) -> str:
    """Return the memory's Markdown: the instruction, then what else helped; no numbers."""
    parts = (candidate.statement.strip(), candidate.recovery.strip())
    return "\n\n".join(part for part in parts if part) + "\n"


def render_rationale(one: Measured, *, has_source: bool) -> str:
    """Return why this is proposed, in sentences; numbers stand here and not in the memory."""
    missing = one.candidate.unfounded
    told = [] if has_source else ["No source found."]
    if has_source and missing:
        named = ", ".join(f'"{cut_text(words, _NAMED_WORDS)}"' for words in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        told.append(f"No source found for {named}{more}.")
    if one.candidate.rationale:
        told.append(one.candidate.rationale.strip())
    if one.sessions and one.candidate.kind != STALE:
        told += sentences(one)
    if one.recovered:
        told.append(f"{one.recovered} of {one.sessions} sessions got past it.")
    if one.candidate.signal == "words":
        told.append("It rests on what people said, not on how sessions ended.")
    return " ".join(told)


def make_path(kind: str, title: str, key: str) -> str:
    """Return /<kind>/<slug>-<first eight of the key>.md, valid for every store."""
    slug = _slugify(title)
    if len(slug) > _SLUG_LIMIT:
        slug = slug[: _SLUG_LIMIT + 1].rsplit("-", 1)[0][:_SLUG_LIMIT]
    return f"/{_slugify(kind) or 'pattern'}/{slug or 'memory'}-{key[:8]}.md"


def _slugify(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def check_path(path: str) -> str:
    """Return what is wrong with a path by the stores' limits, '' when nothing is."""
    segments = path.split("/")[1:]
    if not path.startswith("/") or not segments or any(s in {"", ".", ".."} for s in segments):
        return 'A path begins with "/" and has no empty, "." or ".." part.'
    if len(segments) > PATH_SEGMENTS:
        return f"A path has at most {PATH_SEGMENTS} parts."
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs"} for letter in path):
        return "A path has no control, format or surrogate characters."
    if len(path.encode()) > PATH_BYTES:
        return f"A path has at most {PATH_BYTES} bytes."
    if unicodedata.normalize("NFC", path) != path:
        return "A path is in Unicode form NFC."
    return ""
