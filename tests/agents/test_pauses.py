"""Pausing a workspace: who may, what it says, what goes on."""

import pytest

from agents import releases, wakeups
from agents.errors import InvalidInput, NotAllowed
from agents.freezes import is_frozen
from agents.models import Workspace
from agents.pauses import is_paused, pause_workspace, resume_workspace
from reviews.audit.actions import Action
from reviews.audit.bodies import commitments_of, read_body
from reviews.audit.models import Entry
from reviews.audit.values import open_values
from tests import build

pytestmark = pytest.mark.django_db


def test_a_pause_holds_for_every_store_of_the_workspace_and_no_other(cast):
    pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
    assert is_paused(cast.store)
    assert is_paused(cast.shared_store)
    assert not is_paused(cast.other_agent.store)


def test_a_pause_freezes_nothing_and_releases_go_on(cast):
    pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
    assert not is_frozen(cast.store)
    build.memory(cast.store)
    assert releases.live_release(cast.store).memory_count == 1


@pytest.mark.parametrize("who", ["reviewer", "auditor", "admin", "outsider"])
def test_only_a_lead_pauses_and_resumes(cast, who):
    person = getattr(cast, who)
    with pytest.raises(NotAllowed):
        pause_workspace(cast.workspace, reason="Odd", by=person)
    pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
    with pytest.raises(NotAllowed):
        resume_workspace(cast.workspace, reason="Over", by=person)
    assert is_paused(cast.store)


@pytest.mark.parametrize("verb", [pause_workspace, resume_workspace])
@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2_001])
def test_a_reason_in_words_is_needed(cast, verb, reason):
    with pytest.raises(InvalidInput, match="reason"):
        verb(cast.workspace, reason=reason, by=cast.lead)
    assert not Entry.objects.filter(action__startswith="workspace.paused").exists()


def test_a_second_pause_is_refused_and_keeps_the_time_of_the_first(cast, clock):
    pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
    first = Workspace.objects.get(pk=cast.workspace.pk).paused_at
    clock.advance(minutes=5)
    with pytest.raises(InvalidInput, match="already paused"):
        pause_workspace(cast.workspace, reason="Again", by=cast.lead)
    assert Workspace.objects.get(pk=cast.workspace.pk).paused_at == first


def test_what_is_not_paused_is_not_resumed(cast):
    with pytest.raises(InvalidInput, match="not paused"):
        resume_workspace(cast.workspace, reason="Over", by=cast.lead)


def test_both_steps_are_in_the_log_with_their_reason_as_a_value(cast):
    pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
    resume_workspace(cast.workspace, reason="Looked at", by=cast.lead)
    entries = Entry.objects.filter(object="workspace:northwind", actor_kind="person")
    said = [
        (entry.action, open_values(commitments_of(read_body(entry.body)))["reason"])
        for entry in entries.order_by("id")
    ]
    assert said == [
        (Action.WORKSPACE_PAUSED, "Model change"),
        (Action.WORKSPACE_RESUMED, "Looked at"),
    ]


def test_letting_dreams_go_on_wakes_a_worker(cast, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(wakeups, "hand_over", lambda task, after_s=0: sent.append(task))
    pause_workspace(cast.workspace, reason="Model change", by=cast.lead)
    with django_capture_on_commit_callbacks(execute=True):
        resume_workspace(cast.workspace, reason="Looked at", by=cast.lead)
    assert sent == [wakeups.DREAM]
