"""Who sees which entries, and how they are found."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from agents.models import Workspace, WorkspaceRole
from agents.people import Member, actor_of, find_member
from agents.web.paging import page_of
from reviews import trail
from reviews.audit import erasure, sealing
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM, Actor
from reviews.audit.clock import told_by
from reviews.audit.models import Entry, Value
from reviews.audit.report import Report, Status
from reviews.errors import NotAllowed
from reviews.trail import Search, read_search
from tests import build
from tests.reviews.audit.logs import change, fill, sign, write


@pytest.fixture(autouse=True)
def own_keys(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""
    return tmp_path


@pytest.fixture
def space(db: None) -> Workspace:
    return build.workspace("northwind")


def member(space: Workspace, name: str, role: str) -> Member:
    found = find_member(build.person(name, within=space, role=role), space)
    assert found is not None
    return found


def note(by: Member | None = None, **given: Any) -> Entry:
    actor = actor_of(by.person) if by else SYSTEM
    return write(1, **({"workspace": "northwind", "actor": actor, "object": "P-1"} | given))


@pytest.mark.parametrize(
    ("text", "search"),
    [
        ("", Search()),
        ("P-1042", Search(object="P-1042")),
        ("p1042", Search(object="P-1042")),
        ("object:p-1042", Search(object="P-1042")),
        ("object:store:refund-desk", Search(object="store:refund-desk")),
        ("action:decision.approved", Search(action="decision.approved")),
        ("who:system", Search(who="system")),
        ('who:"Ana Ribeiro"', Search(who="Ana Ribeiro")),
        ("Ana Ribeiro", Search(who="Ana Ribeiro")),
        (
            "since:2026-11-19 until:2026-11-20",
            Search(since=date(2026, 11, 19), until=date(2026, 11, 20)),
        ),
        ("D-7 action:dream", Search(object="D-7", action="dream")),
    ],
)
def test_a_search_is_read(text, search):
    assert read_search(text) == search


@pytest.mark.parametrize(
    ("text", "misread"),
    [
        ("since:yesterday", ("since:yesterday",)),
        ("until:2026-13-01", ("until:2026-13-01",)),
        ("since:20261119", ("since:20261119",)),
        ("colour:red P-1", ("colour:red",)),
        ("who:a\0b", ("who:a\ufffdb",)),
    ],
)
def test_what_is_not_understood_is_said(text, misread):
    assert read_search(text).misread == misread


def test_a_reviewer_sees_their_own_entries_only(space):
    rosa, lena = member(space, "Rosa", "reviewer"), member(space, "Lena", "lead")
    own, _ = note(rosa), note(lena)
    assert list(trail.visible_entries(rosa)) == [own]


def test_a_lead_sees_the_workspace_without_what_others_did_about_signing_in(space):
    rosa, lena = member(space, "Rosa", "reviewer"), member(space, "Lena", "lead")
    theirs = [note(rosa, action=action) for action in trail.SIGN_INS]
    own = note(lena, action=Action.SIGNED_IN)
    approved = note(rosa)
    seen = set(trail.visible_entries(lena))
    assert {own, approved} <= seen
    assert not seen & set(theirs)


@pytest.mark.parametrize("role", [WorkspaceRole.AUDITOR, WorkspaceRole.ADMIN])
def test_auditor_and_admin_see_all_of_the_workspace_and_nothing_else(space, role):
    rosa, other = member(space, "Rosa", "reviewer"), member(space, "Aiko", role)
    signed_in = note(rosa, action=Action.SIGNED_IN)
    elsewhere = note(workspace="globex")
    installed = note(workspace="")
    seen = set(trail.visible_entries(other))
    assert signed_in in seen
    assert not seen & {elsewhere, installed}


def found(space: Workspace, text: str) -> list[Entry]:
    entries = Entry.objects.filter(workspace=space.slug)
    return list(trail.narrow(entries, read_search(text)).order_by("id"))


def test_entries_are_found_by_object_action_and_person(space):
    rosa = member(space, "Rosa Luna", "reviewer")
    approved = note(rosa)
    rejected = note(rosa, action=Action.REJECTED, object="P-2")
    dreamt = note(action=Action.DREAM_STARTED, object="D-7", actor=Actor("dream", "D-7"))
    assert found(space, "P-1") == [approved]
    assert found(space, "action:decision") == [approved, rejected]
    assert found(space, "action:decision.rejected") == [rejected]
    assert found(space, "action:nothing.such") == []
    assert found(space, "rosa luna") == [approved, rejected]
    assert found(space, f"who:{rosa.person.email}") == [approved, rejected]
    assert found(space, "who:d-7") == [dreamt]
    assert found(space, "who:dream") == [dreamt]


def test_days_are_whole_days_in_utc(space):
    def at(*moment: int) -> Entry:
        with told_by(lambda: datetime(*moment, tzinfo=UTC)):  # type: ignore[misc,arg-type]
            return note()

    at(2025, 11, 18, 23, 59, 59, 999999)
    first, last = at(2025, 11, 19), at(2025, 11, 19, 23, 59, 59, 999999)
    at(2025, 11, 20)
    assert found(space, "since:2025-11-19 until:2025-11-19") == [first, last]


@pytest.mark.parametrize("text", ["until:9999-12-31", "since:0001-01-01", "since:9999-12-31"])
def test_the_ends_of_the_calendar_are_days_too(space, text):
    found(space, text)


def count(by: Member, text: str = "") -> trail.Count:
    search = read_search(text)
    entries = trail.narrow(trail.visible_entries(by), search)
    page = page_of(entries.select_related("leaf"), order=("-id",), size=2)
    return trail.count_entries(by, entries, search, page)


def test_all_entries_are_counted_without_reading_them(space, django_assert_num_queries):
    aiko = member(space, "Aiko", "auditor")
    fill(20, workspace="northwind")
    there_are = Entry.objects.filter(workspace="northwind").count()
    with django_assert_num_queries(1):
        assert count(aiko) == trail.Count(there_are)


def test_a_page_further_on_has_the_same_count(space):
    aiko = member(space, "Aiko", "auditor")
    fill(20, workspace="northwind")
    entries = trail.visible_entries(aiko)
    first = page_of(entries, order=("-id",), size=2)
    second = page_of(entries, order=("-id",), cursor=first.older, size=2)
    assert trail.count_entries(aiko, entries, Search(), second) == count(aiko)


def test_what_fits_on_a_page_is_counted_by_its_lines(space):
    aiko = member(space, "Aiko", "auditor")
    fill(1, workspace="northwind", object="P-77")
    assert count(aiko, "P-77") == trail.Count(1)
    assert count(aiko, "P-78") == trail.Count(0)


def test_a_search_is_counted_up_to_where_nobody_reads_on(space, monkeypatch):
    monkeypatch.setattr(trail, "COUNTED", 3)
    aiko = member(space, "Aiko", "auditor")
    fill(3, workspace="northwind")
    assert count(aiko, "action:decision") == trail.Count(3)
    fill(1, workspace="northwind")
    assert count(aiko, "action:decision") == trail.Count(3, is_more=True)


def test_lines_come_in_few_queries_however_many_there_are(space, django_assert_num_queries):
    rows = fill(40, workspace="northwind")
    loaded = list(
        Entry.objects.select_related("leaf").filter(pk__in=[row.pk for row in rows]).order_by("-pk")
    )
    with django_assert_num_queries(1):
        lines = trail.lines_of(loaded)
    assert [line.pk for line in lines] == [row.pk for row in loaded]


def test_a_value_that_does_not_open_hides_no_other(space):
    first, second = fill(2, workspace="northwind")
    (spoilt,) = Value.objects.filter(key__subject="northwind/P-0")
    change("audit_value", "id", spoilt.pk, ciphertext=b"x" * 40)
    lines = trail.lines_of([first, second])
    assert [line.detail for line in lines] == ["", "reason 1"]


def test_an_erased_text_is_said_to_be(space):
    (entry,) = fill(1, workspace="northwind")
    erasure.erase_subject("northwind/P-0", workspace="northwind", actor=SYSTEM, values={})
    (line,) = trail.lines_of([entry])
    assert line.detail == "erased"


@pytest.mark.parametrize("role", [WorkspaceRole.REVIEWER, WorkspaceRole.LEAD])
def test_only_auditor_and_admin_verify(space, role):
    with pytest.raises(NotAllowed):
        trail.verify_for(member(space, "Rita", role))


def test_a_verification_is_on_the_record_with_what_it_found(space):
    aiko = member(space, "Aiko", "auditor")
    (entry,) = fill(1, workspace="northwind")
    sign()
    assert trail.verify_for(aiko).status is Status.SOUND
    change("audit_entry", "id", entry.pk, body=entry.body.replace("approved", "rejected"))
    sealing.seal()
    assert trail.verify_for(aiko).status is Status.TAMPERED
    last = trail.last_verification(aiko)
    assert last is not None
    logged, problems = last
    assert logged.body["after"]["status"] == "tampered"  # type: ignore[call-overload]
    assert "its body is not the one that was sealed." in problems[0]


def test_what_was_found_in_another_workspace_is_not_told(space):
    report = Report()
    ours = [
        "M-1 in northwind has no entry: it was written behind the application.",
        "store:refund-desk in northwind serves nothing: its channel live is gone.",
        "entry 5 (leaf 4): its row is missing, its leaf is there.",
        "entry 5 (leaf 4): missing, with its leaf; 3 in a row.",
        "checkpoint 11 states 11 entries, the log has 10: entries at the end are missing.",
    ]
    theirs = [
        "M-1 in northwind-two has no entry: it was written behind the application.",
        "R-3 in globex: it changes other memories or versions than its entry says.",
        "entry 9 (leaf 8): the manifest states 5 entries of globex, there are 4.",
        "entry 9 (leaf 8): has number 7 of globex, 6 is missing.",
    ]
    for message in [*theirs, *ours]:
        report.add(Status.TAMPERED, message)
    assert trail.problems_for(member(space, "Aiko", "auditor"), report) == ours
