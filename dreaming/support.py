"""Which of the sessions an engine names show its pattern by themselves.

A session that only repeats what its agent was given from memory supports nothing: else a memory
would grow more certain by being read. Engines are not relied on for this.
"""

import re
from collections.abc import Iterable, Sequence, Set

from dreaming.engines.base import Candidate, EngineEvent, EngineSession

_WORD = re.compile(r"[^\W\d]{3,}")
_SAYS_IT = 0.8
_DOES_IT = 0.5

Words = Set[str]


def find_echoes(
    candidates: Sequence[Candidate], sessions: Iterable[EngineSession]
) -> dict[int, frozenset[str]]:
    """Return place of a candidate -> those of `sessions` it names that only repeat memory.

    sessions: the ones in which something repeats memory; each is looked at once.
    """
    named: dict[str, list[int]] = {}
    for place, candidate in enumerate(candidates):
        for name in candidate.matched:
            named.setdefault(name, []).append(place)
    signs = [read_signs(candidate) for candidate in candidates]
    echoes: dict[int, set[str]] = {}
    for session in sessions:
        parts = _Parts(session)
        for place in named.get(session.id, ()):
            if is_echo(candidates[place], signs[place], parts):
                echoes.setdefault(place, set()).add(session.id)
    return {place: frozenset(found) for place, found in echoes.items()}


def read_signs(candidate: Candidate) -> tuple[Words, ...]:
    """Return the sets of words by which a candidate is recognised in an event, each once."""
    texts = (candidate.template, candidate.statement, *(quote.text for quote in candidate.quotes))
    signs = dict.fromkeys(frozenset(find_words(text)) for text in texts)
    return tuple(sign for sign in signs if sign)


def find_words(text: str) -> Words:
    """Return the words of a text in lower case: three letters or more, no numbers."""
    return set(_WORD.findall(text.lower()))


class _Parts:
    """A session's events parted into what repeats memory and what is its own, words found late."""

    def __init__(self, session: EngineSession) -> None:
        self.session = session
        self.told = [find_words(event.text) for event in session.events if event.remembered]
        self.own = [event for event in session.events if not event.remembered]
        self._own_words: list[Words] | None = None

    @property
    def own_words(self) -> list[Words]:
        if self._own_words is None:
            checks = [find_words(f"{one.name} {one.message}") for one in self.session.checks]
            self._own_words = [*map(_words_of, self.own), *checks]
        return self._own_words

    @property
    def acts(self) -> Words:
        return {
            word for event in self.own if event.kind == "tool_call" for word in _words_of(event)
        }


def _words_of(event: EngineEvent) -> Words:
    return find_words(f"{event.tool} {event.text}")


def is_echo(candidate: Candidate, signs: Sequence[Words], parts: "_Parts") -> bool:
    """Say whether a session shows a candidate only by repeating memory.

    It does not when a quote stands in an event of its own, when what it repeats is about something
    else, when an event of its own says the same, or, for what sessions do, when its calls do it.
    """
    texts = {event.index: event.text for event in parts.own}
    for quote in candidate.quotes:
        if quote.session == parts.session.id and quote.text in texts.get(quote.event, ""):
            return False
    if not _say(parts.told, signs):
        return False
    if _say(parts.own_words, signs):
        return False
    return not (candidate.claim and _covers(parts.acts, find_words(candidate.template), _DOES_IT))


def _say(events: Iterable[Words], signs: Sequence[Words]) -> bool:
    return any(_covers(words, sign, _SAYS_IT) for words in events for sign in signs)


def _covers(words: Words, sign: Words, share: float) -> bool:
    return bool(sign) and len(sign & words) >= share * len(sign)
