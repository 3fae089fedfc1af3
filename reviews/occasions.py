"""When a session comes to what a memory is about: the rule, and nothing but the rule. Pure.

A memory that names tools is about calling them. One that names none is about what people ask for:
its telling words are those that not every session is opened with, whatever the language.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]{4,}")
_NAME = re.compile(r"[\w.-]+")
MOST_WORDS = 24
"""Words of a memory that are looked for, from its beginning."""

ENOUGH_WORDS = 3
COMMON = 3
"""A word that one session in so many is opened with tells nothing."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a session has to show: a call of one of the tools, or so many of the words.

    Without tools and words nothing is an occasion for the memory.
    """

    tools: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    @property
    def needed(self) -> int:
        """Return how many of the words have to stand in what a session is opened with."""
        return min(ENOUGH_WORDS, len(self.words))


def tools_named(text: str, known: Collection[str]) -> frozenset[str]:
    """Return those of the `known` tools that stand in the text under their whole names."""
    names = {name.strip(".-") for name in _NAME.findall(text)}
    return frozenset(names & set(known))


def telling_words(text: str, openings: Sequence[str]) -> frozenset[str]:
    """Return the words of the text that tell one session from another by what it is opened with."""
    wanted = list(dict.fromkeys(_words_of(text)))[:MOST_WORDS]
    opened = [frozenset(_words_of(opening)) for opening in openings]
    most = len(opened) // COMMON
    return frozenset(word for word in wanted if 0 < sum(word in one for one in opened) <= most)


def comes_to(occasion: Occasion, tools: Collection[str], opening: str) -> bool:
    """Say whether a session that called `tools` and was opened with `opening` met the occasion."""
    if occasion.tools:
        return not occasion.tools.isdisjoint(tools)
    found = occasion.words.intersection(_words_of(opening))
    return bool(occasion.words) and len(found) >= occasion.needed


def _words_of(text: str) -> Iterable[str]:
    return (word.casefold() for word in _WORD.findall(text))
