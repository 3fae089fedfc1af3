"""Two accounts with one verified address are one person."""

import pytest
from allauth.account.models import EmailAddress

from agents.identities import accounts_of
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
