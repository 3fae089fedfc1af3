"""What another pattern of the same dream says better is listed and not proposed twice."""

from dataclasses import replace

import pytest

from dreaming.engines.base import Candidate
from dreaming.engines.coverage import fold_covered, key_of
from tests.dreaming.build_sessions import calls, fails, session
from tests.dreaming.dream_once import dream


def made(template: str, statement: str, *numbers: int, kind: str = "mistake") -> Candidate:
    return Candidate(
        kind=kind,
        tool="bash",
        template=template,
        statement=statement,
        title=template,
        matched=frozenset(f"S-{number}" for number in numbers),
        quotes=(),
        signal="outcome",
        scope="tool:bash",
    )


NOT_FOUND = made("<text>: command not found", "`bash` fails: check the call.", 1, 2, 3, 4, 5)
COMMANDS = made("missing commands", "There is no command `jq`.", 1, 2, 3, 4, kind="fact")
STUCK = made("stuck: bash: cat", "When `cat` in `bash` keeps failing, call `ls` first.", 1, 2, 3)
ERROR = made("no file", 'When `bash` fails with "no file", run `ls` first, then go on.', 1, 2, 3)
VAGUE = made("stuck: bash", "When commands to `bash` keep failing, stop.", 1, 2, 3)
IN_VAIN = made("in vain: bash", "After `bash` failed, do not repeat it.", 1, 2, 3, 4)


def names(*candidates: Candidate) -> list[str]:
    return [one.template for one in fold_covered(candidates)[0]]


@pytest.mark.parametrize(("one", "other"), [(STUCK, ERROR), (VAGUE, IN_VAIN)])
def test_what_another_pattern_says_better_is_left_out(one, other):
    assert names(one, other) == names(other, one) == [other.template]


def test_what_covers_is_named_with_its_sessions():
    _, (dropped,) = fold_covered([replace(VAGUE, matched=IN_VAIN.matched | {"S-9"}), IN_VAIN])
    assert dropped.what == "stuck: bash"
    assert dropped.why == '4 of its 5 sessions show "in vain: bash", which says it better.'


def test_several_cover_together():
    some = replace(ERROR, matched=frozenset({"S-1", "S-2", "S-4"}))
    third = replace(
        ERROR, template="no folder", title="no folder", matched=frozenset({"S-3", "S-4", "S-5"})
    )
    kept, (dropped,) = fold_covered([STUCK, some, third])
    assert kept == [some, third]
    assert dropped.why == '3 of its 3 sessions show "no file" and "no folder", which say it better.'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NOT_FOUND, COMMANDS),
        (VAGUE, replace(IN_VAIN, matched=frozenset({"S-1", "S-8", "S-9"}))),
        (VAGUE, replace(IN_VAIN, tool="sql")),
        (VAGUE, replace(IN_VAIN, claim="harms")),
        (STUCK, replace(ERROR, statement='When `bash` fails with "x", run `pwd` first.')),
        (STUCK, IN_VAIN),
        (VAGUE, ERROR),
    ],
)
def test_what_asks_for_something_else_or_is_seen_elsewhere_covers_nothing(one, other):
    assert len(names(one, other)) == 2


def test_a_pattern_of_two_sessions_covers_nothing():
    two = frozenset({"S-1", "S-2"})
    assert len(names(replace(VAGUE, matched=two), replace(IN_VAIN, matched=two))) == 2


def test_what_memory_holds_or_a_person_asked_about_stays():
    kept, dropped = fold_covered([VAGUE, IN_VAIN], keep={key_of(VAGUE)})
    assert kept == [VAGUE, IN_VAIN]
    assert dropped == []


def test_an_error_stays_beside_the_names_it_was_met_with():
    met = [
        session(
            n,
            calls("bash", command="jq . a.json"),
            fails("bash", "/bin/bash: line 1: jq: command not found"),
            task_key=f"t{n}",
        )
        for n in (1, 2, 3)
    ]
    kinds = {one.kind for one in dream(met).result.candidates}
    assert kinds == {"mistake", "fact"}
