"""Drafts on the page of an edit: saved by the live diff, there again, gone once sent."""

import pytest
from django.utils import translation

from reviews import decisions, revisions
from reviews.drafts import Kind
from reviews.forms import CommentForm, LaterForm, RejectForm, RequestForm, tomorrow
from reviews.models import Draft
from reviews.views import draft
from tests import build
from tests.reviews.views.desks import HTMX, LIVE, at, conflict, fresh, member, post, text_of

pytestmark = pytest.mark.django_db

MINE = "Mine, half\n"


def type_text(client, cast, proposal, text: str = MINE) -> None:
    sent = {"revision": 1, "text": text, "against": "live"}
    assert post(client, at(cast, proposal, "edit/preview/"), sent, **HTMX).status_code == 200


def test_what_was_typed_is_there_after_a_reload_and_says_from_when(cast, client_of, clock) -> None:
    proposal = build.filed(cast.store)
    client = client_of(cast.reviewer)
    type_text(client, cast, proposal)

    html = text_of(client.get(at(cast, proposal, "edit/")))

    assert f"{MINE}</textarea>" in html
    assert "Draft from <time" in html
    assert ">06:00:00</time> UTC restored." in html
    assert "Written on revision" not in html


def test_it_is_there_after_signing_in_anew_and_for_nobody_else(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    type_text(client_of(cast.reviewer), cast, proposal)

    assert MINE in text_of(client_of(cast.reviewer).get(at(cast, proposal, "edit/")))
    assert MINE not in text_of(client_of(cast.lead).get(at(cast, proposal, "edit/")))


def test_one_begun_on_an_earlier_revision_says_so(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    client = client_of(cast.reviewer)
    type_text(client, cast, proposal)
    by = member(cast, "lead")
    revisions.submit_edit(proposal, content="Theirs.\n", reason="R", by=by, expected_revision=1)

    html = text_of(client.get(at(cast, proposal, "edit/")))

    assert MINE in html
    assert "Written on revision 1, now 2." in html


def test_one_can_start_afresh(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    client = client_of(cast.reviewer)
    type_text(client, cast, proposal)

    html = text_of(client.get(at(cast, proposal, "edit/", "?afresh=1")))

    assert MINE not in html
    assert "restored" not in html


def test_the_proposals_own_words_are_no_draft(cast, client_of) -> None:
    proposal = build.filed(cast.store, content="As it is.\n")
    client = client_of(cast.reviewer)
    type_text(client, cast, proposal)
    type_text(client, cast, proposal, "As it is.\n")

    assert not Draft.objects.exists()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_once_sent_it_is_gone(cast, client_of, headers) -> None:
    proposal = build.filed(cast.store)
    client = client_of(cast.reviewer)
    type_text(client, cast, proposal)

    post(
        client, at(cast, proposal, "edit/"), {"revision": 1, "text": MINE, "reason": "R"}, **headers
    )

    assert fresh(proposal).revision == 2
    assert not Draft.objects.exists()


def test_a_refused_edit_keeps_it(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    client = client_of(cast.reviewer)
    type_text(client, cast, proposal)

    post(client, at(cast, proposal, "edit/"), {"revision": 1, "text": MINE, "reason": ""})

    assert Draft.objects.get().text == MINE


def test_where_it_came_into_conflict_the_text_stands_on_the_conflict_page(cast, client_of) -> None:
    proposal = conflict(cast, LIVE + "Six.\n", LIVE + "Seven.\n")
    client = client_of(cast.reviewer)

    answer = post(
        client, at(cast, proposal, "edit/"), {"revision": 1, "text": MINE, "reason": "Shorter."}
    )

    assert (answer.status_code, answer.url) == (303, at(cast, proposal, "conflict/", "?by_hand=1"))
    html = text_of(client.get(answer.url))
    assert f"{MINE}</textarea>" in html
    assert "Your text is kept" in html


def test_settling_the_conflict_ends_the_draft(cast, client_of) -> None:
    proposal = conflict(cast, LIVE + "Six.\n", LIVE + "Seven.\n")
    client = client_of(cast.lead)
    post(client, at(cast, proposal, "edit/"), {"revision": 1, "text": MINE, "reason": "R"})

    sent = {"revision": 1, "live": 2, "by_hand": "on", "text": MINE}
    post(client, at(cast, proposal, "conflict/"), sent)

    assert fresh(proposal).state == "pending"
    assert not Draft.objects.exists()


def test_what_was_decided_meanwhile_keeps_the_draft_out_of_the_way(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    client = client_of(cast.reviewer)
    type_text(client, cast, proposal)
    shown = decisions.Shown(1, "pending")
    decisions.approve(proposal, by=member(cast, "lead"), shown=shown)

    answer = client.get(at(cast, proposal, "edit/"))

    assert answer.status_code == 409
    assert left_in(answer) == MINE
    assert Draft.objects.count() == 1


def left_in(answer) -> str:
    """What a page that takes no edit any more shows of its reader's text."""
    assert "copy from it what you need" in text_of(answer)
    return answer.context["notice"]["left"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_edit_that_comes_after_the_decision_is_there_to_copy(cast, client_of, headers) -> None:
    proposal = build.filed(cast.store)
    shown = decisions.Shown(1, "pending")
    decisions.approve(proposal, by=member(cast, "lead"), shown=shown)
    client = client_of(cast.reviewer)

    sent = {"revision": 1, "text": MINE, "reason": "Clearer."}
    answer = post(client, at(cast, proposal, "edit/"), sent, **headers)

    assert answer.status_code == 409
    assert left_in(answer) == MINE
    assert fresh(proposal).revision == 1
    assert left_in(client.get(at(cast, proposal, "edit/"))) == MINE
    own = fresh(proposal).revisions.get().content
    answer = post(client, at(cast, proposal, "edit/"), sent | {"text": own})
    assert "copy from it" not in text_of(answer)


FORMS = {Kind.REJECT: RejectForm, Kind.REQUEST: RequestForm, Kind.COMMENT: CommentForm}


def fields_of(form) -> dict[str, str]:
    """The markup of each field as the templates ask for it."""
    told = form if isinstance(form, dict) else {one.name: one for one in form}
    return {
        name: str(field["as_field_group"] if isinstance(field, dict) else field.as_field_group())
        for name, field in told.items()
        if name != "non_field_errors"
    }


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", FORMS)
def test_kept_markup_is_that_of_the_form_with_its_own_address(cast, kind, language: str) -> None:
    for proposal in (build.filed(cast.store), build.filed(cast.store, content="Two.\n")):
        with translation.override(language):
            kept = draft.unsent(FORMS[kind], proposal, kind)
            plain = draft.with_draft(FORMS[kind](), proposal, kind)
            assert fields_of(kept) == fields_of(plain)
            assert f"/review/{proposal}/draft/{kind.value}/" in "".join(fields_of(kept).values())
            assert not kept["non_field_errors"]


def test_words_that_were_left_are_in_the_form_of_their_own_proposal_alone(cast) -> None:
    proposal = build.filed(cast.store)
    left = draft.unsent(RejectForm, proposal, Kind.REJECT, "Half a <thought>")
    assert "Half a &lt;thought&gt;" in fields_of(left)["reason"]
    assert "thought" not in fields_of(draft.unsent(RejectForm, proposal, Kind.REJECT))["reason"]


def test_a_day_that_can_be_chosen_is_tomorrow_from_each_day_on(cast, clock) -> None:
    proposal = build.filed(cast.store)
    for _ in range(2):
        until = fields_of(draft.unsent(LaterForm, proposal))["until"]
        assert f'value="{tomorrow().isoformat()}"' in until
        clock.advance(days=1)
