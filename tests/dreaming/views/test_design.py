"""The design page: for everybody who has come in, and through the partials of the product."""

import re

import pytest

from tests.cast import Cast

pytestmark = pytest.mark.django_db
PARTIALS = {
    "_chip.html",
    "_diff.html",
    "_empty.html",
    "_loading.html",
    "_notice.html",
    "_offline.html",
    "_signed_out.html",
    "_pager.html",
    "_banner.html",
    "_chart_two_rates.html",
    "_chart_pair.html",
    "_chart_growth.html",
    "errors/_notice.html",
    "reviews/_bar.html",
}


@pytest.fixture
def shown(cast: Cast, client_of) -> str:
    return client_of(cast.reviewer).get("/design/").content.decode()


@pytest.mark.parametrize("who", ["reviewer", "auditor", "admin", "outsider"])
def test_everybody_signed_in_may_look(cast: Cast, client_of, who: str):
    assert client_of(getattr(cast, who)).get("/design/").status_code == 200


def test_a_stranger_is_asked_to_sign_in(client):
    assert client.get("/design/").headers["Location"].startswith("/accounts/login/")


def test_it_is_made_of_the_partials_of_the_product(cast: Cast, client_of):
    answer = client_of(cast.reviewer).get("/design/")
    assert {template.name for template in answer.templates} >= PARTIALS


def test_each_specimen_stands_in_light_and_in_dark(shown: str):
    sides = re.findall(r'<div class="both"><div class="(theme-\w+)">', shown)
    assert sides
    assert set(sides) == {"theme-light"}
    assert shown.count('<div class="theme-dark">') == len(sides)


def test_hidden_characters_stand_there_as_their_code_points(shown: str):
    assert "U+202E" in shown
    assert "\u202e" not in shown


def test_no_id_is_pointed_to_that_two_elements_have(shown: str):
    ids = re.findall(r'\sid="([^"]+)"', shown)
    named = re.findall(r'(?:aria-labelledby|aria-describedby|for)="([^"]+)"', shown)
    assert [name for name in named for one in name.split() if ids.count(one) > 1] == []
