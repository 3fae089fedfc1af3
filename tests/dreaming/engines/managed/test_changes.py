"""What a hosted dream changed, from two listings: by path and text, never by id."""

from hypothesis import given
from hypothesis import strategies as st

from dreaming.engines.managed.changes import Way, find_changes

TEXTS = st.dictionaries(
    st.sampled_from(["/a.md", "/b.md", "/c/d.md", "/e.md"]), st.text(max_size=60), max_size=4
)
LONG = "Ask for the receipt. Then look at the order. Refunds take 14 days. Write to the member."


def told_of(before, after):
    return {one.path: (one.way, one.told) for one in find_changes(before, after)}


def test_what_is_as_it_was_is_no_change():
    assert find_changes({"/a.md": "A."}, {"/a.md": "A."}) == ()


def test_each_path_has_one_change_in_the_order_of_paths():
    found = find_changes({"/b.md": "B.", "/c.md": "C."}, {"/a.md": "A.", "/b.md": "B2."})
    assert [(one.path, one.way) for one in found] == [
        ("/a.md", Way.ADDED),
        ("/b.md", Way.CHANGED),
        ("/c.md", Way.REMOVED),
    ]


@given(TEXTS, TEXTS)
def test_the_changes_lead_from_one_listing_to_the_other(before, after):
    texts = dict(before)
    for one in find_changes(before, after):
        assert one.before == before.get(one.path, "")
        if one.way is Way.REMOVED:
            del texts[one.path]
        else:
            texts[one.path] = one.after
    assert texts == after


def test_a_text_that_goes_on_elsewhere_is_called_renamed_on_both_sides():
    found = told_of({"/old.md": LONG}, {"/new.md": LONG})
    assert found["/old.md"] == (Way.REMOVED, "Its text goes on at /new.md.")
    assert found["/new.md"] == (Way.ADDED, "It was /old.md before.")


def test_a_renamed_text_that_was_touched_up_is_still_known():
    found = told_of({"/old.md": LONG}, {"/new.md": LONG.replace("14 days", "two weeks")})
    assert "/new.md" in found["/old.md"][1]


def test_a_text_folded_into_another_is_told_on_both_sides():
    before = {"/a.md": "Ask for the receipt first.", "/b.md": "Refunds take 14 days to come."}
    after = {"/b.md": "Refunds take 14 days to come.\n\nAsk for the receipt first.\n"}
    found = told_of(before, after)
    assert found["/a.md"] == (Way.REMOVED, "All it says stands in /b.md now.")
    assert found["/b.md"] == (Way.CHANGED, "It takes in what /a.md said.")


def test_a_text_taken_apart_is_told_with_its_parts():
    after = {"/x.md": "Refunds take 14 days.", "/y.md": "Ask for the receipt."}
    found = told_of({"/a.md": "Refunds take 14 days. Ask for the receipt."}, after)
    assert found["/a.md"][1] == "All it says stands in /x.md, /y.md now."


def test_a_text_that_is_gone_is_said_to_be_gone():
    found = told_of({"/a.md": LONG, "/b.md": "B."}, {"/b.md": "B."})
    assert found["/a.md"] == (Way.REMOVED, "What it says stands nowhere else.")


def test_a_text_folded_but_for_a_sentence_is_not_called_folded():
    before = {"/a.md": "Ask for the receipt first. Never skip it.", "/b.md": "B is here."}
    found = told_of(before, {"/b.md": "B is here. Ask for the receipt first."})
    assert found["/a.md"][1] == "What it says stands nowhere else."


def test_empty_texts_are_no_rename_of_each_other():
    assert told_of({"/a.md": ""}, {"/b.md": ""})["/b.md"] == (Way.ADDED, "")
