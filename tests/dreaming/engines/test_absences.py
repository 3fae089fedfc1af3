from dreaming.engines.absences import Lack, Shown, make_fact, say_absences
from dreaming.engines.names import KINDS

NOBODY: frozenset[str] = frozenset()


def lack(name: str, *sessions: int, holder: str = "", fix: str = "") -> Lack:
    shown = tuple(
        Shown(f"S-{n}", f"t-{n}", 1, f"no {name}", "tool", got_past=False) for n in sessions
    )
    return Lack(holder, name, fix, shown)


def test_names_to_use_come_first_and_each_list_is_in_order():
    lacks = [lack("b", 1), lack("z", 1, fix="x"), lack("a", 1), lack("y", 1, fix="x")]
    assert say_absences(KINDS["table"], "shop", lacks) == (
        "In database `shop` these tables do not exist; where another name is given, use it:\n\n"
        "- `y`, `z`: use `x`\n- `a`, `b`"
    )


def test_without_a_place_or_a_name_to_use_only_the_absence_is_said():
    lacks = [lack("tree", 1), lack("rsync", 1)]
    assert say_absences(KINDS["command"], "", lacks) == (
        "These commands do not exist; do not use them:\n\n- `rsync`, `tree`"
    )


def test_one_option_is_one_sentence():
    lacks = [lack("-p", 1, holder="grep", fix="-P")]
    assert say_absences(KINDS["option"], "", lacks) == "`grep` has no option `-p`: use `-P`."


def test_a_long_list_keeps_what_most_sessions_met_and_says_so():
    lacks = [lack(f"t{n:02}", *range(n + 1)) for n in range(70)]
    made = make_fact(("sql", ""), "table", "shop", lacks, exposed=NOBODY, at_least=2)
    assert made is not None
    assert made.statement.count("`t") == 60
    assert "`t10`" in made.statement
    assert "`t09`" not in made.statement
    assert (
        "70 tables that do not exist. The 60 that most sessions met are listed." in made.rationale
    )


def test_too_few_sessions_make_no_fact():
    assert make_fact(("sql", ""), "table", "", [lack("a", 1)], exposed=NOBODY, at_least=2) is None


def test_quotes_are_of_different_tasks_and_at_most_four_without_a_call_that_worked():
    lacks = [lack(name, 1, 2, 3, 4, 5) for name in "abcde"]
    made = make_fact(("sql", ""), "table", "", lacks, exposed=NOBODY, at_least=2)
    assert made is not None
    assert len(made.quotes) == 4
    assert len({quote.session for quote in made.quotes}) == 4
