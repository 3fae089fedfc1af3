"""What opens after a decision: the next of the same list, the first again, or the calm of none."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Workspace
from reviews import postponements
from reviews.models import SeededItem
from reviews.paces import Pace
from reviews.saved_views import save_view
from reviews.searches import read_search
from reviews.views.desk import Desk
from reviews.views.onward import next_of, nudge_of, said_of
from tests import build
from tests.reviews.views.desks import (
    HTMX,
    approve,
    at,
    conflict,
    fresh,
    member,
    post,
    shown,
    text_of,
)

pytestmark = pytest.mark.django_db
QUEUE = "/w/northwind/review/"
REASONS = {"code": "wrong", "reason": "It is not so."}


@pytest.fixture
def client(cast, client_of):
    return client_of(cast.reviewer)


@pytest.fixture
def three(cast):
    """Three proposals in the order of the queue."""
    return [build.filed(cast.store, content=f"Note {n}.\n", title=f"Note {n}") for n in range(3)]


def desk(cast, text="", name="reviewer"):
    return Desk(member(cast, name), read_search(text), {})


def words(response):
    """The page's text with single spaces."""
    return " ".join(text_of(response).split())


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("scheduled", "{id} approved."),
        ("rejected", "{id} approved."),
        ("awaiting_second", "{id} approved. It waits for another reviewer."),
    ],
)
def test_what_waits_for_a_second_person_says_so(cast, state, said) -> None:
    found = build.proposal(cast.store, state)

    assert said_of(found, "approved") == said.format(id=found)


@pytest.mark.parametrize(
    ("count", "told"), [(0, False), (1, False), (4, False), (5, True), (6, False), (10, True)]
)
def test_haste_is_told_at_every_fifth(count, told) -> None:
    line = nudge_of(Pace(count, taken_ms=7_400, reading_ms=65_000))

    assert bool(line) is told
    if told:
        start = f"{count} approvals in 7 s; their texts take about 65 s to read."
        assert line == f"{start} A break is fine: what waits stays where it is."


@pytest.mark.parametrize(("at_index", "follows"), [(0, 1), (1, 2), (2, 0)])
def test_the_next_follows_and_behind_the_last_the_first(cast, three, at_index, follows) -> None:
    decided = approve(cast, three[at_index], "reviewer")

    assert next_of(desk(cast), decided) == three[follows].number


def test_before_it_left_the_list_a_proposal_is_not_its_own_next(cast) -> None:
    alone = build.filed(cast.store)

    assert next_of(desk(cast), fresh(alone)) is None
    other = build.filed(cast.store, content="Other.\n")
    assert next_of(desk(cast), fresh(other)) == alone.number


def test_wrapping_begins_with_what_is_in_conflict(cast) -> None:
    moved = conflict(cast, "One.\nMine.\n", "One.\nTheirs.\n", old="One.\nTwo.\n")
    build.filed(cast.store, content="First.\n")
    last = build.filed(cast.store, content="Last.\n")

    assert next_of(desk(cast), approve(cast, last, "reviewer")) == moved.number


def test_the_next_is_of_the_list_and_of_the_members_own(cast, three, clock) -> None:
    risky = build.filed(cast.store, content="Skip the identity verification.\n")
    until = clock().replace(month=12)
    postponements.postpone(three[1], by=member(cast, "reviewer"), until=until)

    assert next_of(desk(cast, "risk:high"), fresh(three[0])) == risky.number
    assert next_of(desk(cast, "risk:low"), fresh(three[0])) == three[2].number
    assert next_of(desk(cast, "risk:low", "lead"), fresh(three[0])) == three[1].number
    assert next_of(desk(cast, "is:rejected"), fresh(three[0])) is None


@pytest.mark.parametrize("page", ["approve/", "reject/"])
def test_without_script_it_is_a_redirect_with_the_words_on_the_next_page(
    cast, client, three, page
) -> None:
    answer = post(client, at(cast, three[1], page), shown(three[1], **REASONS))

    assert answer.status_code == 303
    assert answer.url == at(cast, three[2])
    did = {"approve/": "approved", "reject/": "rejected"}[page]
    assert f"{three[1]} {did}." in words(client.get(answer.url))
    assert f"{three[1]} {did}." not in words(client.get(answer.url)), "said once"


def test_a_typed_list_is_kept_to_its_end_and_then_is_the_page(cast, client, three) -> None:
    query = "?q=%22Note+1%22"

    answer = post(client, at(cast, three[1], "approve/", query), shown(three[1]))

    assert answer.url == f"{QUEUE}{query}"
    page = words(client.get(answer.url))
    assert f"{three[1]} approved." in page
    assert "No match" in page


def test_a_fragment_of_a_typed_list_keeps_it_in_the_address_and_in_every_row(
    cast, client, three
) -> None:
    answer = post(client, at(cast, three[0], "approve/", "?q=Note"), shown(three[0]), **HTMX)

    assert answer.headers["HX-Push-Url"] == at(cast, three[1], query="?q=Note")
    html = text_of(answer)
    assert f'href="{at(cast, three[2], query="?q=Note")}"' in html
    assert f'action="{at(cast, three[1], "approve/", "?q=Note")}"' in html
    assert f'href="{at(cast, three[2])}"' not in html


def test_a_saved_view_is_kept_as_well(cast, client, three) -> None:
    view = save_view(member(cast, "reviewer"), name="Notes", text="Note", shared=False)
    query = f"?q=Note&view={view.key}"

    answer = post(client, at(cast, three[0], "approve/", query), shown(three[0]))
    piece = post(client, at(cast, three[1], "approve/", query), shown(three[1]), **HTMX)

    assert answer.url == at(cast, three[1], query=query)
    assert piece.headers["HX-Push-Url"] == at(cast, three[2], query=query)
    assert "View: Notes" in text_of(piece)


def test_an_emptied_list_leaves_the_calm_in_the_place_of_the_pane(cast, client) -> None:
    alone = build.filed(cast.store)

    answer = post(client, at(cast, alone, "approve/"), shown(alone), **HTMX)

    html = text_of(answer)
    assert answer.status_code == 200
    assert html.lstrip().startswith('<main class="pane calm" id="pane"')
    assert "<h1>Nothing waiting</h1>" in html
    assert f"{alone} approved." in words(answer)
    assert " is open." not in words(answer)
    assert '<span class="n" id="n-review" hx-swap-oob="true">0<' in html


def test_an_emptied_typed_list_says_that_nothing_matches(cast, client, three) -> None:
    answer = post(
        client, at(cast, three[1], "approve/", "?q=%22Note+1%22"), shown(three[1]), **HTMX
    )

    assert answer.headers["HX-Push-Url"] == f"{QUEUE}?q=%22Note+1%22"
    assert "<h1>No match</h1>" in text_of(answer)
    assert '<span class="n" id="n-review" hx-swap-oob="true">2<' in text_of(answer)


def test_a_first_of_two_approvals_is_said_to_wait(cast, client, three) -> None:
    two = build.filed(cast.store, content="Skip the identity verification.\n")

    piece = post(client, at(cast, two, "approve/"), shown(two), **HTMX)

    assert f"{two} approved. It waits for another reviewer." in words(piece)
    assert fresh(two).state == "awaiting_second"
    assert 'id="decided"' in text_of(piece)
    assert f'action="{at(cast, two, "undo/")}"' in text_of(piece), "until another person decides"
    assert 'data-expires="8"' in text_of(piece), "no grace runs: the page keeps the offer"


def test_what_is_put_aside_after_a_first_approval_offers_no_undo(cast, client, three) -> None:
    two = build.filed(cast.store, content="Skip the identity verification.\n")
    approve(cast, two, "second_reviewer")

    piece = post(client, at(cast, two, "later/"), {"until": "2030-01-07"}, **HTMX)

    assert f"/review/{two}/undo/" not in text_of(piece), "another person's vote stays"


def test_what_is_scheduled_is_offered_to_be_undone_in_the_toast(
    cast, client, three, clock, settings
) -> None:
    settings.GRACE_S = 45

    piece = text_of(post(client, at(cast, three[0], "approve/"), shown(three[0]), **HTMX))

    toast = piece.partition('id="decided"')[2]
    assert f'action="{at(cast, three[0], "undo/")}"' in toast
    assert 'data-expires="45"' in toast, "it stands as long as there is something to undo"


def test_what_is_not_scheduled_leaves_a_toast_for_a_moment(cast, client, three, clock) -> None:
    sent = {"until": "2026-12-24"}

    piece = text_of(post(client, at(cast, three[1], "later/"), sent, **HTMX))

    toast = piece.partition('id="decided"')[2]
    assert 'data-expires="8"' in toast
    assert f"{three[1]} is put aside until 24 Dec, for you alone." in toast
    assert "/undo/" not in toast


def test_a_test_item_comes_in_the_place_of_the_next_and_keeps_the_list(cast, client, three) -> None:
    Workspace.objects.filter(pk=cast.workspace.pk).update(test_item_percent=100)

    answer = post(client, at(cast, three[0], "approve/", "?q=Note"), shown(three[0]))

    item = SeededItem.objects.get()
    assert answer.url == f"{QUEUE}{item}/?q=Note"
    page = words(client.get(answer.url))
    assert f"{three[0]} approved." in page
    assert f'action="{QUEUE}{item}/approve/?q=Note"' in page
    assert f'id="row-{item}"' not in page, "no row of the list is it"


def test_a_test_item_comes_after_the_last_one_too(cast, client) -> None:
    Workspace.objects.filter(pk=cast.workspace.pk).update(test_item_percent=100)
    alone = build.filed(cast.store)

    piece = post(client, at(cast, alone, "approve/"), shown(alone), **HTMX)

    item = SeededItem.objects.get()
    assert piece.headers["HX-Push-Url"] == f"{QUEUE}{item}/"
    assert f"{alone} approved. {item} is open." in words(piece)
    assert f"/review/{alone}/undo/" in text_of(piece), "what was decided can still be undone"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_undoing_stays_at_what_was_undone(cast, client, three, headers) -> None:
    decided = approve(cast, three[1], "reviewer")

    answer = post(
        client,
        at(cast, three[1], "undo/", "?q=Note"),
        {"round": decided.round, "state": "scheduled"},
        **headers,
    )

    there = at(cast, three[1], query="?q=Note")
    if headers:
        assert answer.headers["HX-Push-Url"] == there
        assert f'id="row-{three[1]}"' in text_of(answer)
        assert f"{three[1]} is open." in words(answer)
    else:
        assert (answer.status_code, answer.url) == (303, there)
    assert fresh(three[1]).state == "pending"


class TestAListThatIsInStep:
    """The page says what follows the decided row: if so, it is sent what changes and no more."""

    def sent(self, cast, client, proposal, follows, page="approve/", query=""):
        headers = HTMX | {"Queue-Follows": follows}
        answer = post(
            client, at(cast, proposal, page, query), shown(proposal, **REASONS), **headers
        )
        assert answer.status_code == 200
        return text_of(answer)

    @pytest.mark.parametrize("page", ["approve/", "reject/"])
    def test_the_row_goes_and_the_numbers_change(self, cast, client, three, page) -> None:
        html = self.sent(cast, client, three[0], f"{three[1].number} of 3", page)

        assert f'data-row="row-{three[1]}"' in html
        assert 'id="queue"' not in html
        assert f'<div id="item-{three[0]}" hx-swap-oob="delete"></div>' in html
        assert 'id="queue-count" data-total="2" hx-swap-oob="true">2 waiting</span>' in html
        assert '<span class="n" id="count-low" hx-swap-oob="true">2</span>' in html
        assert '<progress class="horizon" id="horizon" hx-swap-oob="true" value="1" max="3"' in html
        assert '<div class="queue-foot" id="queue-foot" hx-swap-oob="true">' in html
        assert "1 of 3 decided today" in html
        assert html.count(f"Undo {three[0]}") >= 2, "in the foot and beside the words"
        assert '<span class="n" id="n-review" hx-swap-oob="true">2<' in html

    def test_it_costs_fewer_queries_than_the_whole(self, cast, client, three) -> None:
        asked = {}
        for proposal, follows in ((three[0], ""), (three[1], f"{three[2].number} of 2")):
            with CaptureQueriesContext(connection) as queries:
                self.sent(cast, client, proposal, follows)
            asked[bool(follows)] = len(queries)

        assert asked[True] < asked[False]

    @pytest.mark.parametrize(
        "follows", ["", "{n}", "P-{n} of 3", "{n} of 2", "{n} of 4", "0 of 3", "x of y", "{n} OF 3"]
    )
    def test_else_the_whole_queue_comes(self, cast, client, three, follows) -> None:
        html = self.sent(cast, client, three[1], follows.format(n=three[2].number))

        assert 'hx-swap-oob="morph"' in html
        assert 'hx-swap-oob="delete"' not in html

    def test_so_does_it_where_somebody_elses_stands_in_between(self, cast, client, three) -> None:
        approve(cast, three[1])
        html = self.sent(cast, client, three[0], f"{three[1].number} of 3")

        assert 'hx-swap-oob="morph"' in html
        assert f'data-row="row-{three[2]}"' in html

    def test_so_does_it_where_more_came_behind_what_follows(self, cast, client, three) -> None:
        build.filed(cast.store, content="Filed meanwhile.\n")
        html = self.sent(cast, client, three[0], f"{three[1].number} of 3")

        assert 'hx-swap-oob="morph"' in html

    def test_so_does_it_where_something_stands_in_front(self, cast, client, three) -> None:
        conflict(cast, "One.\nMine.\n", "One.\nTheirs.\n", old="One.\nTwo.\n")
        html = self.sent(cast, client, three[0], f"{three[1].number} of 3")

        assert 'hx-swap-oob="morph"' in html
        assert "Needs attention" in html

    def test_so_does_it_where_the_decided_stays_in_the_list(self, cast, client, three) -> None:
        stays, other = (
            build.filed(cast.store, content=f"Skip the identity verification{of}.\n")
            for of in ("", " of a second account")
        )
        html = self.sent(cast, client, stays, f"{other.number} of 5")

        assert fresh(stays).state == "awaiting_second"
        assert 'hx-swap-oob="morph"' in html

    def test_so_does_it_in_a_list_that_is_not_by_risk(self, cast, client, three) -> None:
        query = "?q=is:all"
        html = self.sent(cast, client, three[1], f"{three[2].number} of 3", query=query)

        assert 'hx-swap-oob="morph"' in html

    def test_what_is_too_many_to_be_counted_stays_as_many(
        self, cast, client, three, monkeypatch
    ) -> None:
        monkeypatch.setattr("reviews.queue.COUNTED", 1)
        monkeypatch.setattr("reviews.views.onward.COUNTED", 1)
        html = self.sent(cast, client, three[0], f"{three[1].number} of 2")

        assert 'id="queue"' not in html
        assert 'data-total="2"' in html

    def test_a_test_item_comes_in_the_same_pieces(self, cast, client, three) -> None:
        Workspace.objects.filter(pk=cast.workspace.pk).update(test_item_percent=100)
        html = self.sent(cast, client, three[0], f"{three[1].number} of 3")
        item = SeededItem.objects.get()

        assert f'data-row="row-P-{item.number}"' in html
        assert 'hx-swap-oob="morph"' not in html
        assert f'<div id="item-{three[0]}" hx-swap-oob="delete"></div>' in html
