"""Proposals that belong together: how it is told, and where they stand in the queue."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Event
from reviews import kin, neighbours, orders, queue
from reviews.changes import text_key
from reviews.models import OriginKind, Proposal
from reviews.origins import Origin
from reviews.searches import read_search
from tests import build
from tests.reviews import plain
from tests.reviews.test_queue import listed, member_of, rows_seen, walk
from tests.reviews.views.desks import fresh, text_of

QUOTED = "Error: order 1042 is already shipped"
CLOSE = "Never close a ticket before the caller has confirmed it.\n"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CLOSE, "never close a ticket before the caller confirmed it"),
        (CLOSE, "# Confirmed\n\nBefore the caller has confirmed, never close a ticket!"),
        (
            "A loaned laptop is returned within 10 days.",
            "A loaned laptop is returned within 30 days!",
        ),
        ("Ask first.", "ask FIRST"),
        ("Straße zuerst", "STRASSE zuerst"),
    ],
)
def test_texts_that_say_nearly_the_same_have_one_key(one, other) -> None:
    assert text_key(one) == text_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CLOSE, "Never reopen a ticket before the caller has confirmed it.\n"),
        ("Ask first.", "Ask last."),
        ("Ask first.", "Ask first or call."),
    ],
)
def test_texts_about_something_else_have_another(one, other) -> None:
    assert text_key(one) != text_key(other)


@pytest.mark.parametrize("text", ["", "  \n", "123 4.5", "—"])
def test_a_text_without_words_is_like_no_other(text) -> None:
    assert text_key(text) == ""


@pytest.mark.parametrize(
    ("tools", "about"),
    [
        ([], "/claims/dental"),
        (["", ""], "/claims/dental"),
        (["cancel_order", "", "cancel_order", "refund"], "cancel_order"),
        (["refund", "cancel_order"], "cancel_order"),
    ],
)
def test_a_change_is_about_the_tool_its_quotes_are_of_or_else_about_its_folder(
    tools, about
) -> None:
    cited = [Event(tool=tool) for tool in tools]

    assert kin.about_of("/claims/dental/limits.md", cited) == about


def dream(number: int) -> Origin:
    return Origin(OriginKind.DREAM, f"D-{number}", f"Dream D-{number}", "local", "1")


def filed(store, content: str, number: int = 1, **facts) -> Proposal:
    return build.filed(store, content=content, origin=dream(number), **facts)


@pytest.mark.django_db
def test_changes_of_one_dream_about_one_tool_stand_with_the_first(cast) -> None:
    session = build.session(cast.agent)
    cited = [build.quote(session, 2, QUOTED)]
    first = filed(cast.store, "Look at the state of an order before it is cancelled.\n")
    second = filed(cast.store, "Orders that were shipped cannot be stopped.\n", evidence=cited)
    third = filed(cast.store, "Tell customers about the return label.\n", evidence=cited)
    other = filed(cast.store, "Write to the depot about parcels.\n", 2, evidence=cited)

    assert (first.about, second.about, third.about) == ("/tool_limit", *["cancel_order"] * 2)
    assert third.lead == second.number
    assert [first.lead, second.lead, other.lead] == [first.number, second.number, other.number]


@pytest.mark.django_db
def test_nearly_the_same_text_for_another_agent_stands_with_the_first(cast) -> None:
    claims = build.agent(cast.workspace, "claims").store
    first = filed(cast.store, CLOSE, 1)
    filed(cast.store, "Call back within the hour, whoever rang.\n", 1, path="/calls/back.md")
    second = filed(claims, CLOSE.lower(), 2)
    third = filed(cast.shared_store, CLOSE.upper(), 3)

    assert [second.lead, third.lead] == [first.number, first.number]


@pytest.mark.django_db
def test_what_is_decided_or_stands_next_door_is_no_kin_by_its_text(cast) -> None:
    filed(cast.other_agent.store, CLOSE, 1)
    decided = filed(cast.store, CLOSE, 2)
    Proposal.objects.filter(pk=decided.pk).update(state="applied")

    alone = filed(build.agent(cast.workspace, "claims").store, CLOSE, 3)

    assert alone.lead == alone.number


@pytest.mark.django_db
def test_what_people_file_is_kin_by_its_text_alone(cast) -> None:
    by_hand = Origin(OriginKind.PERSON, cast.lead.public_id, "Lena", proposer=cast.lead)
    first = build.filed(cast.store, path="/a/one.md", content="Ask first.\n", origin=by_hand)
    second = build.filed(cast.store, path="/a/two.md", content="Ask twice.\n", origin=by_hand)
    third = build.filed(cast.shared_store, path="/b.md", content="ASK FIRST\n", origin=by_hand)

    assert [one.lead for one in (first, second, third)] == [
        first.number,
        second.number,
        first.number,
    ]


@pytest.fixture
def families(cast):
    """Low: 1, 2 with kin 4 and 6, 3, 5; high: 7 of the kin of 2. By number."""
    made = [build.proposal(cast.store, content=f"{n}\n", title=f"Note {n}") for n in range(6)]
    first = made[1].number
    for at in (3, 5):
        Proposal.objects.filter(pk=made[at].pk).update(kin=first)
    made.append(build.proposal(cast.store, content="h\n", risk="high", kin=first, title="Note 6"))
    return [fresh(one) for one in made]


def order_of(families) -> list[int]:
    return [families[at].number for at in (6, 0, 1, 3, 5, 2, 4)]


@pytest.mark.django_db
def test_kin_waits_where_its_first_one_waits(cast, families) -> None:
    assert listed(cast, "") == order_of(families)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 7])
@pytest.mark.django_db
def test_pages_part_kin_without_losing_any(cast, families, size) -> None:
    pages = walk(cast, "", size)

    assert [number for page in pages for number in page] == order_of(families)
    rows = rows_seen(member_of(cast), read_search(""))
    back = queue.page_of(rows, orders.BY_RISK, size=size)
    for _ in pages[1:]:
        back = queue.page_of(rows, orders.BY_RISK, back.older, size)
    for page in reversed(pages[:-1]):
        back = queue.page_of(rows, orders.BY_RISK, back.newer, size)
        assert [row.number for row in back.rows] == page


@pytest.mark.django_db
def test_neighbours_walk_each_of_the_kin_in_order(cast, families) -> None:
    order = order_of(families)
    segments = neighbours.segments_of(member_of(cast), read_search(""))
    by_number = {one.number: one for one in families}
    for at, number in enumerate(order):
        one = by_number[number]
        found = plain.find_neighbours(segments, 1, queue.place_of(one), kin=kin.kin_of(one))
        assert found.previous == (order[at - 1] if at else None)
        assert found.next == (order[at + 1] if at + 1 < len(order) else None)
        assert found.position == at + 1
        assert found.kin == (3 if one.lead == families[1].lead else 0)


@pytest.mark.django_db
def test_the_count_of_kin_is_that_of_the_list(cast, families, django_assert_num_queries) -> None:
    rows = rows_seen(member_of(cast), read_search("risk:low"))
    page = queue.page_of(rows, orders.BY_RISK, size=4)

    with django_assert_num_queries(1):
        counts = plain.count_kin(rows, page)

    assert counts == {(0, families[1].number): 3}


@pytest.mark.django_db
def test_strangers_cost_no_query(cast, django_assert_num_queries) -> None:
    for n in range(3):
        build.proposal(cast.store, content=f"{n}\n")
    rows = rows_seen(member_of(cast), read_search(""))
    page = queue.page_of(rows, orders.BY_RISK)

    with django_assert_num_queries(0):
        assert plain.count_kin(rows, page) == {}


@pytest.mark.django_db
def test_the_queue_folds_kin_under_one_line_with_its_count(cast, client_of, families) -> None:
    html = text_of(client_of(cast.reviewer).get("/w/northwind/review/"))

    assert html.count('<details class="kin"') == 1
    head = html.partition('<details class="kin"')[2]
    assert "3 alike: Note 1" in head
    assert head.index("Note 3") < head.index("Note 5") < head.index("</details>")
    assert head.index("</details>") < head.index("Note 2")


@pytest.mark.django_db
def test_the_kin_of_the_open_proposal_is_unfolded(cast, client_of, families) -> None:
    client = client_of(cast.reviewer)

    inside = text_of(client.get(f"/w/northwind/review/{families[3]}/"))
    outside = text_of(client.get(f"/w/northwind/review/{families[0]}/"))

    assert f'id="kin-{families[1]}" open' in inside
    assert f'id="kin-{families[1]}">' in outside


@pytest.mark.django_db
def test_the_page_links_its_kin_and_says_why(cast, client_of) -> None:
    claims = build.agent(cast.workspace, "claims", name="Claims review").store
    first = filed(cast.store, CLOSE, 1, path="/desk/one.md", title="Close late")
    same_dream = filed(cast.store, "Call back.\n", 1, path="/desk/two.md", title="Call back")
    alike = filed(claims, CLOSE.upper(), 2, title="Close late too")

    html = text_of(client_of(cast.reviewer).get(f"/w/northwind/review/{first}/"))

    related = html.partition('id="kin"')[2].partition("</section>")[0]
    assert f"/review/{same_dream}/" in related
    assert "Same dream, about /desk" in related
    assert f"/review/{alike}/" in related
    assert "Says nearly the same, Claims review" in related
    assert f"/review/{first}/" not in related


@pytest.mark.django_db
def test_a_long_row_of_kin_is_cut_and_its_rest_is_told(cast, client_of) -> None:
    first = build.proposal(cast.store)
    for n in range(10):
        build.proposal(cast.store, content=f"{n}\n", kin=first.number)

    html = text_of(client_of(cast.reviewer).get(f"/w/northwind/review/{first}/"))

    related = html.partition('id="kin"')[2].partition("</section>")[0]
    assert related.count('class="k"') == 8
    assert "and 2 more" in related


@pytest.mark.django_db
def test_a_loner_pays_nothing_for_the_kin_of_others(cast, client_of, families) -> None:
    client = client_of(cast.reviewer)
    asked = []
    for one in (families[0], families[1]):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/w/northwind/review/{one}/", headers={"HX-Request": "true"})
        asked.append(len(queries))

    assert asked[1] == asked[0] + 1
