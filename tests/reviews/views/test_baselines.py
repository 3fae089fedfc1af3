import pytest
from django.utils import timezone

from agents.releases import live_release
from reviews.models import Baseline
from tests import build

pytestmark = pytest.mark.django_db

PAGE = "/w/northwind/agents/refund-desk/baseline/"
LIMITS = f"{PAGE}limits/"


@pytest.fixture
def lead(cast, client_of):
    return client_of(cast.lead)


@pytest.fixture
def release(cast):
    build.memory(cast.store)
    return live_release(cast.store)


def read(client, address=PAGE):
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def sent(live, **given):
    words = {"purpose": "Refunds.", "limits": "", "statement": "Every text read."}
    return {"release": str(live)} | words | given


def prove(client):
    """Type the password again, as the page before signing asks for."""
    return client.post("/accounts/reauthenticate/", {"password": build.PASSWORD})


def baseline_of(cast, release, **facts):
    return Baseline.objects.create(
        workspace=cast.workspace,
        store=cast.store,
        number=1,
        release=release,
        purpose="Refunds.",
        statement="Every text read.",
        signed_by=cast.lead,
        measured=release,
        **facts,
    )


def test_signing_asks_for_the_password_and_then_signs_what_was_typed(cast, lead, release):
    answer = lead.post(PAGE, sent(release))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not Baseline.objects.exists()
    answer = lead.post(answer["Location"], {"password": build.PASSWORD})
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    made = Baseline.objects.get()
    assert (made.signed_by, made.release, made.purpose) == (cast.lead, release, "Refunds.")


def test_a_wrong_password_signs_nothing(cast, lead, release):
    answer = lead.post(PAGE, sent(release))
    lead.post(answer["Location"], {"password": "guess"})
    assert not Baseline.objects.exists()


def test_who_proved_it_just_now_is_not_asked_again(cast, lead, release):
    prove(lead)
    assert lead.post(PAGE, sent(release)).status_code == 303
    page = read(lead)
    assert f"{release} is the baseline" in page
    assert f"Live memory says what {release} says." in page


def test_another_release_than_was_shown_is_a_conflict(cast, lead, release):
    prove(lead)
    build.memory(cast.store, "/later.md")
    answer = lead.post(PAGE, sent(release))
    assert answer.status_code == 409
    assert "is live now" in answer.content.decode()
    assert "Every text read." in answer.content.decode()


@pytest.mark.parametrize("given", [{"purpose": ""}, {"statement": " "}, {"release": "x"}])
def test_what_cannot_be_signed_is_said_before_a_password_is_asked_for(lead, release, given):
    assert lead.post(PAGE, sent(release, **given)).status_code == 422


def test_a_release_of_another_store_is_not_there(cast, lead, release):
    prove(lead)
    other = live_release(cast.shared_store)
    assert lead.post(PAGE, sent(other)).status_code == 404


def test_others_read_it_and_find_no_form(cast, client_of, lead, release):
    baseline_of(cast, release)
    assert f'action="{PAGE}"' in read(lead)
    for name in ("reviewer", "auditor"):
        page = read(client_of(getattr(cast, name)))
        assert "Signed by" in page
        assert "<form" not in page.partition("<h1>")[2].partition("</main>")[0]
    assert client_of(cast.reviewer).post(PAGE, sent(release)).status_code == 403


def test_the_limits_are_set_and_said(cast, lead):
    assert lead.post(LIMITS, {"percent": "10", "changes": "5"}).status_code == 303
    assert "Past 10% of the baseline's bytes, or 5 paths" in read(lead).replace("&#x27;", "'")


def test_limits_out_of_range_are_said_on_the_page(cast, lead):
    answer = lead.post(LIMITS, {"percent": "0", "changes": "5"})
    assert answer.status_code == 422
    assert "<details open>" in answer.content.decode()


@pytest.mark.parametrize(
    "address",
    ["/w/northwind/agents/refund-desk/releases/", "/w/northwind/agents/refund-desk/", PAGE],
)
def test_what_is_due_shows_on_the_pages_of_the_agent(cast, lead, release, address):
    baseline = baseline_of(cast, release)
    assert "Revalidation due" not in read(lead, address)
    Baseline.objects.filter(pk=baseline.pk).update(left_at=timezone.now(), changes=34)
    page = read(lead, address)
    assert "Revalidation due" in page
    assert "34 paths have moved since Lena signed" in page


def test_what_is_due_shows_above_the_queue(cast, client_of, release):
    client = client_of(cast.reviewer)
    assert "due for revalidation" not in read(client, "/w/northwind/review/")
    baseline_of(cast, release, left_at=timezone.now())
    page = read(client, "/w/northwind/review/")
    assert "Refund-Desk is due for revalidation." in page
    assert f'href="{PAGE}"' in page


def test_another_workspaces_is_not_shown(cast, client_of):
    other = cast.other_agent.store
    Baseline.objects.create(
        workspace=cast.elsewhere,
        store=other,
        number=1,
        release=live_release(other),
        signed_by=cast.outsider,
        measured=live_release(other),
        left_at=timezone.now(),
    )
    assert "due for revalidation" not in read(client_of(cast.reviewer), "/w/northwind/review/")


def test_the_ones_before_are_listed(cast, lead, release):
    baseline_of(cast, release, replaced_at=timezone.now())
    assert "Baselines before" in read(lead)
