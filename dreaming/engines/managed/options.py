"""How hosted dreams are set up, read from the options the engine is made with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from dreaming.engines.claude.options import Options as Reach

MODEL = "claude-opus-5"
TIMEOUT_S = "60"
NO_KEY = (
    "No key is set for Claude Managed Agents. Set DAYBREAK_MANAGED_API_KEY (or "
    "DAYBREAK_MANAGED_API_KEY_FILE), or dream with another engine."
)
NOT_LINKED = (
    "This memory is not linked to a store at Claude Managed Agents, so nothing can be dreamt "
    "there. A lead links it; until then dream with another engine."
)


@dataclass(frozen=True, slots=True)
class Options:
    """reach: where the vendor is and with which key; its write_model is the one that dreams.

    hours: how long a dream may take there before it is called off. poll_s, most_poll_s: seconds to
    the first look at it, and at most between two.
    """

    reach: Reach
    hours: float = 12.0
    poll_s: float = 10.0
    most_poll_s: float = 60.0

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Return the options that `given` spells; what it leaves out keeps its default."""
        numbers = {name: float(given[name]) for name in _NUMBERS if given.get(name)}
        model = given.get("write_model") or MODEL
        # No answer of the vendor's is long in coming: what takes hours is the dream.
        reach = {"timeout_s": TIMEOUT_S, **given, "write_model": model}
        return cls(Reach.of(reach), **numbers)

    @property
    def unready(self) -> str:
        """Return why no request can be made with these options, '' when one can be tried."""
        return "" if self.reach.key else NO_KEY


_NUMBERS = ("hours", "poll_s", "most_poll_s")
