"""The list of notices, the bell, and what each person chooses to hear of."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews.models import Mail, Notice, NoticeChoices
from reviews.notices import Kind
from reviews.watch import watch
from tests import build
from tests.reviews.views.desks import post, text_of

pytestmark = pytest.mark.django_db

AT = "/w/northwind/notices/"
CHOOSE = "/w/northwind/notifications/"


def page(client, address: str = AT) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return text_of(response)


def test_nothing_told_is_said(cast, client_of) -> None:
    html = page(client_of(cast.reviewer))
    assert "Nothing yet." in html
    assert "0 unread notices" in html


def test_the_bell_counts_and_the_list_leads_to_the_proposal(cast, client_of, clock) -> None:
    proposal = build.filed(cast.store)
    watch(clock())
    client = client_of(cast.reviewer)
    html = page(client)
    assert "1 unread notice" in html
    assert "Your decision is needed: low risk" in html
    row = Notice.objects.get(person=cast.reviewer)
    answer = client.get(f"{AT}{row.public_id}/")
    assert answer.headers["Location"] == f"/w/northwind/review/{proposal}/"
    assert "0 unread notices" in page(client)


def test_fetching_ahead_reads_nothing(cast, client_of, clock) -> None:
    build.filed(cast.store)
    watch(clock())
    row = Notice.objects.get(person=cast.reviewer)
    client_of(cast.reviewer).get(f"{AT}{row.public_id}/", headers={"Sec-Purpose": "prefetch"})
    assert Notice.objects.get(pk=row.pk).read_at is None


def test_a_notice_of_somebody_else_is_not_there(cast, client_of, clock) -> None:
    build.filed(cast.store)
    watch(clock())
    row = Notice.objects.get(person=cast.reviewer)
    assert client_of(cast.lead).get(f"{AT}{row.public_id}/").status_code == 404


def test_all_are_counted_as_read(cast, client_of, clock) -> None:
    for n in range(2):
        build.filed(cast.store, path=f"/{n}.md")
    watch(clock())
    client = client_of(cast.reviewer)
    upto = page(client).partition('name="upto" value="')[2].partition('"')[0]
    assert post(client, f"{AT}read/", {"upto": upto}).status_code == 302
    assert "0 unread" in page(client)
    for upto in ("x", "", "a\0b", "9" * 5_000):
        assert post(client, f"{AT}read/", {"upto": upto}).status_code == 422


def test_the_list_costs_the_same_however_long_it_is(cast, client_of, clock) -> None:
    client, asked = client_of(cast.reviewer), []
    for more in (1, 9):
        for n in range(more):
            build.filed(cast.store, path=f"/{more}-{n}.md")
        watch(clock())
        with CaptureQueriesContext(connection) as queries:
            page(client)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_choices_are_kept_and_read_back(cast, client_of) -> None:
    client = client_of(cast.reviewer)
    sent = {kind.value: "off" for kind in Kind} | {"hour": 17, "zone": "Asia/Tokyo"}
    assert post(client, f"{CHOOSE}set/", sent).status_code == 302
    row = NoticeChoices.objects.get()
    assert (row.digest_hour, row.zone, row.choices["mention"]) == (17, "Asia/Tokyo", "off")
    html = page(client, CHOOSE)
    assert 'value="17"' in html
    assert '<option value="off" selected>' in html


@pytest.mark.parametrize("wrong", [{"hour": "x"}, {"hour": "24"}, {"zone": "Mars"}, {"turn": "x"}])
def test_what_cannot_be_chosen_is_said(cast, client_of, wrong) -> None:
    sent = {kind.value: "off" for kind in Kind} | {"hour": 17, "zone": "UTC"} | wrong
    assert post(client_of(cast.reviewer), f"{CHOOSE}set/", sent).status_code == 422
    assert not NoticeChoices.objects.exists()


def test_mails_that_failed_are_said(cast, client_of) -> None:
    Mail.objects.create(
        workspace=cast.workspace, person=cast.reviewer, key="n:1", state="failed",
        error="SMTPServerDisconnected",
    )  # fmt: skip
    assert "Mails to you could not be sent." in page(client_of(cast.reviewer), CHOOSE)
    assert "could not be sent" not in page(client_of(cast.lead), CHOOSE)
