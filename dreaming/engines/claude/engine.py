"""The engine: reads each session once, writes once, keeps what it paid for in the journal."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import islice
from typing import Any

import anthropic

from dreaming.engines.base import (
    DreamMaterial,
    DreamResult,
    EngineError,
    EngineWaits,
    Estimate,
    Report,
)
from dreaming.engines.claude import prompts, reading, writing
from dreaming.engines.claude.asking import Asker, Question, Reply
from dreaming.engines.claude.client import make_client, why_unready
from dreaming.engines.claude.costs import add_up, prices_of
from dreaming.engines.claude.options import Options
from dreaming.engines.claude.records import Part, new_mark

BATCH = "batch"
BATCH_REQUESTS = 10_000
BATCH_POLL_S = 60.0
SPENT = "cost_micros"


class ClaudeEngine:
    """What Claude reads in sessions. version: of this engine, its prompts and the client."""

    name = "claude"
    estimates = True

    def __init__(self, options: Options) -> None:
        self.options = options
        self.unready = why_unready(options)
        self.version = f"1/{prompts.SHA256[:8]}/{anthropic.__version__}{options.mark}"
        self.sends_data_to = frozenset({options.destination})

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        """Return the changes Claude proposes over the material, in the order of its answer.

        Raises EngineError with what to do, EngineWaits while a batch is under way.
        """
        if self.unready:
            raise EngineError(self.unready, permanent=True)
        if not material.session_count:
            return DreamResult((), usage={"requests": 0})
        run = _Run(self.options, material, report)
        with closing(run.asker.client):
            run.ask_for_permit()
            run.read()
            return run.write()

    def call_off(self, kept: Mapping[str, Mapping[str, Any]]) -> str:
        """End the batch the journal says is under way; return why it could not be, in words."""
        batch = str(kept.get(BATCH, {}).get("id", ""))
        if not batch:
            return ""
        client = make_client(self.options)
        with closing(client):
            try:
                Asker(client, self.options).cancel_batch(batch)
            except EngineError as error:
                return f"{batch} could not be cancelled at Anthropic: {error}"
        return ""


class _Run:
    """One attempt at one dream."""

    def __init__(self, options: Options, material: DreamMaterial, report: Report) -> None:
        self.options = options
        self.material = material
        self.report = report
        self.mark = new_mark()
        self.asker = Asker(make_client(options), options)
        self.kept: dict[str, Mapping[str, Any]] = dict(material.journal.read())
        self.read_sessions = {str(note["session"]) for note in self._notes()}

    def ask_for_permit(self) -> None:
        """Count what is still to be asked and have it allowed; nothing was asked before."""
        writing_question = writing.question_of(self.material, (), self.mark, self.options)
        parts, read = self._count_parts()
        written = self.asker.count(writing_question)
        self.material.permit(
            Estimate(
                requests=parts + 1,
                input_tokens=read + written,
                output_tokens=parts * self.options.read_tokens + self.options.write_tokens,
                cost_micros=self._cost_of(parts, read, written),
            )
        )

    def _count_parts(self) -> tuple[int, int]:
        count = 0

        def questions() -> Iterator[Question]:
            nonlocal count
            for part in self._unread():
                count += 1
                yield self._question(part)

        tokens = self.asker.count_all(questions())
        return count, tokens

    def _cost_of(self, parts: int, read: int, written: int) -> int | None:
        """Return the most it can cost: every observation is written out and read again."""
        options = self.options
        reader = prices_of(options.read_model, options.prices, is_batch=options.batches)
        writer = prices_of(options.write_model, options.prices)
        if reader is None or writer is None:
            return None
        most = parts * options.read_tokens
        return reader.cost({"input_tokens": read, "output_tokens": most}) + writer.cost(
            {"input_tokens": written + most, "output_tokens": options.write_tokens}
        )

    def _unread(self) -> Iterator[Part]:
        return reading.unread(self.material, self.kept)

    def _question(self, part: Part) -> Question:
        return reading.question_of(part, self.mark, self.options, self.material.instructions)

    def read(self) -> None:
        """Have every session read of which the journal holds nothing yet."""
        if self.options.batches:
            self._read_in_batches()
        else:
            self._read_at_once()

    def _read_at_once(self) -> None:
        parts: list[Part] = []

        def questions() -> Iterator[Question]:
            for part in self._unread():
                parts.append(part)
                yield self._question(part)

        for at, reply in enumerate(self.asker.ask_all(questions())):
            self._keep(parts[at], reply)
            self._tell()

    def _keep(self, part: Part, reply: Reply, *, in_batch: bool = False) -> None:
        """Write down what came of a part; one that was too long is asked again in two halves."""
        halves = part.halves() if reply.is_too_long else ()
        note = reading.note_of(part, reply)
        for half in halves:
            again = self.asker.ask(self._question(half))
            self._note(half.name, reading.note_of(half, again), again)
        if halves:
            # The whole has been dealt with by its halves; what it cost stays.
            note = reading.emptied(note)
        self._note(part.name, note, reply, in_batch=in_batch)

    def _note(
        self, name: str, note: Mapping[str, Any], reply: Reply, *, in_batch: bool = False
    ) -> None:
        usage = self._usage(reply, self.options.read_model, in_batch=in_batch)
        self._write(name, {**note, "usage": usage})
        self.read_sessions.add(str(note["session"]))

    def _write(self, key: str, value: Mapping[str, Any]) -> None:
        self.material.journal.write(key, **value)
        self.kept[key] = value

    def _usage(self, reply: Reply, model: str, *, in_batch: bool = False) -> dict[str, int]:
        """Return what a reply used, with its cost where a price is known."""
        if reply.usage is None:
            return {}
        prices = prices_of(model, self.options.prices, is_batch=in_batch)
        usage = {**reply.usage, "requests": 1}
        return usage if prices is None else usage | {SPENT: prices.cost(reply.usage)}

    def _tell(self) -> None:
        total = self.material.session_count
        self.report(min(len(self.read_sessions), total), total)

    def _notes(self) -> list[Mapping[str, Any]]:
        return [note for note in self.kept.values() if "session" in note]

    def _read_in_batches(self) -> None:
        """Hand everything unread in, come back when it has ended, and take the answers."""
        batch = str(self.kept.get(BATCH, {}).get("id", ""))
        if not batch:
            unread = islice(self._unread(), BATCH_REQUESTS)
            questions = [self._question(part) for part in unread]
            if not questions:
                return
            batch = self.asker.start_batch(questions)
            self._write(BATCH, {"id": batch})
        self._tell()
        if not self.asker.has_ended(batch):
            raise EngineWaits(f"Waits for {batch} at Anthropic.", seconds=BATCH_POLL_S)
        parts = {part.name: part for part in self._unread()}
        for reply in self.asker.batch_replies(batch):
            if part := parts.get(reply.name):
                self._keep(part, reply, in_batch=True)
        self._write(BATCH, {"id": ""})
        self._tell()
        self._read_in_batches()

    def write(self) -> DreamResult:
        """Ask for the changes and return them with everything that was left out."""
        read = reading.reading_of(self.material, self._notes())
        seen, left = writing.choose(read.seen)
        written = writing.Written((), ())
        if seen:
            reply = self._written(writing.question_of(self.material, seen, self.mark, self.options))
            written = writing.written_of(self.material, reply, seen)
        self.report(self.material.session_count, self.material.session_count)
        return DreamResult(
            candidates=written.candidates,
            dropped=(*read.dropped, *left, *written.dropped),
            usage=self._spent(),
            not_analysed=read.not_analysed,
        )

    def _written(self, question: Question) -> Reply:
        kept = self.kept.get(writing.NAME, {})
        if "text" in kept:
            return Reply(writing.NAME, text=str(kept["text"]))
        reply = self.asker.ask(question)
        usage = self._usage(reply, self.options.write_model)
        told = {"usage": usage, "request": reply.request}
        if reply.fault:
            self._write(writing.NAME, told)
            raise EngineError(f"The changes could not be written: {reply.fault}", permanent=True)
        self._write(writing.NAME, {**told, "text": reply.text})
        return reply

    def _spent(self) -> dict[str, int]:
        return add_up({"requests": 0}, *(note.get("usage", {}) for note in self.kept.values()))


def create_engine(options: Mapping[str, str]) -> ClaudeEngine:
    """Return the engine; options: see Options.of."""
    return ClaudeEngine(Options.of(options))
