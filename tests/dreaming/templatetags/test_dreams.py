"""When the next dream over a memory starts, as other rooms say it."""

import pytest

from dreaming.models import Schedule
from dreaming.templatetags.dreams import next_dream_over
from reviews import decisions
from reviews.decisions import Shown
from tests import build
from tests.reviews.views.desks import at, fresh, member, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def nightly(cast) -> Schedule:
    return Schedule.objects.create(workspace=cast.workspace, store=cast.store, cron="0 2 * * *")


def sent_back(cast):
    proposal = build.filed(cast.store)
    said = Shown(proposal.revision, proposal.state)
    decisions.request_changes(proposal, by=member(cast, "reviewer"), shown=said, reason="Shorter.")
    return fresh(proposal)


def test_it_is_the_next_slot_of_this_memorys_own_schedule(cast, clock, nightly) -> None:
    found = next_dream_over(cast.store)

    assert found is not None
    assert found > clock()
    assert (found.hour, found.minute) == (2, 0)
    assert next_dream_over(cast.shared_store) is None


@pytest.mark.parametrize("column", ["enabled", "paused_at"])
def test_a_schedule_that_rests_and_a_paused_workspace_start_none(
    cast, clock, nightly, column
) -> None:
    if column == "enabled":
        nightly.enabled = False
        nightly.save()
    else:
        cast.workspace.paused_at = clock()
        cast.workspace.save()
    cast.store.refresh_from_db()

    assert next_dream_over(cast.store) is None


def test_what_was_sent_back_says_when_the_note_is_read(cast, client_of, nightly) -> None:
    html = text_of(client_of(cast.reviewer).get(at(cast, sent_back(cast))))

    assert "The next dream over this memory reads your note." in html
    assert "<span>It starts <time" in html


def test_without_a_schedule_it_says_that_none_is_and_where_dreams_are(cast, client_of) -> None:
    html = text_of(client_of(cast.reviewer).get(at(cast, sent_back(cast))))

    assert "None is scheduled over this memory." in html
    assert 'href="/w/northwind/dreams/">Dreams</a>' in html


def test_before_sending_back_the_page_says_when_too(cast, client_of, nightly) -> None:
    proposal = build.filed(cast.store)

    html = text_of(client_of(cast.reviewer).get(at(cast, proposal, "request-changes/")))

    assert "It starts <time" in html
