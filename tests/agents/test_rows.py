"""Verbs: many rows at once are the rows a model would have written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.models import Event, Outcome, SessionRevision, SystemPrompt
from agents.rows import MAX_PARAMETERS, insert_returning, insert_rows
from tests import build

EVENT = ("revision_id", "index", "kind", "role", "trust", "text", "tool", "call_id")
REST = ("is_error", "person", "sub_session", "at")
PROMPT = ("workspace_id", "sha256", "text")
AT = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture
def revision(db):
    session = build.session(build.agent(build.workspace()), build.EVENTS[:1])
    return SessionRevision.objects.get(session=session)


def event(revision, index, text="words", at=None):
    """One row of an event, in the order of EVENT and REST."""
    return (revision.pk, index, "message", "user", "principal", text, "", "", False, "", "", at)


def prompts(workspace, count):
    return [(workspace.pk, f"{number:064x}", f"Prompt {number}.") for number in range(count)]


@transaction.atomic
def insert_prompts(rows):
    return insert_returning(SystemPrompt, PROMPT, rows)


def test_no_rows_are_no_rows(revision):
    insert_rows(Event, (*EVENT, *REST), [])
    assert insert_returning(SystemPrompt, PROMPT, []) == []
    assert Event.objects.count() == 1


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(texts=st.lists(TEXTS, min_size=1, max_size=6))
def test_any_text_is_read_back_as_it_was_written(revision, texts):
    start = Event.objects.filter(revision=revision).count()
    insert_rows(
        Event,
        (*EVENT, *REST),
        [event(revision, start + place, text) for place, text in enumerate(texts)],
    )
    rows = Event.objects.filter(revision=revision, index__gte=start).order_by("index")
    assert list(rows.values_list("text", flat=True)) == texts


@pytest.mark.parametrize(
    "text",
    [
        "\\N",
        "\\.",
        "\t",
        "\r\n",
        "\\",
        "\\\\N",
        "%s",
        "%(a)s",
        "'",
        '"',
        "NULL",
        "\\x00",
        "\x01",
        "",
    ],
)
def test_the_marks_of_a_copy_stream_are_text(revision, text):
    insert_rows(Event, (*EVENT, *REST), [event(revision, 7, text)])
    assert Event.objects.get(revision=revision, index=7).text == text


@pytest.mark.parametrize(
    "at", [AT, AT.astimezone(timezone(timedelta(hours=-9))), AT.replace(microsecond=0), None]
)
def test_a_time_is_the_same_moment_in_every_way_of_writing(revision, at):
    insert_rows(Event, (*EVENT, *REST), [event(revision, 7, at=at)])
    stored = Event.objects.get(revision=revision, index=7)
    by_model = Event.objects.create(revision=revision, index=8, at=at, kind="message", role="user")
    by_model.refresh_from_db()
    assert stored.at == at == by_model.at
    assert Event.objects.filter(at=at).count() == (2 if at else 3)


@pytest.mark.parametrize("is_error", [True, False])
def test_true_and_false_stay_what_they_are(revision, is_error):
    row = (*event(revision, 7)[:8], is_error, "", "", None)
    insert_rows(Event, (*EVENT, *REST), [row])
    assert Event.objects.get(revision=revision, index=7).is_error is is_error


def test_rows_may_come_from_a_generator(revision):
    insert_rows(Event, (*EVENT, *REST), (event(revision, index) for index in range(5, 1_505)))
    assert Event.objects.filter(revision=revision, index__gte=5).count() == 1_500


@pytest.mark.parametrize(
    "count",
    [1, MAX_PARAMETERS // len(PROMPT), MAX_PARAMETERS // len(PROMPT) + 1, 1_000],
)
def test_keys_come_back_in_the_order_of_the_rows(db, count):
    workspace = build.workspace()
    rows = prompts(workspace, count)[::-1]
    keys = insert_prompts(rows)
    stored = SystemPrompt.objects.in_bulk(keys)
    assert len(set(keys)) == count
    assert [stored[key].text for key in keys] == [text for _, _, text in rows]


def test_what_breaks_a_rule_of_the_table_takes_all_rows_of_the_transaction_back(db):
    workspace = build.workspace()
    rows = prompts(workspace, 700)
    with pytest.raises(IntegrityError):
        insert_prompts([*rows, rows[0]])
    assert not SystemPrompt.objects.exists()


@transaction.atomic
def insert_orphan():
    insert_rows(Outcome, ("revision_id", "verdict"), [(10**12, "success")])
    transaction.get_connection().check_constraints()


def test_a_row_that_points_to_nothing_is_refused(db):
    with pytest.raises(IntegrityError):
        insert_orphan()


@pytest.mark.parametrize("distance", [0.25, 0.0, 1.0, None])
def test_a_share_and_its_absence_stay_what_they_are(revision, distance):
    Outcome.objects.filter(revision=revision).delete()
    insert_returning(
        Outcome, ("revision_id", "verdict", "edit_distance"), [(revision.pk, "success", distance)]
    )
    stored = Outcome.objects.get(revision=revision)
    assert (stored.verdict, stored.edit_distance) == ("success", distance)
