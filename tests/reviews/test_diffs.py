"""Rows of a diff, hidden characters, edit distance and the pieces of a conflict."""

import sys
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.web.characters import LOOK_ALIKE
from reviews.alignment import TOTAL_CELLS
from reviews.diffs import (
    HIDDEN,
    Choice,
    DiffRow,
    Part,
    PartKind,
    Pick,
    RowKind,
    Segment,
    Settled,
    UnsettledConflict,
    conflict_choices,
    diff,
    edit_distance,
    resolve,
    statements,
    visible,
)

words = st.sampled_from(
    ["limit", "plan", "the", "ledger,", "read", "pays.", "Quote", "日", "\u202e"]
)
line = st.lists(st.tuples(words, st.sampled_from([" ", "  ", "\t", ""])), max_size=12).map(
    lambda pairs: "".join(word + space for word, space in pairs)
)
prose = st.lists(line, max_size=8).map("\n".join)
anything = st.one_of(prose, st.text(max_size=80))


def unfolded(rows: Sequence[DiffRow]) -> list[DiffRow]:
    return [inner for row in rows for inner in (row.folded or (row,))]


def side(rows, kinds, row_kinds) -> str:
    lines = [
        "".join(part.text for part in row.parts if part.kind in kinds)
        for row in unfolded(rows)
        if row.kind in row_kinds
    ]
    return "\n".join(lines)


def old_of(found) -> str:
    rows = {RowKind.SAME, RowKind.CHANGED, RowKind.REMOVED}
    return side(found.rows, {PartKind.SAME, PartKind.DEL}, rows)


def new_of(found) -> str:
    rows = {RowKind.SAME, RowKind.CHANGED, RowKind.ADDED}
    return side(found.rows, {PartKind.SAME, PartKind.INS}, rows)


def marked(found) -> str:
    """Return the changed rows with [-taken out-] and {+put in+}, as a person would see them."""
    signs = {PartKind.SAME: "{}", PartKind.INS: "{{+{}+}}", PartKind.DEL: "[-{}-]"}
    return "\n".join(
        "".join(
            signs[part.kind].format(part.text) if part.is_marked else part.text
            for part in row.parts
        )
        for row in found.rows
        if row.kind is not RowKind.SAME
    )


@given(anything, anything)
@example("", "\n")
@example("a\n", "a")
@example("  a", "a")
@example("a  b", "a b")
def test_same_and_added_parts_are_the_new_text_and_same_and_removed_the_old(old, new):
    found = diff(old, new)
    assert old_of(found) == old
    assert new_of(found) == new


@given(prose, prose)
def test_marks_begin_and_end_with_a_word_unless_only_white_space_changed(old, new):
    for row in unfolded(diff(old, new).rows):
        if row.kind is not RowKind.CHANGED:
            continue
        for part in row.parts:
            if part.is_marked and part.text.strip():
                assert part.text == part.text.rstrip()


@given(prose, prose)
def test_a_change_is_always_marked_somewhere(old, new):
    for row in unfolded(diff(old, new).rows):
        if row.kind is RowKind.CHANGED:
            assert any(part.is_marked for part in row.parts)


@given(prose, prose)
def test_line_numbers_count_up_on_both_sides(old, new):
    rows = unfolded(diff(old, new).rows)
    olds = [row.old_no for row in rows if row.old_no]
    news = [row.new_no for row in rows if row.new_no]
    assert olds == list(range(1, len(olds) + 1))
    assert news == list(range(1, len(news) + 1))


@given(prose)
def test_equal_texts_have_no_change(text):
    found = diff(text, text)
    assert {row.kind for row in unfolded(found.rows)} <= {RowKind.SAME}
    assert (found.added_words, found.removed_words, found.removed) == (0, 0, ())


@given(prose, prose)
def test_turned_round_a_diff_adds_what_it_removed(old, new):
    there, back = diff(old, new), diff(new, old)
    assert there.added_words - there.removed_words == back.removed_words - back.added_words


LINES = {
    "a clause is put in": (
        "Quote the annual limit.",
        "Read the ledger first. Quote the annual limit.",
        "{+Read the ledger first.+} Quote the annual limit.",
    ),
    "words follow": ("Quote the limit", "Quote the limit of today", "Quote the limit {+of today+}"),
    "words go at the end": (
        "Quote the limit of today",
        "Quote the limit",
        "Quote the limit [-of today-]",
    ),
    "a comma is put in": ("the plan and all", "the plan, and all", "the plan{+,+} and all"),
    "a comma goes": ("the plan, and all", "the plan and all", "the plan[-,-] and all"),
    "words before the point": ("the limit.", "the limit of today.", "the limit {+of today+}."),
    "a word is replaced": ("pay the old sum", "pay the new sum", "pay the [-old-]{+new+} sum"),
    "one equal word between": (
        "send small the parcels now",
        "send large the boxes now",
        "send [-small the parcels-]{+large the boxes+} now",
    ),
    "two equal words between": (
        "send small to the parcels now",
        "send large to the boxes now",
        "send [-small-]{+large+} to the [-parcels-]{+boxes+} now",
    ),
    "two additions stay apart": ("a limit here", "x a y limit here", "{+x+} a {+y+} limit here"),
    "only white space": ("a  b", "a b", "a[-  -]{+ +}b"),
    "indent": ("a b c", "  a b c", "{+  +}a b c"),
    "signs without spaces": ("日本語です", "日本人です", "日本[-語-]{+人+}です"),
}


@pytest.mark.parametrize("case", LINES)
def test_a_changed_line_reads(case):
    old, new, expected = LINES[case]
    assert marked(diff(old, new)) == expected


def test_lines_without_common_words_are_removed_and_added_whole():
    found = diff("Ask for the tooth number.", "Close at noon on Fridays.")
    assert [(row.kind, row.sign) for row in found.rows] == [
        (RowKind.REMOVED, "\N{MINUS SIGN}"),
        (RowKind.ADDED, "+"),
    ]


def test_a_new_memory_is_all_added():
    found = diff("", "One.\nTwo words.")
    assert [row.kind for row in found.rows] == [RowKind.ADDED, RowKind.ADDED]
    assert (found.added_words, found.removed_words) == (3, 0)


def test_words_are_counted_before_edits_are_joined():
    found = diff("send small the parcels now", "send large the boxes now")
    assert (found.added_words, found.removed_words) == (2, 2)


def test_unchanged_lines_far_from_a_change_are_folded_with_their_count():
    old = "\n".join(f"line {at}" for at in range(20))
    found = diff(old, old.replace("line 10", "line ten"))
    kinds = [row.kind for row in found.rows]
    assert kinds[0] is RowKind.FOLD
    assert kinds[-1] is RowKind.FOLD
    assert [len(row.folded) for row in found.rows if row.folded] == [7, 6]
    assert kinds.count(RowKind.SAME) == 6


def test_two_lines_are_not_worth_a_fold():
    old = "\n".join("abcdef")
    assert RowKind.FOLD not in {row.kind for row in diff(old, old.replace("f", "g g")).rows}


def test_the_context_of_a_change_can_be_chosen():
    old = "\n".join(f"line {at}" for at in range(20))
    found = diff(old, old.replace("line 10", "line ten"), context=0)
    assert [row.kind for row in found.rows] == [RowKind.FOLD, RowKind.CHANGED, RowKind.FOLD]


REMOVED = {
    "a line": (
        "Keep this.\nOrthodontics shares the limit.",
        "Keep this.",
        ["Orthodontics shares the limit."],
    ),
    "a sentence": (
        "Quote the limit. Ask the member for consent. Pay then.",
        "Quote the limit. Pay then.",
        ["Ask the member for consent."],
    ),
    "reworded is not removed": ("Quote the annual limit.", "Quote the remaining limit.", []),
    "moved is not removed": (
        "First thing.\nSecond thing.\nThird.",
        "Second thing.\nThird.\nFirst thing.",
        [],
    ),
    "a rule of dashes is no statement": ("A.\n-----\nB.", "A.\nB.", []),
    "everything": ("One thing. Other thing.", "", ["One thing.", "Other thing."]),
}


@pytest.mark.parametrize("case", REMOVED)
def test_statements_that_went_are_named(case):
    old, new, expected = REMOVED[case]
    assert list(diff(old, new).removed) == expected


def test_statements_are_sentences_and_list_lines():
    text = "# Limits\n\n- Read   the ledger\n- Quote it. Then wait!\n---\n支払います。次へ。"
    assert statements(text) == (
        "# Limits",
        "- Read the ledger",
        "- Quote it.",
        "Then wait!",
        "支払います。",
        "次へ。",
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a " * 20_000, "a " * 19_000 + "b " + "a " * 500),
        ("a b " * 10_000, "b a a " * 7_000),
        ("a\n" * 30_000, "b\n" + "a\n" * 20_000 + "c\n" * 1_000),
        ("a b\n" * 8_000, "b c\n" * 8_000),
        ("." * 100_000, "." * 50_000 + "!" * 500),
        ("\u200b\u202e" * 40_000, "\u200b" * 40_000),
        ("!" + '"' * 90_000, "." + '"' * 90_000),
        (" " * 100_000, " " * 99_999),
        ("x" * 250_000, "y" * 250_000),
    ],
    ids=["one word", "two words", "lines", "pairs", "points", "hidden", "quotes", "blank", "cap"],
)
def test_hostile_texts_cost_no_more_than_the_budget_and_lose_nothing(old, new):
    found = diff(old, new)
    assert found.cells <= TOTAL_CELLS
    assert old_of(found) == old
    assert new_of(found) == new


def test_work_grows_with_the_length_of_the_text_not_with_its_square():
    def cells(count: int) -> int:
        old = [
            f"Line {at} of plan {at * 7 % 1000} pays {at * 13 % 997} times." for at in range(count)
        ]
        new = [
            line.replace("pays", "covers") if at % 20 == 0 else line for at, line in enumerate(old)
        ]
        return diff("\n".join(old), "\n".join(new)).cells

    # Twenty thousand words in lines: the aligning of lines is counted in full, words in hunks.
    assert cells(1_600) <= 16 * cells(400)
    assert cells(2_000) <= TOTAL_CELLS // 4


def test_twenty_thousand_words_are_compared_word_by_word():
    old = "\n".join(" ".join(f"w{line * 10 + at}" for at in range(10)) for line in range(2_000))
    new = old.replace("w5003 ", "changed ").replace("w15007 ", "")
    found = diff(old, new)
    assert not found.is_coarse
    assert (found.added_words, found.removed_words) == (1, 2)


def test_a_long_single_line_keeps_small_edits_small():
    old = " ".join(f"Plan {at} pays {at % 9} times a year." for at in range(2_500))
    new = old.replace("Plan 3 pays", "Plan 3 covers").replace("Plan 2400 pays", "Plan 2400 covers")
    found = diff(old, new)
    assert (found.added_words, found.removed_words, found.is_coarse) == (2, 2, False)


def test_a_line_ending_of_another_system_is_shown_and_not_lost():
    found = diff("a\r\nb", "a\nb")
    assert old_of(found) == "a\r\nb"
    assert any(
        segment.text == "U+000D" for part in found.rows[0].parts for segment in part.segments
    )


VISIBLE = {
    "plain": ("pay.", [Segment("pay.")]),
    "nothing": ("", []),
    "bidi": (
        "http\u202e://x",
        [
            Segment("http"),
            Segment("U+202E", is_hidden=True, name="right-to-left override"),
            Segment("://x"),
        ],
    ),
    "repeated": ("\u200b" * 57, [Segment("U+200B x57", is_hidden=True, name="zero width space")]),
    "control": ("\x07", [Segment("U+0007", is_hidden=True, name="control character")]),
    "tag": ("\U000e0041", [Segment("U+E0041", is_hidden=True, name="tag latin capital letter a")]),
}


@pytest.mark.parametrize("case", VISIBLE)
def test_hidden_characters_are_boxed(case):
    text, expected = VISIBLE[case]
    assert list(visible(text)) == expected


def test_a_long_run_of_hidden_characters_is_counted():
    shown = visible("".join(chr(at) for at in range(0xE0041, 0xE0051)))
    assert len(shown) == 5
    assert shown[-1].text == "and 12 more"


def test_hidden_characters_are_boxed_inside_edits_too():
    found = diff("pay the sum", "pay the \u202esum")
    boxes = [
        (part.kind, segment.text)
        for part in found.rows[0].parts
        for segment in part.segments
        if segment.is_hidden
    ]
    assert boxes == [(PartKind.INS, "U+202E")]


# Signs that are drawn although they format what follows; hiding them would lose text.
DRAWN = set(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)


def test_every_format_and_control_character_is_hidden_and_no_letter_is():
    hidden = set()
    for point in range(sys.maxunicode + 1):
        character = chr(point)
        category = unicodedata.category(character)
        if HIDDEN.match(character):
            hidden.add(category)
        elif character not in DRAWN:
            assert category not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} or character in "\t\n"
    letters_that_are_drawn_empty = {"Lo", "Mn", "Me", "So"}
    assert hidden <= {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"} | letters_that_are_drawn_empty


@pytest.mark.parametrize(
    "text", ["Ask “why”… at 5 €, «bitte», ñandú", "日本語、한국어、عربي", "x\ty"]
)
def test_ordinary_writing_has_nothing_hidden(text):
    assert HIDDEN.search(text) is None


@given(st.text(max_size=60))
@example("A\u0370")
def test_no_segment_of_plain_text_holds_a_hidden_character(text):
    # Letters that look like others are boxed too; their own tests are beside those of characters.
    text = LOOK_ALIKE.sub("", text)
    shown = visible(text)
    assert not any(HIDDEN.search(segment.text) for segment in shown)
    assert "".join(s.text for s in shown if not s.is_hidden) == HIDDEN.sub("", text)


@pytest.mark.parametrize(
    ("old", "new", "distance"),
    [
        ("", "", 0.0),
        ("abcd", "abcd", 0.0),
        ("abcd", "wxyz", 1.0),
        ("abcd", "abxd", 0.25),
        ("", "a", 1.0),
    ],
)
def test_edit_distance_is_the_share_that_changed(old, new, distance):
    assert edit_distance(old, new) == distance


@given(prose, prose)
def test_edit_distance_is_symmetrical_and_between_nought_and_one(old, new):
    assert 0.0 <= edit_distance(old, new) <= 1.0
    assert edit_distance(old, new) == edit_distance(new, old)


def test_edit_distance_of_large_texts_counts_words():
    old = "word " * 10_000
    assert edit_distance(old, old.replace("word ", "term ", 1_000)) == pytest.approx(0.1)


BASE = "\n".join(
    [
        "A review covers one system.",
        "Close the review when every line has a decision.",
        "Name the file.",
        "Exceptions may be closed later.",
    ]
)
LIVE = BASE.replace("a decision.", "a decision, and attach the signed export.")
PROPOSED = BASE.replace("a decision.", "a decision and no exception is open.").replace(
    "may be closed later", "need an owner"
)


def test_only_the_line_both_touched_is_asked():
    blocks = conflict_choices(BASE, LIVE, PROPOSED)
    choices = [block for block in blocks if isinstance(block, Choice)]
    assert [choice.line for choice in choices] == [2]
    assert Settled(("Exceptions need an owner.",), Pick.PROPOSED) in blocks


def test_both_merges_what_each_side_put_in():
    [choice] = [b for b in conflict_choices(BASE, LIVE, PROPOSED) if isinstance(b, Choice)]
    wanted = "a decision and no exception is open, and attach the signed export."
    assert choice.both == (f"Close the review when every line has {wanted}",)


@pytest.mark.parametrize(
    ("pick", "line"),
    [
        (Pick.LIVE, LIVE.split("\n")[1]),
        (Pick.PROPOSED, PROPOSED.split("\n")[1]),
    ],
)
def test_a_pick_takes_that_line_and_keeps_what_carries_over(pick, line):
    settled = resolve(conflict_choices(BASE, LIVE, PROPOSED), {0: pick})
    assert settled.split("\n")[1] == line
    assert settled.endswith("Exceptions need an owner.")


def test_lines_next_to_one_another_each_touched_by_one_side_are_not_asked():
    blocks = conflict_choices("a one\nb two\nc", "a uno\nb two\nc", "a one\nb dos\nc")
    assert not any(isinstance(block, Choice) for block in blocks)
    assert resolve(blocks, {}) == "a uno\nb dos\nc"


def test_the_same_change_on_both_sides_is_not_asked():
    assert conflict_choices("a\nb", "a\nc", "a\nc") == (Settled(("a", "c")),)


def test_a_line_one_side_took_out_and_the_other_changed_offers_no_both():
    [choice] = [
        block
        for block in conflict_choices(
            "keep\npay the old sum\nend", "keep\nend", "keep\npay the new sum\nend"
        )
        if isinstance(block, Choice)
    ]
    assert (choice.live, choice.proposed, choice.both) == ((), ("pay the new sum",), None)


def test_words_both_replaced_differently_stand_one_line_after_the_other():
    [choice] = [
        block
        for block in conflict_choices("pay the old sum", "pay the new sum", "pay the whole sum")
        if isinstance(block, Choice)
    ]
    assert choice.both == ("pay the new sum", "pay the whole sum")


def test_lines_both_sides_put_in_at_one_place_are_one_question():
    blocks = conflict_choices("a\nz", "a\nm1\nm2\nz", "a\nn1\nz")
    [choice] = [block for block in blocks if isinstance(block, Choice)]
    assert (choice.live, choice.proposed) == (("m1", "m2"), ("n1",))
    assert choice.both == ("m1", "m2", "n1")
    assert choice.line == 2


def test_an_open_choice_is_refused_with_its_line():
    with pytest.raises(UnsettledConflict, match="Line 2 is not settled yet"):
        resolve(conflict_choices(BASE, LIVE, PROPOSED), {})


def test_both_is_refused_where_it_is_not_offered():
    blocks = conflict_choices("a\nb two\nc", "a\nc", "a\nb three\nc")
    with pytest.raises(UnsettledConflict, match="taken out by one side"):
        resolve(blocks, {0: Pick.BOTH})


small = st.lists(st.sampled_from(["a b c", "a b d", "x", "y z", ""]), max_size=6).map("\n".join)


@given(small, small)
def test_what_only_the_proposal_changed_carries_over(base, proposed):
    blocks = conflict_choices(base, base, proposed)
    assert not any(isinstance(block, Choice) for block in blocks)
    assert resolve(blocks, {}) == proposed


@given(small, small)
def test_what_only_live_changed_stays(base, live):
    assert resolve(conflict_choices(base, live, base), {}) == live


@given(small, small)
def test_sides_that_agree_need_no_choice(base, changed):
    assert resolve(conflict_choices(base, changed, changed), {}) == changed


@given(small, small, small)
def test_picking_one_side_everywhere_keeps_every_line_the_other_side_left_alone(
    base, live, proposed
):
    blocks = conflict_choices(base, live, proposed)
    count = sum(isinstance(block, Choice) for block in blocks)
    for pick in (Pick.LIVE, Pick.PROPOSED):
        text = resolve(blocks, dict.fromkeys(range(count), pick))
        assert set(text.split("\n")) <= {*live.split("\n"), *proposed.split("\n"), ""}


@given(small, small, small)
def test_turning_the_sides_round_asks_about_the_same_base_lines(base, live, proposed):
    there = [b.base for b in conflict_choices(base, live, proposed) if isinstance(b, Choice)]
    back = [b.base for b in conflict_choices(base, proposed, live) if isinstance(b, Choice)]
    assert there == back


@pytest.mark.parametrize("hostile", ["\n" * 50_000, "a\nb\n" * 15_000, "a b " * 20_000])
def test_a_hostile_conflict_is_split_and_settled(hostile):
    live, proposed = hostile + "x", "y" + hostile
    blocks = conflict_choices(hostile, live, proposed)
    count = sum(isinstance(block, Choice) for block in blocks)
    assert resolve(blocks, dict.fromkeys(range(count), Pick.LIVE))


def test_a_part_without_hidden_characters_is_one_segment():
    assert Part(PartKind.SAME, "pay").segments == (Segment("pay"),)
