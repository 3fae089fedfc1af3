import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.shapes import FORMS, NEVER_WANTED, is_sentence, name_form

SENTENCE = "Last HbA1C value was recorded last week and is fine"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=600),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (None, "empty"),
        ("", "empty"),
        ("  \n", "empty"),
        ([], "empty"),
        ({}, "empty"),
        (True, "boolean"),
        (0, "number"),
        (2.5, "number"),
        ("42", "number as text"),
        ("-3.5", "number as text"),
        ("12 %", "text"),
        ({"a": 1}, "object"),
        ([1, 2], "list"),
        (["W1", "W2"], "list"),
        ([-1, SENTENCE], "list of sentences"),
        ([["inner", SENTENCE]], "list"),
        ("2024-05-18", "date"),
        ("2024-05-18T10:15:00+00:00", "time"),
        ("18.05.2024", "other date"),
        ("5/18/24", "other date"),
        ("May 18, 2024", "other date"),
        ("18 May 2024", "other date"),
        ("ada@example.org", "e-mail"),
        ("https://example.org/a?b=1", "address"),
        ("/etc/hosts", "path"),
        ("./run.sh", "path"),
        ("#W1234567", "code"),
        ("credit_card_123", "code"),
        ("S6534835", "code"),
        ("JFK", "code"),
        ("Ada Lovelace", "name"),
        ("O'Neil", "name"),
        ("business", "name"),
        ("{api_base}", "placeholder"),
        ("{api_base}/Patient", "placeholder"),
        ("${user}", "placeholder"),
        ("{{ customer }}", "placeholder"),
        ("<customer_id>", "placeholder"),
        ("YOUR_API_KEY", "placeholder"),
        ("[customer name]", "placeholder"),
        ('"Paris"', "quoted"),
        (SENTENCE, "sentence"),
        ("a, b; c/d", "text"),
    ],
)
def test_the_form_of_a_value_is_named(value, form):
    assert name_form("value", value) == form


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("query", "SELECT 1 FROM t", "command"),
        ("query", "execute[SELECT 1]", "command in execute"),
        ("query", "```sql\nSELECT 1\n```", "command in a code fence"),
        ("query", '"SELECT 1"', "command in quotes"),
        ("query", "SELECT * FROM {table_name}", "placeholder"),
        ("query", "We should look at all of the tables first", "sentence"),
        ("query", "Rome", "name"),
        ("command", "ls", "command"),
        ("command", "awk '{print $1}' f", "command"),
        ("command", "find . -name x -exec rm {} +", "command"),
        ("command", "", "empty"),
        ("code", "print(1)\nprint(2)", "command"),
        ("code", "4548-4", "code"),
    ],
)
def test_the_form_of_a_command_is_named(name, value, form):
    assert name_form(name, value) == form


@pytest.mark.parametrize(
    ("command", "form"),
    [
        ("Great! Let me know what else there is", "sentence"),
        ("Yes, that is correct.", "sentence"),
        ("It seems that it is not here. Try without: mount -t smbfs //x", "sentence"),
        ("Wget -O /system/a.txt http://example.com/a.txt", "command"),
        ("find / -name x | wc -l", "command"),
        ("extract", "command"),
    ],
)
def test_what_is_told_in_place_of_a_command_is_a_sentence(command, form):
    assert name_form("command", command) == form


@given(st.sampled_from(["", "query", "code", "customer"]), JSON)
def test_every_value_has_one_of_the_known_forms(name, value):
    assert name_form(name, value) in FORMS


def test_forms_nobody_wants_are_forms():
    assert set(FORMS) > NEVER_WANTED


def test_forms_hold_no_digits_and_no_values():
    assert not any(letter.isdigit() for words in FORMS.values() for letter in words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SENTENCE, True),
        ("one two three four five", False),
        ("one two three four five six", True),
        ("W1 W2 W3 W4 W5 W6", False),
        ("", False),
        ("Die Bestellung wurde gestern nicht geliefert, leider.", True),
    ],
)
def test_a_sentence_has_six_plain_words(text, expected):
    assert is_sentence(text) is expected


def test_long_values_are_named_by_their_beginning():
    assert name_form("note", "word " * 100_000) == "sentence"
    assert name_form("query", "(" * 100_000) == "command"
    assert name_form("note", "'" * 100_000) == "text"
