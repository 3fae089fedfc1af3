"""The memory tool's commands against texts."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.errors import InvalidChange
from reviews.memory_commands import Write, run_command, say_proposed

TEXTS = {"/notes/a.md": "One.\nTwo.\nThree.\n", "/notes/b.md": "Two.\n", "/c.md": "See."}


def run(name, **given):
    return run_command({"command": name, **given}, TEXTS)


def refused(name, **given):
    with pytest.raises(InvalidChange) as told:
        run(name, **given)
    return str(told.value)


def test_the_root_lists_every_approved_memory_with_its_size():
    words = run("view", path="/memories").words
    assert words.splitlines()[1:] == [
        "/memories/c.md (4 bytes)",
        "/memories/notes/a.md (17 bytes)",
        "/memories/notes/b.md (5 bytes)",
    ]
    assert run("view", path="/memories/").words.count("bytes") == 3


def test_a_folder_lists_what_is_below_it_and_nothing_beside():
    assert run("view", path="/memories/notes").words.count("bytes") == 2


def test_an_empty_memory_says_so():
    assert (
        "no memory is approved yet"
        in run_command({"command": "view", "path": "/memories"}, {}).words
    )


@pytest.mark.parametrize(
    ("wanted", "lines"),
    [
        (None, ["One.", "Two.", "Three."]),
        ([2, 3], ["Two.", "Three."]),
        ([2, -1], ["Two.", "Three."]),
        ([1, 99], ["One.", "Two.", "Three."]),
    ],
)
def test_a_text_is_shown_with_the_numbers_of_its_lines(wanted, lines):
    given = {} if wanted is None else {"view_range": wanted}
    shown = run("view", path="/memories/notes/a.md", **given).words.splitlines()[1:]
    assert [line.split("\t")[1] for line in shown] == lines
    assert shown[-1].split("\t")[0].strip() == "3"


@pytest.mark.parametrize("wanted", [[0, 2], [4, 4], [3, 1], [1], "1-2", [1, "2"]])
def test_a_range_that_is_none_is_refused(wanted):
    assert "view_range" in refused("view", path="/memories/notes/a.md", view_range=wanted)


@pytest.mark.parametrize(
    ("name", "given", "writes"),
    [
        ("create", {"path": "/memories/d.md", "file_text": "New."}, [Write("/d.md", "New.")]),
        ("create", {"path": "/memories/c.md", "file_text": "Other."}, [Write("/c.md", "Other.")]),
        (
            "str_replace",
            {"path": "/memories/notes/a.md", "old_str": "Two", "new_str": "2"},
            [Write("/notes/a.md", "One.\n2.\nThree.\n")],
        ),
        (
            "str_replace",
            {"path": "/memories/notes/a.md", "old_str": "Two.\n", "new_str": ""},
            [Write("/notes/a.md", "One.\nThree.\n")],
        ),
        (
            "insert",
            {"path": "/memories/notes/a.md", "insert_line": 1, "insert_text": "Half.\n"},
            [Write("/notes/a.md", "One.\nHalf.\nTwo.\nThree.\n")],
        ),
        (
            "insert",
            {"path": "/memories/c.md", "insert_line": 0, "insert_text": "First."},
            [Write("/c.md", "First.\nSee.\n")],
        ),
        ("delete", {"path": "/memories/c.md"}, [Write("/c.md", None)]),
        (
            "rename",
            {"old_path": "/memories/c.md", "new_path": "/memories/e.md"},
            [Write("/e.md", "See."), Write("/c.md", None)],
        ),
    ],
)
def test_what_a_command_would_write(name, given, writes):
    assert list(run(name, **given).writes) == writes


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("view", {"path": "/etc/passwd"}, "is not below /memories/"),
        ("view", {"path": "/memoriesx/a"}, "is not below /memories/"),
        ("view", {"path": "/memories/none.md"}, "nothing at"),
        ("view", {}, "path is missing"),
        ("create", {"path": "/memories/", "file_text": "x"}, "is not below"),
        ("create", {"path": "/memories/d.md", "file_text": " \n"}, "use delete"),
        ("create", {"path": "/memories/d.md"}, "file_text is missing"),
        ("str_replace", {"path": "/memories/c.md", "old_str": "x", "new_str": ""}, "not there"),
        (
            "str_replace",
            {"path": "/memories/notes/a.md", "old_str": "e.", "new_str": ""},
            "stands there 2 times",
        ),
        ("str_replace", {"path": "/memories/c.md", "new_str": ""}, "old_str is missing"),
        (
            "insert",
            {"path": "/memories/c.md", "insert_line": 2, "insert_text": "x"},
            "insert_line is 0 to 1",
        ),
        (
            "insert",
            {"path": "/memories/c.md", "insert_line": True, "insert_text": "x"},
            "insert_line",
        ),
        ("delete", {"path": "/memories/none.md"}, "no memory at"),
        ("rename", {"old_path": "/memories/c.md", "new_path": "/memories/notes/a.md"}, "already"),
        ("sudo", {}, "no command"),
    ],
)
def test_what_a_model_asked_wrongly_is_said_with_the_way_out(name, given, words):
    assert words in refused(name, **given)


ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.integers())
)
NAMES = st.sampled_from(["path", "file_text", "old_str", "new_str", "insert_line", "view_range"])
VERBS = st.sampled_from(["view", "create", "str_replace", "insert", "delete", "rename"])


@given(VERBS | ANYTHING, st.dictionaries(NAMES, ANYTHING, max_size=5))
def test_whatever_is_sent_is_answered_in_words(name, given):
    with suppress(InvalidChange):
        outcome = run_command({"command": name, **given}, TEXTS)
        assert outcome.words or outcome.writes


def test_a_model_is_told_what_its_write_became():
    words = say_proposed(["P-1", "P-2"], ["P-3"])
    assert words.startswith("Proposed as P-1, P-2. The same waits already as P-3.")
    assert words.endswith("until then your memory says what it said.")
