"""The page of a test item: what it takes from its row, what its answer says, how quotes open."""

import pytest

from agents.models import Publishing, Workspace
from reviews import seeding
from reviews.models import SeededItem
from reviews.samples.base import Answer
from reviews.samples.pool import POOL
from reviews.views.seeded import SAID, staging_of, told_of
from tests import build
from tests.clock import DAYBREAK
from tests.reviews.views.desks import HTMX, at, member, post, shown, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(cast, client_of):
    return client_of(cast.reviewer)


@pytest.fixture
def make(cast):
    """Makes an item of a case of the pool."""

    def made(sample="pages/sound", answer="", **facts):
        facts = {"after": 1, "agent": cast.agent.name, "dream": "D-5", **facts}
        return SeededItem.objects.create(
            workspace=cast.workspace,
            person=cast.reviewer,
            number=501,
            sample=sample,
            answer=answer,
            answered_at=DAYBREAK if answer else None,
            shown_at=DAYBREAK,
            **facts,
        )

    return made


def page_of(item, page="", query=""):
    return f"/w/northwind/review/{item}/{page}{query}"


@pytest.mark.parametrize(
    ("sample", "answer", "kind", "said"),
    [
        ("pages/sound", "approve", "good", "You said: approve. Right answer: approve."),
        ("pages/sound", "reject", "bad", "You said: reject. Right answer: approve."),
        ("pages/sound", "edit", "bad", "You said: edit. Right answer: approve."),
        ("pages/flawed", "reject", "good", "You said: reject. Right answer: reject."),
        ("pages/flawed", "send_back", "good", "You said: request changes. Right answer: reject."),
        ("pages/flawed", "approve", "bad", "You said: approve. Right answer: reject."),
    ],
)
def test_the_notice_says_what_was_said_what_is_right_and_why(
    make, sample, answer, kind, said
) -> None:
    told = told_of(make(sample, answer))

    assert told is not None
    assert told == {
        "kind": kind,
        "title": f"This was a test item. {said}",
        "text": POOL[sample].because,
    }


def test_before_the_answer_nothing_is_told(make) -> None:
    assert told_of(make()) is None


def test_every_answer_has_words() -> None:
    assert set(SAID) == set(Answer)


def test_it_is_closed_once_it_is_answered(make) -> None:
    item = make(opened=[2])
    waits = staging_of(item)
    item.answer = "reject"
    done = staging_of(item)

    assert (waits.number, waits.now, waits.dream, waits.closed) == (501, DAYBREAK, "D-5", None)
    assert list(waits.opened) == [2]
    assert done.closed is not None
    assert done.closed.text == "Test item: nothing was applied"


def test_the_head_names_the_dream_and_the_agent_of_its_row(cast, client, make) -> None:
    item = make()
    build.filed(cast.store, content="Beside.\n")

    html = text_of(client.get(page_of(item), headers=HTMX))

    assert 'href="/w/northwind/dreams/D-5/"' in html
    assert f"<span>{cast.agent.name}</span>" in html
    assert f'data-row="row-{item}"' in html


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ("", "Inline"),
        ("?view=side", "Side by side"),
        ("?view=full", "Full entry"),
        ("?view=x", "Inline"),
    ],
)
def test_its_change_is_seen_in_each_view(client, make, query, view) -> None:
    html = text_of(client.get(page_of(make(), query=query), headers=HTMX))

    seg = html.partition('aria-label="Diff view"')[2].partition("</span>")[0]
    current = seg.partition('aria-current="true"')[2].partition("</a>")[0]
    assert current.lstrip(">").startswith(view)


def test_it_says_how_its_memory_is_published_as_the_proposal_before_it_did(
    cast, client, make
) -> None:
    cast.store.publishing = Publishing.BY_HAND
    cast.store.save()
    decided = build.filed(cast.store)
    item = make(after=decided.number)

    pages = [text_of(client.get(page_of(one))) for one in (decided, item)]

    assert all("agents read it once a person publishes it" in page for page in pages)


def test_the_list_stays_in_each_of_its_addresses(client, make) -> None:
    html = text_of(client.get(page_of(make(), query="?q=Note"), headers=HTMX))

    for page in ("approve/", "reject/", "later/", "reads/", "past/", "revisions/", "evidence/1/"):
        assert f'/review/P-501/{page}?q=Note"' in html, page
    assert '/review/P-501/?q=Note&view=side"' in html.replace("&amp;", "&")


def test_a_quote_opens_in_its_place_with_the_turns_around_it(client, make) -> None:
    item = make()
    around = seeding.sample_of(item).quotes[0].turns[1].text

    before = text_of(client.get(page_of(item), headers=HTMX))
    piece = text_of(client.get(page_of(item, "evidence/1/"), headers=HTMX))
    page = text_of(client.get(page_of(item, "evidence/1/")))
    after = text_of(client.get(page_of(item), headers=HTMX))

    assert around not in before
    assert around in piece
    assert piece.lstrip().startswith('<article class="ev" id="quote-1"')
    assert page.lstrip().startswith("<!doctype html>")
    assert around in page
    assert "0 of 2 opened" in before
    assert "1 of 2 opened" in after


@pytest.mark.parametrize("position", [0, 3, 99])
def test_a_quote_it_does_not_have_is_no_page(client, make, position) -> None:
    item = make()

    assert client.get(page_of(item, f"evidence/{position}/")).status_code == 404
    item.refresh_from_db()
    assert item.opened == []


def test_opening_a_quote_after_the_answer_is_not_kept(client, make) -> None:
    item = make(answer="reject")

    assert client.get(page_of(item, "evidence/2/")).status_code == 200
    item.refresh_from_db()
    assert item.opened == []


@pytest.mark.parametrize("page", ["reject/", "request-changes/"])
def test_a_form_sent_empty_is_asked_again_in_its_dialog(client, make, page) -> None:
    item = make()

    answer = post(client, page_of(item, page), shown_of(), **HTMX)

    dialog = page.removesuffix("/").partition("-")[0]
    assert answer.status_code == 422
    opened = text_of(answer).partition(f'<dialog class="dlg" id="{dialog}"')[2]
    assert "data-open" in opened.partition(">")[0]
    item.refresh_from_db()
    assert item.answer == ""


def test_sending_back_is_an_answer(client, make) -> None:
    item = make("pages/flawed")

    told = text_of(
        post(client, page_of(item, "request-changes/"), shown_of(reason="Say it is 50."), **HTMX)
    )

    assert "You said: request changes. Right answer: reject." in told
    assert POOL["pages/flawed"].because in told
    assert "Request changes" not in told
    item.refresh_from_db()
    assert item.answer == "send_back"


def test_after_the_answer_the_next_of_the_list_is_one_press_away(cast, client, make) -> None:
    waiting = build.filed(cast.store, content="Waits.\n")
    item = make()

    told = text_of(post(client, page_of(item, "approve/"), shown_of(), **HTMX))

    assert "This was a test item." in told
    assert f'href="{at(cast, waiting)}"' in told


def test_pages_that_no_link_of_it_names_stay_no_pages(client, make) -> None:
    item = make()

    for page in ("undo/", "withdraw/", "conflict/", "comment/", "turn/assign/"):
        assert post(client, page_of(item, page), shown_of()).status_code in {403, 404}, page
    assert client.get(page_of(item, "near/M-1/")).status_code == 404


def test_a_proposal_of_that_number_is_never_hidden_by_an_item(cast, client, make) -> None:
    Workspace.objects.filter(pk=cast.workspace.pk).update(test_item_percent=100)
    cast.workspace.refresh_from_db()
    decided = build.filed(cast.store)

    item = seeding.offer(decided, by=member(cast, "reviewer"))

    assert item is not None
    after = build.filed(cast.store, content="After.\n")
    assert after.number == item.number + 1
    assert post(client, at(cast, after, "approve/"), shown(after)).status_code == 303


def shown_of(**more):
    return {"revision": 1, "state": "pending", **more}
