"""What people send to the dream pages."""

import pytest

from dreaming.forms import DreamForm, ScheduleForm, engines_of

TIMES = {
    "cron": " 0  2 * * * ",
    "zone": "Europe/Berlin",
    "min_sessions": "5",
    "min_hours": "24",
    "idle_minutes": "0",
    "instructions": "",
}


@pytest.mark.django_db
def test_a_dream_is_over_a_store_of_this_workspace_with_the_local_engine_by_default(cast):
    form = DreamForm({"store": "refund-desk"}, workspace=cast.workspace)
    assert form.is_valid()
    assert form.cleaned_data["store"] == cast.store
    assert form.cleaned_data["engine"] == "local"
    assert form.cleaned_data["instructions"] == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"store": "other-desk"}, "store"),
        ({}, "store"),
        ({"store": "shared", "engine": "none-such"}, "engine"),
        ({"store": "shared", "instructions": "x" * 2_001}, "instructions"),
    ],
)
def test_what_is_not_here_is_refused_at_its_field(cast, sent, field):
    form = DreamForm(sent, workspace=cast.workspace)
    assert not form.is_valid()
    assert list(form.errors) == [field]


@pytest.mark.django_db
def test_engines_are_offered_as_the_workspace_allows_the_local_one_first(cast):
    assert engines_of(cast.workspace)[0] == "local"
    assert "claude" in engines_of(cast.workspace)
    cast.workspace.engines = ["local"]
    assert engines_of(cast.workspace) == ("local",)


def test_a_schedule_is_spelled_with_single_blanks():
    form = ScheduleForm(TIMES)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["cron"] == "0 2 * * *"
    assert form.cleaned_data["enabled"] is False


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"cron": "at noon"}, "cron"),
        ({"cron": "* * * * *"}, "cron"),
        ({"zone": "Berlin"}, "zone"),
        ({"min_sessions": "0"}, "min_sessions"),
        ({"min_hours": "-1"}, "min_hours"),
        ({"idle_minutes": "1441"}, "idle_minutes"),
    ],
)
def test_times_that_cannot_be_are_refused_with_words(sent, field):
    form = ScheduleForm(TIMES | sent)
    assert not form.is_valid()
    assert list(form.errors) == [field]
    assert all(form.errors[field])
