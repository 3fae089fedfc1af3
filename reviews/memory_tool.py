"""The memory tool as agents use it: they read approved memory, and what they write is proposed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from agents.errors import InvalidInput, InvalidPath, StoreFull
from agents.memory import heads_of
from agents.models import Agent, MemoryStore, MemoryVersion, Token
from agents.numbers import take_numbers
from agents.reads import MAX_BUDGET_TOKENS, read_memory
from agents.stores import check_content, check_path, text_sha256
from agents.tokens import actor_of_token
from reviews import lifecycle
from reviews.changes import Change, Op, Trust
from reviews.errors import InvalidChange
from reviews.memory_commands import Write, run_command, say_proposed
from reviews.models import OriginKind, Proposal
from reviews.origins import Origin
from reviews.proposals import file_proposals, title_of

MOST_WAITING = 50
"""Proposals of one agent that may wait: a loop that writes without end must not fill the queue."""
MODEL_ERRORS = (InvalidChange, InvalidInput, InvalidPath, StoreFull)
"""What a model can mend itself, told in its own words; the loop around it goes on."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the model is told. proposals: names of those its writes became or wait as."""

    words: str
    proposals: tuple[str, ...] = ()


def use_memory(agent: Agent, session: str, command: Mapping[str, Any], *, token: Token) -> Told:
    """Run one command of the memory tool for a session of `agent`.

    It sees what the session began with, less what is quarantined now; the read is recorded. A
    write changes nothing: it is filed as a proposal on the head of its path. Raises one of
    MODEL_ERRORS with what the model can do about it.
    """
    texts = approved_texts(agent, session)
    outcome = run_command(command, texts)
    if not outcome.writes:
        return Told(outcome.words)
    return propose_writes(agent, session, outcome.writes, texts=texts, token=token)


def propose_writes(
    agent: Agent,
    session: str,
    writes: Sequence[Write],
    *,
    texts: Mapping[str, str],
    token: Token,
    said: str = "",
) -> Told:
    """File what a session of `agent` wants its memory to say; nothing changes by it.

    texts: what the session may read, by path. said: the reason it gave, which nobody checked.
    Raises one of MODEL_ERRORS.
    """
    store = MemoryStore.objects.select_related("workspace", "agent").get(agent=agent)
    _refuse_flood(store)
    heads = _heads_of(store, writes)
    _refuse_stale(heads, texts)
    changes = [_change_of(one, heads.get(one.path), _reason(session, said)) for one in writes]
    filed, waiting = _propose(store, changes, token)
    return Told(say_proposed(filed, waiting), (*filed, *waiting))


def approved_texts(agent: Agent, session: str) -> dict[str, str]:
    """Return path -> text of everything the session may read; the read is recorded."""
    read = read_memory(agent, session, MAX_BUDGET_TOKENS)
    wanted = {(item.memory, item.version): item.path for item in read.items if item.is_in}
    versions = MemoryVersion.objects.filter(
        memory__workspace=agent.workspace_id,
        memory__number__in={memory for memory, _ in wanted},
        number__in={version for _, version in wanted},
    ).values_list("memory__number", "number", "content")
    return {
        wanted[memory, number]: content
        for memory, number, content in versions
        if (memory, number) in wanted
    }


def _refuse_flood(store: MemoryStore) -> None:
    waiting = Proposal.objects.filter(store=store, waits=1, origin_kind=OriginKind.AGENT)
    if waiting.count() >= MOST_WAITING:
        raise InvalidChange(
            f"{MOST_WAITING} of your proposals wait for a decision; nothing more is taken until "
            "people have decided some."
        )


def _heads_of(store: MemoryStore, writes: Sequence[Write]) -> dict[str, MemoryVersion]:
    heads = heads_of(store).filter(memory__path__in=[one.path for one in writes])
    return {head.memory.path: head for head in heads}


def _refuse_stale(heads: Mapping[str, MemoryVersion], texts: Mapping[str, str]) -> None:
    """Raise InvalidChange where the session saw another text than the head of the path is now."""
    for path, head in heads.items():
        if texts.get(path, "") != head.content:
            raise InvalidChange(
                f"{path} has changed since this session began; a new session sees it."
            )


def _propose(
    store: MemoryStore, changes: Sequence[Change], token: Token
) -> tuple[list[str], list[str]]:
    """File each change that does not wait already; return the names of both."""
    twins = [_open_twin(store, change) for change in changes]
    new = [change for change, twin in zip(changes, twins, strict=True) if twin is None]
    agent = store.agent
    origin = Origin(OriginKind.AGENT, agent.slug if agent else "shared", str(agent or "Shared"))
    numbers = take_numbers(store.workspace, "P", len(new)) if new else ()
    with transaction.atomic(durable=True):
        filed = file_proposals(
            store,
            new,
            origin=origin,
            actor=actor_of_token(token),
            cause=None,
            numbers=list(numbers),
        )
    return [str(one) for one in filed], [str(twin) for twin in twins if twin is not None]


def _change_of(write: Write, head: MemoryVersion | None, rationale: str) -> Change:
    check_path(write.path)
    if write.text is not None:
        check_content(write.path, write.text)
    elif head is None:
        raise InvalidChange(f"{write.path} is shared memory; only its own is an agent's to change.")
    if head is not None and write.text == head.content:
        raise InvalidChange(f"{write.path} says this already.")
    op = Op.RETIRE if write.text is None else Op.UPDATE if head else Op.CREATE
    return Change(
        op=op,
        path=write.path,
        content=write.text or "",
        base_version=head.number if head else None,
        title=title_of(write.text) if write.text else f"Retire {write.path}",
        rationale=rationale,
        taint=Trust.AGENT,
    )


def _reason(session: str, said: str) -> str:
    wrote = f"The agent wrote this to its memory during its session {session}."
    return f"{wrote} It said: {said}" if said else wrote


def _open_twin(store: MemoryStore, change: Change) -> Proposal | None:
    same = Proposal.objects.filter(
        store=store,
        path=change.path,
        op=change.op.value,
        content_sha256=text_sha256(change.content),
        state__in=[*lifecycle.OPEN, "scheduled"],
    )
    return same.first()
