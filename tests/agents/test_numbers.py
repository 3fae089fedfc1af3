"""Verbs: human ids are counted per workspace and letter, and none is given twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connection, transaction

from agents.models import Counter
from agents.numbers import LETTERS, take_number, take_numbers
from agents.web.ids import KINDS
from tests import build


@pytest.fixture
def workspace(db):
    return build.workspace()


@transaction.atomic
def take_and_fail(workspace):
    """Take numbers in a transaction that fails afterwards."""
    take_numbers(workspace, "P", 3)
    raise LookupError("the verb failed")


def test_every_kind_of_id_has_its_counter():
    assert set(KINDS) == LETTERS


@pytest.mark.parametrize("letter", sorted(LETTERS))
def test_numbers_rise_by_one_from_the_last(workspace, letter):
    first = take_number(workspace, letter)
    assert list(take_numbers(workspace, letter, 3)) == [first + 1, first + 2, first + 3]
    assert take_number(workspace, letter) == first + 4


def test_the_first_number_of_a_letter_is_one(workspace):
    assert take_number(workspace, "P") == 1


def test_letters_are_counted_apart(workspace):
    take_numbers(workspace, "P", 50)
    assert take_number(workspace, "X") == 1


def test_workspaces_are_counted_apart(workspace):
    take_numbers(workspace, "P", 50)
    assert take_number(build.workspace("elsewhere"), "P") == 1


@pytest.mark.parametrize("count", [0, -1])
def test_no_numbers_are_none_and_move_nothing(workspace, count):
    assert list(take_numbers(workspace, "P", count)) == []
    assert not Counter.objects.filter(workspace=workspace, letter="P").exists()


@pytest.mark.parametrize("letter", ["", "p", "Z", "PP"])
def test_a_letter_that_stands_for_nothing_is_refused(workspace, letter):
    with pytest.raises(ValueError, match="letter"):
        take_number(workspace, letter)


def test_the_numbers_of_a_transaction_that_fails_fall_with_it(workspace):
    with pytest.raises(LookupError):
        take_and_fail(workspace)
    assert take_number(workspace, "P") == 1


def test_a_block_of_a_hundred_thousand_costs_as_many_queries_as_one(
    workspace, django_assert_max_num_queries
):
    with django_assert_max_num_queries(6):
        assert len(take_numbers(workspace, "S", 100_000)) == 100_000


@pytest.mark.django_db(transaction=True)
def test_four_who_count_at_once_are_given_different_numbers():
    workspace = build.workspace()

    def take(_):
        close_old_connections()
        try:
            return [number for _ in range(10) for number in take_numbers(workspace, "P", 3)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        taken = [number for some in pool.map(take, range(4)) for number in some]
    assert sorted(taken) == list(range(1, 121))
