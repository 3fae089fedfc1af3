"""Saved views in the head of the queue."""

import pytest

from reviews.models import SavedView
from reviews.saved_views import save_view
from tests import build
from tests.reviews.views.desks import member, text_of

pytestmark = pytest.mark.django_db
QUEUE = "/w/northwind/review/"


@pytest.fixture
def view(cast):
    build.proposal(cast.store, risk="high", title="High one")
    build.proposal(cast.store, title="Low one", content="l\n")
    return save_view(member(cast, "reviewer"), name="Only high", text="risk:high", shared=True)


def test_a_view_is_chosen_from_the_head_and_lists_what_it_looks_for(cast, client_of, view) -> None:
    client = client_of(cast.lead)
    assert f'href="{QUEUE}?view={view.key}"' in text_of(client.get(QUEUE))

    html = text_of(client.get(QUEUE, {"view": view.key}))

    assert "View: Only high" in html
    assert 'value="risk:high"' in html
    assert "High one" in html
    assert "Low one" not in html
    assert ">changed<" not in html


def test_a_view_stays_chosen_on_the_way_through_its_proposals(cast, client_of, view) -> None:
    client = client_of(cast.reviewer)

    html = text_of(client.get(QUEUE, {"view": view.key}))

    assert f"?q=risk%3Ahigh&amp;view={view.key}" in html


def test_a_changed_view_says_so_and_offers_to_be_saved_over(cast, client_of, view) -> None:
    query = {"view": view.key, "q": "risk:high refund"}

    own = text_of(client_of(cast.reviewer).get(QUEUE, query))
    others = text_of(client_of(cast.second_reviewer).get(QUEUE, query))

    assert ">changed<" in own
    assert "Save over “Only high”" in own
    assert ">changed<" in others
    assert "Save over" not in others
    assert "Save this search as" in others


def test_saving_over_and_deleting_go_back_to_the_queue(cast, client_of, view) -> None:
    client = client_of(cast.reviewer)

    over = client.post(f"{QUEUE}views/{view.key}/", {"q": "risk:low"})
    assert over.url == f"{QUEUE}?view={view.key}"
    assert SavedView.objects.get().text == "risk:low"
    gone = client.post(f"{QUEUE}views/{view.key}/delete/")
    assert gone.url == QUEUE
    assert "“Only high” is deleted" in text_of(client.get(gone.url))
    assert not SavedView.objects.exists()


def test_a_search_is_kept_under_a_name(cast, client_of) -> None:
    client = client_of(cast.reviewer)

    answer = client.post(f"{QUEUE}views/", {"q": "older:2d", "name": "Old", "shared": "on"})

    made = SavedView.objects.get()
    assert (made.text, made.shared, made.owner) == ("older:2d", True, cast.reviewer)
    assert answer.url == f"{QUEUE}?view={made.key}"


def test_a_bad_name_is_said_and_the_search_kept(cast, client_of) -> None:
    client = client_of(cast.reviewer)

    answer = client.post(f"{QUEUE}views/", {"q": "older:2d", "name": " "})

    assert answer.url == f"{QUEUE}?q=older%3A2d"
    assert "needs a name" in text_of(client.get(answer.url))


def test_an_unknown_view_is_the_whole_queue(cast, client_of, view) -> None:
    html = text_of(client_of(cast.reviewer).get(QUEUE, {"view": "nobody's"}))

    assert "View:" not in html
    assert "2 waiting" in html


def test_an_auditor_is_not_offered_to_share(cast, client_of) -> None:
    assert 'name="shared"' not in text_of(client_of(cast.auditor).get(QUEUE))


def test_a_hostile_name_is_escaped(cast, client_of) -> None:
    save_view(member(cast, "reviewer"), name="<script>x</script>", text="", shared=True)

    assert "<script>x" not in text_of(client_of(cast.lead).get(QUEUE))
