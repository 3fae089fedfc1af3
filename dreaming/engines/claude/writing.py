"""The second half: from memory and all observations one answer with changes, held against them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dreaming.engines.base import (
    Candidate,
    DreamMaterial,
    Dropped,
    EngineMemory,
    EngineSession,
    Quote,
)
from dreaming.engines.claude import prompts
from dreaming.engines.claude.asking import Question, Reply
from dreaming.engines.claude.options import Options
from dreaming.engines.claude.reading import Seen
from dreaming.engines.claude.records import between
from dreaming.engines.claude.replies import Proposals, Proposed, read_items, schema_of
from dreaming.engines.wording import cut_title

NAME = "write"
LEAST_SESSIONS = 2
MOST_CHANGES = 40
MOST_OBSERVATIONS = 2_000
MOST_CHARACTERS = 1_200_000
QUOTES_A_CANDIDATE = 12
SHARED_WORDS = 5
"""So many words in a row of a session that stand in a text came from there."""

_WORD = re.compile(r"\w+")


def question_of(
    material: DreamMaterial, seen: Sequence[Seen], mark: str, options: Options
) -> Question:
    """Return the request for the changes; memory and observations stand between the marks."""
    rows = [_memory(memory) for memory in material.memories]
    rows += [_observation(number, one) for number, one in enumerate(seen, start=1)]
    rows += [
        {"sent_back": note.path, "asked": note.words, "pattern": note.pattern_key[:12]}
        for note in material.notes
    ]
    told = between(mark, "\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    asked = f"\n\nThe person who starts this asks: {material.instructions}"
    system = prompts.WRITE.format(mark=mark, least=LEAST_SESSIONS, most=MOST_CHANGES)
    return Question(
        NAME,
        {
            "model": options.write_model,
            "max_tokens": options.write_tokens,
            "system": system + (asked if material.instructions else ""),
            "messages": [{"role": "user", "content": told}],
            "output_config": {"format": schema_of(Proposals)},
        },
    )


def _memory(memory: EngineMemory) -> dict[str, object]:
    return {"memory": memory.path, "title": memory.title, "text": memory.content}


def _observation(number: int, one: Seen) -> dict[str, object]:
    said = one.said
    return {
        "observation": number,
        "session": one.session,
        "kind": said.kind,
        "topic": said.topic,
        "tool": said.tool,
        "signal": said.signal,
        "recovered": said.recovered,
        "statement": said.statement,
        "relation": sorted({quote.relation for quote in one.quotes}),
    }


def choose(seen: Sequence[Seen]) -> tuple[tuple[Seen, ...], tuple[Dropped, ...]]:
    """Return the observations one request can hold, those whose topic recurs first.

    Their order stays that of the sessions, so that equal readings ask the same question.
    """
    counts: dict[str, set[str]] = {}
    for one in seen:
        counts.setdefault(topic_of(one.said.topic), set()).add(one.session)
    ranked = sorted(
        enumerate(seen), key=lambda pair: (-len(counts[topic_of(pair[1].said.topic)]), pair[0])
    )
    kept, size = set(), 0
    for place, one in ranked[:MOST_OBSERVATIONS]:
        size += len(json.dumps(_observation(0, one)))
        if size > MOST_CHARACTERS:
            break
        kept.add(place)
    left = len(seen) - len(kept)
    dropped = (Dropped("observations", f"{left} of topics seen least were not taken further."),)
    return tuple(one for at, one in enumerate(seen) if at in kept), dropped if left else ()


def topic_of(topic: str) -> str:
    """Return a topic as patterns are known by it: its words in lower case."""
    return " ".join(_WORD.findall(topic.lower()))


@dataclass(frozen=True, slots=True)
class Written:
    """The changes of an answer as candidates, and what of it was left out."""

    candidates: tuple[Candidate, ...]
    dropped: tuple[Dropped, ...]


def written_of(material: DreamMaterial, reply: Reply, seen: Sequence[Seen]) -> Written:
    """Return what an answer proposes.

    What no observation supports is left out: then nothing that was said stands behind it.
    """
    try:
        read = read_items(reply.text, "proposals", Proposed, "the writing")
    except ValueError as error:
        return Written((), (Dropped("the writing", f"The answer cannot be read: {error}."),))
    dropped = list(read.dropped)
    found: list[Candidate] = []
    for said in read.items[:MOST_CHANGES]:
        behind = [seen[number - 1] for number in said.observations if 1 <= number <= len(seen)]
        if not behind:
            dropped.append(Dropped(said.title, "It names no observation of this dream."))
            continue
        found.append(_candidate(said, behind))
    return Written(tuple(_traced(one, material) for one in _once(found)), tuple(dropped))


def _candidate(said: Proposed, behind: Sequence[Seen]) -> Candidate:
    words = all(one.said.signal == "words" for one in behind)
    supports = [one for one in behind if any(q.relation == "supports" for q in one.quotes)]
    return Candidate(
        kind=said.kind,
        tool=said.tool,
        template=topic_of(said.topic),
        statement=said.statement.strip(),
        title=cut_title(said.title),
        matched=frozenset(one.session for one in supports),
        quotes=_quotes(behind),
        signal="words" if words else "outcome",
        recovered=frozenset(one.session for one in supports if one.said.recovered),
        rationale=said.rationale.strip(),
        op=said.op,
        path=said.path if said.op != "create" else "",
    )


def _quotes(behind: Sequence[Seen]) -> tuple[Quote, ...]:
    """Return quotes of different sessions first, what speaks against it among them."""
    firsts = [one.quotes[0] for one in behind]
    rest = [quote for one in behind for quote in one.quotes[1:]]
    against = [quote for quote in (*firsts, *rest) if quote.relation == "contradicts"]
    ordered = dict.fromkeys([*against[:2], *firsts, *rest])
    return tuple(ordered)[:QUOTES_A_CANDIDATE]


def _once(found: Sequence[Candidate]) -> list[Candidate]:
    """Return one candidate a pattern and a path: the first."""
    seen: set[tuple[str, ...]] = set()
    kept = []
    for one in found:
        names = (
            {("path", one.path)} if one.path else {("pattern", one.kind, one.tool, one.template)}
        )
        if not names & seen:
            kept.append(one)
        seen |= names
    return kept


def _traced(candidate: Candidate, material: DreamMaterial) -> Candidate:
    """Return the candidate with the trust of everybody whose words may stand in its text.

    A model wrote it, so at best it is an agent's; what it quotes and what it shares words with can
    only lower that.
    """
    wanted = {quote.session for quote in candidate.quotes} | candidate.matched
    quoted = {(quote.session, quote.event) for quote in candidate.quotes}
    runs = _runs(candidate.statement)
    sources = {"agent"}
    for session in material.sessions:
        if session.id in wanted:
            sources |= _trusts(session, quoted, runs)
    return replace(candidate, sources=tuple(sorted(sources)))


def _trusts(session: EngineSession, quoted: set[tuple[str, int]], runs: frozenset[str]) -> set[str]:
    return {
        event.trust
        for event in session.events
        if (session.id, event.index) in quoted or (runs and runs & _runs(event.text))
    }


def _runs(text: str) -> frozenset[str]:
    words = _WORD.findall(text.lower())
    return frozenset(
        " ".join(words[at : at + SHARED_WORDS]) for at in range(len(words) - SHARED_WORDS + 1)
    )
