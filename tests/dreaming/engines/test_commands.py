import pytest

from dreaming.engines.commands import command_word, unwrap


@pytest.mark.parametrize(
    ("text", "bare", "around"),
    [
        ("execute[SHOW TABLES]", "SHOW TABLES", "execute[…]"),
        ("```sql\nSELECT 1\n```", "SELECT 1", "a code fence"),
        ("```SELECT 1```", "SELECT 1", "a code fence"),
        ('"SELECT 1"', "SELECT 1", "quotes"),
        ("'ls'", "ls", "quotes"),
        ('SELECT "a" FROM "b"', 'SELECT "a" FROM "b"', ""),
        ("SELECT a[1]", "SELECT a[1]", ""),
        ("", "", ""),
    ],
)
def test_what_stands_around_a_command_is_taken_off(text, bare, around):
    assert unwrap(text) == (bare, around)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"query": "SHOW TABLES"}, "show"),
        ({"query": "(SELECT 1) UNION (SELECT 2)"}, "select"),
        ({"query": "DESC flights"}, "describe"),
        ({"query": "DESCRIBE flights;"}, "describe"),
        ({"query": "EXPLAIN SELECT 1"}, "explain"),
        ({"query": "execute[SELECT name FROM t]"}, "select"),
        ({"query": "```sql\nSELECT 1\n```"}, "select"),
        ({"query": "We should look at the tables first"}, ""),
        ({"query": "best hotels in Rome"}, ""),
        ({"query": "find me a hotel"}, ""),
        ({"command": "ls"}, "ls"),
        ({"command": "pwd"}, "pwd"),
        ({"command": "ls | wc -l"}, "ls"),
        ({"command": "cd /testbed && python -m pytest -q"}, "python"),
        ({"command": "sudo DEBUG=1 pip install x"}, "pip"),
        ({"command": "terraform apply"}, "terraform"),
        ({"command": "your task is to list files, sort them by size."}, ""),
        ({"command": "Your task"}, ""),
        ({"": "git status"}, "git"),
        ({"": "hello there"}, ""),
        ({"command": "ls -l", "query": "SELECT 1"}, ""),
        ({"command": "ls -l", "timeout": 3}, "ls"),
        ({"command": ["ls", "-l"]}, ""),
        ({"command": '["ls"]'}, ""),
        ({"note": "select the first one"}, ""),
        ({"query": ""}, ""),
        ({}, ""),
    ],
)
def test_the_word_a_command_begins_with_is_read_and_prose_is_not(arguments, word):
    assert command_word(arguments) == word


def test_long_commands_are_read_by_their_beginning():
    assert command_word({"query": "SELECT " + "a, " * 10_000}) == "select"
    assert command_word({"command": "a" * 100_000}) == ""
