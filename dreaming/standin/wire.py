"""What goes over the wire: answers, errors and times in the vendor's shapes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

JSON = "application/json"
ERRORS: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came. path: without the query; headers: names in lower case."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: Any

    def one(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else default


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. cut_after: bytes of the body after which the connection breaks."""

    body: bytes
    status: int = 200
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None


def answer(body: Any, status: int = 200) -> Answer:
    """Return `body` as JSON."""
    return Answer(json.dumps(body, ensure_ascii=False).encode(), status)


def refuse(status: int, message: str, kind: str = "", **more: Any) -> Answer:
    """Return an error in the vendor's shape. kind: its type where the status does not say it.

    headers: such as {"retry-after": "0"}.
    """
    headers = more.pop("headers", {})
    error = {"type": kind or ERRORS[status], "message": message, **more}
    body = json.dumps({"type": "error", "error": error}).encode()
    return Answer(body, status, headers=headers)


class Refused(Exception):
    """Raised by a handler; the server sends its answer."""

    def __init__(self, refusal: Answer) -> None:
        super().__init__(refusal.body.decode())
        self.answer = refusal


def spell_now() -> str:
    """Return the present moment as the vendor spells it."""
    return spell(datetime.now(UTC))


def spell(at: datetime) -> str:
    """Return a moment as the vendor spells it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def page(rows: Sequence[Mapping[str, Any]], asked: Asked, *, most: int = 100) -> Answer:
    """Return one page of `rows`: `limit` of them from where the cursor `page` points."""
    limit = int(asked.one("limit", "20"))
    if not 1 <= limit <= most:
        raise Refused(refuse(400, f"limit: must be between 1 and {most}"))
    start = int(asked.one("page", "p0").removeprefix("p") or "0")
    rest = start + limit < len(rows)
    return answer(
        {
            "data": list(rows[start : start + limit]),
            "next_page": f"p{start + limit}" if rest else None,
        }
    )
