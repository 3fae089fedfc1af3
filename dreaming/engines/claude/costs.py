"""What requests cost: prices by model, and the sum of what answers say was used."""

from collections.abc import Mapping
from dataclasses import dataclass

from dreaming.engines.base import EngineError

MICROS = 1_000_000
BATCH_SHARE = 0.5
CACHE_WRITE_SHARE = 1.25
CACHE_READ_SHARE = 0.1
PRICES: Mapping[str, tuple[float, float]] = {
    "claude-haiku-5-5": (0.10, 0.50),
    "claude-haiku-4-5": (1.0, 5.0),
    "claude-sonnet-5": (2.0, 10.0),
    "claude-sonnet-5-5": (2.0, 10.0),
    "claude-sonnet-4-6": (3.0, 15.0),
    "claude-opus-5": (5.0, 25.0),
    "claude-opus-5-5": (4.0, 20.0),
}
"""US dollars for a million tokens in and out, as published in autumn 2026; settings go before."""

USED = (
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
)


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one model in dollars a million tokens; is_batch: at the price of a batch."""

    input: float
    output: float
    is_batch: bool = False

    def cost(self, usage: Mapping[str, int]) -> int:
        """Return what `usage` (as USED) costs, in millionths of a dollar, rounded up."""
        read = usage.get("input_tokens", 0)
        read_as = (
            read
            + CACHE_WRITE_SHARE * usage.get("cache_creation_input_tokens", 0)
            + CACHE_READ_SHARE * usage.get("cache_read_input_tokens", 0)
        )
        dollars = (read_as * self.input + usage.get("output_tokens", 0) * self.output) / MICROS
        return -int(-dollars * MICROS * (BATCH_SHARE if self.is_batch else 1) // 1)


def prices_of(model: str, given: str, *, is_batch: bool = False) -> Prices | None:
    """Return the prices of a model, None where nobody said them.

    given: settings as `model=in/out,...` in dollars a million tokens, which go before PRICES.
    Raises EngineError for what cannot be read.
    """
    found = {**PRICES, **_read(given)}.get(model)
    return None if found is None else Prices(*found, is_batch=is_batch)


def _read(given: str) -> dict[str, tuple[float, float]]:
    prices: dict[str, tuple[float, float]] = {}
    for one in filter(None, (part.strip() for part in given.split(","))):
        model, _, both = one.partition("=")
        into, _, out = both.partition("/")
        try:
            prices[model.strip()] = (float(into), float(out))
        except ValueError as error:
            raise EngineError(
                f'The price "{one}" cannot be read; write it as claude-sonnet-5-5=2/10.',
                permanent=True,
            ) from error
    return prices


def add_up(*usages: Mapping[str, int]) -> dict[str, int]:
    """Return the sum of usages, name by name."""
    total: dict[str, int] = {}
    for usage in usages:
        for name, amount in usage.items():
            total[name] = total.get(name, 0) + amount
    return total
