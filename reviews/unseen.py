"""What somebody has to have seen before their approval counts: rules as values. Pure.

A rejection needs none of it: turning down what one did not read keeps memory as it is.
"""

from dataclasses import dataclass

LONG_WORDS = 300
"""Words added and removed from which on a change is long: more than a screen shows at once."""

NO_SUPPORT_RISKS = frozenset({"high"})
"""Risks at which a quote that supports the change has to be opened, where there is one."""


@dataclass(frozen=True, slots=True)
class Due:
    """What there is to see of a proposal. against, supports: positions of its quotes.

    words: added and removed by the change.
    """

    risk: str
    against: tuple[int, ...] = ()
    supports: tuple[int, ...] = ()
    words: int = 0

    @property
    def quotes(self) -> int:
        """Return how many quotes the proposal has."""
        return len(self.against) + len(self.supports)

    @property
    def is_long(self) -> bool:
        """Say whether the end of the change has to have been on the screen."""
        return self.words > LONG_WORDS


@dataclass(frozen=True, slots=True)
class Seen:
    """What one person has seen of the newest revision: quotes opened, the change to its end."""

    opened: frozenset[int] = frozenset()
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """One thing that is still unseen. words: a sentence; anchor: the id where it stands.

    label: what the link there is called.
    """

    words: str
    anchor: str
    label: str


def find_unseen(due: Due, seen: Seen) -> tuple[Left, ...]:
    """Return what still has to be seen before an approval counts, the most telling first."""
    left = [
        Left(
            f"Quote {position} speaks against it and was not opened.",
            f"quote-{position}",
            f"Go to quote {position}",
        )
        for position in due.against
        if position not in seen.opened
    ]
    is_asked = due.risk in NO_SUPPORT_RISKS and due.supports
    if is_asked and seen.opened.isdisjoint(due.supports):
        words = "Its risk is high, and no quote that supports it was opened."
        left.append(Left(words, f"quote-{due.supports[0]}", f"Go to quote {due.supports[0]}"))
    if due.is_long and not seen.is_read:
        words = f"The change is long ({due.words:,} words), and its end was not on your screen."
        left.append(Left(words, "change-end", "Go to its end"))
    return tuple(left)
