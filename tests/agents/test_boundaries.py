"""What may leave a workspace, who says so, and what an engine is told."""

import pytest

from agents.boundaries import set_boundary, why_outside
from agents.errors import InvalidInput, NotAllowed
from agents.models import Workspace
from agents.personal import KINDS
from reviews.audit.models import Entry

LET_OUT = {"engines": [], "regions": ["anthropic:us"], "masked": ["e-mail"]}


def test_nothing_leaves_until_somebody_lets_it(cast):
    assert why_outside(cast.workspace, "local", ()) == ""
    words = why_outside(cast.workspace, "claude", {"anthropic:us"})
    assert "sends data to anthropic:us" in words
    assert "nowhere" in words
    assert cast.workspace.masked == list(KINDS)


def test_an_admin_lets_data_go_to_a_region_on_the_record(cast):
    before = Entry.objects.count()
    set_boundary(cast.workspace, **LET_OUT, by=cast.admin)
    kept = Workspace.objects.get(pk=cast.workspace.pk)
    assert (kept.regions, kept.masked) == (["anthropic:us"], ["e-mail"])
    assert why_outside(kept, "claude", {"anthropic:us"}) == ""
    assert why_outside(kept, "claude", {"anthropic:us", "aws:eu-central-1"})
    assert Entry.objects.count() == before + 1
    set_boundary(kept, **LET_OUT, by=cast.admin)
    assert Entry.objects.count() == before + 1


def test_named_engines_shut_out_every_other(cast):
    set_boundary(cast.workspace, engines=["Local"], regions=[], masked=[], by=cast.admin)
    assert why_outside(cast.workspace, "local", ()) == ""
    assert "does not allow" in why_outside(cast.workspace, "other", ())


@pytest.mark.parametrize("role", ["reviewer", "lead", "auditor"])
def test_nobody_but_an_admin_draws_it(cast, role):
    with pytest.raises(NotAllowed):
        set_boundary(cast.workspace, **LET_OUT, by=getattr(cast, role))


@pytest.mark.parametrize(
    "wrong", [{"regions": ["a b"]}, {"engines": ["../x"]}, {"masked": ["shoe size"]}]
)
def test_what_names_nothing_is_refused_by_name(cast, wrong):
    with pytest.raises(InvalidInput):
        set_boundary(cast.workspace, **(LET_OUT | wrong), by=cast.admin)
    assert Workspace.objects.get(pk=cast.workspace.pk).regions == []
