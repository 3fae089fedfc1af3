"""Every text a proposal ever had, and what tells two of them apart."""

import pytest

from reviews import revisions
from reviews.rewrites import compare_texts, texts_of
from tests import build
from tests.reviews.views.desks import LIVE, fresh, member, update

pytestmark = pytest.mark.django_db


def edit(cast, proposal, text, name="reviewer"):
    now = fresh(proposal)
    return revisions.submit_edit(
        now, content=text, reason="Shorter.", by=member(cast, name), expected_revision=now.revision
    )


def test_what_it_was_written_on_comes_first_then_each_revision_with_its_author(cast) -> None:
    proposal = update(cast, LIVE + "Six.\n")
    edit(cast, proposal, LIVE + "6.\n")

    texts = texts_of(fresh(proposal))

    assert [(one.key, one.by, one.reason) for one in texts] == [
        ("v1", "", ""),
        ("r1", "", ""),
        ("r2", cast.reviewer.name, "Shorter."),
    ]
    assert texts[0].text == LIVE


def test_new_memory_was_written_on_nothing(cast) -> None:
    texts = texts_of(build.filed(cast.store))

    assert (texts[0].key, texts[0].text) == ("v0", "")


@pytest.mark.parametrize(
    ("start", "end", "keys"),
    [
        ("v1", "r2", ("v1", "r2")),
        ("r2", "r1", ("r2", "r1")),
        ("", "", ("r1", "r2")),
        ("r9", "<b>", ("r1", "r2")),
    ],
)
def test_any_two_are_compared_and_unknown_ones_are_the_newest_two(cast, start, end, keys) -> None:
    proposal = update(cast, LIVE + "Six.\n")
    edit(cast, proposal, LIVE + "6.\n")

    compared = compare_texts(texts_of(fresh(proposal)), start, end)

    assert (compared.before.key, compared.after.key) == keys


def test_a_text_against_itself_differs_in_nothing(cast) -> None:
    texts = texts_of(build.filed(cast.store))
    found = compare_texts(texts, "r1", "r1").diff
    assert (found.added_words, found.removed_words) == (0, 0)
