"""The request whose work this is: its id stands in every entry and log line written for it."""

import logging
from contextvars import ContextVar

current_request: ContextVar[str | None] = ContextVar("current_request", default=None)
"""The id the middleware gave the request; None in workers, commands and tests of verbs."""


class RequestName(logging.Filter):
    """Puts the id of the request being answered on every log line, "-" outside requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Name the request on the record and let it through."""
        record.request_id = current_request.get() or "-"
        return True
