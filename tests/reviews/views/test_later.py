"""Putting a proposal aside on its page, and taking it back."""

import pytest

from reviews.models import Postponement
from reviews.postponements import postpone
from tests import build
from tests.reviews.views.desks import HTMX, at, member, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(cast):
    return [build.proposal(cast.store, content=f"{n}\n", title=f"Note {n}") for n in range(2)]


SENT = {"until": "2026-12-03", "note": "After the audit"}


def test_the_bar_offers_later_by_key(cast, client_of, two) -> None:
    html = text_of(client_of(cast.reviewer).get(at(cast, two[0])))

    assert 'data-opens="later" data-key="s"' in html
    assert 'id="later_until"' in html


def test_putting_aside_moves_on_to_the_next(cast, client_of, two, clock) -> None:
    client = client_of(cast.reviewer)

    answer = client.post(at(cast, two[0], "later/", "?q=risk:low"), SENT)

    assert answer.status_code == 303
    assert answer.url == at(cast, two[1], query="?q=risk%3Alow")
    html = text_of(client.get(answer.url))
    assert "is put aside until 3 Dec, for you alone" in html
    assert "1 waiting" in html
    assert f'id="row-{two[0]}"' not in html


def test_a_fragment_brings_the_next_pane_and_the_queue_without_it(
    cast, client_of, two, clock
) -> None:
    answer = client_of(cast.reviewer).post(at(cast, two[0], "later/"), SENT, headers=HTMX)

    html = text_of(answer)
    assert answer.headers["HX-Push-Url"] == at(cast, two[1])
    assert f'id="row-{two[0]}"' not in html
    assert '<span class="n" id="n-review" hx-swap-oob="true">1<' in html


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_day_that_is_past_is_said_at_its_field(cast, client_of, two, clock, headers) -> None:
    sent = {**SENT, "until": "2026-11-20"}

    answer = client_of(cast.reviewer).post(at(cast, two[0], "later/"), sent, headers=headers)

    assert answer.status_code == 422
    assert "from tomorrow on" in text_of(answer)
    assert "After the audit" in text_of(answer)
    assert not Postponement.objects.exists()


def test_the_page_says_that_it_is_put_aside_and_takes_it_back(cast, client_of, two, clock) -> None:
    client = client_of(cast.reviewer)
    client.post(at(cast, two[0], "later/"), SENT)

    html = text_of(client.get(at(cast, two[0])))
    assert "Put aside by you until 3 Dec: “After the audit”" in html
    answer = client.post(at(cast, two[0], "later/back/"))

    assert answer.url == at(cast, two[0])
    html = text_of(client.get(answer.url))
    assert "is in your queue again" in html
    assert "Put aside by you until" not in html


def test_to_others_it_is_as_before(cast, client_of, two, clock) -> None:
    client_of(cast.reviewer).post(at(cast, two[0], "later/"), SENT)

    html = text_of(client_of(cast.lead).get(at(cast, two[0])))

    assert "Put aside" not in html.partition('id="history"')[0].partition('class="doc"')[2]
    assert "2 waiting" in html


def test_the_list_of_what_is_put_aside_says_until_when(cast, client_of, two, clock) -> None:
    client = client_of(cast.reviewer)
    client.post(at(cast, two[0], "later/"), SENT)

    assert "Until 3 Dec" in text_of(client.get("/w/northwind/review/?q=is:later"))


def test_what_is_back_says_so_and_is_first(cast, client_of, two, clock) -> None:
    postpone(two[1], by=member(cast, "reviewer"), until=clock.at.replace(day=23))
    clock.advance(days=3)

    html = text_of(client_of(cast.reviewer).get("/w/northwind/review/"))

    assert "Back from later" in html
    assert html.index("Note 1") < html.index("Note 0")


def test_an_auditor_has_no_later(cast, client_of, two) -> None:
    assert 'data-key="s"' not in text_of(client_of(cast.auditor).get(at(cast, two[0])))
