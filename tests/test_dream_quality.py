"""The bench of dream quality: its rules said by examples, before any number rests on them."""

import re
from collections import Counter
from pathlib import Path

import pytest

from dreaming.engines.base import Candidate, EngineCheck, EngineMemory, EngineSession
from reviews.changes import Change, Op
from tests import pack
from tests.bench.quality import halves, merges, planted, report
from tests.bench.quality.databases import note_names, speaks_against
from tests.bench.quality.dreams import dream_over, shuffle_outcomes
from tests.bench.quality.facts import Absent, read_absent, read_tables, uses
from tests.bench.quality.matching import RULES, Held, match
from tests.bench.quality.measures import Measures
from tests.bench.quality.sets import SETS, places_of, read_set, split_tasks
from tests.dreaming.build_sessions import answers, calls, fails, says, session
from tests.measure import ROOT

DOCS = ROOT / "docs" / "dream-quality.md"
MISSING = (
    "In database `shop` these tables do not exist; use what is named instead:\n\n"
    "- `order`, `sale`: use `orders`\n- `till`"
)
COLUMNS = (
    "In database `shop` these columns do not exist; use what is named instead:\n\n"
    "- `clients` has no `surname` (use `name`); no `age`, `sex`\n- `orders` has no `day`"
)
SHOP = frozenset({"shop"})


def memory(kind: str, template: str = "", tool: str = "sql", **more: object) -> Candidate:
    fields = {"statement": "", "title": "", "matched": frozenset(), "quotes": (), **more}
    return Candidate(kind=kind, tool=tool, template=template, signal="outcome", **fields)


def queried(query: str, error: str = "", verdict: str = "failure") -> EngineSession:
    result = fails("sql", error, "1") if error else answers("sql", "[(1,)]", "1")
    steps = (calls("sql", "1", query=query), result)
    return session(1, *steps, verdict=verdict, environment="SQL")


def is_matched(candidate: Candidate, one: EngineSession, places: frozenset[str] = SHOP) -> bool:
    return match(candidate, Held(one, places)).is_shown


# Mistakes


@pytest.mark.parametrize(
    ("template", "text", "fits"),
    [
        ("Error: order <id> is locked", "Error: order #W12 is locked", True),
        ("Error: order <id> is locked", "note\n  Error: order 7 is   locked by Ann", True),
        ("Error: order <id> is locked", "Error: order 7 is open", False),
        ("Error: order <id> is locked", "The order 7 is locked", False),
        ("no <text> here (see <url>)", "Error: no 'x' here (see http://a)", True),
        ("HTTP Service Unavailable from <path>", "HTTP 503 from /a/b", True),
    ],
)
def test_a_mistake_matches_an_error_its_template_fits(template: str, text: str, fits: bool):
    one = session(1, calls("find", "1"), fails("find", text, "1"))
    assert is_matched(memory("mistake", template, tool="find"), one) is fits


def test_an_error_of_another_tool_is_no_match():
    one = session(1, fails("find", "Error: gone"), fails("send", "Error: late"))
    assert not is_matched(memory("mistake", "Error: late", tool="find"), one)


def test_the_errors_by_which_a_memory_matches_are_told():
    one = session(1, fails("a", "Error: x"), answers("a", "Error: x"), fails("a", "Error: x"))
    assert match(memory("mistake", "Error: x", tool="a"), Held(one)).errors == {0, 2}


def test_a_memory_of_another_field_of_work_does_not_match():
    one = session(1, fails("a", "Error: x"), environment="retail")
    assert not is_matched(memory("mistake", "Error: x", tool="a", scope="domain:airline"), one)
    assert is_matched(memory("mistake", "Error: x", tool="a", scope="domain:retail"), one)


# Facts


def test_the_names_a_fact_says_are_not_there_are_read_without_those_to_use():
    assert read_absent(MISSING) == {Absent("shop", "", name) for name in ("order", "sale", "till")}
    assert read_absent(COLUMNS) == {
        Absent("shop", "clients", "surname"),
        Absent("shop", "clients", "age"),
        Absent("shop", "clients", "sex"),
        Absent("shop", "orders", "day"),
    }


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("In database `shop` there is no table `Sale`: use `orders`.", Absent("shop", "", "sale")),
        ("`clients` has no column `age`: use `born`.", Absent("", "clients", "age")),
        ("There is no command `rg`.", Absent("", "", "rg")),
    ],
)
def test_a_fact_of_one_name_is_read(statement: str, absent: Absent):
    assert read_absent(statement) == {absent}


@pytest.mark.parametrize(
    ("query", "error", "places", "fits"),
    [
        ("SELECT 1 FROM sale", "Table 'shop.sale' doesn't exist", {"shop"}, True),
        ("SELECT 1 FROM sale", "Table 'farm.sale' doesn't exist", {"farm"}, False),
        ("SELECT 1 FROM orders", "Table 'shop.sale' doesn't exist", {"shop"}, False),
        ("SELECT 1 FROM orders", "Table 'shop.orders' doesn't exist", {"shop"}, False),
    ],
)
def test_a_fact_matches_an_error_about_its_name_in_its_place(query, error, places, fits):
    fact = memory("fact", "missing tables in shop", statement=MISSING)
    assert is_matched(fact, queried(query, error), frozenset(places)) is fits


def test_a_missing_column_matches_where_the_query_used_the_table():
    fact = memory("fact", "missing columns in shop", statement=COLUMNS)
    error = "Unknown column 'age' in 'field list'"
    assert is_matched(fact, queried("SELECT age FROM clients", error))
    assert not is_matched(fact, queried("SELECT age FROM orders", error))


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("SELECT a FROM t", {"t": "t"}),
        (
            "SELECT a FROM shop.t AS x JOIN u y ON x.i = y.i",
            {"t": "t", "x": "t", "u": "u", "y": "u"},
        ),
        ("select * from `t`, u v where a = 'from z'", {"t": "t", "u": "u", "v": "u"}),
    ],
)
def test_the_tables_of_a_query_are_found(query: str, tables: dict[str, str]):
    assert read_tables(query) == tables


@pytest.mark.parametrize(
    ("query", "absent", "used"),
    [
        ("SELECT 1 FROM Sale", Absent("shop", "", "sale"), True),
        ("SELECT sale FROM orders", Absent("shop", "", "sale"), False),
        ("SELECT age FROM clients", Absent("shop", "clients", "age"), True),
        ("SELECT x.age FROM clients x JOIN pets p", Absent("shop", "clients", "age"), True),
        ("SELECT p.age FROM clients x JOIN pets p", Absent("shop", "clients", "age"), False),
        ("SELECT age FROM clients JOIN pets", Absent("shop", "clients", "age"), False),
        ("SELECT count(1) AS age FROM clients", Absent("shop", "clients", "age"), False),
        (
            "SELECT count(1) AS age FROM clients ORDER BY age",
            Absent("shop", "clients", "age"),
            False,
        ),
        ("SELECT name FROM clients", Absent("shop", "clients", "clients"), False),
        ("DESC clients", Absent("shop", "clients", "clients"), False),
        ("SELECT clients FROM clients", Absent("shop", "clients", "clients"), True),
        ("SELECT 1 FROM clients WHERE name = 'age'", Absent("shop", "clients", "age"), False),
    ],
)
def test_a_name_is_used_as_a_table_or_as_a_column_of_its_table(query, absent, used):
    assert uses(query, absent) is used


def test_a_memory_speaks_against_a_name_only_where_the_call_worked():
    absent = [Absent("shop", "", "sale")]
    assert speaks_against(queried("SELECT 1 FROM sale"), absent)
    assert not speaks_against(queried("SELECT 1 FROM sale", "Error: no"), absent)


def test_errors_on_databases_nobody_saw_are_counted_apart():
    found = Measures("x")
    error = "Table 'shop.sale' doesn't exist"
    held = [Held(queried("SELECT 1 FROM sale", error), SHOP)]
    held.append(Held(queried("SELECT 1 FROM orders", verdict="success"), SHOP))
    held.append(Held(queried("SELECT 1 FROM cow", error), frozenset({"farm"})))
    fact = memory("fact", statement=MISSING)
    note_names(found, [fact], held, learned_from={"shop"})
    assert found.values == {
        "names covered": [1.0],
        "names errors": [1],
        "names errors elsewhere": [1],
        "names false touch": [0.0],
        "names met and recovered": [0.0],
    }


def test_a_task_is_about_the_databases_errors_of_any_of_its_sessions_name():
    error = "Error executing query: Table 'Shop.sale' doesn't exist"
    one, other = queried("SELECT 1 FROM sale", error), queried("SELECT 1 FROM orders")
    assert places_of([one, other]) == {"task-1": SHOP}


# Workflows, preferences, checks


@pytest.mark.parametrize(
    ("template", "claim", "tools", "fits"),
    [
        ("path: b > c", "harms", "abc", True),
        ("path: b > c", "harms", "acb", False),
        ("path: b > c", "harms", "bbc", True),
        ("begin: b > c", "harms", "abc", False),
        ("begin: a", "common", "abc", True),
        ("begin: a", "helps", "abc", False),
        ("begin: a", "helps", "ba", True),
        ("begin: a", "helps", "bc", False),
    ],
)
def test_a_workflow_speaks_to_who_took_a_bad_way_or_left_a_good_one(
    template: str, claim: str, tools: str, fits: bool
):
    one = session(1, *(calls(tool, str(at)) for at, tool in enumerate(tools)))
    assert is_matched(memory("workflow", template, tool="", claim=claim), one) is fits


def test_a_preference_matches_a_sentence_with_all_its_words():
    wish = memory("preference", tool="", statement="Always answer with the order number first.")
    said = "Hello.\nPlease answer with the order number first, always!"
    assert is_matched(wish, session(1, says(said)))
    assert not is_matched(wish, session(1, says("What is the order number? Answer first.")))


def test_a_check_matches_where_it_failed():
    checks = (EngineCheck("settled", False, ""), EngineCheck("polite", True, ""))
    one = session(1, says("Hi."), checks=checks)
    assert is_matched(memory("check", tool="settled"), one)
    assert not is_matched(memory("check", tool="polite"), one)


def test_a_kind_without_a_rule_matches_nothing():
    assert not is_matched(memory("unheard"), session(1, fails("sql", "Error: x")))
    assert "unheard" not in RULES


# Halves and shuffles


def test_halves_share_no_task_and_lose_no_session():
    sessions = [session(n, says("Hi."), task_key=f"t{n % 7}") for n in range(1, 30)]
    for seed in range(5):
        left, right = split_tasks(sessions, seed)
        assert not {s.task_key for s in left} & {s.task_key for s in right}
        assert len(left) + len(right) == 29
    assert split_tasks(sessions, 1) != split_tasks(sessions, 2)


def test_shuffling_deals_the_verdicts_of_each_task_anew():
    sessions = [
        session(n, says("Hi."), task_key=f"t{n % 3}", verdict=("failure", "success")[n % 2])
        for n in range(1, 61)
    ]
    dealt = shuffle_outcomes(sessions, 1)
    of_task = [Counter((s.task_key, s.verdict) for s in some) for some in (sessions, dealt)]
    assert of_task[0] == of_task[1]
    assert [s.verdict for s in sessions] != [s.verdict for s in dealt]
    assert [s.events for s in sessions] == [s.events for s in dealt]


def test_coverage_counts_failures_errors_and_sessions_that_went_well():
    found = Measures("x")
    bad = (fails("a", "Error: x"), fails("a", "Error: y"))
    held = [
        Held(session(1, *bad, verdict="failure")),
        Held(session(2, says("Hi."), verdict="failure")),
        Held(session(3, *bad[:1], verdict="success")),
        Held(session(4, says("Hi."), verdict="success")),
        Held(session(5, says("Hi."), verdict="success")),
        Held(session(6, *bad[:1], verdict="unknown")),
    ]
    halves.note_coverage(found, [memory("mistake", "Error: x", tool="a")], held)
    assert (found.mean("FC"), found.mean("FT")) == (0.5, pytest.approx(1 / 3))
    assert found.mean("EC") == pytest.approx(3 / 4)
    assert (found.mean("mistake FC"), found.mean("fact FC")) == (0.5, 0.0)


@pytest.mark.parametrize(
    ("left", "right", "index"),
    [("ab", "bc", 1 / 3), ("a", "a", 1.0), ("a", "", 0.0), ("", "", None)],
)
def test_overlap_is_the_jaccard_index(left: str, right: str, index: float | None):
    assert halves.overlap(left, right) == index


# Planted mistakes


def test_planted_sessions_are_the_same_for_the_same_seed():
    plant = planted.TARGETS[0]
    assert list(planted.simulate(plant, 3, 40)) == list(planted.simulate(plant, 3, 40))
    assert list(planted.simulate(plant, 3, 40)) != list(planted.simulate(plant, 4, 40))


@pytest.mark.parametrize("plant", planted.TARGETS, ids=lambda plant: plant.kind)
def test_what_is_planted_has_its_prevalence_and_its_lift(plant: planted.Planted):
    sessions = [s for seed in range(10) for s in planted.simulate(plant, seed)]
    mark = planted.ERROR[-20:] if plant.kind == "error" else planted.HARMFUL_STEP
    shown = [any(mark in e.text or mark == e.tool for e in s.events) for s in sessions]
    failed = [s.verdict == "failure" for s in sessions]
    with_it = [bad for bad, has in zip(failed, shown, strict=True) if has]
    without = [bad for bad, has in zip(failed, shown, strict=True) if not has]
    assert sum(shown) / len(shown) == pytest.approx(0.15, abs=0.02)
    lift = sum(with_it) / len(with_it) / (sum(without) / len(without))
    assert lift == pytest.approx(3.0, abs=0.35)


@pytest.mark.parametrize("plant", planted.TARGETS, ids=lambda plant: plant.kind)
def test_a_planted_mistake_is_found(plant: planted.Planted):
    found = planted.measure_recall(plant, seeds=2)
    assert (found.proposed, found.told) == (2, 2)


# Merging


@pytest.mark.parametrize(
    ("scores", "same", "area"),
    [
        ([1, 2, 3, 4], [False, False, True, True], 1.0),
        ([4, 3, 2, 1], [False, False, True, True], 0.0),
        ([1, 1, 1, 1], [False, True, False, True], 0.5),
        ([1, 2, 3, 4], [False, True, False, True], 0.75),
    ],
)
def test_the_area_is_the_chance_that_a_same_pair_scores_higher(scores, same, area):
    assert merges.area_under(scores, same) == area


def test_numbers_names_and_negations_that_a_merge_drops_are_counted():
    notes = [
        EngineMemory("/a.md", 1, "Ask Anna in room 12."),
        EngineMemory("/b.md", 1, "Do not ask Anna, use mail_desk."),
    ]
    whole = Change(
        op=Op.MERGE,
        path="/a.md",
        content="Do not ask Anna in room 12, use mail_desk.",
        base_version=1,
        title="",
        rationale="",
        merged=("/b.md",),
    )
    assert merges.count_lost(whole, notes) == 0
    short = Change(**{f: getattr(whole, f) for f in whole.__slots__} | {"content": "Ask Anna."})
    assert merges.count_lost(short, notes) == 3


def test_a_protected_memory_that_is_folded_or_cut_is_lost():
    notes = [EngineMemory("/a.md", 1, "A", protected=True), EngineMemory("/b.md", 1, "B")]
    change = Change(
        op=Op.MERGE, path="/b.md", content="B", base_version=1, title="", rationale="",
        merged=("/a.md",),
    )  # fmt: skip
    assert merges.count_protected_lost([change], notes) == 1
    assert merges.count_protected_lost([change], notes[1:]) == 0


# On the pack


def test_real_sessions_are_read_and_dreamt_over():
    pack.require(SETS[0].files[0])
    sessions = read_set(SETS[0], pack.DATA)
    dreamt = dream_over(sessions, "agent")
    assert len(sessions) == 100
    assert len(dreamt.proposed) >= 1
    assert dreamt.quotes == dreamt.verbatim >= 1


def test_merging_on_the_pack_loses_nothing():
    for name in (*merges.PAIRS, merges.REFLEXION):
        pack.require(name)
    judged, stored = report.measure_merges(pack.DATA)
    assert judged.precision > 0.75
    assert (stored.lost, stored.protected_lost, stored.wrong) == (0, 0, 0)


# Lines, tables, documentation


def measured() -> Measures:
    values = {
        "memories": [2.0, 4.0],
        "FC": [0.5, 0.7],
        "quotes": [4.0],
        "verbatim": [4.0],
        "claimed": [10.0],
        "claimed on shuffled": [1.0, 2.0],
        "names covered": [0.6, 0.7],
        "names false touch": [0.01],
        "weakest effect": [0.1],
        "mistake memories": [2.0],
        "mistake FC": [0.5],
    }
    return Measures("shop", 12, 4, values)


def test_targets_are_judged_by_the_mean():
    lines = {line.name: line for line in report.set_lines([measured()])}
    covered = lines["shop: errors about missing tables and columns covered"]
    assert (covered.value, covered.budget, covered.ok) == (0.65, 0.7, False)
    assert lines["evidence fidelity"].ok
    assert (lines["shuffled against real"].value, lines["shuffled against real"].ok) == (
        0.15,
        False,
    )


def test_effects_told_on_shuffled_outcomes_alone_are_over_the_target():
    one = measured()
    one.values["claimed"] = [0.0]
    lines = {line.name: line for line in report.set_lines([one])}
    assert not lines["shuffled against real"].ok


def test_tables_show_mean_and_range():
    assert report.spread([0.5, 0.7]) == "0.60 (0.50 to 0.70)"
    assert report.spread(None) == "-"
    assert "| shop | 12 | 4 | 3.0 (2.0 to 4.0) | 0.60 (0.50 to 0.70) |" in report.write_sets(
        [measured()]
    )
    assert "| shop | mistake | 2.0 (2.0 to 2.0) |" in report.write_kinds([measured()])


def test_the_documented_tables_have_the_columns_that_are_measured():
    text = DOCS.read_text(encoding="utf-8")
    for table in (report.write_sets([]), report.write_kinds([]), report.write_recalls({})):
        assert table.splitlines()[0] in text
    for one in SETS:
        assert f"| {one.name} |" in text


def test_the_documented_commands_exist():
    text = DOCS.read_text(encoding="utf-8")
    commands = set(re.findall(r"^ {4}(?:[A-Z_]+=\S+ )*(make [\w-]+|[\w./]+ -m [\w.]+)", text, re.M))
    assert "make bench-dream" in commands
    for command in commands:
        if command.startswith("make bench-"):
            assert (ROOT / "tests" / "bench" / f"{command.removeprefix('make bench-')}.py").exists()
        else:
            module = Path(*command.split(" -m ")[1].split("."))
            assert (ROOT / module / "__main__.py").exists()
