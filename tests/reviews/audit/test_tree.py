import pytest

from reviews.audit import merkle, tree
from reviews.audit.models import Leaf, Tile
from reviews.audit.tree import StoredTree
from tests.reviews.audit.logs import fill

pytestmark = pytest.mark.django_db


@pytest.fixture
def narrow(monkeypatch):
    """Tiles of four hashes, so that a small log has several levels of them."""
    monkeypatch.setattr(tree, "TILE_WIDTH", 4)
    monkeypatch.setattr(tree, "TILE_HEIGHT", 2)


def hashes() -> list[bytes]:
    return [bytes(row) for row in Leaf.objects.order_by("index").values_list("hash", flat=True)]


def test_leaves_are_contiguous_and_numbers_are_gap_free_in_each_workspace():
    fill(20)
    leaves = list(Leaf.objects.order_by("index"))
    assert [leaf.index for leaf in leaves] == list(range(20))
    for workspace in ("acme", "globex"):
        numbers = [leaf.number for leaf in leaves if leaf.workspace == workspace]
        assert numbers == list(range(1, len(numbers) + 1))
    assert {leaf.number for leaf in leaves if leaf.workspace == "-"} == {None}


def test_every_root_and_every_node_is_that_of_the_leaves(narrow):
    fill(70)
    node_at = merkle.nodes_of(hashes())
    for size in range(71):
        assert StoredTree().root_at(size) == merkle.root_of(hashes()[:size])
    for height in range(7):
        for index in range(70 >> height):
            assert StoredTree().node_at(height, index) == node_at(height, index)


def test_only_full_tiles_are_stored(narrow):
    fill(70)
    assert Tile.objects.filter(level=0).count() == 17
    assert Tile.objects.filter(level=1).count() == 4
    assert Tile.objects.filter(level=2).count() == 1
    assert {len(tile.data) for tile in Tile.objects.all()} == {4 * 32}


def test_a_tile_of_the_real_width_is_stored_with_the_leaf_that_fills_it():
    fill(255)
    assert not Tile.objects.exists()
    fill(1)
    tile = Tile.objects.get()
    assert bytes(tile.data) == b"".join(hashes())
    assert bytes(tile.root) == merkle.root_of(hashes())


def test_a_root_takes_few_queries(narrow, django_assert_max_num_queries):
    fill(70)
    with django_assert_max_num_queries(2 * 4):
        StoredTree().root_at(69)


def test_a_node_over_leaves_that_are_not_there_is_refused():
    fill(3)
    with pytest.raises(IndexError, match="not stored"):
        StoredTree().node_at(2, 0)


def test_an_empty_log_has_no_leaves():
    assert tree.size() == 0
    assert StoredTree().root_at(0) == merkle.EMPTY_ROOT
