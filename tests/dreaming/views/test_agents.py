from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.freezes import freeze_agent
from agents.memory import retire_memory, write_memory
from agents.models import Channel, Memory, MemoryStore, QuarantineKind, Release
from agents.people import find_member
from agents.reads import read_memory
from agents.releases import publish
from agents.transcripts.base import Verdict
from dreaming.views.overview import Published, Totals, growth_in_weeks
from reviews import containment, decisions
from reviews.audit.actors import SYSTEM
from reviews.changes import Op
from reviews.decisions import Shown
from reviews.models import Baseline, Proposal
from tests import build

pytestmark = pytest.mark.django_db
LIST = "/w/northwind/agents/"
PLACE = "/w/northwind/agents/refund-desk/"
SHARED = "/w/northwind/agents/shared/"


def read(client, address=PLACE):
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def path_of(n):
    return f"/tool_limit/orders-{n:08x}.md"


def remember(store, count, start=0):
    for n in range(start, start + count):
        build.memory(store, path_of(n), f"Order rule {n} stands.\n")


def rewrite(memory, content):
    memory.refresh_from_db()
    with transaction.atomic():
        write_memory(
            memory.store, memory.path, content, base_version=memory.head.number, actor=SYSTEM
        )
    return publish(memory.store)


def retire(memory):
    memory.refresh_from_db()
    with transaction.atomic():
        retire_memory(memory.store, memory.path, base_version=memory.head.number, actor=SYSTEM)
    return publish(memory.store)


def apply(cast, clock, proposal, *approvers):
    """Let the people approve and carry the change out, published."""
    for person in approvers:
        proposal.refresh_from_db()
        decisions.approve(
            proposal,
            by=find_member(person, cast.workspace),
            shown=Shown(proposal.revision, proposal.state),
        )
    clock.advance(minutes=1)
    decisions.apply_due(clock.at)
    publish(proposal.store)
    proposal.refresh_from_db()
    return proposal


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


class TestList:
    @pytest.mark.parametrize("who", ["reviewer", "lead", "auditor"])
    def test_shows_what_each_agent_remembers_and_what_waits(self, cast, client_of, who):
        remember(cast.store, 3)
        build.proposal(cast.store)
        build.proposal(cast.store, "applied")
        dream = build.dream(cast.store)
        page = read(client_of(getattr(cast, who)), LIST)
        assert f'href="{PLACE}"' in page
        assert '<td role="cell" data-l="Live memories" class="num">3</td>' in page
        assert '<td role="cell" data-l="Open proposals" class="num">1</td>' in page
        assert f"/w/northwind/dreams/{dream}/" in page

    def test_an_admin_sees_no_content(self, cast, client_of):
        assert client_of(cast.admin).get(LIST).status_code == 403

    def test_names_the_shared_memory_last(self, cast, client_of):
        remember(cast.shared_store, 2)
        page = read(client_of(cast.lead), LIST)
        assert page.index(PLACE) < page.index(SHARED)
        assert '<td role="cell" data-l="Live memories" class="num">2</td>' in page

    def test_says_how_the_first_agent_is_added(self, cast, client_of):
        lead = build.person("Nora", within=build.workspace("empty"), role="lead")
        page = read(client_of(lead), "/w/empty/agents/")
        assert "No agents yet" in page
        assert "manage.py import_sessions" in page

    def test_marks_a_frozen_agent(self, cast, client_of):
        assert "snowflake" not in read(client_of(cast.lead), LIST).partition("<main")[2]
        freeze_agent(cast.agent, reason="Odd", by=cast.lead)
        assert "snowflake" in read(client_of(cast.lead), LIST).partition("<main")[2]

    def test_marks_what_is_due_for_revalidation(self, cast, client_of):
        remember(cast.store, 1)
        live = Release.objects.filter(store=cast.store).latest("sequence")
        made = Baseline.objects.create(
            workspace=cast.workspace,
            store=cast.store,
            number=1,
            release=live,
            measured=live,
            signed_by=cast.lead,
        )
        link = f'href="{PLACE}baseline/"'
        assert link not in read(client_of(cast.lead), LIST)
        Baseline.objects.filter(pk=made.pk).update(left_at=timezone.now())
        assert link in read(client_of(cast.lead), LIST)

    def test_says_where_changes_wait_to_be_published(self, cast, client_of):
        build.written(cast.store)
        words = "changes wait to be published"
        assert words not in read(client_of(cast.lead), LIST)
        MemoryStore.objects.filter(pk=cast.store.pk).update(publishing="by_hand")
        assert words in read(client_of(cast.lead), LIST)

    def test_shows_no_agent_of_another_workspace(self, cast, client_of):
        assert "other-desk" not in read(client_of(cast.lead), LIST)

    def test_asks_no_more_for_more_agents(self, cast, client_of):
        client = client_of(cast.lead)
        for n in range(10):
            build.agent(cast.workspace, f"desk-{n}")
        few = queries_of(client, LIST)
        for n in range(10, 20):
            build.agent(cast.workspace, f"desk-{n}")
        assert queries_of(client, LIST) == few <= 15


class TestNumbers:
    def test_a_share_stands_with_its_interval(self, cast, client_of):
        for verdict in [Verdict.SUCCESS] * 3 + [Verdict.FAILURE]:
            build.session(cast.agent, verdict=verdict)
        page = read(client_of(cast.lead))
        assert "<dd>75%<small>30 to 95</small></dd>" in page
        assert "3 of 4 with a known end" in page

    def test_without_a_known_end_there_is_no_share(self, cast, client_of):
        build.session(cast.agent)
        page = read(client_of(cast.lead))
        assert "<dd>n/a</dd>" in page
        assert "%<small>" not in page

    def test_what_was_not_the_agents_fault_is_no_end(self, cast, client_of):
        build.session(cast.agent, verdict=Verdict.FAILURE, not_agent_fault="The network was down")
        build.session(cast.agent, verdict=Verdict.SUCCESS)
        assert "1 of 1 with a known end" in read(client_of(cast.lead))

    def test_older_sessions_do_not_count(self, cast, client_of, clock):
        old = build.session(cast.agent, verdict=Verdict.FAILURE)
        old.created_at = clock.at - timedelta(days=31)
        old.save(update_fields=["created_at"])
        recent = build.session(cast.agent, verdict=Verdict.SUCCESS)
        recent.created_at = clock.at - timedelta(days=29)
        recent.save(update_fields=["created_at"])
        assert "1 of 1 with a known end" in read(client_of(cast.lead))

    def test_counts_what_releases_added_changed_and_retired(self, cast, client_of, clock):
        remember(cast.store, 4)
        rewrite(Memory.objects.get(path=path_of(0)), "Order rule 0 changed.\n")
        retire(Memory.objects.get(path=path_of(1)))
        page = read(client_of(cast.lead))
        assert "<dd>4<small>added</small> 1<small>retired</small></dd>" in page
        assert '<dd class="sub">1 changed</dd>' in page
        assert "<dt>Live memories</dt><dd>3</dd>" in page

    def test_what_is_older_than_a_month_is_not_counted(self, cast, client_of, clock):
        remember(cast.store, 2)
        clock.advance(days=31)
        remember(cast.store, 1, start=2)
        assert "<dd>1<small>added</small> 0<small>retired</small></dd>" in read(
            client_of(cast.lead)
        )

    def test_the_shared_memory_counts_the_sessions_of_all_agents(self, cast, client_of):
        other = build.agent(cast.workspace, "claims")
        build.session(cast.agent, verdict=Verdict.SUCCESS)
        build.session(other, verdict=Verdict.SUCCESS)
        build.session(cast.other_agent, verdict=Verdict.SUCCESS)
        assert "2 of 2 with a known end" in read(client_of(cast.lead), SHARED)


class TestLiveMemory:
    def test_shows_who_approved_a_text_and_that_a_dream_proposed_it(self, cast, client_of, clock):
        proposal = apply(cast, clock, build.filed(cast.store), cast.reviewer)
        Proposal.objects.filter(pk=proposal.pk).update(support=6)
        page = read(client_of(cast.auditor))
        assert proposal.state == "applied"
        assert f"{proposal}</a> Rosa<small>" in page
        assert '<a href="/w/northwind/dreams/D-1/">D-1</a>, 6 sessions' in page

    def test_an_applied_text_is_not_live_before_it_is_published(self, cast, client_of):
        remember(cast.store, 1)
        with transaction.atomic():
            write_memory(
                cast.store,
                path_of(0),
                "Not served yet.\n",
                base_version=1,
                actor=SYSTEM,
                title="Not served yet",
            )
        page = read(client_of(cast.lead))
        assert "Order rule 0 stands." in page
        assert "Not served yet" not in page

    def test_a_retired_memory_is_not_live(self, cast, client_of):
        remember(cast.store, 2)
        retire(Memory.objects.get(path=path_of(0)))
        page = read(client_of(cast.lead))
        assert "Order rule 0 stands." not in page
        assert "Order rule 1 stands." in page

    def test_counts_the_reads_of_seven_days(self, cast, client_of, clock):
        remember(cast.store, 1)
        read_memory(cast.agent, "old", 4_000)
        clock.advance(days=8)
        read_memory(cast.agent, "one", 4_000)
        read_memory(cast.agent, "two", 4_000)
        assert '<td role="cell" data-l="Reads, 7 days" class="num">2</td>' in read(
            client_of(cast.lead)
        )

    def test_a_memory_left_out_for_want_of_room_was_not_read(self, cast, client_of):
        build.memory(cast.store, path_of(0), "A long rule about orders. " * 400)
        read_memory(cast.agent, "one", 20)
        assert '<td role="cell" data-l="Reads, 7 days" class="num">0</td>' in read(
            client_of(cast.lead)
        )

    def test_what_waits_for_a_decision_stands_first(self, cast, client_of):
        remember(cast.store, 3)
        build.proposal(cast.store, op=Op.UPDATE, path=path_of(0))
        build.proposal(cast.store, "rejected", op=Op.UPDATE, path=path_of(1))
        page = read(client_of(cast.lead)).partition('id="live"')[2]
        assert page.index("Order rule 0") < page.index("Order rule 2") < page.index("Order rule 1")
        assert page.count("proposal waits") == 1

    def test_marks_a_quarantined_memory(self, cast, client_of):
        memory = build.memory(cast.store)
        build.quarantine(
            workspace=cast.workspace,
            kind=QuarantineKind.MEMORY,
            target=str(memory),
            memory=memory,
            by=cast.lead,
            reason="Wrong",
        )
        assert "Quarantined" in read(client_of(cast.lead))

    def test_pages_of_fifty_hold_each_memory_once(self, cast, client_of):
        remember(cast.store, 53)
        for n in (4, 7):
            build.proposal(cast.store, op=Op.UPDATE, path=path_of(n))
        client = client_of(cast.lead)
        seen, address = [], PLACE
        while address:
            page = client.get(address)
            seen += [row.version.memory.number for row in page.context["rows"]]
            older = page.context["page"].older
            address = f"{PLACE}?at={older}" if older else ""
        assert len(seen) == 53
        assert len(set(seen)) == 53

    def test_a_hostile_title_is_text(self, cast, client_of):
        build.memory(cast.store, title="<script>x</script>\u202e")
        page = read(client_of(cast.lead))
        assert "<script>x" not in page
        assert "U+202E" in page

    def test_nothing_remembered_says_how_it_begins(self, cast, client_of):
        page = read(client_of(cast.lead))
        assert "Nothing is remembered yet" in page
        assert "Nothing was published in the last 12 weeks." in page


class TestReleases:
    def test_names_what_a_release_changed_and_by_which_proposals(self, cast, client_of, clock):
        proposal = apply(cast, clock, build.filed(cast.store), cast.reviewer)
        page = read(client_of(cast.lead)).partition('id="releases"')[2]
        assert "1 added" in page
        assert f">{proposal}</a>" in page

    def test_only_a_lead_can_roll_back(self, cast, client_of):
        remember(cast.store, 2)
        form = f'action="{PLACE}roll-back/"'
        assert form in read(client_of(cast.lead))
        assert form not in read(client_of(cast.reviewer))
        assert form not in read(client_of(cast.auditor))

    def test_the_form_rolls_back(self, cast, client_of):
        remember(cast.store, 2)
        first = Release.objects.get(store=cast.store, sequence=1)
        client = client_of(cast.lead)
        answer = client.post(
            f"{PLACE}roll-back/", {"release": first.number, "reason": "Wrong since noon"}
        )
        assert answer.status_code in (302, 303)
        page = read(client).partition('id="releases"')[2]
        assert f'Went back to <a href="/w/northwind/releases/{first}/">{first}</a>' in page
        assert Channel.objects.get(store=cast.store).release.memory_count == 1

    def test_the_live_release_cannot_be_gone_back_to(self, cast, client_of):
        remember(cast.store, 2)
        live = Channel.objects.get(store=cast.store).release
        assert f'name="release" value="{live.number}"' not in read(client_of(cast.lead))

    def test_a_roll_back_counts_as_what_it_changed(self, cast, client_of):
        remember(cast.store, 3)
        containment.roll_back(
            cast.store,
            Release.objects.get(store=cast.store, sequence=1),
            by=find_member(cast.lead, cast.workspace),
            reason="Wrong",
        )
        page = read(client_of(cast.lead))
        assert "<dd>3<small>added</small> 2<small>retired</small></dd>" in page


class TestHead:
    def test_says_who_answers_for_the_agent(self, cast, client_of):
        cast.agent.owner, cast.agent.purpose = cast.lead, "Pays refunds."
        cast.agent.save()
        page = read(client_of(cast.reviewer))
        assert "Pays refunds." in page
        assert "Lena answers for it." in page

    def test_a_reviewer_can_propose_and_an_auditor_cannot(self, cast, client_of):
        link = "/w/northwind/review/new/?store=refund-desk"
        assert link in read(client_of(cast.reviewer))
        assert link not in read(client_of(cast.auditor))

    def test_the_shared_memory_is_proposed_to_by_its_name(self, cast, client_of):
        assert "/w/northwind/review/new/?store=shared" in read(client_of(cast.lead), SHARED)

    def test_an_unknown_agent_is_not_there(self, cast, client_of):
        assert client_of(cast.lead).get("/w/northwind/agents/nobody/").status_code == 404
        assert client_of(cast.lead).get("/w/northwind/agents/other-desk/").status_code == 404


class TestCost:
    @pytest.mark.parametrize("place", [PLACE, SHARED])
    def test_asks_no_more_for_more_rows(self, cast, client_of, clock, place):
        client = client_of(cast.lead)

        def grow(start):
            for store in (cast.store, cast.shared_store):
                remember(store, 10, start)
                build.proposal(store, op=Op.UPDATE, path=path_of(start))
                build.dream(store)
            for n in range(10):
                build.session(cast.agent, verdict=Verdict.SUCCESS)
                read_memory(cast.agent, f"session-{start}-{n}", 4_000 + n)
            for n in range(3):
                proposal = build.filed(cast.store, path=f"/mistake/a-{start}-{n:08x}.md")
                apply(cast, clock, proposal, cast.reviewer)

        grow(0)
        few = queries_of(client, place)
        grow(100)
        assert queries_of(client, place) == few <= 15


def published(clock, days, added=0, retired=0):
    return Published(1, clock.at - timedelta(days=days), 0, added, 0, retired, None, ())


class TestGrowth:
    def test_counts_back_from_what_is_live_now(self, clock):
        chart = growth_in_weeks(
            [published(clock, 1, added=3, retired=1), published(clock, 10, added=5)], 9, clock.at
        )
        assert [point.live for point in chart.rows] == [2] * 10 + [7, 9]
        assert chart.rows[-1].added == 3
        assert chart.rows[-1].retired == 1

    def test_each_release_is_in_one_week(self, clock):
        edges = [published(clock, 7 * week, added=1) for week in range(12)]
        chart = growth_in_weeks(edges, 12, clock.at)
        assert [point.added for point in chart.rows] == [1] * 12

    def test_nothing_published_is_no_chart(self, clock):
        assert growth_in_weeks([published(clock, 90, added=1)], 1, clock.at) is None


class TestOneMemory:
    def test_a_lead_reverts_a_memory_to_its_text_before_in_one_action(self, cast, client_of):
        remember(cast.store, 1)
        memory = Memory.objects.get(store=cast.store)
        rewrite(memory, "Another rule.\n")
        lead = client_of(cast.lead)
        page = read(lead)
        assert "Revert to version 1" in page
        answer = lead.post(
            f"/w/northwind/memory/{memory}/restore/", {"version": "1", "reason": "It harmed."}
        )
        assert answer.status_code == 303
        memory.refresh_from_db()
        assert memory.head.content == "Order rule 0 stands.\n"
        assert "Revert to version 2" in read(lead)

    def test_nobody_else_finds_the_action(self, cast, client_of):
        remember(cast.store, 1)
        rewrite(Memory.objects.get(store=cast.store), "Another rule.\n")
        for person in (cast.reviewer, cast.auditor):
            page = read(client_of(person))
            assert "Revert" not in page
            assert "Take out…" not in page

    def test_a_memory_with_one_text_is_taken_out_instead(self, cast, client_of):
        remember(cast.store, 1)
        memory = Memory.objects.get(store=cast.store)
        page = read(client_of(cast.lead))
        assert "Revert to" not in page
        assert f"/quarantine/new/?kind=memory&amp;target={memory}" in page

    def test_a_memory_that_was_ever_quarantined_is_not_reverted(self, cast, client_of):
        remember(cast.store, 1)
        memory = Memory.objects.get(store=cast.store)
        rewrite(memory, "Another rule.\n")
        build.quarantine(
            workspace=cast.workspace,
            kind=QuarantineKind.MEMORY,
            target=str(memory),
            memory=memory,
            through=1,
            by=cast.lead,
            lifted_at=timezone.now(),
        )
        assert "Revert to" not in read(client_of(cast.lead))

    def test_tells_the_newest_evidence_and_when_it_is_looked_at_again(self, cast, client_of):
        build.memory(
            cast.store, path_of(1), last_evidence_at=datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
        )
        Memory.objects.filter(store=cast.store).update(review_by=date(2027, 2, 1))
        page = read(client_of(cast.reviewer))
        assert "last evidence 3 Nov" in page
        assert "review by 1 Feb" in page


class TestChurn:
    def test_what_changed_or_went_is_told_against_what_was_live(self, cast, client_of, clock):
        remember(cast.store, 4)
        clock.advance(days=40)
        first, second = Memory.objects.filter(store=cast.store).order_by("pk")[:2]
        rewrite(first, "Another rule.\n")
        retire(second)
        assert "2 of 4 changed or retired: 50% churn" in read(client_of(cast.reviewer))

    @pytest.mark.parametrize(
        ("totals", "before", "churn"),
        [
            (Totals(added=2, changed=1, retired=1, live=5), 4, 0.5),
            (Totals(added=5, changed=0, retired=0, live=5), 0, None),
            (Totals(added=0, changed=0, retired=0, live=5), 5, 0.0),
        ],
    )
    def test_is_a_share_of_what_was_live_when_the_span_began(self, totals, before, churn):
        assert (totals.before, totals.churn) == (before, churn)
