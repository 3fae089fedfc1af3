from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents.memory import retire_memory, write_memory
from agents.models import QuarantineKind
from agents.reads import read_memory
from agents.releases import publish
from reviews.audit.actors import SYSTEM
from reviews.changes import Op
from tests import build
from tests.reviews.filings import move

pytestmark = pytest.mark.django_db


def place(memory):
    return f"/w/northwind/memory/{memory}/"


def read(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def write(memory, content, **origin):
    """A further version, applied and not published."""
    memory.refresh_from_db()
    with transaction.atomic():
        return write_memory(
            memory.store,
            memory.path,
            content,
            base_version=memory.head.number,
            actor=SYSTEM,
            **origin,
        )


def retire(memory):
    memory.refresh_from_db()
    with transaction.atomic():
        retire_memory(memory.store, memory.path, base_version=memory.head.number, actor=SYSTEM)


def quarantine(memory, by):
    return build.quarantine(
        workspace=memory.workspace,
        kind=QuarantineKind.MEMORY,
        target=str(memory),
        memory=memory,
        by=by,
        reason="Wrong",
    )


@pytest.fixture
def rule(cast):
    return build.memory(cast.store)


@pytest.fixture
def lead(cast, client_of):
    return client_of(cast.lead)


class TestWhatItSays:
    @pytest.mark.parametrize("who", ["reviewer", "lead", "auditor"])
    def test_the_live_text_and_the_release_it_is_in(self, cast, client_of, rule, who):
        page = read(client_of(getattr(cast, who)), place(rule))
        assert '<div class="memory" dir="auto">Shipped orders cannot be cancelled.' in page
        assert "version 1, live in R-" in page
        assert "not published yet" not in page

    def test_an_admin_sees_no_content(self, cast, client_of, rule):
        assert client_of(cast.admin).get(place(rule)).status_code == 403

    def test_a_memory_of_another_workspace_is_not_there(self, cast, lead):
        for n in range(3):
            other = build.memory(cast.other_agent.store, f"/tool_limit/a-0000000{n}.md")
        assert lead.get(place(other)).status_code == 404

    def test_says_what_is_applied_and_not_yet_read(self, rule, lead):
        write(rule, "Ask first.\n")
        page = read(lead, place(rule))
        assert "Version 2 is applied and not published yet." in page
        assert "Agents read version 1 until the next release." in page
        assert "Not published yet</td>" in page

    def test_says_when_agents_read_nothing_of_it_yet(self, cast, lead):
        with transaction.atomic():
            version = write_memory(
                cast.store, "/a/b.md", "New.\n", base_version=None, actor=SYSTEM, number=900
            )
        page = read(lead, place(version.memory))
        assert "Agents read nothing here until the next release." in page

    def test_a_retired_memory_keeps_its_texts_below(self, cast, rule, lead):
        retire(rule)
        publish(cast.store)
        page = read(lead, place(rule))
        assert "Retired. Its earlier texts stay in the versions below." in page
        assert "not published yet" not in page
        assert "Propose to retire" not in page

    def test_a_retired_memory_that_is_still_read_says_so(self, rule, lead):
        retire(rule)
        assert "Agents read version 1 until the next release." in read(lead, place(rule))

    def test_hostile_text_is_only_text(self, cast, lead):
        memory = build.memory(cast.store, content="<img src=x onerror=alert(1)> \u202e\n")
        page = read(lead, place(memory))
        assert "<img src=x" not in page
        assert '<span class="hid"' in page

    def test_marks_what_is_protected_pinned_or_quarantined(self, cast, rule, lead):
        rule.protected = rule.pinned = True
        rule.save()
        quarantine(rule, cast.lead)
        page = read(lead, place(rule))
        for word in ("Protected", "Pinned", "Quarantined"):
            assert f"{word}</span>" in page

    def test_counts_the_sessions_that_read_it(self, cast, rule, lead):
        for session in ("one", "two"):
            read_memory(cast.agent, session, 4_000)
        read_memory(cast.agent, "one", 3_000)
        assert "2 sessions, last 30 days" in read(lead, place(rule))

    def test_lists_the_proposals_that_wait_on_its_path(self, cast, rule, lead):
        waiting = build.proposal(cast.store, op=Op.UPDATE, path=rule.path)
        settled = build.proposal(cast.store, "rejected", op=Op.UPDATE, path=rule.path)
        elsewhere = build.proposal(cast.shared_store, op=Op.UPDATE, path=rule.path)
        page = read(lead, place(rule)).partition("<main")[2]
        assert f">{waiting}</a>" in page
        assert f">{settled}</a>" not in page
        assert f">{elsewhere}</a>" not in page


class TestVersions:
    def test_newest_first_with_the_proposal_of_each(self, cast, rule, lead):
        proposal = build.proposal(cast.store, "applied")
        write(rule, "Ask first.\n", proposal=str(proposal))
        answer = lead.get(place(rule))
        assert [row.version.number for row in answer.context["rows"]] == [2, 1]
        assert f">{proposal}</a>" in answer.content.decode()

    def test_two_versions_can_be_compared_both_ways(self, rule, lead):
        write(rule, "Shipped orders cannot be returned.\n")
        page = read(lead, f"{place(rule)}?from=1&to=2")
        assert '<del><span class="vh">removed: </span>cancelled' in page
        assert '<ins><span class="vh">added: </span>returned' in page
        assert '<ins><span class="vh">added: </span>cancelled' in read(
            lead, f"{place(rule)}?from=2&to=1"
        )

    def test_a_version_compared_with_itself_says_that_nothing_differs(self, rule, lead):
        page = read(lead, f"{place(rule)}?from=1&to=1")
        assert "Both versions have the same text." in page

    @pytest.mark.parametrize("asked", ["from=1&to=9", "from=x&to=1", "from=1", "to=1", "from=&to="])
    def test_versions_that_do_not_exist_are_not_compared(self, rule, lead, asked):
        answer = lead.get(f"{place(rule)}?{asked}")
        assert answer.status_code == 200
        assert answer.context["compared"] is None

    def test_only_a_lead_can_restore(self, cast, client_of, rule):
        write(rule, "Ask first.\n")
        form = f'action="{place(rule)}restore/"'
        assert form in read(client_of(cast.lead), place(rule))
        assert form not in read(client_of(cast.reviewer), place(rule))
        assert form not in read(client_of(cast.auditor), place(rule))

    def test_the_form_restores_the_text(self, cast, rule, lead):
        write(rule, "Ask first.\n")
        publish(cast.store)
        answer = lead.post(f"{place(rule)}restore/", {"version": 1, "reason": "Wrong since noon"})
        assert answer.status_code in (302, 303)
        page = read(lead, place(rule))
        assert "version 3, live in R-" in page
        assert "Text of version 1" in page

    def test_neither_the_head_nor_a_tombstone_can_be_restored(self, rule, lead):
        retire(rule)
        rows = lead.get(place(rule)).context["rows"]
        assert [row.is_back for row in rows] == [False, True]

    def test_a_tombstone_in_between_cannot_be_restored(self, cast, rule, lead):
        retire(rule)
        with transaction.atomic():
            write_memory(cast.store, rule.path, "Back.\n", base_version=None, actor=SYSTEM)
        rows = lead.get(place(rule)).context["rows"]
        assert [row.is_back for row in rows] == [False, False, True]

    def test_what_was_quarantined_needs_approval_to_come_back(self, cast, rule, lead):
        write(rule, "Ask first.\n")
        row = quarantine(rule, cast.lead)
        row.lifted_at = row.created_at
        row.save()
        page = read(lead, place(rule))
        assert "restore/" not in page
        assert "its texts need approval to come back" in page
        assert "Quarantined</span>" not in page


class TestProposing:
    def test_a_reviewer_is_led_to_a_change_and_to_retiring(self, cast, client_of, rule):
        page = read(client_of(cast.reviewer), place(rule))
        link = "/w/northwind/review/new/?store=refund-desk&amp;path=%2Ftool_limit%2Fshipped-orders"
        assert page.count(link) == 2
        assert "&amp;retire=1" in page

    def test_the_links_open_a_form_with_the_path(self, cast, client_of, rule):
        client = client_of(cast.reviewer)
        answer = client.get(
            "/w/northwind/review/new/", {"store": "refund-desk", "path": rule.path, "retire": "1"}
        )
        assert answer.status_code == 200
        assert rule.path in answer.content.decode()

    def test_an_auditor_is_not(self, cast, client_of, rule):
        assert "/review/new/" not in read(client_of(cast.auditor), place(rule))


def test_asks_no_more_for_more_versions(cast, rule, lead):
    def grow(start):
        for n in range(start, start + 10):
            proposal = build.proposal(cast.store, "applied")
            write(rule, f"Text {n}.\n", proposal=str(proposal))
            publish(cast.store)
            read_memory(cast.agent, f"session-{n}", 4_000)
            build.proposal(cast.store, op=Op.UPDATE, path=rule.path, content=f"Other {n}.\n")

    def count():
        lead.get(place(rule))
        with CaptureQueriesContext(connection) as asked:
            lead.get(f"{place(rule)}?from=1&to=2")
        return len(asked)

    grow(0)
    few = count()
    grow(10)
    assert count() == few <= 15


# Who approved each line, and the memory on a day


def page(cast, client_of, memory, query: str = "") -> str:
    client = client_of(cast.reviewer)
    response = client.get(f"/w/{cast.workspace.slug}/memory/{memory}/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_each_line_says_which_version_it_comes_from(cast, client_of) -> None:
    memory = build.memory(cast.store, "/a.md", "One.\nTwo.\n")
    move(cast, "/a.md", "One.\nTwo <b>more</b>\u202e.\n")

    html = page(cast, client_of, memory)
    lines = html[html.index("Who approved each line") : html.index('id="versions"')]

    assert lines.index("Version 1") < lines.index("One.") < lines.index("Version 2")
    assert "Rosa" in lines
    assert "<b>more" not in lines
    assert "U+202E" in lines


def test_on_a_day_it_shows_what_was_served_then(cast, client_of, clock) -> None:
    clock.at = datetime(2026, 11, 3, 9, tzinfo=UTC)
    memory = build.memory(cast.store, "/a.md", "One.\n")
    clock.at = datetime(2026, 11, 10, 9, tzinfo=UTC)
    move(cast, "/a.md", "Two.\n")

    before, after = (page(cast, client_of, memory, f"?as_of=2026-11-{day}") for day in ("09", "10"))

    assert "version 1, served by" in before
    assert '<div class="memory" dir="auto">One.' in before
    assert "version 2, served by" in after


def test_before_its_first_release_nothing_was_served(cast, client_of) -> None:
    memory = build.memory(cast.store, "/a.md", "One.\n")

    assert "Nothing was served of it" in page(cast, client_of, memory, "?as_of=2001-01-01")


@pytest.mark.parametrize("day", ["", "x", "2026-13-01", "9999-99-99"])
def test_a_day_that_is_none_is_left_out(cast, client_of, day) -> None:
    memory = build.memory(cast.store, "/a.md", "One.\n")

    assert 'id="as-of"' not in page(cast, client_of, memory, f"?as_of={day}")
