"""Messages, counting of tokens, batches, and the list of models."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from dreaming.standin.wire import Answer, Asked, Refused, answer, refuse, spell_now

MODELS = ("claude-haiku-5-5", "claude-opus-5-5", "claude-sonnet-5", "claude-sonnet-5-5")
NOT_TAKEN = ("temperature", "top_p", "top_k")
TOKEN = re.compile(r"\w+|[^\w\s]")
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
POLLS = 1
"""How often a batch is looked at before it has ended."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the model says to one request. stop: its stop reason; category: of a refusal.

    uses: the tools it wants used, each as (name, input); its stop reason then is tool_use.
    outcome: in a batch `succeeded`, `errored`, `canceled` or `expired`.
    """

    text: str
    stop: str = "end_turn"
    category: str = ""
    usage: Mapping[str, int] = field(default_factory=dict)
    outcome: str = "succeeded"
    uses: Sequence[tuple[str, Mapping[str, Any]]] = ()


Speaker = Callable[[Mapping[str, Any]], Said]
"""speaker(body of the request): what the model says."""


def say_nothing(body: Mapping[str, Any]) -> Said:
    """Answer with nothing at all."""
    return Said("")


def count_tokens(body: Mapping[str, Any]) -> int:
    """Return the tokens of a request: words and marks of all its text, by this file's own rule."""
    return sum(len(TOKEN.findall(text)) for text in _texts(body))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name in ("system", "messages", "content", "text", "tools", "description", "input"):
            yield from _texts(value.get(name))
    elif isinstance(value, Sequence):
        for one in value:
            yield from _texts(one)


class Messages:
    """What was asked and what the model says to it. input_tokens: of every request answered."""

    def __init__(self) -> None:
        self.speaker: Speaker = say_nothing
        self.models: Sequence[str] = MODELS
        self.batches: dict[str, dict[str, Any]] = {}
        self.input_tokens = 0
        self._requests: dict[str, list[dict[str, Any]]] = {}
        self._polls: dict[str, int] = {}
        self._messages, self._batches, self._uses = count(1), count(1), count(1)

    def create(self, asked: Asked) -> Answer:
        """POST /v1/messages, whole or as a stream"""
        message = self._message(asked.body)
        if asked.body.get("stream"):
            return Answer("".join(_stream(message)).encode(), kind="text/event-stream")
        return answer(message)

    def count(self, asked: Asked) -> Answer:
        """POST /v1/messages/count_tokens"""
        self._check(asked.body)
        return answer({"input_tokens": count_tokens(asked.body)})

    def _check(self, body: Mapping[str, Any]) -> None:
        if body.get("model") not in self.models:
            raise Refused(refuse(404, f"model: {body.get('model')}"))
        for name in NOT_TAKEN:
            if name in body:
                raise Refused(refuse(400, f"{name}: this parameter is not supported"))

    def _message(self, body: Mapping[str, Any]) -> dict[str, Any]:
        self._check(body)
        if not body.get("max_tokens"):
            raise Refused(refuse(400, "max_tokens: at least 1"))
        return self._spell(body, self.speaker(body))

    def _spell(self, body: Mapping[str, Any], said: Said) -> dict[str, Any]:
        used = count_tokens(body)
        self.input_tokens += used
        refusal = {"type": "refusal", "category": said.category or None, "explanation": None}
        return {
            "type": "message",
            "id": f"msg_{next(self._messages):05d}",
            "role": "assistant",
            "model": body["model"],
            "content": self._content(said),
            "stop_reason": "tool_use" if said.uses else said.stop,
            "stop_sequence": None,
            "stop_details": refusal if said.stop == "refusal" else None,
            "usage": {
                "input_tokens": used,
                "output_tokens": len(TOKEN.findall(said.text)),
                "cache_read_input_tokens": 0,
                "cache_creation_input_tokens": 0,
                **said.usage,
            },
        }

    def _content(self, said: Said) -> list[dict[str, Any]]:
        text = [{"type": "text", "text": said.text}] if said.text else []
        uses = [
            {
                "type": "tool_use",
                "id": f"toolu_{next(self._uses):05d}",
                "name": name,
                "input": given,
            }
            for name, given in said.uses
        ]
        return [*text, *uses]

    def retrieve_model(self, asked: Asked, model: str) -> Answer:
        """GET /v1/models/{id}"""
        if model not in self.models:
            raise Refused(refuse(404, f"model: {model}"))
        row = {"type": "model", "id": model, "display_name": model, "created_at": spell_now()}
        return answer(row)

    # Batches

    def create_batch(self, asked: Asked) -> Answer:
        """POST /v1/messages/batches"""
        requests = asked.body.get("requests") or []
        ids = [str(one.get("custom_id") or "") for one in requests]
        if not ids or len(set(ids)) != len(ids) or not all(map(CUSTOM_ID.fullmatch, ids)):
            raise Refused(refuse(400, "requests: one at least, each with a custom_id of its own"))
        batch = f"msgbatch_{next(self._batches):04d}"
        self.batches[batch] = {
            "type": "message_batch",
            "id": batch,
            "processing_status": "in_progress",
            "request_counts": _counts(processing=len(ids)),
            "results_url": None,
            "created_at": spell_now(),
            "expires_at": spell_now(),
            "ended_at": None,
            "cancel_initiated_at": None,
            "archived_at": None,
        }
        self._requests[batch], self._polls[batch] = requests, POLLS
        return answer(self.batches[batch])

    def list_batches(self, asked: Asked) -> Answer:
        """GET /v1/messages/batches"""
        rows = list(reversed(self.batches.values()))
        return answer({"data": rows, "has_more": False, "first_id": None, "last_id": None})

    def retrieve_batch(self, asked: Asked, batch: str) -> Answer:
        """GET /v1/messages/batches/{id}: it has ended after a few looks."""
        row = self._find(batch)
        if self._polls[batch] <= 0 and row["processing_status"] != "ended":
            base = f"http://{asked.headers.get('host', '127.0.0.1')}"
            row |= {
                "processing_status": "ended",
                "ended_at": spell_now(),
                "request_counts": _counts(succeeded=len(self._requests[batch])),
                "results_url": f"{base}/v1/messages/batches/{batch}/results",
            }
        self._polls[batch] -= 1
        return answer(row)

    def cancel_batch(self, asked: Asked, batch: str) -> Answer:
        """POST /v1/messages/batches/{id}/cancel"""
        row = self._find(batch)
        if row["processing_status"] == "in_progress":
            row |= {"processing_status": "canceling", "cancel_initiated_at": spell_now()}
        return answer(row)

    def batch_results(self, asked: Asked, batch: str) -> Answer:
        """GET /v1/messages/batches/{id}/results: JSON lines, in no order of the requests."""
        row = self._find(batch)
        if row["processing_status"] != "ended":
            raise Refused(refuse(404, f"{batch} has no results yet"))
        lines = [self._result(row, one) for one in reversed(self._requests[batch])]
        body = "".join(json.dumps(line) + "\n" for line in lines)
        return Answer(body.encode(), kind="application/binary")

    def _result(self, batch: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
        said = self.speaker(request["params"])
        outcome = "canceled" if batch["cancel_initiated_at"] else said.outcome
        result: dict[str, Any] = {"type": outcome}
        if outcome == "succeeded":
            self._check(request["params"])
            result["message"] = self._spell(request["params"], said)
        elif outcome == "errored":
            error = {"type": "api_error", "message": "Internal error"}
            result["error"] = {"type": "error", "error": error}
        return {"custom_id": request["custom_id"], "result": result}

    def _find(self, batch: str) -> dict[str, Any]:
        if batch not in self.batches:
            raise Refused(refuse(404, f"message_batch {batch} not found"))
        return self.batches[batch]


def _counts(**counts: int) -> dict[str, int]:
    names = ("processing", "succeeded", "errored", "canceled", "expired")
    return {name: counts.get(name, 0) for name in names}


def _stream(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield a message as server-sent events, its text in two pieces."""
    usage = message["usage"]
    start = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 0}}
    yield _event("message_start", message=start)
    for index, block in enumerate(message["content"]):
        half = len(block["text"]) // 2
        yield _event("content_block_start", index=index, content_block={**block, "text": ""})
        for piece in (block["text"][:half], block["text"][half:]):
            delta = {"type": "text_delta", "text": piece}
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    ended = {name: message[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    yield _event("message_delta", delta=ended, usage={"output_tokens": usage["output_tokens"]})
    yield _event("message_stop")


def _event(kind: str, **body: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **body})}\n\n"
