"""The engine: one hosted dream, its steps in the journal so that a killed worker repeats none.

Steps in order: the input store is read (snapshot), the order is written down (begun), the dream is
made (dream), looked at until it ends, its output read (output), then its traces at the vendor are
removed (tidied). Only then is anything proposed, from the journal alone.
"""

import time
from collections.abc import Callable, Mapping
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
from dreaming.engines.claude.costs import add_up, prices_of
from dreaming.engines.managed import wording
from dreaming.engines.managed.choosing import Choice, Order, choose, order_of
from dreaming.engines.managed.options import NOT_LINKED, Options
from dreaming.engines.managed.proposing import propose
from dreaming.engines.managed.remote import Remote, Told, reaching

SNAPSHOT, BEGUN, DREAM, OUTPUT, TIDIED = "snapshot", "begun", "dream", "output", "tidied"
CLOCKS_DIFFER_S = 24 * 60 * 60
"""The vendor's clock and this one's may differ: a dream is looked for from so long before."""

SPENT = "cost_micros"
GROWTH = 1.5


class ManagedEngine:
    """Hosted dreams over the linked store. They are given names of sessions, never their words.

    clock: seconds since 1970, for how long a dream may take.
    """

    name = "managed"
    estimates = True
    sends_words = False
    not_linked = NOT_LINKED

    def __init__(self, options: Options, clock: Callable[[], float] = time.time) -> None:
        self.options = options
        self.clock = clock
        self.unready = options.unready
        self.version = f"1/{anthropic.__version__}{options.reach.mark}"
        self.sends_data_to = frozenset({options.reach.destination})

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        """Return what the hosted dream changed. Raises EngineWaits until it has ended there."""
        if self.unready:
            raise EngineError(self.unready, permanent=True)
        if not material.session_count:
            return DreamResult((), usage={"requests": 0})
        if not material.hosted_store:
            raise EngineError(NOT_LINKED, permanent=True)
        report(0, material.session_count)
        with reaching(self.options.reach) as remote:
            return _Run(self, material, report, remote).go()

    def call_off(self, kept: Mapping[str, Mapping[str, Any]]) -> str:
        """Stop what the journal says is under way at the vendor and remove its traces there.

        Returns what could not be done, in words, '' when nothing is left.
        """
        if BEGUN not in kept or kept.get(TIDIED):
            return ""
        try:
            with reaching(self.options.reach) as remote:
                return _call_off(remote, kept)
        except EngineError as error:
            named = kept.get(DREAM, {}).get("id") or "A dream that may have been made"
            return f"{named} could not be called off at the vendor: {error}"


def _call_off(remote: Remote, kept: Mapping[str, Mapping[str, Any]]) -> str:
    begun = kept[BEGUN]
    dream = str(kept.get(DREAM, {}).get("id") or _find(remote, begun))
    if dream:
        remote.cancel(dream)
        _tidy(remote, remote.look_at(dream), str(begun["store"]))
    return ""


def _find(remote: Remote, begun: Mapping[str, Any]) -> str:
    """Return the dream that was made of an order whose answer was lost, '' where none was."""
    found = remote.find_dreams(_order(begun), float(begun["at"]) - CLOCKS_DIFFER_S)
    return next((one for one in found if one not in begun["known"]), "")


def _order(begun: Mapping[str, Any]) -> Order:
    return Order(begun["store"], begun["sessions"], begun["model"], begun["instructions"])


def _tidy(remote: Remote, told: Told, store: str) -> None:
    """Delete what the dream wrote and put it away; both may have been done before."""
    if told.output and told.output != store:
        remote.delete_output(told.output, told)
    if not told.is_archived:
        remote.archive(told.id)


class _Run:
    """One attempt at one hosted dream."""

    def __init__(
        self, engine: ManagedEngine, material: DreamMaterial, report: Report, remote: Remote
    ) -> None:
        self.options = engine.options
        self.clock = engine.clock
        self.material = material
        self.report = report
        self.remote = remote
        self.kept: dict[str, Mapping[str, Any]] = dict(material.journal.read())

    def go(self) -> DreamResult:
        """Take every step the journal does not hold yet."""
        choice = choose(self.material)
        if not choice.sessions:
            return DreamResult((), usage={"requests": 0}, not_analysed=choice.left_out)
        if TIDIED not in self.kept:
            self._read(SNAPSHOT, self.material.hosted_store)
            self._read_output(self._make(choice))
        return self._result(choice)

    def _read(self, name: str, store: str) -> None:
        """Keep every memory of a store in the journal, a page a line, unless it is there."""
        if name in self.kept:
            return
        pages = 0
        for page in self.remote.pages_of(store):
            pages += 1
            self._write(f"{name}_{pages:04}", {"texts": dict(page)})
        self._write(name, {"store": store, "pages": pages})

    def _texts(self, name: str) -> dict[str, str]:
        pages = range(1, int(self.kept[name]["pages"]) + 1)
        lines = (self.kept[f"{name}_{page:04}"]["texts"] for page in pages)
        return {path: text for texts in lines for path, text in texts.items()}

    def _write(self, key: str, value: Mapping[str, Any]) -> None:
        self.material.journal.write(key, **value)
        self.kept[key] = value

    def _make(self, choice: Choice) -> str:
        """Return the dream's id: of the journal, of one whose answer was lost, or of a new one."""
        if made := self.kept.get(DREAM, {}).get("id"):
            return str(made)
        if begun := self.kept.get(BEGUN):
            found = _find(self.remote, begun)
        else:
            found = ""
            self._begin(order_of(self.material, choice, self.options.reach.write_model))
        dream = found or self.remote.create_dream(_order(self.kept[BEGUN]))
        self._write(DREAM, {"id": dream, "looks": 0})
        return dream

    def _begin(self, order: Order) -> None:
        """Have the dream permitted and write down what will be asked for, before it is asked."""
        self.material.permit(self._estimate())
        now = self.clock()
        known = self.remote.find_dreams(order, now - CLOCKS_DIFFER_S)
        self._write(
            BEGUN,
            {
                "at": now,
                "store": order.store,
                "sessions": list(order.sessions),
                "model": order.model,
                "instructions": order.instructions,
                "known": known,
            },
        )

    def _estimate(self) -> Estimate:
        """Return what it may cost, from how much there is to read: the vendor tells it nowhere."""
        into, out = choose(self.material).tokens, self._memory_tokens()
        prices = prices_of(self.options.reach.write_model, self.options.reach.prices)
        usage = {"input_tokens": into + out, "output_tokens": out}
        cost = None if prices is None else prices.cost(usage)
        return Estimate(1, usage["input_tokens"], usage["output_tokens"], cost)

    def _memory_tokens(self) -> int:
        return 2_000 + sum(len(text) for text in self._texts(SNAPSHOT).values()) // 3

    def _read_output(self, dream: str) -> None:
        """Look at the dream; when it has ended keep what it wrote, then remove it there."""
        told = self._look(dream)
        if OUTPUT not in self.kept:
            self._wait_for(told)
            self._read(OUTPUT, self._output_of(told))
        _tidy(self.remote, told, self.material.hosted_store)
        self._write(TIDIED, {"dream": dream})

    def _output_of(self, told: Told) -> str:
        if not told.output:
            raise EngineError(wording.say_nothing_written(told.id), permanent=True)
        if told.output == self.material.hosted_store:
            raise EngineError(wording.say_foreign(told.id, told.output), permanent=True)
        return told.output

    def _look(self, dream: str) -> Told:
        """Return what the vendor tells of the dream; while it does not answer, wait for it."""
        kept = self.kept[DREAM]
        looks = int(kept["looks"]) + 1
        try:
            told = self.remote.look_at(dream)
        except EngineError as error:
            if error.permanent or self._is_late():
                raise
            # The dream goes on there and is paid for: an answer is worth waiting for.
            raise EngineWaits(str(error), seconds=self.options.most_poll_s) from error
        self._write(DREAM, {"id": dream, "looks": looks, "usage": self._usage(told)})
        return told

    def _usage(self, told: Told) -> dict[str, int]:
        prices = prices_of(self.options.reach.write_model, self.options.reach.prices)
        usage = {**told.usage, "requests": 1}
        return usage if prices is None else usage | {SPENT: prices.cost(told.usage)}

    def _wait_for(self, told: Told) -> None:
        """Return when the dream is completed. Raises what its status means otherwise."""
        self.report(0, self.material.session_count)
        if told.status in wording.RUNNING:
            self._keep_within(told)
            looks = int(self.kept[DREAM]["looks"])
            pause = min(self.options.most_poll_s, self.options.poll_s * GROWTH ** (looks - 1))
            raise EngineWaits(f"Waits for {told.id} at the vendor ({told.status}).", seconds=pause)
        if told.status == "failed":
            raise EngineError(wording.say_failure(told.id, *told.error), permanent=True)
        if told.status == "canceled":
            raise EngineError(wording.say_canceled(told.id), permanent=True)
        if told.status != "completed":
            raise EngineError(wording.say_unknown(told.id, told.status), permanent=True)

    def _keep_within(self, told: Told) -> None:
        """Let the dream go on only while it is within its hours and its ceiling."""
        if self._is_late():
            raise EngineError(wording.say_late(told.id, self.options.hours), permanent=True)
        spent = self._usage(told).get(SPENT, 0)
        estimate = self._estimate()
        if estimate.cost_micros is not None and spent > estimate.cost_micros:
            into, out = told.usage.get("input_tokens", 0), told.usage.get("output_tokens", 0)
            try:
                self.material.permit(Estimate(1, into, out, spent))
            except EngineWaits as unasked:
                # The vendor cannot be told to pause while somebody thinks about it.
                raise EngineError(wording.say_dearer(told.id), permanent=True) from unasked

    def _is_late(self) -> bool:
        return self.clock() - float(self.kept[BEGUN]["at"]) > self.options.hours * 3_600

    def _result(self, choice: Choice) -> DreamResult:
        material = self.material
        found = propose(
            self._texts(SNAPSHOT),
            self._texts(OUTPUT),
            material.memories,
            material.sessions,
            choice.names,
        )
        self.report(material.session_count, material.session_count)
        usage = add_up({"requests": 0}, *(one.get("usage", {}) for one in self.kept.values()))
        return DreamResult(found.candidates, found.dropped, usage, choice.left_out)


def create_engine(options: Mapping[str, str]) -> ManagedEngine:
    """Return the engine; options: see Options.of."""
    return ManagedEngine(Options.of(options))
