"""An open test item under a proposal's addresses: nothing that its page links gives it away."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from agents.models import Workspace
from agents.transcripts.base import Verdict
from reviews import seeding
from reviews.audit.models import Entry
from reviews.models import Draft, Postponement, Presence, Reservation, SeededItem
from tests import build
from tests.reviews.views.desks import HTMX, at, post, shown, text_of

pytestmark = pytest.mark.django_db
TELLING = ("test item", "sample", "practice", "seeded", "exhibit", "right answer")
ANSWERING = ("approve/", "edit/")
REASONS = {"code": "wrong", "reason": "It is not so."}


class Controls(HTMLParser):
    """What a page can be asked for: addresses to GET, and to POST with what their form sends."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.forms: dict[str, dict[str, str]] = {}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        self.links |= {facts[name] for name in ("href", "hx-get") if facts.get(name)}
        posts = [facts[name] for name in ("hx-post", "formaction") if facts.get(name)]
        if tag == "form" and facts.get("method") == "post":
            posts.append(facts["action"])
            self._open = posts
        for address in posts:
            self.forms.setdefault(address, {})
        if tag == "input" and facts.get("type") == "hidden":
            for address in self._open:
                self.forms[address][facts["name"]] = facts.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = []


@pytest.fixture
def client(cast, client_of):
    return client_of(cast.reviewer)


@pytest.fixture
def twin(cast):
    """A proposal that waits beside the item, to hold the item's pages against."""
    build.session(cast.agent, verdict=Verdict.FAILURE)
    session = build.session(cast.agent)
    evidence = [build.quote(session, 2, "already shipped")]
    return build.filed(cast.store, content="Call back at nine.\n", evidence=evidence)


@pytest.fixture
def item(cast, client, twin):
    Workspace.objects.filter(pk=cast.workspace.pk).update(test_item_percent=100)
    dream = build.dream(cast.store)
    assert str(dream) == "D-1"
    decided = build.filed(cast.store, content="Note.\n")
    post(client, at(cast, decided, "approve/"), shown(decided))
    return SeededItem.objects.get()


def page_of(item, page=""):
    return f"/w/northwind/review/P-{item.number}/{page}"


def own_of(addresses, item):
    start = page_of(item)
    return sorted(one for one in addresses if one.startswith(start))


def told(html, like):
    """Return the telling words that stand in the page more often than in a proposal's."""
    html, like = html.lower(), like.lower()
    return [word for word in TELLING if html.count(word) > like.count(word)]


def is_answer(address):
    return urlsplit(address).path.endswith(ANSWERING)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_every_link_of_the_page_answers_as_a_proposals_does(client, item, twin, headers) -> None:
    links = Controls(text_of(client.get(page_of(item), headers=headers))).links
    inside = [one for one in sorted(links) if one.startswith("/w/")]

    assert len(own_of(inside, item)) >= 9
    for address in inside:
        if is_answer(address):
            continue
        answer = client.get(address, headers=headers)
        assert answer.status_code == 200, address
        if address in own_of(links, item):
            like = client.get(address.replace(str(item), str(twin)), headers=headers)
            assert told(text_of(answer), text_of(like)) == [], address
    item.refresh_from_db()
    assert item.answer == "", "reading all of it answers nothing"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_every_form_of_the_page_answers_as_a_proposals_does(client, item, twin, headers) -> None:
    forms = Controls(text_of(client.get(page_of(item), headers=headers))).forms
    mine = own_of(forms, item)
    names = {urlsplit(one).path.removeprefix(page_of(item)) for one in mine}

    assert {"approve/", "reject/", "request-changes/", "later/", "presence/", "reserve/"} <= names
    assert {"draft/reject/", "draft/request/"} <= names
    for address in mine:
        if is_answer(address):
            continue
        # With nothing chosen and nothing written, so that none of them is an answer yet.
        answer = post(client, address, forms[address], **headers)
        like = post(client, address.replace(str(item), str(twin)), forms[address], **headers)
        assert answer.status_code == like.status_code, address
        assert told(text_of(answer), text_of(like)) == [], address
    item.refresh_from_db()
    assert item.answer == ""


def test_its_page_has_the_controls_of_a_proposals_page(client, item, twin) -> None:
    def asked(one):
        found = Controls(text_of(client.get(f"/w/northwind/review/{one}/")))
        start = f"/w/northwind/review/{one}/"
        named = {urlsplit(link).path.removeprefix(start) for link in (*found.links, *found.forms)}
        return {link for link in named if not link.startswith(("/", "#"))}

    missing = asked(twin) - asked(item)
    assert missing == {"turn/", "comment/", "draft/comment/"}, "whatever else there is, it has"
    assert asked(item) - asked(twin) <= {"evidence/2/", "evidence/3/"}


def test_the_answers_are_the_end_of_the_disguise(client, item) -> None:
    answer = text_of(
        post(client, page_of(item, "reject/"), {"revision": 1, "state": "pending"} | REASONS)
    )

    assert "This was a test item." in answer
    for page in ("reads/", "past/", "revisions/", "later/"):
        assert client.get(page_of(item, page)).status_code == 200, page


def test_what_is_read_after_is_the_agents_memory_with_the_items_text(cast, client, item) -> None:
    build.memory(cast.store, "/live.md", "Stands already.\n")

    html = text_of(client.get(page_of(item, "reads/"), headers=HTMX))

    after, _, now = html.partition("The text now")
    assert html.lstrip().startswith('<section class="sec" id="reads"')
    assert seeding.sample_of(item).path in after
    assert seeding.sample_of(item).path not in now
    assert "Stands already." in after
    assert "Stands already." in now
    assert "It pushes nothing out." in html
    assert cast.agent.name in html


def test_an_item_of_the_shared_memory_reads_the_shared_memory(cast, client, item) -> None:
    SeededItem.objects.update(agent="Shared memory")
    build.memory(cast.store, "/own.md", "Only the agent's own.\n")
    build.memory(cast.shared_store, "/all.md", "For every agent.\n")

    html = text_of(client.get(page_of(item, "reads/")))

    assert "For every agent." in html
    assert "Only the agent" not in html
    assert "Shared memory, within" in html


def test_past_sessions_are_those_of_the_agent_it_names(cast, client, item) -> None:
    other = build.agent(cast.workspace, "claims-desk")
    build.session(other)

    html = text_of(client.get(page_of(item, "past/"), headers=HTMX))

    assert html.lstrip().startswith('<section class="sec" id="past"')
    assert "the newest 2 sessions were looked at" in html


def test_its_text_tells_past_sessions_as_any_text_does(cast, client, item) -> None:
    SeededItem.objects.update(sample="pages/sound")
    build.session(cast.agent, [build.says("Go."), build.calls("list_entries")])

    html = text_of(client.get(page_of(item, "past/")))

    assert "1 of 3 would have met it." in html
    assert '<span class="path">list_entries</span>' in html


def test_its_text_is_compared_with_nothing_before_it(client, item) -> None:
    html = text_of(client.get(page_of(item, "revisions/")))

    assert "No memory to Revision 1" in html
    assert '<option value="v0" selected>' in html
    same = text_of(client.get(page_of(item, "revisions/?from=r1&to=r1")))
    assert "Both have the same text." in same


def test_opening_it_reserves_it_and_releasing_it_frees_it(client, item, clock) -> None:
    sent = {"revision": 1, "state": "pending", "bar": 1}

    first = text_of(post(client, page_of(item, "presence/"), {**sent, "opened": 1}, **HTMX))
    assert "Reserved," in first
    assert 'data-left="600"' in first
    clock.advance(seconds=60)
    again = text_of(post(client, page_of(item, "presence/"), {**sent, "opened": 1}, **HTMX))
    assert 'data-left="540"' in again, "its time runs on"
    assert "Reserved," in text_of(client.get(page_of(item)))

    freed = text_of(post(client, page_of(item, "release/"), sent, **HTMX))
    assert f"{item} is not reserved by you." in freed
    assert "Reserved," not in freed
    assert "Reserved," not in text_of(client.get(page_of(item)))


def test_a_reservation_of_it_ends_by_itself(client, item, clock) -> None:
    answer = post(client, page_of(item, "reserve/"), {"revision": 1, "state": "pending"})

    assert answer.status_code == 303
    assert answer.url == page_of(item)
    page = text_of(client.get(answer.url))
    assert f"{item} is reserved by you for 10 minutes." in page
    assert "Reserved," in page
    clock.advance(minutes=10)
    assert "Reserved," not in text_of(client.get(page_of(item)))


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_putting_it_aside_moves_on_and_answers_nothing(client, item, twin, clock, headers) -> None:
    day = clock.advance(days=3).date().isoformat()

    moved = post(client, page_of(item, "later/"), {"until": "2026-12-24", "note": "x"}, **headers)

    assert day == "2026-11-24"
    said = f"{item} is put aside until 24 Dec, for you alone."
    if headers:
        assert moved.headers["HX-Push-Url"] == f"/w/northwind/review/{twin}/"
        assert said in text_of(moved)
    else:
        assert moved.url == f"/w/northwind/review/{twin}/"
        assert said in text_of(client.get(moved.url))
    item.refresh_from_db()
    assert item.answer == ""
    assert f'action="{page_of(item, "approve/")}"' in text_of(client.get(page_of(item)))


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_a_day_that_is_past_is_said_at_its_field(client, item, headers) -> None:
    answer = post(client, page_of(item, "later/"), {"until": "2020-01-01"}, **headers)

    assert answer.status_code == 422
    assert "Choose a day from tomorrow on, within a year." in text_of(answer)
    assert ('id="pane"' in text_of(answer)) is bool(headers)


def test_nothing_of_it_stands_in_a_table_or_in_the_log(client, item) -> None:
    before = Entry.objects.count()
    sent = {"revision": 1, "state": "pending", "opened": 1, "reason": "Half a word"}

    for page in ("presence/", "reserve/", "release/", "draft/reject/"):
        assert post(client, page_of(item, page), sent, **HTMX).status_code < 300
    for page in ("reads/", "past/", "revisions/", "later/"):
        client.get(page_of(item, page))

    assert Entry.objects.count() == before
    for table in (Reservation, Presence, Postponement, Draft):
        assert not table.objects.filter(**_of(table, item)).exists()


def _of(table, item):
    names = {field.name for field in table._meta.get_fields()}
    return {"number": item.number} if "number" in names else {"proposal__number": item.number}


def test_to_anybody_else_its_pages_are_no_pages(cast, client_of, item) -> None:
    for name in ("second_reviewer", "lead", "auditor", "outsider"):
        other = client_of(getattr(cast, name))
        for page in ("reads/", "past/", "revisions/"):
            assert other.get(page_of(item, page)).status_code == 404, (name, page)
    assert client_of(cast.second_reviewer).post(page_of(item, "reserve/")).status_code == 404
