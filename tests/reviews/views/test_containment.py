"""Rolling back, restoring, and the other person's answer."""

import pytest

from agents import clock as product_clock
from agents.memory import find_head
from agents.models import Memory
from agents.numbers import take_numbers
from agents.releases import live_release
from reviews import containment as containments
from reviews import decisions
from reviews.models import Containment
from tests import build
from tests.reviews.views.desks import LIVE, PATH, approve, fresh, member, text_of, update

pytestmark = pytest.mark.django_db


@pytest.fixture
def changed(cast) -> Memory:
    """A memory at version 2, both versions served in their turn."""
    proposal = update(cast, LIVE + "Six.\n")
    for name in ("reviewer", "second_reviewer"):
        if fresh(proposal).state != "scheduled":
            approve(cast, proposal, name)
    decisions.apply_due(product_clock.now())
    return Memory.objects.get(path=PATH)


@pytest.fixture
def restored(cast, changed) -> Containment:
    """Its number is not its key."""
    take_numbers(cast.workspace, "C", 1_000)
    return containments.restore_version(
        changed, changed.versions.get(number=1), by=member(cast, "lead"), reason="Odd answers."
    )


def answer(client, made: Containment, **sent: str):
    return client.post(f"/w/northwind/containment/{made}/", sent)


def served(cast) -> str:
    head = find_head(cast.store, PATH)
    assert head is not None
    return head.content


def test_a_lead_restores_a_version_at_once(cast, client_of, changed) -> None:
    response = client_of(cast.lead).post(
        f"/w/northwind/memory/{changed}/restore/", {"version": "1", "reason": "Odd answers."}
    )

    made = Containment.objects.get()
    assert response.status_code == 303
    assert response.url == f"/w/northwind/containment/{made}/"
    assert served(cast) == LIVE


@pytest.mark.parametrize("spelled", ["{}", "R-{}", "r-{}"])
def test_a_lead_rolls_back_to_a_release(cast, client_of, changed, spelled) -> None:
    earlier = live_release(cast.store).parent
    assert earlier is not None

    response = client_of(cast.lead).post(
        "/w/northwind/agents/refund-desk/roll-back/",
        {"release": spelled.format(earlier.number), "reason": "Odd answers."},
    )

    assert response.status_code == 303
    assert served(cast) == LIVE


def test_the_shared_store_goes_by_its_name(cast, client_of) -> None:
    build.memory(cast.shared_store)
    empty = live_release(cast.shared_store).parent
    assert empty is not None

    client_of(cast.lead).post(
        "/w/northwind/agents/shared/roll-back/", {"release": f"{empty}", "reason": "Odd."}
    )

    assert Containment.objects.get().store == cast.shared_store


@pytest.mark.parametrize(
    ("page", "sent", "status"),
    [
        ("agents/refund-desk/roll-back/", {"release": "R-1"}, 422),
        ("agents/refund-desk/roll-back/", {"release": "first", "reason": "x"}, 422),
        ("agents/refund-desk/roll-back/", {"release": "R-999", "reason": "x"}, 404),
        ("agents/refund-desk/roll-back/", {"release": "9" * 30, "reason": "x"}, 422),
        ("agents/other-desk/roll-back/", {"release": "R-1", "reason": "x"}, 404),
        ("memory/M-1/restore/", {"version": "1"}, 422),
        ("memory/M-1/restore/", {"version": "7", "reason": "x"}, 422),
        ("memory/M-1/restore/", {"version": "2", "reason": "x"}, 422),
        ("memory/M-99/restore/", {"version": "1", "reason": "x"}, 404),
    ],
)
def test_what_cannot_be_contained_changes_nothing(
    cast, client_of, changed, page, sent, status
) -> None:
    response = client_of(cast.lead).post(f"/w/northwind/{page}", sent)

    assert response.status_code == status
    assert Containment.objects.count() == 0
    assert served(cast) == LIVE + "Six.\n"


def test_the_page_says_what_was_done_and_shows_the_texts(cast, client_of, restored) -> None:
    html = text_of(client_of(cast.reviewer).get(f"/w/northwind/containment/{restored}/"))

    assert "Restored M-1 version 1" in html
    assert "Odd answers." in html
    assert "Six." in html
    assert "version 2 to version 3" in html
    assert "Reverse" in html


def test_another_person_confirms(cast, client_of, restored) -> None:
    response = answer(client_of(cast.reviewer), restored, verdict="confirmed")

    assert response.status_code == 303
    restored.refresh_from_db()
    assert (restored.answer, restored.answered_by) == ("confirmed", cast.reviewer)
    assert served(cast) == LIVE


def test_another_person_reverses_with_a_reason(cast, client_of, restored) -> None:
    client = client_of(cast.reviewer)
    refused = answer(client, restored, verdict="reversed")
    assert refused.status_code == 422
    assert "Say why the containment is reversed." in text_of(refused)

    answer(client, restored, verdict="reversed", reason="It was right.")

    assert served(cast) == LIVE + "Six.\n"


def test_the_lead_who_did_it_does_not_answer(cast, client_of, restored) -> None:
    client = client_of(cast.lead)
    html = text_of(client.get(f"/w/northwind/containment/{restored}/"))
    assert 'name="verdict"' not in html
    assert "another reviewer or lead" in html

    assert answer(client, restored, verdict="confirmed").status_code == 403
    restored.refresh_from_db()
    assert restored.answer == ""


def test_an_auditor_reads_it_without_controls(cast, client_of, restored) -> None:
    html = text_of(client_of(cast.auditor).get(f"/w/northwind/containment/{restored}/"))

    assert 'name="verdict"' not in html


def test_the_second_answer_sees_the_first(cast, client_of, restored) -> None:
    answer(client_of(cast.reviewer), restored, verdict="confirmed")

    response = answer(client_of(cast.second_reviewer), restored, verdict="reversed", reason="No.")

    html = text_of(response)
    assert response.status_code == 409
    assert "This was confirmed before." in html
    assert "Confirmed by" in html


@pytest.mark.parametrize("sent", [{}, {"verdict": "perhaps"}])
def test_an_answer_is_one_of_two(cast, client_of, restored, sent) -> None:
    assert answer(client_of(cast.reviewer), restored, **sent).status_code == 422


def test_a_containment_of_another_workspace_is_not_there(cast, client_of, restored) -> None:
    address = f"/w/elsewhere/containment/{restored}/"

    assert client_of(cast.outsider).get(address).status_code == 404


def test_each_workspace_has_its_own_containment_of_a_number(cast, client_of, restored) -> None:
    build.containment(
        workspace=cast.elsewhere,
        number=restored.number,
        kind="restore",
        target="M-7 version 3",
        by=cast.outsider,
        reason="Theirs.",
        due_at=product_clock.now(),
    )
    outsider, own = client_of(cast.outsider), client_of(cast.reviewer)

    html = text_of(outsider.get(f"/w/elsewhere/containment/{restored}/"))
    assert "Restored M-7 version 3" in html
    assert "Odd answers." not in html
    assert "Odd answers." in text_of(own.get(f"/w/northwind/containment/{restored}/"))


def test_no_key_of_the_database_is_an_address(cast, client_of, restored) -> None:
    client = client_of(cast.reviewer)
    for name in (restored.pk, f"C-{restored.pk}"):
        assert client.get(f"/w/northwind/containment/{name}/").status_code == 404


def test_its_number_stands_wherever_it_is_named(cast, client_of, restored) -> None:
    client, place = client_of(cast.reviewer), f"/w/northwind/containment/{restored}/"
    assert str(restored) == "C-1001"
    for address in (place, "/w/northwind/review/", "/w/northwind/work/"):
        html = client.get(address).content.decode()
        assert "C-1001" in text_of(client.get(address))
        assert place in html
        assert f"containment/{restored.pk}/" not in html


def test_the_log_leads_to_it(cast, client_of, restored) -> None:
    found = client_of(cast.lead).get("/w/northwind/audit/", {"q": "c-1001"}).content.decode()
    assert f'href="/w/northwind/containment/{restored}/"' in found
