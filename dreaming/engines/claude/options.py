"""How the engine is set up, read from the options it is made with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

PLATFORMS = ("api", "bedrock", "vertex")
HOST = "api.anthropic.com"
RECORDING = "recording"
"""The key of a stand-in whose answers were written beforehand; an engine with it says so."""


@dataclass(frozen=True, slots=True)
class Options:
    """key, base_url, platform and region: where Claude is reached. read_model reads sessions.

    read_tokens, write_tokens: the most that may come back to one request. concurrency: requests at
    once; batches: whether Message Batches are used instead. prices: as costs.prices_of takes them.
    """

    key: str = ""
    base_url: str = ""
    platform: str = "api"
    region: str = "global"
    read_model: str = "claude-haiku-5-5"
    write_model: str = "claude-sonnet-5-5"
    read_tokens: int = 4_000
    write_tokens: int = 16_000
    concurrency: int = 4
    batches: bool = False
    prices: str = ""
    timeout_s: int = 600
    retries: int = 2

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Return the options that `given` spells; what it leaves out keeps its default."""
        words = {name: given[name] for name in _WORDS if given.get(name)}
        numbers = {name: int(given[name]) for name in _NUMBERS if given.get(name)}
        batches = {"batches": True} if given.get("batches") == "true" else {}
        return cls(**words, **numbers, **batches)  # type: ignore[arg-type]  # by name, as declared

    @property
    def mark(self) -> str:
        """Return what an engine's version ends with: that its answers are a recording, or ''."""
        return f"/{RECORDING}" if self.key == RECORDING else ""

    @property
    def destination(self) -> str:
        """Return the region that a workspace allows or does not, such as anthropic:global."""
        if self.platform == "api":
            return f"anthropic:{self.region}" if not self.base_url else self._elsewhere
        cloud = {"bedrock": "aws", "vertex": "gcp"}[self.platform]
        return f"{cloud}:{self.region}"

    @property
    def _elsewhere(self) -> str:
        host = self.base_url.split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0]
        return f"anthropic:{self.region}" if host == HOST else f"host:{host}"


_WORDS = ("key", "base_url", "platform", "region", "read_model", "write_model", "prices")
_NUMBERS = ("read_tokens", "write_tokens", "concurrency", "timeout_s", "retries")
