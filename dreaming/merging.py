"""Folding memories that say the same into one text that keeps everything they say. Pure.

Identical after normalising: a rule may settle it. Nearly the same: only ever proposed, and only
where the text that stays loses no number, no name and no negation of any part.
"""

from collections.abc import Collection, Iterable, Sequence

from dreaming.engines.base import Dropped, EngineMemory
from dreaming.likeness import (
    PARAPHRASE,
    NearIndex,
    covers,
    form_of,
    normalise_text,
    split_statements,
)
from dreaming.loss import lost_tokens
from reviews.changes import Change, Op, Trust, lowest_trust

TITLE_LIMIT = 60
CONTENT_BYTES = 102_400
NEAR_LIMIT = 4_000
"""Characters: a longer text is not compared for being nearly the same."""


def fold_identical(memories: Iterable[EngineMemory]) -> tuple[Change, ...]:
    """Return a merge for each group of memories that say the same after normalising.

    The text that stays is a protected or pinned one, else the best supported, else the first path;
    protected and pinned memories are never folded away. Nothing is lost: the same words remain.
    """
    groups: dict[str, list[EngineMemory]] = {}
    for memory in _order(memories):
        groups.setdefault(normalise_text(memory.content), []).append(memory)
    changes = []
    for text, (kept, *others) in sorted(groups.items()):
        folded = [m for m in others if may_go(m)]
        if text and folded:
            changes.append(_fold_same(kept, folded))
    return tuple(sorted(changes, key=lambda change: change.path))


def may_go(memory: EngineMemory) -> bool:
    """Say whether a memory may be folded into another: neither protected nor pinned."""
    return not (memory.protected or memory.pinned)


def _order(memories: Iterable[EngineMemory]) -> list[EngineMemory]:
    """Return the memories so that the one that should stay comes before those folded into it."""
    return sorted(memories, key=lambda m: (not m.protected, not m.pinned, -m.support, m.path))


def _fold_same(kept: EngineMemory, folded: Sequence[EngineMemory]) -> Change:
    paths = tuple(sorted(memory.path for memory in folded))
    return Change(
        op=Op.MERGE,
        path=kept.path,
        content=kept.content,
        base_version=kept.version,
        title="Fold identical memories into one",
        rationale=f"{', '.join(paths)} and {kept.path} say the same. One of them stays.",
        taint=lowest_taint((kept, *folded)),
        merged=paths,
    )


def lowest_taint(memories: Iterable[EngineMemory]) -> Trust:
    """Return the lowest trust among the words of `memories`."""
    return lowest_trust(tuple(Trust(memory.taint) for memory in memories))


def fold_near(
    memories: Iterable[EngineMemory], taken: Collection[str]
) -> tuple[tuple[Change, ...], tuple[Dropped, ...]]:
    """Return a merge for each group of near duplicates, and the groups that cannot be merged.

    taken: paths that have a change already. A group is what is near to its first memory; a memory
    is in one group only.
    """
    left = [
        memory
        for memory in _order(memories)
        if memory.path not in taken and 0 < len(memory.content.strip()) <= NEAR_LIMIT
    ]
    index = NearIndex(
        ((memory.path, form_of(memory.content)) for memory in left), at_least=PARAPHRASE
    )
    by_path = {memory.path: memory for memory in left}
    grouped: set[str] = set()
    changes: list[Change] = []
    dropped: list[Dropped] = []
    for kept in left:
        if kept.path in grouped:
            continue
        near = [by_path[path] for path in index.find_all(form_of(kept.content))]
        folded = [m for m in near if m is not kept and m.path not in grouped and may_go(m)]
        if not folded:
            continue
        grouped |= {kept.path, *(memory.path for memory in folded)}
        content = merge_texts(kept.content, [memory.content for memory in folded])
        if why := _refuse_merge(kept, folded, content):
            dropped.append(Dropped(f"merge of {_name_paths((kept, *folded))}", why))
        else:
            changes.append(_fold_like(kept, folded, content))
    return tuple(sorted(changes, key=lambda change: change.path)), tuple(dropped)


def _name_paths(memories: Iterable[EngineMemory]) -> str:
    return ", ".join(sorted(memory.path for memory in memories))


def _refuse_merge(kept: EngineMemory, folded: Sequence[EngineMemory], content: str) -> str:
    """Return why the text must not be proposed, '' when it may."""
    if lost := lost_tokens([memory.content for memory in (kept, *folded)], content):
        return f"They say nearly the same, but one text would lose {', '.join(lost)}."
    if kept.protected and content != kept.content:
        return f"They say nearly the same, but {kept.path} is protected: a person merges them."
    if len(content.encode()) > CONTENT_BYTES:
        return "They say nearly the same, but together they are longer than a memory may be."
    return ""


def _fold_like(kept: EngineMemory, folded: Sequence[EngineMemory], content: str) -> Change:
    paths = tuple(sorted(memory.path for memory in folded))
    says = "says" if len(paths) == 1 else "say"
    return Change(
        op=Op.MERGE,
        path=kept.path,
        content=content,
        base_version=kept.version,
        title=(kept.title or next(iter(split_statements(content)), kept.path))[:TITLE_LIMIT],
        rationale=(
            f"{', '.join(paths)} {says} nearly the same as {kept.path}. "
            "The text that stays keeps every number, name and negation of them."
        ),
        taint=lowest_taint((kept, *folded)),
        merged=paths,
    )


def merge_texts(kept: str, others: Sequence[str]) -> str:
    """Return one text for near duplicates: the first that has every word of the others.

    Where none has, `kept` followed by the statements of the others it does not say.
    """
    texts = (kept, *others)
    for text in texts:
        if all(_holds(text, other) for other in texts):
            return text
    return _unite(kept, others)


def _holds(text: str, other: str) -> bool:
    return covers(form_of(text), form_of(other)) and not lost_tokens([other], text)


def _unite(kept: str, others: Sequence[str]) -> str:
    said = {normalise_text(statement) for statement in split_statements(kept)}
    added: list[str] = []
    for other in others:
        for statement in split_statements(other):
            plain = normalise_text(statement)
            if plain and plain not in said:
                said.add(plain)
                added.append(statement)
    return "\n".join([kept.rstrip(), *added]) + "\n"
