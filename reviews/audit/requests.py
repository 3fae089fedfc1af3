"""The request whose work this is: its id stands in every entry and log line written for it."""

from contextvars import ContextVar

current_request: ContextVar[str | None] = ContextVar("current_request", default=None)
"""The id the middleware gave the request; None in workers, commands and tests of verbs."""
