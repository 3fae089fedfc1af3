"""Sending back through the pages: the form, what the page says then, and the way on by hand."""

import pytest

from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.models import Decision, Proposal
from reviews.origins import Origin
from tests import build
from tests.reviews.filings import by_hand
from tests.reviews.views.desks import HTMX, approve, at, fresh, post, shown, text_of

pytestmark = pytest.mark.django_db

WORDS = "Name the <b>orders</b> it holds for."
ESCAPED = "Name the &lt;b&gt;orders&lt;/b&gt; it holds for."


def asks(proposal, **more):
    return shown(proposal, reason=WORDS, **more)


def send_back(client, cast, proposal, **headers):
    return post(client, at(cast, proposal, "request-changes/"), asks(proposal), **headers)


def page(client, cast, proposal) -> str:
    return text_of(client.get(at(cast, proposal)))


def test_the_bar_offers_it_beside_reject(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    html = page(client_of(cast.reviewer), cast, proposal)
    assert f'href="{at(cast, proposal, "request-changes/")}"' in html
    assert 'id="request"' in html


def test_its_reason_and_that_of_rejecting_keep_their_own_labels(cast, client_of) -> None:
    html = page(client_of(cast.reviewer), cast, build.filed(cast.store))
    for name in ("id_reason", "request_reason"):
        assert html.count(f'id="{name}"') == html.count(f'for="{name}"') == 1


@pytest.mark.parametrize("who", ["auditor", "filer"])
def test_who_may_not_decide_is_not_offered_it(cast, client_of, who) -> None:
    origin = Origin("person", cast.reviewer.public_id, "Rosa", proposer=cast.reviewer)
    proposal = build.filed(cast.store, origin=origin)
    person = cast.auditor if who == "auditor" else cast.reviewer
    assert 'id="request"' not in page(client_of(person), cast, proposal)


def test_without_script_the_form_is_a_page(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    html = text_of(client_of(cast.reviewer).get(at(cast, proposal, "request-changes/")))
    assert "<h1>Request changes to" in html
    assert "The next dream over this memory reads your note." in html


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_sending_back_moves_on_and_says_who_reads_it(cast, client_of, headers) -> None:
    first, second = build.filed(cast.store), build.filed(cast.store, content="Other.\n")
    client = client_of(cast.reviewer)
    response = send_back(client, cast, first, **headers)
    assert response.status_code == (200 if headers else 303)
    assert fresh(first).state == "changes_requested"
    html = text_of(response) if headers else text_of(client.get(response.url))
    assert f"{first} is sent back. The next dream over this memory reads your note." in html
    assert str(second) in html


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_without_words_the_form_comes_back(cast, client_of, headers) -> None:
    proposal = build.filed(cast.store)
    response = post(
        client_of(cast.reviewer),
        at(cast, proposal, "request-changes/"),
        shown(proposal, reason=""),
        **headers,
    )
    assert response.status_code == 422
    assert "This field is required." in text_of(response)
    assert not Decision.objects.exists()


def test_a_form_that_does_not_say_what_it_showed_is_refused(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    response = post(
        client_of(cast.reviewer), at(cast, proposal, "request-changes/"), {"reason": WORDS}
    )
    assert response.status_code == 422
    assert fresh(proposal).state == "pending"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_was_decided_meanwhile_is_shown_as_it_is_now(cast, client_of, headers) -> None:
    proposal = build.filed(cast.store)
    old = asks(proposal)
    approve(cast, proposal)
    response = post(
        client_of(cast.reviewer), at(cast, proposal, "request-changes/"), old, **headers
    )
    assert response.status_code == 409
    assert "is decided now" in text_of(response)


def test_who_filed_it_is_refused_on_the_record(cast, client_of) -> None:
    proposal = by_hand(cast, "/a.md", "A.\n")
    response = send_back(client_of(cast.reviewer), cast, proposal)
    assert response.status_code == 403
    assert Entry.objects.filter(action=Action.DECISION_REFUSED).count() == 1


def test_the_page_then_says_what_was_asked_and_what_happens_next(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    client = client_of(cast.reviewer)
    send_back(client, cast, proposal)
    html = page(client, cast, proposal)
    assert "<strong>Rosa sent it back " in html
    assert f": “{ESCAPED}”</strong>" in html
    assert "The next dream over this memory reads your note." in html
    assert "sent back revision 1" in html
    assert "Approve change" not in html


def test_filed_by_hand_it_goes_back_to_its_proposer(cast, client_of) -> None:
    proposal = by_hand(cast, "/a.md", "A.\n")
    client = client_of(cast.lead)
    send_back(client, cast, proposal)
    assert "Rosa reads your note, and files it anew or withdraws it." in page(
        client, cast, proposal
    )


def test_the_queue_lists_what_went_back_apart(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    client = client_of(cast.reviewer)
    send_back(client, cast, proposal)
    assert f'id="row-{proposal}"' not in text_of(client.get("/w/northwind/review/"))
    listed = text_of(client.get("/w/northwind/review/?q=is:sent-back"))
    assert f'id="row-{proposal}"' in listed
    assert "<b>Sent back</b>" in listed


def test_the_way_on_by_hand_begins_with_its_text(cast, client_of) -> None:
    proposal = build.filed(cast.store, path="/a.md", content="Shipped orders stay.\n")
    client = client_of(cast.reviewer)
    send_back(client, cast, proposal)
    address = f"/w/northwind/review/new/?from={proposal}"
    assert address in page(client, cast, proposal)
    form = text_of(client.get(address))
    assert "Shipped orders stay." in form
    assert 'value="/a.md"' in form


@pytest.mark.parametrize("name", ["P-999", "D-1", "rubbish"])
def test_there_is_no_way_on_from_what_is_not_there(cast, client_of, name) -> None:
    client = client_of(cast.reviewer)
    assert client.get(f"/w/northwind/review/new/?from={name}").status_code == 404


def test_both_pages_link_to_each_other_once_it_is_filed_anew(cast, client_of) -> None:
    old = build.filed(cast.store, path="/a.md")
    client = client_of(cast.reviewer)
    send_back(client, cast, old)
    build.filed(cast.store, path="/a.md", content="Orders of today stay.\n")
    new = Proposal.objects.latest("number")
    assert f'Filed anew as <a href="{at(cast, new)}">{new}</a>' in page(client, cast, old)
    html = page(client, cast, new)
    assert f'Takes the place of <a href="{at(cast, old)}">{old}</a>' in html
    assert f"Rosa had sent that back: “{ESCAPED}”" in html


def test_who_sent_it_back_may_withdraw_it_there(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    client = client_of(cast.reviewer)
    send_back(client, cast, proposal)
    assert at(cast, proposal, "withdraw/") in page(client, cast, proposal)
    response = post(client, at(cast, proposal, "withdraw/"), {"reason": "Not worth it."})
    assert response.status_code == 303
    assert fresh(proposal).state == "withdrawn"
