"""The desk: which list is open, what its addresses keep, and how a pane answers around one."""

import re

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from agents.access import as_member_request
from reviews import postponements
from reviews.lifecycle import OPEN, State
from reviews.lines import kin_line
from reviews.models import Proposal
from reviews.postponements import NOTHING_ASIDE
from reviews.queue import SIZE
from reviews.saved_views import save_view
from reviews.searches import Where, read_search
from reviews.views.desk import (
    MOST_KIN,
    Desk,
    address_of,
    counts_of,
    desk_of,
    is_fragment,
    neighbours_of,
    new_token,
    number_after,
    pane_context,
    queue_context,
    show_pane,
    undo_offer,
    vote_on,
)
from reviews.views.proposal import proposal_context
from tests import build
from tests.reviews.views.desks import approve, at, conflict, fresh, member, text_of

pytestmark = pytest.mark.django_db
NO_AGENTS: dict[str, int] = {}


class Asked:
    """What htmx says of a request."""

    def __init__(self, *, restores: bool = False) -> None:
        self.history_restore_request = restores


def desk(cast, text="", view="", name="reviewer"):
    return Desk(member(cast, name), read_search(text), NO_AGENTS, view)


def asked_by(cast, query="", name="reviewer", *, htmx=None):
    """A request for a page of the desk, as its view gets it."""
    request: HttpRequest = RequestFactory().get(f"/w/northwind/review/{query}")
    request.user = getattr(cast, name)
    request.htmx = htmx  # type: ignore[attr-defined]
    request.session = {}  # type: ignore[assignment]
    return as_member_request(request, member(cast, name))


def numbers(rows):
    return [row.number for row in rows]


@pytest.mark.parametrize(
    ("text", "view", "suffix", "more"),
    [
        ("", "", "", "?"),
        ("risk:high", "", "?q=risk%3Ahigh", "?q=risk%3Ahigh&"),
        ("a b&c", "", "?q=a+b%26c", "?q=a+b%26c&"),
        ("", "mine", "?q=&view=mine", "?q=&view=mine&"),
        ("is:all", "mine", "?q=is%3Aall&view=mine", "?q=is%3Aall&view=mine&"),
    ],
)
def test_every_address_ends_with_the_list_that_is_open(cast, text, view, suffix, more) -> None:
    found = desk(cast, text, view)

    assert found.suffix == suffix
    assert found.more == more
    assert found.address("queue") == f"/w/northwind/review/{suffix}"
    assert found.address("proposal", 12) == f"/w/northwind/review/P-12/{suffix}"
    assert found.address("proposal_evidence", 12, 3).endswith(f"/P-12/evidence/3/{suffix}")


@pytest.mark.parametrize(
    ("text", "state", "listed"),
    [
        ("", "pending", True),
        ("", "awaiting_second", True),
        ("", "conflicted", True),
        ("", "scheduled", False),
        ("", "rejected", False),
        ("is:conflicted", "conflicted", True),
        ("is:conflicted", "pending", False),
        ("is:rejected", "rejected", True),
        ("is:rejected", "conflicted", False),
        ("is:all", "withdrawn", True),
    ],
)
def test_a_list_holds_the_states_it_is_of(cast, text, state, listed) -> None:
    assert desk(cast, text).lists(Proposal(state=state)) is listed


def test_what_is_in_conflict_is_walked_before_what_is_open(cast) -> None:
    moved = conflict(cast, "One.\nMine.\n", "One.\nTheirs.\n", old="One.\nTwo.\n")
    waiting = build.filed(cast.store, content="Waits.\n")

    front, main = desk(cast).listing.segments

    assert numbers(front[0]) == [moved.number]
    assert numbers(main[0]) == [waiting.number]
    assert numbers(desk(cast).rows) == [waiting.number], "the list's rows are those behind it"
    assert number_after(desk(cast), moved) == waiting.number
    assert number_after(desk(cast), waiting) is None


def test_a_list_of_something_else_is_one_walk(cast) -> None:
    build.proposal(cast.store, "rejected")

    ((rows, _),) = desk(cast, "is:rejected").listing.segments

    assert numbers(rows) == numbers(Proposal.objects.filter(state="rejected"))


def test_what_a_member_put_aside_is_in_nobody_elses_list(cast, clock) -> None:
    kept = build.filed(cast.store, content="Kept.\n")
    later = build.filed(cast.store, content="Later.\n")
    until = clock().replace(month=12)
    postponements.postpone(later, by=member(cast, "reviewer"), until=until)

    assert numbers(desk(cast).rows) == [kept.number]
    assert set(numbers(desk(cast, name="lead").rows)) == {kept.number, later.number}
    assert desk(cast, name="auditor").aside is NOTHING_ASIDE, "who does not decide has no later"


def test_the_address_says_which_list_is_open(cast) -> None:
    plain, typed = desk_of(asked_by(cast)), desk_of(asked_by(cast, "?q=is:decided+agent:nobody"))

    assert plain.search.is_plain
    assert plain.view == ""
    assert typed.search.where is Where.DECIDED
    assert typed.member == member(cast, "reviewer")


def test_a_saved_view_says_what_is_looked_for_unless_something_is_typed(cast) -> None:
    view = save_view(member(cast, "reviewer"), name="High", text="risk:high", shared=False)

    chosen = desk_of(asked_by(cast, f"?view={view.key}"))
    typed = desk_of(asked_by(cast, f"?view={view.key}&q=risk:low"))
    emptied = desk_of(asked_by(cast, f"?view={view.key}&q="))
    others = desk_of(asked_by(cast, f"?view={view.key}", "second_reviewer"))

    assert (chosen.search.text, chosen.view) == ("risk:high", view.key)
    assert (typed.search.text, typed.view) == ("risk:low", view.key)
    assert (emptied.search.text, emptied.view) == ("", view.key)
    assert (others.search.text, others.view) == ("", ""), "somebody else's own view is no view"


def test_the_queue_says_of_a_chosen_view_whether_it_was_changed(cast) -> None:
    view = save_view(member(cast, "reviewer"), name="High", text="risk:high", shared=True)

    def told(name, text):
        found = desk(cast, text, view.key, name)
        context = queue_context(found, counts_of(found))
        return context["chosen"].key, context["is_view_changed"], context["may_change_view"]

    assert told("reviewer", "risk:high") == (view.key, False, True)
    assert told("reviewer", "risk:low") == (view.key, True, True)
    assert told("auditor", "risk:high") == (view.key, False, False)
    plain = queue_context(desk(cast), counts_of(desk(cast)))
    assert (plain["chosen"], plain["is_view_changed"]) == (None, False)
    assert [one.key for one in plain["saved_views"]] == [view.key]


@pytest.mark.parametrize(
    ("htmx", "fragment"), [(None, False), (Asked(), True), (Asked(restores=True), False)]
)
def test_only_htmx_gets_a_piece_and_after_back_not_even_it(cast, htmx, fragment) -> None:
    assert is_fragment(asked_by(cast, htmx=htmx)) is fragment


def test_a_page_that_is_not_there_has_no_address() -> None:
    assert address_of("memory", "northwind", 4) == "/w/northwind/memory/M-4/"
    assert address_of("no-such-page", "northwind", 4) == ""


def test_tokens_of_two_pages_differ() -> None:
    one, other = new_token(), new_token()

    assert re.fullmatch(r"[0-9a-f]{32}", one)
    assert one != other


@pytest.mark.parametrize(("status", "moved"), [(200, False), (403, True), (422, False)])
def test_a_refusal_in_the_pane_says_where_it_belongs(cast, status, moved) -> None:
    found = build.filed(cast.store)
    request = asked_by(cast, htmx=Asked())
    context = desks_context(request, found)

    answer = show_pane(
        request, "reviews/proposal.html", context, proposal=fresh(found), status=status
    )

    assert answer.status_code == status
    assert text_of(answer).lstrip().startswith('<main class="pane" id="pane"')
    assert (answer.headers.get("HX-Retarget") == "#pane") is moved
    assert (answer.headers.get("HX-Reswap") == "outerHTML") is moved


def test_a_refusal_as_a_page_is_the_whole_desk(cast) -> None:
    found = build.filed(cast.store)
    request = asked_by(cast)

    answer = show_pane(
        request,
        "reviews/proposal.html",
        desks_context(request, found),
        proposal=fresh(found),
        status=403,
    )

    assert answer.status_code == 403
    assert "HX-Retarget" not in answer.headers
    assert text_of(answer).lstrip().startswith("<!doctype html>")
    assert f'id="row-{found}"' in text_of(answer)


def desks_context(request, found):
    return proposal_context(request, fresh(found))


def test_the_head_knows_who_stands_around_and_keeps_the_list(cast) -> None:
    first, middle, last = [
        build.filed(cast.store, content=f"Note {n}.\n", title=f"N{n}") for n in range(3)
    ]
    found = desk(cast, "is:open")

    context = pane_context(found, fresh(middle), neighbours_of(found, fresh(middle)))

    assert context["previous_url"] == at(cast, first, query="?q=is%3Aopen")
    assert context["next_url"] == at(cast, last, query="?q=is%3Aopen")
    assert context["place"] == "2 of 3"
    assert context["queue_url"] == "/w/northwind/review/?q=is%3Aopen"
    assert context["page_title"] == f"{middle} N1"
    ends = pane_context(found, fresh(first), neighbours_of(found, fresh(first)))
    assert (ends["previous_url"], ends["place"]) == ("", "1 of 3")


def test_the_neighbours_are_the_same_whether_the_counts_are_at_hand_or_not(cast) -> None:
    conflict(cast, "One.\nMine.\n", "One.\nTheirs.\n", old="One.\nTwo.\n")
    rows = [build.filed(cast.store, content=f"Note {n}.\n") for n in range(3)]
    found = desk(cast)

    for row in map(fresh, rows):
        assert neighbours_of(found, row, counts_of(found)) == neighbours_of(found, row)
    Proposal.objects.filter(state="conflicted").update(state="withdrawn")
    found = desk(cast)
    for row in map(fresh, rows):
        assert neighbours_of(found, row, counts_of(found)) == neighbours_of(found, row)


@pytest.mark.parametrize("state", State)
def test_kin_that_wait_no_more_say_where_they_stand(cast, state) -> None:
    first = build.proposal(cast.store, content="First.\n")
    other = build.proposal(cast.store, content="Other.\n", kin=first.number, state=state)

    line = kin_line(first, other, lambda name, number: f"/{name}/{number}")

    assert (line.state == "") == (state in OPEN)
    assert "_" not in line.state
    assert "approve" not in line.state, "how it was decided is not told before one's own vote"


@pytest.mark.parametrize(
    ("kind", "origin", "url"),
    [
        ("dream", "D-12", "/w/northwind/dreams/D-12/"),
        ("dream", "import", ""),
        ("dream", "D-12x", ""),
        ("person", "D-12", ""),
    ],
)
def test_only_what_a_dream_filed_links_a_dream(cast, kind, origin, url) -> None:
    found = build.proposal(cast.store, origin_kind=kind, origin_id=origin)

    context = pane_context(desk(cast), found, neighbours_of(desk(cast), found))

    assert context["dream_url"] == url


def test_a_window_title_leaves_out_what_does_not_show(cast) -> None:
    found = build.proposal(cast.store, title="Pay\u202e now\u200b")

    context = pane_context(desk(cast), found, neighbours_of(desk(cast), found))

    assert context["page_title"] == f"{found} Pay now"


@pytest.mark.parametrize(("others", "more"), [(0, 0), (1, 0), (MOST_KIN, 0), (MOST_KIN + 3, 3)])
def test_so_many_kin_are_linked_and_the_rest_is_counted(cast, others, more) -> None:
    first = build.proposal(cast.store)
    for n in range(others):
        build.proposal(cast.store, content=f"{n}\n", kin=first.number)
    first, found = fresh(first), desk(cast, "risk:low")

    context = pane_context(found, first, neighbours_of(found, first))

    assert len(context["kin"]) == min(others, MOST_KIN)
    assert context["kin_more"] == more
    assert all(line.url.endswith("/?q=risk%3Alow") for line in context["kin"])


def test_the_page_of_the_list_is_the_one_the_open_proposal_stands_on(cast) -> None:
    rows = [build.proposal(cast.store, content=f"{n}\n", title=f"N{n}") for n in range(SIZE + 3)]
    found, last = desk(cast), fresh(rows[-1])
    counts = counts_of(found)

    around = queue_context(found, counts, last, neighbours_of(found, last, counts))
    top = queue_context(found, counts, fresh(rows[0]), neighbours_of(found, fresh(rows[0]), counts))

    assert last.number in numbers(around["page"].rows)
    assert rows[0].number not in numbers(around["page"].rows)
    assert numbers(top["page"].rows) == numbers(rows[:SIZE])
    assert around["current"] == str(last)
    assert around["page_link"] == "?at="


def test_on_a_later_page_nothing_stands_in_front(cast) -> None:
    conflict(cast, "One.\nMine.\n", "One.\nTheirs.\n", old="One.\nTwo.\n")
    for n in range(SIZE + 2):
        build.proposal(cast.store, content=f"{n}\n")
    found = desk(cast)
    counts = counts_of(found)

    first = queue_context(found, counts)
    later = queue_context(found, counts, cursor=first["page"].older)

    assert len(first["front"]) == 1
    assert not later["front"]
    assert len(later["page"].rows) == 2
    decided = desk(cast, "is:decided")
    assert not queue_context(decided, counts_of(decided))["front"]


def test_the_offer_to_undo_is_of_what_was_decided_just_now(cast) -> None:
    one, two = [build.filed(cast.store, content=f"Note {n}.\n") for n in range(2)]
    older, newer = approve(cast, one, "reviewer"), approve(cast, two, "reviewer")
    found = desk(cast)

    last, now = undo_offer(found), undo_offer(found, vote_on(fresh(older)))

    assert last is not None
    assert now is not None
    assert str(two) in str(last)
    assert str(one) in str(now)
    assert undo_offer(desk(cast, name="second_reviewer")) is None
    assert newer.state == "scheduled"
