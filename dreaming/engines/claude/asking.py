"""Asking Claude: one request or many, at once or in a batch, and what each answer amounts to."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

import anthropic
from anthropic.types import Message

from agents.redaction import replace_unstorable
from dreaming.engines.base import EngineError
from dreaming.engines.claude.client import Client, explain, is_about_the_request
from dreaming.engines.claude.options import Options

LARGEST_WHOLE = 21_333
"""Tokens above which the vendor's client wants a stream: a whole answer would take too long."""

LONGEST_FAULT = 200
"""Characters of what is told of an answer that is none; the vendor's words are among them."""

USED = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
STOPS: Mapping[str, str] = {
    "end_turn": "",
    "stop_sequence": "",
    "max_tokens": "The answer was longer than it may be.",
    "model_context_window_exceeded": "It is longer than the model reads at once.",
    "refusal": "The model refused to read it",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One request: its name among others, and the arguments of messages.create."""

    name: str
    asked: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one question. fault: why there is no whole answer; is_too_long: a part would do.

    usage: as the answer says; request: the vendor's id for it.
    """

    name: str
    text: str = ""
    fault: str = ""
    is_too_long: bool = False
    usage: Mapping[str, int] | None = None
    request: str = ""


class Asker:
    """Asks with one client under one set of options."""

    def __init__(self, client: Client, options: Options) -> None:
        self.client = client
        self.options = options

    def ask(self, question: Question) -> Reply:
        """Return the reply. Raises EngineError for what is about more than this question."""
        try:
            message = self._create(question.asked)
        except anthropic.APIError as error:
            if is_about_the_request(error):
                return _refused(question, error)
            raise explain(error, self.options) from error
        return reply_of(question.name, message)

    def _create(self, asked: Mapping[str, Any]) -> Message:
        if asked["max_tokens"] > LARGEST_WHOLE:
            with self.client.messages.stream(**asked) as stream:
                message: Message = stream.get_final_message()
        else:
            message = self.client.messages.create(**asked)
        return message

    def ask_all(self, questions: Iterable[Question]) -> Iterator[Reply]:
        """Yield the replies in the order of the questions, some of which are under way at once.

        Closing the iterator lets what is under way end and asks no more.
        """
        source = iter(questions)
        pool = ThreadPoolExecutor(self.options.concurrency, thread_name_prefix="claude")
        running: deque[Future[Reply]] = deque()
        try:
            running.extend(
                pool.submit(self.ask, one) for one in islice(source, self.options.concurrency)
            )
            while running:
                yield running.popleft().result()
                running.extend(pool.submit(self.ask, one) for one in islice(source, 1))
        finally:
            pool.shutdown(cancel_futures=True)

    def count(self, question: Question) -> int:
        """Return how many tokens a question has; the API counts them for nothing."""
        names = ("model", "messages", "system", "output_config")
        asked = {name: question.asked[name] for name in names if name in question.asked}
        try:
            return self.client.messages.count_tokens(**asked).input_tokens
        except anthropic.APIError as error:
            raise explain(error, self.options) from error

    def count_all(self, questions: Iterable[Question]) -> int:
        """Return the sum of the tokens of all questions."""
        with ThreadPoolExecutor(self.options.concurrency, thread_name_prefix="count") as pool:
            return sum(pool.map(self.count, questions))

    # Message Batches: only the vendor's own API has them.

    def start_batch(self, questions: Sequence[Question]) -> str:
        """Hand the questions in as one batch and return its id."""
        requests: Any = [{"custom_id": one.name, "params": dict(one.asked)} for one in questions]
        try:
            return str(self._batches.create(requests=requests).id)
        except anthropic.APIError as error:
            raise explain(error, self.options) from error

    def has_ended(self, batch: str) -> bool:
        """Say whether the batch has ended."""
        try:
            return bool(self._batches.retrieve(batch).processing_status == "ended")
        except anthropic.APIError as error:
            raise explain(error, self.options) from error

    def cancel_batch(self, batch: str) -> None:
        """Ask for the batch to end; what it has done by then is paid for."""
        try:
            self._batches.cancel(batch)
        except anthropic.APIError as error:
            raise explain(error, self.options) from error

    def batch_replies(self, batch: str) -> Iterator[Reply]:
        """Yield the replies of an ended batch, in the vendor's order."""
        try:
            for line in self._batches.results(batch):
                result = line.result
                if result.type == "succeeded":
                    yield reply_of(line.custom_id, result.message)
                else:
                    fault = f"Its request in the batch {result.type}."
                    yield Reply(line.custom_id, fault=fault)
        except anthropic.APIError as error:
            raise explain(error, self.options) from error

    @property
    def _batches(self) -> Any:
        if not isinstance(self.client, anthropic.Anthropic):
            raise EngineError("There are no batches on this platform.", permanent=True)
        return self.client.messages.batches


def _refused(question: Question, error: anthropic.APIError) -> Reply:
    status = getattr(error, "status_code", 0)
    return Reply(
        question.name,
        fault=f"Claude did not take it (status {status}).",
        is_too_long=status == 413,
        request=getattr(error, "request_id", None) or "",
    )


def reply_of(name: str, message: Message) -> Reply:
    """Return what a message amounts to; half an answer is no answer."""
    stop = message.stop_reason or "end_turn"
    fault = STOPS.get(stop, f"The answer ended as {stop}.")
    if stop == "refusal":
        category = message.stop_details.category if message.stop_details else None
        fault = f"{fault}{f' ({category})' if category else ''}."
    text, _ = replace_unstorable(
        "".join(block.text for block in message.content if block.type == "text")
    )
    if not fault and not text.strip():
        fault = "The answer was empty."
    return Reply(
        name,
        text="" if fault else text,
        fault=replace_unstorable(fault)[0][:LONGEST_FAULT],
        is_too_long=stop in {"max_tokens", "model_context_window_exceeded"},
        usage={part: getattr(message.usage, part, None) or 0 for part in USED},
        request=getattr(message, "_request_id", None) or "",
    )
