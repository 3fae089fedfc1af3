"""What the vendor's statuses and errors mean to who runs a hosted dream, with the way out."""

from collections.abc import Mapping

import anthropic

from dreaming.engines.base import EngineError
from dreaming.engines.claude.options import Options

RUNNING = frozenset({"pending", "running"})
FINAL = frozenset({"completed", "failed", "canceled"})
AGAIN = "Start a new dream to try again."
FAILURES: Mapping[str, str] = {
    "timeout": f"It took longer than the vendor allows. Dream over fewer sessions. {AGAIN}",
    "internal_error": f"The vendor's own work broke. {AGAIN}",
    "memory_store_org_limit_exceeded": (
        "The organisation has as many memory stores as it may. Delete some at the vendor. " + AGAIN
    ),
    "input_memory_store_too_large": (
        "The store is larger than a dream reads there. Retire or merge memories first. " + AGAIN
    ),
    "input_memory_store_unavailable": (
        "The store was archived or deleted at the vendor while it was dreamt over. Link another."
    ),
    "input_session_unavailable": (
        "A session was archived or deleted at the vendor while it was read. Sync its sessions. "
        + AGAIN
    ),
}
"""The types of failure that are known; the list is open at the vendor's side."""


def say_failure(dream: str, kind: str, message: str) -> str:
    """Return what a failed dream tells: its type in words, or its own words where it is new."""
    known = FAILURES.get(kind)
    if known:
        return f"{dream} failed at the vendor. {known}"
    told = f": {message}" if message else "."
    return f'{dream} failed at the vendor with "{kind or "no type"}"{told} {AGAIN}'


def say_canceled(dream: str) -> str:
    """Return what it means that somebody else cancelled a dream."""
    return f"{dream} was cancelled at the vendor, not from here. Nothing was filed. {AGAIN}"


def say_unknown(dream: str, status: str) -> str:
    """Return what an unknown status means: nothing that can be built on."""
    return (
        f'{dream} has the status "{status}" at the vendor, which this version of Daybreak does not '
        "know. It was called off and nothing was filed. Update Daybreak, or dream with another "
        "engine."
    )


def say_late(dream: str, hours: float) -> str:
    """Return what it means that a dream used up its time."""
    return (
        f"{dream} was not done after {hours:g} hours and was called off. Nothing was filed. Dream "
        "over fewer sessions."
    )


def say_dearer(dream: str) -> str:
    """Return what it means that a dream costs more than its starter agreed to."""
    return (
        f"{dream} costs more at the vendor than was agreed to and was called off. Nothing was "
        "filed. Dream over fewer sessions, or start it without being asked."
    )


def say_nothing_written(dream: str) -> str:
    """Return what it means that a completed dream names no store."""
    return f"{dream} is completed at the vendor and names no output. Nothing was filed. {AGAIN}"


def say_foreign(dream: str, store: str) -> str:
    """Return what it means that a dream names a store as its output that it did not make."""
    return (
        f"{dream} names {store} as its output, which was there before it. Nothing was read from it "
        "and it was left as it is. Ask the vendor what became of this dream."
    )


def explain(error: anthropic.APIError, options: Options) -> EngineError:
    """Return what an error of the API means: one sentence with the way out, and its request id."""
    words, permanent = _words(error, options)
    request = getattr(error, "request_id", None)
    return EngineError(f"{words} (request {request})" if request else words, permanent=permanent)


def passes(error: anthropic.APIError) -> bool:
    """Say whether the error is one that time alone may mend."""
    if isinstance(error, anthropic.APIStatusError):
        return error.status_code in {408, 409, 429} or error.status_code >= 500
    return True


def _words(error: anthropic.APIError, options: Options) -> tuple[str, bool]:
    if isinstance(error, anthropic.APIStatusError):
        return _words_of_status(error, options), not passes(error)
    if isinstance(error, anthropic.APITimeoutError):
        return "Claude Managed Agents did not answer in time; it is asked again later.", False
    if isinstance(error, anthropic.APIConnectionError):
        return (
            f"Claude Managed Agents cannot be reached at {options.destination}: look at this "
            "machine's network and DAYBREAK_MANAGED_BASE_URL."
        ), False
    return "The answer of Claude Managed Agents broke off; it is asked again later.", False


def _words_of_status(error: anthropic.APIStatusError, options: Options) -> str:
    known = {
        401: "Claude Managed Agents does not accept the key. Look at DAYBREAK_MANAGED_API_KEY.",
        402: "The account at Anthropic cannot be billed. Look at its plan, then dream again.",
        403: "The key may not do this. Ask who gave it out for access to Dreams and memory stores.",
        404: "The linked store or a session is not at the vendor any more. Sync, or link another.",
        409: "Something else works on the same store at the vendor; it is tried again later.",
        429: "A rate or spending limit at the vendor is reached; it is tried again later.",
        529: "Claude Managed Agents is overloaded; it is tried again later.",
    }
    if error.status_code in known:
        return known[error.status_code]
    if error.status_code == 400:
        # Which models dream, and what a store may hold, is not published: its own words say it.
        return (
            f"Claude Managed Agents refused the request: {_message(error)} Look at the store, and "
            f"at DAYBREAK_MANAGED_MODEL ({options.write_model})."
        )
    if passes(error):
        return f"Claude Managed Agents is failing (status {error.status_code}); tried again later."
    return f"Claude Managed Agents refused the request (status {error.status_code})."


def _message(error: anthropic.APIStatusError) -> str:
    body = error.body if isinstance(error.body, Mapping) else {}
    told = body.get("error")
    words = str(told.get("message", "")) if isinstance(told, Mapping) else ""
    return f'"{words[:300]}".' if words else "it did not say why."
