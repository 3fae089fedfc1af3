"""Two accounts with one verified address are one person."""

import pytest
from allauth.account.models import EmailAddress

from agents.identities import accounts_of, group_accounts, with_addresses
from agents.models import Person
from agents.people import create_person

pytestmark = pytest.mark.django_db


def also_reads(person, address: str, *, verified: bool = True) -> None:
    EmailAddress.objects.create(user=person, email=address, verified=verified)


def test_a_person_with_one_account_is_that_account():
    ana, jonas = create_person("ana@one.example", "Ana"), create_person("jo@one.example", "Jonas")
    assert accounts_of(ana) == {ana.pk}
    assert accounts_of(jonas) == {jonas.pk}


def test_whoever_verified_the_address_another_signs_in_with_is_the_same_person():
    ana, second = create_person("ana@one.example", "Ana"), create_person("a@two.example", "A.")
    # As it was stored before addresses were held to one account.
    EmailAddress.objects.filter(user=ana).delete()
    also_reads(second, "Ana@One.example")
    assert accounts_of(ana) == accounts_of(second) == {ana.pk, second.pk}


def test_two_who_verified_a_third_address_in_another_case_are_the_same_person():
    ana, second = create_person("ana@one.example", "Ana"), create_person("a@two.example", "A.")
    also_reads(ana, "both@three.example")
    also_reads(second, "Both@Three.example")
    assert accounts_of(ana) == accounts_of(second) == {ana.pk, second.pk}


def test_an_address_nobody_verified_makes_nobody_the_same():
    ana, other = create_person("ana@one.example", "Ana"), create_person("a@two.example", "A.")
    EmailAddress.objects.filter(user=ana).update(email="elsewhere@one.example")
    also_reads(other, "elsewhere@one.example", verified=False)
    assert accounts_of(ana) == {ana.pk}
    assert accounts_of(other) == {other.pk}


def test_many_accounts_are_grouped_in_one_query(django_assert_num_queries):
    ana, second = create_person("ana@one.example", "Ana"), create_person("a@two.example", "A.")
    third = create_person("c@three.example", "C.")
    also_reads(ana, "both@three.example")
    also_reads(second, "Both@Three.example")
    also_reads(third, "both@three.example", verified=False)
    with django_assert_num_queries(1):
        rows = with_addresses(Person.objects.all()).values_list("pk", "own_address", "address")
        found = group_accounts((key, addresses) for key, *addresses in rows)
    assert found[ana.pk] == found[second.pk] == accounts_of(ana) == {ana.pk, second.pk}
    assert found[third.pk] == {third.pk}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], {}),
        ([(1, ["a"])], {1: {1}}),
        ([(1, ["a"]), (2, ["b"])], {1: {1}, 2: {2}}),
        ([(1, ["a", None]), (2, [None])], {1: {1}, 2: {2}}),
        ([(1, ["a"]), (2, ["a", "b"]), (3, ["b"])], {key: {1, 2, 3} for key in (1, 2, 3)}),
        ([(1, ["a"]), (1, ["b"]), (2, ["b"])], {key: {1, 2} for key in (1, 2)}),
    ],
)
def test_accounts_are_one_by_any_address_they_share(rows, found):
    assert group_accounts(rows) == found
