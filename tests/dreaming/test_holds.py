import pytest

from dreaming.holds import tell_held
from dreaming.models import Dream
from reviews.models import Notice
from tests import build

pytestmark = pytest.mark.django_db


def told(*, standing=True):
    found = Notice.objects.filter(kind="dream_held")
    if standing:
        found = found.filter(settled_at=None)
    return sorted(found.values_list("person__name", flat=True))


def test_who_may_let_a_held_dream_through_is_told_once(cast, clock):
    dream = build.dream(cast.store, "held")
    for _ in range(3):
        tell_held()
        clock.advance(hours=1)
    assert told() == ["Lena", "Rosa", "Sven"]
    notice = Notice.objects.filter(kind="dream_held").first()
    assert (notice.object, notice.path) == (str(dream), f"dreams/{dream}/")


def test_the_address_of_the_notice_is_the_dreams_page(cast, client_of):
    build.dream(cast.store, "held")
    tell_held()
    path = Notice.objects.filter(person=cast.reviewer).get().path
    assert client_of(cast.reviewer).get(f"/w/northwind/{path}").status_code == 200


@pytest.mark.parametrize("state", ["completed", "running", "failed", "skipped"])
def test_no_other_dream_is_told(cast, state):
    build.dream(cast.store, state)
    tell_held()
    assert told() == []


def test_who_started_it_or_agreed_already_is_not_asked(cast):
    build.dream(cast.store, "held", started_by=cast.lead, admitted_by_reviewer=cast.reviewer)
    tell_held()
    assert told() == ["Sven"]


def test_nobody_elsewhere_hears_of_it(cast):
    build.dream(cast.other_agent.store, "held")
    tell_held()
    assert told() == ["Olga"]


def test_a_dream_that_was_let_through_asks_nobody_any_more(cast):
    done = build.dream(cast.store, "held")
    still = build.dream(cast.shared_store, "held")
    tell_held()
    Dream.objects.filter(pk=done.pk).update(state="completed")
    tell_held()
    assert told() == ["Lena", "Rosa", "Sven"]
    assert set(Notice.objects.filter(settled_at=None).values_list("object", flat=True)) == {
        str(still)
    }
    assert len(told(standing=False)) == 6
