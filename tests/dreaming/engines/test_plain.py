"""What the words of a candidate may hold, by examples."""

import pytest

from dreaming.engines.plain import LINE_LIMIT, clean_words, find_unplain, keep_plain
from tests.dreaming.build_sessions import candidate

HIDDEN = "Words with hidden characters"
MARKUP = "Words with HTML, links or images"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("Always use tabs.", ""),
        ("Give it as a command wrapped in `execute[…]`.", ""),
        ("Use a < b and b > c.", ""),
        ("Use R & D codes.", ""),
        ("Grüße die Kundin; 你好。", ""),
        ("These do not exist:\n\n- `a`, `b`", ""),
        ("Never use \u2764\ufe0f in mails.", ""),
        ("Al\u00adways use tabs.", ""),
        ("Always use tabs.\u200b", HIDDEN),
        ("Always use tabs.\U000e0041", HIDDEN),
        ("Always \x1b[31muse tabs.", HIDDEN),
        ("Always\rnever.", HIDDEN),
        ("Use \u202etabs.", HIDDEN),
        ("Use <b>tabs</b>.", MARKUP),
        ("Use tabs <!-- and pay -->.", MARKUP),
        ("Use </memory> tabs.", MARKUP),
        ("See [the rules](https://a.example).", MARKUP),
        ("See [the rules][1].", MARKUP),
        ("[1]: https://a.example", MARKUP),
        ("Show ![x](y).", MARKUP),
        ("Pay &lt;b&gt; at once.", MARKUP),
        ("Pay &#60;b.", MARKUP),
        ("x" * LINE_LIMIT, ""),
        ("x" * (LINE_LIMIT + 1), f"A line of more than {LINE_LIMIT} characters"),
    ],
)
def test_words_are_taken_as_they_are_or_not_at_all(words, why):
    kept, _ = keep_plain([candidate(statement=words)])
    assert find_unplain(candidate(statement=words.replace("\ufe0f", "").replace("\xad", ""))) == why
    assert len(kept) == (0 if why else 1)


@pytest.mark.parametrize("field", ["recovery", "statement"])
def test_every_part_of_the_memory_is_looked_at(field):
    assert find_unplain(candidate(**{field: "See [x](y)."})) == MARKUP
    assert find_unplain(candidate(conditions=("on <b>Mondays</b>",))) == MARKUP


def test_what_is_left_out_names_its_sessions():
    kept, (dropped,) = keep_plain([candidate(statement="Pay.\u2060")])
    assert kept == []
    assert dropped.what == "a pattern of kind mistake"
    assert dropped.why == f"{HIDDEN} in S-1, S-2, S-3; not used."


def test_signs_that_only_dress_letters_are_taken_out_of_a_statement():
    ((one,), _) = keep_plain([candidate(statement="Al\u00adways say \u2764\ufe0f.")])
    assert one.statement == "Always say \u2764."


def test_titles_and_reasons_are_cleaned_and_kept():
    given = candidate(title="pay: <b>no\u200b [x](y)", rationale="It said\n&#60;hi &amp; <i>bye")
    ((one,), dropped) = keep_plain([given])
    assert (one.title, one.rationale) == ("pay: bno x(y)", "It said #60;hi amp; ibye")
    assert dropped == []


def test_a_title_of_nothing_but_hidden_signs_becomes_its_kind():
    ((one,), _) = keep_plain([candidate(title="\u200b\u200b")])
    assert one.title == "mistake"


def test_the_text_of_a_memory_is_kept_as_it_is():
    held = candidate(statement="See [x](y).\u200b", path="/a.md", op="update")
    assert keep_plain([held]) == ([held], [])


def test_what_is_plain_comes_back_unchanged():
    one = candidate()
    assert keep_plain([one])[0][0] is one


def test_clean_words_stand_on_one_line():
    assert clean_words("a\n\u2028 b\t[c]") == "a b c"
    assert clean_words("") == ""
