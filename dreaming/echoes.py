"""Lines an agent was given from memory, found again in what its sessions say.

Text that repeats memory is no evidence for that memory. Letters' case and white space do not count.
"""

from collections import Counter

SHORTEST_REMEMBERED = 24
"""Characters: a shorter line of memory could stand in a session by chance."""


class Echoes:
    """Finds any of many lines in a text, in time that grows with the text and not with the lines.

    A line stands in a text only where every inner word of it stands there between blanks, so each
    line is looked for only where its rarest inner word is.
    """

    __slots__ = ("_by_word", "_wordless")

    def __init__(self, lines: frozenset[str]) -> None:
        """Take lines as `lines_worth_finding` returns them."""
        inner = {line: line.split(" ")[1:-1] for line in sorted(lines)}
        common = Counter(word for words in inner.values() for word in set(words))
        self._by_word: dict[str, list[str]] = {}
        self._wordless: list[str] = []
        for line, words in inner.items():
            if words:
                rarest = min(words, key=lambda word: (common[word], -len(word), word))
                self._by_word.setdefault(rarest, []).append(line)
            else:
                self._wordless.append(line)

    def __bool__(self) -> bool:
        return bool(self._by_word or self._wordless)

    def are_in(self, text: str) -> bool:
        """Say whether `text` holds one of the lines."""
        words = text.lower().split()
        near = self._by_word.keys() & set(words)
        if not near and not self._wordless:
            return False
        folded = " ".join(words)
        return any(line in folded for word in near for line in self._by_word[word]) or any(
            line in folded for line in self._wordless
        )


NOTHING_GIVEN = Echoes(frozenset())


def lines_worth_finding(content: str) -> frozenset[str]:
    """Return the lines of a memory that are long enough to be recognised in a transcript.

    In lower case, without the marks of lists and headings, every run of white space one blank.
    """
    folded = (_fold(line.lstrip("#*->0123456789. ")) for line in content.splitlines())
    return frozenset(line for line in folded if len(line) >= SHORTEST_REMEMBERED)


def _fold(text: str) -> str:
    return " ".join(text.lower().split())
