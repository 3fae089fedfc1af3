import pytest
from django.http import HttpResponse
from django.urls import NoReverseMatch, Resolver404, path, resolve, reverse
from hypothesis import given
from hypothesis import strategies as st

import agents.http
from agents.web.ids import KINDS, LARGEST, spell_id

urlpatterns = [
    path(f"{word}/<{word}:number>/", lambda request, number: HttpResponse(), name=word)
    for word in KINDS.values()
]
WORDS = sorted(KINDS.items())


@pytest.mark.parametrize(("letter", "word"), WORDS)
@given(number=st.integers(1, LARGEST))
def test_an_address_spells_a_number_as_people_do_and_gives_it_back(letter, word, number):
    address = reverse(word, urlconf=__name__, args=[number])
    assert address == f"/{word}/{spell_id(letter, number)}/"
    assert resolve(address, urlconf=__name__).kwargs == {"number": number}


@pytest.mark.parametrize(("letter", "word"), WORDS)
def test_the_letter_of_another_kind_is_no_such_address(letter, word):
    other = next(wrong for wrong in KINDS if wrong != letter)
    with pytest.raises(Resolver404):
        resolve(f"/{word}/{other}-7/", urlconf=__name__)


@pytest.mark.parametrize(
    "spelled", ["P-0", "P-007", "P--1", "P-", "p-7", "P7", "7", "P-9223372036854775808", "P-7a"]
)
def test_a_number_no_database_holds_or_a_second_spelling_is_no_such_address(spelled):
    with pytest.raises(Resolver404):
        resolve(f"/proposal/{spelled}/", urlconf=__name__)


@pytest.mark.parametrize("number", [0, LARGEST + 1, "", "P-1", None])
def test_no_address_is_made_for_what_is_no_number_of_an_id(number):
    with pytest.raises(NoReverseMatch):
        reverse("proposal", urlconf=__name__, args=[number])


def test_each_kind_of_id_has_its_own_converter():
    letters = {kind.letter for kind in agents.http.HumanIdConverter.__subclasses__()}
    assert letters == set(KINDS)
