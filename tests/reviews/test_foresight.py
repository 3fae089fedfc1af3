"""What would be read if a proposal were applied."""

import pytest

from reviews.changes import Op
from reviews.foresight import preview_of
from tests import build
from tests.reviews.filings import merge_of
from tests.reviews.views.desks import HTMX, LIVE, PATH, at, text_of, update

pytestmark = pytest.mark.django_db


def test_an_update_stands_in_place_of_what_is_live(cast) -> None:
    found = preview_of(update(cast, LIVE + "Six.\n"))

    assert "Six." in found.after.text
    assert "Six." not in found.before.text
    assert (found.path, found.rank) == (PATH, 1)
    assert found.after.tokens > found.before.tokens


def test_a_retirement_is_gone_after(cast) -> None:
    memory = build.memory(cast.store)
    proposal = build.filed(
        cast.store, op=Op.RETIRE, path=memory.path, content="", base_version=1, title="Gone"
    )

    assert preview_of(proposal).after.text == ""


def test_a_merge_takes_what_it_folds_in_out(cast) -> None:
    found = preview_of(merge_of(cast))

    assert [place.path for place in found.after.places] == ["/a.md"]
    assert "What /b.md says." not in found.after.text


def test_support_of_the_path_is_not_forgotten(cast) -> None:
    build.memory(cast.store, PATH, LIVE, title="Limits", support=7)
    build.memory(cast.store, "/other.md", "Other.\n", support=3)

    assert preview_of(update(cast, LIVE + "Six.\n")).rank == 1


def test_the_page_says_what_it_would_come_to(cast, client_of) -> None:
    client, proposal = client_of(cast.reviewer), update(cast, LIVE + "<b>Six\u202e</b>.\n")

    html = text_of(client.get(at(cast, proposal, "reads/"), headers=HTMX))

    assert html.lstrip().startswith('<section class="sec" id="reads"')
    assert "In the text as number 1 of 1 memories." in html
    assert "It pushes nothing out." in html
    assert "<b>Six" not in html
    assert "U+202E" in html


def test_without_script_it_is_a_page(cast, client_of) -> None:
    html = text_of(client_of(cast.reviewer).get(at(cast, build.filed(cast.store), "reads/")))

    assert html.lstrip().startswith("<!doctype html>")
    assert "Nothing is read now." in html


def test_the_pane_leads_there(cast, client_of) -> None:
    proposal = build.filed(cast.store)

    assert "/reads/" in text_of(client_of(cast.reviewer).get(at(cast, proposal)))
