"""What memories name, deny and forbid, and which errors say that a name is gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.mentions import find_gone, only_looks_for, read_mentions, rename
from tests.dreaming.build_sessions import memory


def mentions(content: str) -> tuple[tuple[str, ...], ...]:
    held = read_mentions(memory("/a.md", content))
    return held.uses, held.denies, held.forbids


@pytest.mark.parametrize(
    ("content", "uses", "denies", "forbids"),
    [
        ("Call `find_order` first.", ("find_order",), (), ()),
        ("Set `deploy_date` when `release` asks.", ("deploy_date", "release"), (), ()),
        ('When `find_order` fails with "order not found", ask.', ("find_order",), (), ()),
        ("`jq` is odd. `ripgrep` is not installed.", ("jq",), ("ripgrep",), ()),
        ("`find_order` does not work here.", (), ("find_order",), ()),
        ("There is no `orders` in this database.", (), ("orders",), ()),
        ("There is no `orders`.", (), ("orders",), ()),
        ("The tool `pay_later` always fails.", (), ("pay_later",), ()),
        ("Never call `refund`.", (), (), ("refund",)),
        ("Do not use `refund` for shipped orders.", (), (), ()),
        ("`pay` does not work for parcels.", (), (), ()),
        ("Use `new_name` instead of `old_name`.", (), (), ()),
        ("`old_name` was renamed to `new_name`.", (), (), ()),
        ('When `find_order` fails with "unknown tool find_order", ask.', (), (), ()),
        ("Run `npm run build` first.", (), (), ()),
        ("Ask first.", (), (), ()),
        ("Never call `refund`. Call `refund` twice.", (), (), ("refund",)),
    ],
)
def test_a_name_is_used_denied_or_forbidden(content, uses, denies, forbids):
    assert mentions(content) == (uses, denies, forbids)


@pytest.mark.parametrize(
    "line",
    [
        "Error: unknown column 'deploy_date'",
        "no such column: deploy_date",
        "deploy_date: command not found",
        'column "deploy_date" does not exist',
        "deploy_date was renamed to release_date",
        "NameError: name 'deploy_date' is not defined",
        "Unrecognized argument deploy_date",
        "deploy_date has been removed in version 3",
    ],
)
def test_errors_that_say_a_name_is_gone(line):
    assert find_gone(f"It failed\n  {line}", "deploy_date", tool="query") == line


@pytest.mark.parametrize(
    "line",
    [
        "Error: order not found",
        "deploy_date_utc: command not found",
        "no such column: my.deploy_date",
        "the deploy_date is too late",
        "deploy_date failed: order not found",
        "deploy_date refers to an unknown release",
        "",
    ],
)
def test_errors_that_say_something_else(line):
    assert find_gone(line, "deploy_date", tool="query") == ""


def test_of_itself_a_tool_may_be_gone_without_its_name():
    assert find_gone("Unknown tool requested", "find_order", tool="find_order")
    assert not find_gone("Unknown tool requested", "find_order", tool="other")
    assert not find_gone("order not found", "find_order", tool="find_order")


def test_only_whole_names_are_replaced():
    text = "Set `date` before `date_utc`, not my.date or date-like; date."
    assert rename(text, "date", "day") == (
        "Set `day` before `date_utc`, not my.date or date-like; day."
    )


@given(st.text(max_size=40), st.text(max_size=20))
def test_renaming_never_reads_the_new_name_as_a_pattern(text, new):
    assert rename(f"`old_name` {text}", "old_name", new).startswith(f"`{new}`")


@pytest.mark.parametrize(
    ("command", "only"),
    [
        ("which jq", True),
        ("apt-get install -y jq", True),
        ("command -v jq", True),
        ("jq . file.json", False),
        ("which curl; jq . file.json", False),
        ("SELECT jq FROM tools", False),
        ("curl x", False),
    ],
)
def test_asking_for_a_name_is_no_use_of_it(command, only):
    assert only_looks_for(command, "jq") is only
