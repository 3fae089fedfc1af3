"""One hosted dream from its order to its proposals, and every way it can go wrong."""

from dataclasses import replace

import pytest

from dreaming.engines.base import (
    DreamCancelled,
    EngineError,
    EngineWaits,
    Memo,
)
from dreaming.engines.managed.engine import ManagedEngine
from dreaming.engines.managed.options import NO_KEY, Options
from dreaming.engines.registry import engine_names, load_engine
from dreaming.standin.server import Fault
from dreaming.standin.wire import answer, refuse
from tests.dreaming.build_sessions import says, session
from tests.dreaming.engines.managed.conftest import RULE
from tests.dreaming.engines.managed.hosted import engine_at

DREAMS = "/v1/dreams"
LOOK = "/v1/dreams/[^/]+"


def quiet(done, total):
    return None


def run(vendor, given, **options):
    """Ask until it does not wait any more; return the result and the words it waited with."""
    engine, waits = engine_at(vendor, **options), []
    for _ in range(50):
        try:
            return engine.dream(given, quiet), waits
        except EngineWaits as wait:
            waits.append((str(wait), wait.seconds))
    raise AssertionError(waits)


def fail(vendor, given, **options):
    with pytest.raises(EngineError) as told:
        run(vendor, given, **options)
    return told.value


def made(vendor):
    return vendor.lines(f"POST {DREAMS}").count(f"POST {DREAMS}")


def stores(vendor):
    return sorted(vendor.stores.rows)


# Who it is


def test_it_is_installed_and_says_where_data_goes(vendor):
    assert "managed" in engine_names()
    assert load_engine("managed", {"key": "k"}).sends_data_to == {"anthropic:global"}
    assert engine_at(vendor).sends_data_to == {"host:127.0.0.1"}


def test_without_a_key_it_is_not_ready_and_asks_nothing(vendor, given):
    engine = load_engine("managed", {"base_url": vendor.url})
    assert engine.unready == NO_KEY
    with pytest.raises(EngineError, match="DAYBREAK_MANAGED_API_KEY") as told:
        engine.dream(given, quiet)
    assert told.value.permanent
    assert vendor.received == []


def test_without_a_linked_store_it_says_the_way_out_and_asks_nothing(vendor, given):
    told = fail(vendor, replace(given, hosted_store=""))
    assert told.permanent
    assert "A lead links it" in str(told)
    assert vendor.received == []


def test_sessions_from_elsewhere_only_are_all_named_and_nothing_is_asked(vendor, given):
    foreign = replace(given, sessions=(session(9, says("Hi."), external_id="order-9"),))
    result, _ = run(vendor, foreign)
    assert [one.what for one in result.not_analysed] == ["S-9"]
    assert vendor.received == []


# A dream that ends well


def test_a_dream_waits_longer_each_time_and_ends_with_a_candidate_a_changed_path(vendor, given):
    vendor.dreams.life = ("running",) * 8 + ("cloned", "completed")
    result, waits = run(vendor, given)
    assert [seconds for _, seconds in waits[:3]] == [10.0, 15.0, 22.5]
    assert max(seconds for _, seconds in waits) == 60.0
    assert "Waits for drm_0001 at the vendor" in waits[0][0]
    found = {one.path: one for one in result.candidates}
    assert {path: one.op for path, one in found.items()} == {
        "/invented.md": "create",
        "/old.md": "retire",
        "/refunds.md": "create",
    }
    assert found["/refunds.md"].matched == {"S-1", "S-2"}
    assert found["/refunds.md"].unfounded == ()
    assert found["/refunds.md"].exposed == {"S-1", "S-2", "S-3"}
    assert found["/refunds.md"].quotes[0].text in f"Remember: {RULE}"
    assert found["/invented.md"].quotes == ()
    assert found["/invented.md"].unfounded
    assert found["/old.md"].quotes == ()
    assert result.usage["requests"] == 1
    assert result.usage["cost_micros"] > 0


def test_the_input_is_named_and_never_written_to(vendor, given, house):
    before = house.store.texts()
    run(vendor, given)
    (asked,) = [one.asked.body for one in vendor.received if one.line == f"POST {DREAMS}"]
    assert asked["output_behavior"] == {"type": "create_new"}
    assert asked["model"] == "claude-opus-5"
    assert asked["inputs"][0] == {"type": "memory_store", "memory_store_id": house.store.id}
    assert asked["inputs"][1]["session_ids"] == ["sesn_0001", "sesn_0002", "sesn_0003"]
    assert house.store.texts() == before


def test_no_word_of_a_session_or_a_memory_leaves(vendor, given):
    run(vendor, given)
    sent = b"".join(one.raw for one in vendor.received)
    assert b"14 days" not in sent
    assert b"family name" not in sent


def test_nothing_of_a_dream_is_left_at_the_vendor_but_its_archived_row(vendor, given, house):
    run(vendor, given)
    assert stores(vendor) == [house.store.id]
    assert all(row["archived_at"] for row in vendor.dreams.rows.values())


def test_pages_of_a_large_store_are_all_read(vendor, given, house):
    texts = {f"/many/{n:03}.md": f"Rule number {n} holds." for n in range(45)}
    for path, text in texts.items():
        vendor.stores.write(house.store, path, text, {"type": "api_actor"})
    vendor.dreams.dreamer = lambda now, sessions: dict.fromkeys(list(texts)[:2])
    result, _ = run(vendor, given)
    assert {one.what for one in result.dropped} == {
        "removal of /many/000.md",
        "removal of /many/001.md",
    }
    assert result.candidates == ()


def test_a_text_that_drifted_at_the_vendor_is_said_to_have(vendor, given, house):
    vendor.stores.write(house.store, "/tone.md", "Say du.", {"type": "api_actor"})
    vendor.dreams.dreamer = lambda texts, sessions: {"/tone.md": "Say du to everybody here."}
    (found,) = run(vendor, given)[0].candidates
    assert found.op == "update"
    assert "another than the one approved here" in found.rationale


def test_a_drifted_text_the_dream_left_alone_is_no_change_of_the_dreams(vendor, given, house):
    vendor.stores.write(house.store, "/tone.md", "Say du.", {"type": "api_actor"})
    vendor.dreams.dreamer = lambda texts, sessions: {}
    assert run(vendor, given)[0].candidates == ()


def test_secrets_in_what_the_vendor_wrote_are_taken_out(vendor, given):
    key = "sk-ant-api03-" + "A1b2C3d4" * 6
    vendor.dreams.dreamer = lambda texts, sessions: {"/key.md": f"Use {key} for all of it.\n"}
    (found,) = run(vendor, given)[0].candidates
    assert key not in found.statement
    assert "[secret removed" in found.statement
    assert key not in str(given.journal.read())


# A dream that does not


@pytest.mark.parametrize("kind", ["timeout", "internal_error", "brand_new_failure"])
def test_a_failed_dream_says_why_and_its_half_written_store_is_removed(vendor, given, house, kind):
    vendor.dreams.life = ("running", "cloned", "failed")
    vendor.dreams.error = {"type": kind, "message": "Too much snow."}
    told = fail(vendor, given)
    assert told.permanent
    assert "drm_0001 failed at the vendor" in str(told)
    assert engine_at(vendor).call_off(given.journal.read()) == ""
    assert stores(vendor) == [house.store.id]
    assert made(vendor) == 1


def test_a_dream_cancelled_over_there_is_told_as_that(vendor, given):
    vendor.dreams.life = ("running", "canceled")
    assert "cancelled at the vendor, not from here" in str(fail(vendor, given))


def test_an_unknown_status_is_an_error_with_words(vendor, given):
    vendor.dreams.life = ("running", "sleeping")
    told = fail(vendor, given)
    assert told.permanent
    assert '"sleeping"' in str(told)


def test_a_completed_dream_without_a_store_is_an_error_with_words(vendor, given):
    vendor.dreams.life = ()
    run_to = engine_at(vendor)
    with pytest.raises(EngineWaits):
        run_to.dream(given, quiet)
    vendor.dreams.rows["drm_0001"] |= {"status": "completed"}
    assert "names no output" in str(fail(vendor, given))


def test_a_store_that_was_there_before_is_neither_read_nor_deleted(vendor, given, house):
    other = vendor.stores.make("payroll", {"/salaries.md": "Everybody earns 1."})
    other.created_at = "2026-01-01T00:00:00Z"
    engine = engine_at(vendor)
    with pytest.raises(EngineWaits):
        engine.dream(given, quiet)
    row = vendor.dreams.rows["drm_0001"]
    for foreign in (other.id, house.store.id):
        row |= {"status": "completed"}
        row["outputs"] = [{"type": "memory_store", "memory_store_id": foreign}]
        given = replace(given, journal=_without_output(given))
        assert "which was there before it" in str(fail(vendor, given))
    assert {other.id, house.store.id} <= set(stores(vendor))


def _without_output(given):
    kept = Memo()
    for key, value in given.journal.read().items():
        if not key.startswith("output"):
            kept.write(key, **value)
    return kept


def test_an_archived_input_store_is_refused_in_the_vendors_words(vendor, given, house):
    house.store.archived_at = "2026-11-01T00:00:00Z"
    told = fail(vendor, given)
    assert told.permanent
    assert f"{house.store.id} is archived" in str(told)
    assert vendor.dreams.rows == {}


def test_a_session_that_is_gone_is_refused_with_the_way_out(vendor, given):
    del vendor.sessions.rows["sesn_0002"]
    told = fail(vendor, given)
    assert (told.permanent, "Sync" in str(told)) == (True, True)


@pytest.mark.parametrize("status", [409, 429, 500, 529])
def test_what_passes_at_the_start_is_tried_again_without_a_second_dream(vendor, given, status):
    vendor.faults.append(Fault("POST", DREAMS, refuse(status, "Not now.")))
    told = fail(vendor, given)
    assert not told.permanent
    assert made(vendor) == 1
    result, _ = run(vendor, given)
    assert result.candidates
    assert len(vendor.dreams.rows) == 1


@pytest.mark.parametrize("status", [429, 500, 529])
def test_while_it_runs_an_outage_is_waited_out(vendor, given, status):
    vendor.faults.append(Fault("GET", LOOK, refuse(status, "Not now."), times=5))
    result, waits = run(vendor, given)
    assert result.candidates
    assert [seconds for _, seconds in waits[:5]] == [60.0] * 5


def test_a_dream_that_takes_too_long_is_given_up_with_words(vendor, given):
    vendor.dreams.life = ("running",) * 40
    times = iter(range(0, 400_000, 9_000))
    engine = ManagedEngine(
        Options.of({"key": vendor.key, "base_url": vendor.url, "retries": "0", "hours": "10"}),
        clock=lambda: float(next(times)),
    )
    told = next(filter(None, (_error_of(engine, given) for _ in range(40))))
    assert "not done after 10 hours" in told
    assert engine.call_off(given.journal.read()) == ""
    assert vendor.dreams.rows["drm_0001"]["status"] == "canceled"


def _error_of(engine, given):
    try:
        engine.dream(given, quiet)
    except EngineWaits:
        return ""
    except EngineError as error:
        return str(error)
    raise AssertionError("It ended well.")


def test_a_forbidden_estimate_is_told_before_anything_is_made(vendor, given):
    def forbid(estimate):
        assert estimate.cost_micros > 0
        raise EngineError("Too dear.", permanent=True)

    told = fail(vendor, replace(given, permit=forbid))
    assert str(told) == "Too dear."
    assert vendor.dreams.rows == {}


def test_a_dream_that_costs_more_than_was_foreseen_is_held_against_the_ceiling_again(vendor, given):
    asked = []

    def permit(estimate):
        asked.append(estimate)
        if len(asked) > 1:
            raise EngineError("Over the ceiling.", permanent=True)

    limited = replace(given, permit=permit)
    engine = engine_at(vendor)
    with pytest.raises(EngineWaits):
        engine.dream(limited, quiet)
    vendor.dreams.rows["drm_0001"]["usage"] |= {"input_tokens": 90_000_000}
    vendor.dreams._left["drm_0001"] = ["running"] * 5
    with pytest.raises(EngineError, match="Over the ceiling"):
        engine.dream(limited, quiet)
    assert asked[1].cost_micros > asked[0].cost_micros


def test_a_dream_that_costs_more_than_was_agreed_to_is_not_left_to_run(vendor, given):
    asked = []

    def permit(estimate):
        asked.append(estimate)
        if len(asked) > 1:
            raise EngineWaits("Agree first.", seconds=900.0)

    limited = replace(given, permit=permit)
    engine = engine_at(vendor)
    with pytest.raises(EngineWaits):
        engine.dream(limited, quiet)
    vendor.dreams.rows["drm_0001"]["usage"] |= {"input_tokens": 90_000_000}
    with pytest.raises(EngineError, match="more at the vendor than was agreed"):
        engine.dream(limited, quiet)


# What was begun is never begun twice


def test_a_dream_whose_answer_was_lost_is_found_again(vendor, given):
    engine = engine_at(vendor)
    create = vendor.dreams.create

    def lost(asked):
        made = create(asked)
        return replace(made, cut_after=3)

    vendor._routes = tuple(
        (method, pattern, lost if verb == create else verb)
        for method, pattern, verb in vendor._routes
    )
    with pytest.raises(EngineError) as told:
        engine.dream(given, quiet)
    assert not told.value.permanent
    result, _ = run(vendor, given)
    assert result.candidates
    assert len(vendor.dreams.rows) == 1


def test_an_earlier_dream_of_the_same_order_is_not_taken_for_this_one(vendor, given):
    run(vendor, given)
    run(vendor, replace(given, journal=Memo()))
    assert len(vendor.dreams.rows) == 2


def test_a_finished_dream_is_proposed_again_from_the_journal_alone(vendor, given):
    first, _ = run(vendor, given)
    asked = len(vendor.received)
    second, _ = run(vendor, given)
    assert second == first
    assert len(vendor.received) == asked


class Stop(BaseException):
    """What a kill is to the engine: nothing after it runs."""


class Killing(Memo):
    """A journal whose worker is killed right before or right behind its n-th line."""

    def __init__(self, at: int, *, behind: bool) -> None:
        super().__init__()
        self.at, self.behind, self.count = at, behind, 0

    def write(self, key, **value):
        self.count += 1
        if self.count == self.at and not self.behind:
            raise Stop
        super().write(key, **value)
        if self.count == self.at:
            raise Stop


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("at", range(1, 12))
def test_stopped_at_any_line_of_the_journal_it_ends_as_if_never_stopped(
    vendor, given, house, at, behind
):
    journal = Killing(at, behind=behind)
    stopped = replace(given, journal=journal)
    try:
        run(vendor, stopped)
    except Stop:
        assert journal.count == at
    journal.at = 0
    result, _ = run(vendor, stopped)
    assert sorted(one.path for one in result.candidates) == [
        *("/invented.md", "/old.md", "/refunds.md")
    ]
    assert len(vendor.dreams.rows) == 1
    assert stores(vendor) == [house.store.id]
    assert vendor.dreams.rows["drm_0001"]["archived_at"]


# Calling off


def test_a_cancel_passes_and_calling_off_ends_the_dream_and_its_store(vendor, given, house):
    engine = engine_at(vendor)
    for _ in range(2):
        with pytest.raises(EngineWaits):
            engine.dream(given, quiet)
    assert len(stores(vendor)) == 2

    def cancel(done, total):
        raise DreamCancelled

    with pytest.raises(DreamCancelled):
        engine.dream(given, cancel)
    for _ in range(2):
        assert engine.call_off(given.journal.read()) == ""
    assert vendor.dreams.rows["drm_0001"]["status"] == "canceled"
    assert stores(vendor) == [house.store.id]


def test_calling_off_finds_a_dream_the_journal_never_heard_of(vendor, given):
    engine = engine_at(vendor)
    with pytest.raises(EngineWaits):
        engine.dream(given, quiet)
    kept = {key: value for key, value in given.journal.read().items() if key != "dream"}
    assert engine.call_off(kept) == ""
    assert vendor.dreams.rows["drm_0001"]["status"] == "canceled"


def test_what_could_not_be_called_off_is_said(vendor, given):
    engine = engine_at(vendor)
    with pytest.raises(EngineWaits):
        engine.dream(given, quiet)
    vendor.faults.append(Fault("POST", f"{LOOK}/cancel", refuse(529, "Not now."), times=9))
    left = engine.call_off(given.journal.read())
    assert left.startswith("drm_0001 could not be called off at the vendor: ")


@pytest.mark.parametrize("kept", [{}, {"snapshot": {"pages": 1}}])
def test_where_nothing_was_begun_calling_off_asks_nothing(vendor, kept):
    assert engine_at(vendor).call_off(kept) == ""
    assert vendor.received == []


# Hostile replies


@pytest.mark.parametrize(
    "memory",
    [
        {"type": "memory", "id": "mem_1", "path": "/a.md", "content": None},
        {"type": "memory", "id": "mem_1", "content": "A."},
    ],
)
def test_a_listing_without_texts_is_an_error_with_words(vendor, given, house, memory):
    body = answer({"data": [memory], "next_page": None})
    vendor.faults.append(Fault("GET", f"/v1/memory_stores/{house.store.id}/memories", body))
    assert "without its text" in str(fail(vendor, given))


def test_a_listing_that_never_ends_is_an_error_with_words(vendor, given, house, monkeypatch):
    monkeypatch.setattr("dreaming.engines.managed.remote.MOST_MEMORIES", 5)
    body = answer({"data": [], "next_page": "p1"})
    place = f"/v1/memory_stores/{house.store.id}/memories"
    vendor.faults.append(Fault("GET", place, body, times=99))
    run_of = replace(given)
    with pytest.raises(EngineError):
        run(vendor, run_of)


def test_a_prefix_in_a_listing_is_passed_over(vendor, given, house):
    rows = [
        {"type": "memory_prefix", "path": "/a/"},
        {"type": "memory", "id": "mem_1", "path": "/tone.md", "content": "Greet."},
    ]
    body = answer({"data": rows, "next_page": None})
    vendor.faults.append(Fault("GET", f"/v1/memory_stores/{house.store.id}/memories", body))
    run(vendor, given)
    assert given.journal.read()["snapshot_0001"] == {"texts": {"/tone.md": "Greet."}}
