"""Reads: what an agent is given at the start of a session.

A session keeps the releases it began with, one of its agent's store and one of the shared store,
always less what is quarantined now. The same releases, budget and quarantine state give the same
bytes, which this process keeps; the first read of a session is recorded, a repeat writes nothing.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from threading import Lock

from django.db.models import Q

from agents import clock
from agents.context import Remembered, render
from agents.errors import InvalidInput, UnknownRelease
from agents.memory import LIVE
from agents.models import Agent, Channel, Memory, MemoryRead, MemoryVersion, Release
from agents.read_records import (
    READER_WAIT_MS,
    ReadRecord,
    file_spooled_reads,
    record_read,
    spooled_reads,
)
from agents.releases import contents, quarantined
from agents.stores import ReleaseLine, text_sha256
from agents.transcripts.limits import fault_of_word
from agents.web.ids import spell_id

__all__ = ["Item", "MemoryText", "file_spooled_reads", "forget_renderings", "read_memory"]

MAX_BUDGET_TOKENS = 1_000_000
KEPT_RENDERINGS = 32
KEY_FORM = 1
"""Grows when the same releases would be rendered to other bytes."""

OVERRIDDEN = "the agent's own memory has this path"
QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Item:
    """One memory that was considered: M-`memory` in `version`, whether it is in the text, why."""

    memory: int
    version: int
    path: str
    is_in: bool
    reason: str


@dataclass(frozen=True, slots=True)
class MemoryText:
    """What a session is given. etag names text and session; sha256 is of the text's UTF-8.

    tokens: an estimate of the text's. items: every memory considered, in order, in or out and why.
    """

    text: str
    etag: str
    sha256: str
    release: Release
    shared_release: Release
    tokens: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """The release of the agent's own store and that of the shared one."""

    own: Release
    shared: Release


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A text and how it came about; shared by every read with the same key."""

    key: str
    text: str
    sha256: str
    tokens: int
    items: tuple[Item, ...]


def read_memory(
    agent: Agent, external_session_id: str, budget_tokens: int, *, pinned_release: int | None = None
) -> MemoryText:
    """Return what the session is given within the budget, and record the read if it is new.

    pinned_release: number of R-…, of the agent's own store or the shared one, to read instead of
    what the session began with. Raises InvalidInput and UnknownRelease.
    """
    _check(external_session_id, budget_tokens)
    file_spooled_reads(READER_WAIT_MS)
    pair, recorded = _find_reads(agent, external_session_id)
    if pair is None:
        pair = _live_pair(agent)
    if pinned_release is not None:
        pair = _pinned(agent, pair, pinned_release)
    rendered = _render(agent, pair, budget_tokens)
    if rendered.key not in recorded:
        record_read(_record_of(agent, external_session_id, budget_tokens, pair, rendered))
    return MemoryText(
        text=rendered.text,
        etag=_etag_of(rendered.key, external_session_id),
        sha256=rendered.sha256,
        release=pair.own,
        shared_release=pair.shared,
        tokens=rendered.tokens,
        items=rendered.items,
    )


def forget_renderings() -> None:
    """Drop the texts this process keeps; tests begin so."""
    with _lock:
        _kept.clear()


def _check(external_session_id: str, budget_tokens: int) -> None:
    if not external_session_id:
        raise InvalidInput("session is missing: give the id of the session that begins.")
    if fault := fault_of_word("external_id", external_session_id):
        raise InvalidInput(f"session: {fault}.")
    if not 1 <= budget_tokens <= MAX_BUDGET_TOKENS:
        raise InvalidInput(f"budget_tokens is 1 to {MAX_BUDGET_TOKENS:,}, not {budget_tokens:,}.")


def _find_reads(agent: Agent, external_session_id: str) -> tuple[_Pair | None, set[str]]:
    """Return what the session began with, None when this is its first read, and its keys so far."""
    reads = MemoryRead.objects.filter(agent=agent, external_session_id=external_session_id)
    found = [
        *reads.order_by("pk").values_list("release_id", "shared_release_id", "rendering__key"),
        *(
            (record.release, record.shared_release, record.key)
            for record in spooled_reads(agent.pk, external_session_id)
        ),
    ]
    if not found:
        return None, set()
    own, shared, _ = found[0]
    return _pair_of(own, shared), {key for _, _, key in found}


def _live_pair(agent: Agent) -> _Pair:
    live: dict[int | None, int] = dict(
        Channel.objects.filter(
            Q(store__agent=agent) | Q(store__agent=None),
            name=LIVE,
            store__workspace=agent.workspace_id,
        ).values_list("store__agent", "release")
    )
    return _pair_of(live[agent.pk], live[None])


def _pair_of(own: int, shared: int) -> _Pair:
    releases = Release.objects.in_bulk([own, shared])
    return _Pair(own=releases[own], shared=releases[shared])


def _pinned(agent: Agent, pair: _Pair, number: int) -> _Pair:
    """Return the pair with the release of that number in its place."""
    release = (
        Release.objects.filter(
            Q(store__agent=agent) | Q(store__agent=None),
            workspace=agent.workspace_id,
            number=number,
        )
        .select_related("store")
        .first()
    )
    if release is None:
        raise UnknownRelease(
            f"{spell_id('R', number)} is no release of {agent.slug} or of the shared memory."
        )
    if release.store.agent_id is None:
        return _Pair(own=pair.own, shared=release)
    return _Pair(own=release, shared=pair.shared)


_kept: OrderedDict[str, _Rendered] = OrderedDict()
_lock = Lock()


def _render(agent: Agent, pair: _Pair, budget_tokens: int) -> _Rendered:
    """Return the text of two releases within the budget: a kept one, else rendered now."""
    own, shared = contents(pair.own), contents(pair.shared)
    held = {line.memory_id for line in (*own, *shared)}
    limits = quarantined(agent.workspace)
    out = {
        line.memory_id for line in (*own, *shared) if line.version <= limits.get(line.memory_id, 0)
    }
    pinned = held & set(
        Memory.objects.filter(workspace=agent.workspace_id, pinned=True).values_list(
            "pk", flat=True
        )
    )
    key = _key_of(agent, pair, budget_tokens, out, pinned)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    rendered = _render_now(key, own, shared, out, pinned, budget_tokens)
    with _lock:
        _kept[key] = rendered
        while len(_kept) > KEPT_RENDERINGS:
            _kept.popitem(last=False)
    return rendered


def _key_of(agent: Agent, pair: _Pair, budget_tokens: int, out: set[int], pinned: set[int]) -> str:
    """Return the name of a rendering: SHA-256 over everything its bytes depend on."""
    parts = [
        KEY_FORM,
        agent.workspace_id,
        [[r.pk, r.sha256, r.created_at.isoformat()] for r in (pair.own, pair.shared)],
        budget_tokens,
        sorted(out),
        sorted(pinned),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _etag_of(key: str, external_session_id: str) -> str:
    """Return an ETag only this session can have: who sends it back was recorded before."""
    return hashlib.sha256(f"{key}\0{external_session_id}".encode()).hexdigest()[:40]


def _render_now(
    key: str,
    own: Collection[ReleaseLine],
    shared: Collection[ReleaseLine],
    out: set[int],
    pinned: set[int],
    budget_tokens: int,
) -> _Rendered:
    """Render what is served: own paths win over shared ones, quarantined memories are left out."""
    own_paths = {line.path for line in own}
    considered = [*own, *(line for line in shared if line.path not in own_paths)]
    served = [line for line in considered if line.memory_id not in out]
    context = render(remember(served, {line.memory_id for line in shared}, pinned), budget_tokens)
    return _Rendered(
        key=key,
        text=context.text,
        sha256=text_sha256(context.text),
        tokens=context.tokens,
        items=(
            *(
                Item(place.memory, place.version, place.path, place.is_in, place.reason)
                for place in context.places
            ),
            *(_item_of(line, QUARANTINED) for line in considered if line.memory_id in out),
            *(_item_of(line, OVERRIDDEN) for line in shared if line.path in own_paths),
        ),
    )


def _item_of(line: ReleaseLine, reason: str) -> Item:
    return Item(line.memory, line.version, line.path, is_in=False, reason=reason)


def remember(
    lines: Collection[ReleaseLine], shared: set[int], pinned: set[int]
) -> list[Remembered]:
    """Return the memories of these lines as the renderer takes them."""
    rows = MemoryVersion.objects.filter(pk__in=[line.version_id for line in lines])
    facts = {
        pk: (content, support, last_evidence_at)
        for pk, content, support, last_evidence_at in rows.values_list(
            "pk", "content", "support", "last_evidence_at"
        )
    }
    return [
        Remembered(
            line.memory,
            line.version,
            line.path,
            *facts[line.version_id],
            is_pinned=line.memory_id in pinned,
            is_shared=line.memory_id in shared,
        )
        for line in lines
    ]


def _record_of(
    agent: Agent, external_session_id: str, budget_tokens: int, pair: _Pair, rendered: _Rendered
) -> ReadRecord:
    return ReadRecord(
        workspace=agent.workspace_id,
        agent=agent.pk,
        session=external_session_id,
        release=pair.own.pk,
        shared_release=pair.shared.pk,
        budget_tokens=budget_tokens,
        key=rendered.key,
        sha256=rendered.sha256,
        tokens=rendered.tokens,
        items=[
            {
                "memory": item.memory,
                "version": item.version,
                "path": item.path,
                "in": item.is_in,
                "reason": item.reason,
            }
            for item in rendered.items
        ],
        at=clock.now().isoformat(),
    )
