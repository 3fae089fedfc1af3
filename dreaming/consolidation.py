"""Measured patterns become changes to memory, or are listed with the reason why not.

One change a path a dream, nothing twice, and nothing that is already known: a pattern is known by
its key, by equal text after normalising, or by near-equal text whose numbers and negation agree.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from dreaming.engines.base import Candidate, Dropped, EngineMemory
from dreaming.likeness import NEAR, Form, form_of, likeness, normalise_text
from dreaming.statistics import Measured, sentences
from reviews.changes import Change, Evidence, Op, PatternFacts, Trust, lowest_trust

PATH_BYTES = 1024
PATH_SEGMENTS = 20
CONTENT_BYTES = 102_400
TITLE_LIMIT = 60
LOSS_LIMIT = Fraction(1, 4)
_SLUG_LIMIT = 48

LISTED = "listed"
ALREADY_IN_MEMORY = "already_in_memory"

Known = Mapping[str, tuple[str, str]]
"""Pattern key -> (already_open | rejected_before | already_in_memory, human id or path)."""


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


@dataclass(frozen=True, slots=True)
class Loss:
    """What a dream's changes would take from a store; shares are of what stood there before."""

    memories: int
    removed: int
    size_bytes: int
    lost_bytes: int
    protected: tuple[str, ...] = ()
    leaves_empty: bool = False

    @property
    def removed_share(self) -> Fraction:
        """Return the share of memories removed, 0 for an empty store."""
        return Fraction(self.removed, self.memories) if self.memories else Fraction(0)

    @property
    def shrunk_share(self) -> Fraction:
        """Return the share of bytes removed or cut away, 0 for an empty store."""
        return Fraction(self.lost_bytes, self.size_bytes) if self.size_bytes else Fraction(0)


@dataclass(slots=True)
class _Work:
    """What has been decided so far in one consolidation."""

    changes: dict[str, Change] = field(default_factory=dict)
    settled: dict[str, tuple[str, str]] = field(default_factory=dict)
    listed: list[Listed] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    forms: list[tuple[str, Form]] = field(default_factory=list)

    def keep(self, change: Change) -> None:
        self.changes[change.path] = change
        self.forms.append((change.path, form_of(change.content)))

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
) -> Consolidated:
    """Return the changes the patterns lead to, sorted by path of work: clearest first.

    evidence: pattern key -> checked evidence. memories: the store's live ones. known: what the
    agent's and the shared store, open proposals and rejections already hold. scope: 'agent', or
    'workspace' for the shared store, which takes patterns of two or more agents only.
    """
    work = _Work()
    memory_index = _MemoryIndex(memories)
    for one in sorted(measured, key=_rank):
        quotes = tuple(evidence.get(one.key, ()))
        if one.candidate.path:
            _take_text(work, one, quotes, memory_index)
        elif why := explain_listing(one, scope=scope):
            work.list_only(one, why)
        else:
            _take_pattern(work, one, quotes, memory_index, known)
    for change in fold_identical(memories):
        if change.path not in work.changes and not set(change.merged) & work.changes.keys():
            work.keep(change)
    changes = tuple(work.changes.values())
    return Consolidated(changes, work.settled, tuple(work.listed), tuple(work.dropped))


def _rank(one: Measured) -> tuple[bool, int, str]:
    return not one.is_told, -one.sessions, one.key


def explain_listing(one: Measured, *, scope: str) -> str:
    """Return why a pattern is listed and not proposed, '' when it may become a change."""
    if one.shortfall:
        return one.shortfall
    if scope == "workspace" and one.agents < 2:
        return "Seen at one agent; shared memory takes patterns of two or more."
    return ""


class _MemoryIndex:
    """A store's live memories, to be asked whether they hold a pattern or a text."""

    def __init__(self, memories: Sequence[EngineMemory]) -> None:
        self.by_path = {memory.path: memory for memory in memories}
        ordered = sorted(memories, key=lambda memory: memory.path)
        self.by_key = {m.pattern_key: m.path for m in reversed(ordered) if m.pattern_key}
        self.by_text = {normalise_text(m.content): m.path for m in reversed(ordered)}
        self.forms = [(m.path, form_of(m.content)) for m in ordered]

    def find(self, one: Measured, path: str, content: str) -> str:
        """Return the path that already holds the pattern or says its text, '' where none does."""
        statement = one.candidate.statement
        held = path if path in self.by_path else self.by_key.get(one.key, "")
        for known in (held, *map(self._find_equal, (content, statement))):
            if known:
                return known
        near = (find_near(form_of(text), self.forms) for text in (content, statement))
        return next((found for found in near if found), "")

    def _find_equal(self, text: str) -> str:
        return self.by_text.get(normalise_text(text), "")


def find_near(form: Form, forms: Iterable[tuple[str, Form]]) -> str:
    """Return the path of the first text that is a near duplicate of `form`, '' where none is."""
    return next((path for path, other in forms if likeness(form, other, at_least=NEAR)), "")


def _take_pattern(
    work: _Work,
    one: Measured,
    quotes: tuple[Evidence, ...],
    memories: _MemoryIndex,
    known: Known,
) -> None:
    """Make a pattern a change under its own path, and say where it stands already."""
    candidate = one.candidate
    if not quotes:
        work.dropped.append(Dropped(candidate.title, "None of its quotes was found."))
        return
    content = render_memory(candidate)
    path = make_path(candidate.kind, candidate.title, one.key)
    if twin := find_near(form_of(content), work.forms):
        work.list_only(one, f"It says nearly the same as {twin} of this dream.", twin)
        return
    work.keep(_make_change(one, Op.CREATE, path, content, None, quotes))
    if one.key in known:
        work.settled[path] = known[one.key]
    elif held := memories.find(one, path, content):
        work.settled[path] = (ALREADY_IN_MEMORY, held)


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
    work.keep(_make_change(one, op, candidate.path, content, base, quotes))
    if memory is not None and op is not Op.RETIRE and content == memory.content:
        work.settled[memory.path] = (ALREADY_IN_MEMORY, memory.path)


def _refuse_text(work: _Work, candidate: Candidate, memory: EngineMemory | None) -> str:
    if wrong := check_path(candidate.path):
        return wrong
    if candidate.op not in {Op.CREATE, Op.UPDATE, Op.RETIRE}:
        return f'"{candidate.op}" is no operation an engine may ask for.'
    if candidate.path in work.changes:
        return "Another change of this dream has this path."
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
    told = [] if has_source else ["No source found."]
    if one.candidate.rationale:
        told.append(one.candidate.rationale.strip())
    if one.sessions:
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


def fold_identical(memories: Iterable[EngineMemory]) -> tuple[Change, ...]:
    """Return a merge for each group of memories that say the same after normalising.

    The text that stays is a protected or pinned one, else the first path; protected and pinned
    memories are never folded away. Nothing is lost: the same words remain.
    """
    groups: dict[str, list[EngineMemory]] = {}
    for memory in sorted(memories, key=lambda m: (not m.protected, not m.pinned, m.path)):
        groups.setdefault(normalise_text(memory.content), []).append(memory)
    changes = []
    for text, (kept, *others) in sorted(groups.items()):
        folded = [m for m in others if not (m.protected or m.pinned)]
        if text and folded:
            changes.append(_make_merge(kept, folded))
    return tuple(sorted(changes, key=lambda change: change.path))


def _make_merge(kept: EngineMemory, folded: Sequence[EngineMemory]) -> Change:
    paths = tuple(sorted(memory.path for memory in folded))
    return Change(
        op=Op.MERGE,
        path=kept.path,
        content=kept.content,
        base_version=kept.version,
        title="Fold identical memories into one",
        rationale=f"{', '.join(paths)} and {kept.path} say the same. One of them stays.",
        taint=lowest_trust(tuple(Trust(memory.taint) for memory in (kept, *folded))),
        merged=paths,
    )


def measure_loss(changes: Iterable[Change], memories: Iterable[EngineMemory]) -> Loss:
    """Return what `changes` would take from the store that holds `memories`.

    Folding a memory into an identical text that stays is no removal; shrinking counts only what
    becomes shorter. Sizes are bytes of UTF-8.
    """
    before = {memory.path: memory for memory in memories}
    removed: set[str] = set()
    created: set[str] = set()
    touched: set[str] = set()
    lost = 0
    for change in changes:
        touched |= {change.path, *change.merged} & before.keys()
        gone = {change.path} if change.op is Op.RETIRE else set()
        gone |= {p for p in change.merged if p in before and not _stays(before[p], change)}
        removed |= gone & before.keys()
        lost += sum(_size(before[path].content) for path in gone if path in before)
        if change.op is not Op.RETIRE and change.path in before:
            lost += max(0, _size(before[change.path].content) - _size(change.content))
        elif change.op is not Op.RETIRE:
            created.add(change.path)
    return Loss(
        memories=len(before),
        removed=len(removed),
        size_bytes=sum(_size(memory.content) for memory in before.values()),
        lost_bytes=lost,
        protected=tuple(sorted(path for path in touched if before[path].protected)),
        leaves_empty=bool(before) and len(removed) == len(before) and not created,
    )


def _stays(memory: EngineMemory, change: Change) -> bool:
    return normalise_text(memory.content) == normalise_text(change.content)


def _size(text: str) -> int:
    return len(text.encode())


def is_over_budget(loss: Loss) -> bool:
    """Say whether two people must let the dream through: a quarter lost, protected, or emptied."""
    return (
        loss.removed_share > LOSS_LIMIT
        or loss.shrunk_share > LOSS_LIMIT
        or bool(loss.protected)
        or loss.leaves_empty
    )
