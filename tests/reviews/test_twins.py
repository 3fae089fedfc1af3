"""Live memories that say nearly what a proposed text says."""

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from reviews.changes import Op
from reviews.twins import NEARLY, WHOLE, beginnings_of, begins_like, near_of, text_beside
from tests import build
from tests.reviews.views.desks import LIVE, update

pytestmark = pytest.mark.django_db
TEXT = "Ask for the claim number before you answer any question."


def test_near_memories_come_most_alike_first_and_at_most_three(cast) -> None:
    for n, ending in enumerate(("!", "!!", "!!!", "!!!!")):
        build.memory(cast.store, f"/{n}.md", TEXT + ending, title=f"Near {n}")
    build.memory(cast.store, "/far.md", "Nothing of the kind stands here at all.", title="Far")

    near = near_of(build.filed(cast.store, content=TEXT), TEXT)

    assert [one.title for one in near] == ["Near 0", "Near 1", "Near 2"]
    assert near[0].alike >= near[1].alike >= near[2].alike > NEARLY


def test_the_memory_itself_is_not_near(cast) -> None:
    assert near_of(update(cast, LIVE + "Six.\n"), LIVE) == ()


def test_what_a_merge_folds_in_is_not_near_it(cast) -> None:
    build.memory(cast.store, "/a.md", TEXT)
    build.memory(cast.store, "/b.md", TEXT + "!")
    build.memory(cast.store, "/c.md", TEXT + "?")
    merge = build.filed(
        cast.store,
        op=Op.MERGE,
        path="/a.md",
        content=TEXT,
        base_version=1,
        merged=("/b.md",),
    )

    assert [one.number for one in near_of(merge, TEXT)] == [
        cast.store.memories.get(path="/c.md").number
    ]


def test_what_all_agents_share_is_searched_for_one_of_them_and_said_to_be_shared(cast) -> None:
    build.memory(cast.shared_store, "/ask.md", TEXT)

    [near] = near_of(build.filed(cast.store, content=TEXT), TEXT)

    assert (near.alike, near.is_nearly, near.is_shared) == (100, True, True)


def test_another_agents_memory_is_not_read_beside_it(cast) -> None:
    other = build.agent(cast.workspace, "other-desk")
    build.memory(other.store, "/ask.md", TEXT)

    assert near_of(build.filed(cast.store, content=TEXT), TEXT) == ()


def test_long_texts_alike_only_in_their_beginnings_are_not_nearly_the_same(cast) -> None:
    beginning = TEXT * 8
    build.memory(cast.store, "/ask.md", beginning + "Never pay twice. " * 40)
    text = beginning + "Call the warehouse, then wait. " * 20

    assert all(not one.is_nearly for one in near_of(build.filed(cast.store, content=text), text))


def test_long_texts_alike_as_a_whole_are(cast) -> None:
    text = (TEXT + "\n") * 30
    build.memory(cast.store, "/ask.md", text + "Thank them.\n")
    assert len(text) < WHOLE

    [near] = near_of(build.filed(cast.store, content=text), text)

    assert near.is_nearly


@pytest.mark.parametrize("count", [1, 40])
def test_however_many_memories_there_are_two_queries_find_them(cast, count) -> None:
    for n in range(count):
        build.memory(cast.store, f"/{n}.md", TEXT * 8)
    proposal = build.filed(cast.store, content=TEXT * 8 + "!")

    with CaptureQueriesContext(connection) as asked:
        near_of(proposal, TEXT * 8 + "!")

    assert len(asked) == 2


def test_a_memory_that_was_retired_stands_beside_nothing(cast) -> None:
    memory = build.memory(cast.store, "/ask.md", TEXT)
    memory.head.is_tombstone = True
    memory.head.save()
    proposal = build.filed(cast.store, content=TEXT)

    assert near_of(proposal, TEXT) == ()
    with pytest.raises(Http404):
        text_beside(proposal, memory.number)


def test_how_texts_begin_is_told_by_store_with_what_all_share(
    cast, django_assert_num_queries
) -> None:
    other = build.agent(cast.workspace, "other-desk")
    build.memory(cast.store, "/own.md", TEXT)
    build.memory(other.store, "/other.md", "Call the warehouse.")
    build.memory(cast.shared_store, "/all.md", "Greet first.")
    shared = (cast.shared_store.pk, "/all.md")

    with django_assert_num_queries(1):
        found = beginnings_of({cast.store.pk, other.store.pk}, cast.workspace)

    assert found == {
        cast.store.pk: {(cast.store.pk, "/own.md"): TEXT, shared: "Greet first."},
        other.store.pk: {
            (other.store.pk, "/other.md"): "Call the warehouse.",
            shared: "Greet first.",
        },
    }


def test_a_text_begins_like_another_place_and_never_like_its_own() -> None:
    here, there = (1, "/ask.md"), (1, "/other.md")

    assert begins_like(TEXT + "!", {there: TEXT}, besides=here, least=80.0)
    assert not begins_like(TEXT + "!", {here: TEXT}, besides=here, least=80.0)
    assert not begins_like("Call the warehouse.", {there: TEXT}, besides=here, least=80.0)
