"""Editing in place: the draft is never lost, and its author does not decide it."""

import pytest

from reviews import decisions, revisions
from reviews.models import ProposalRevision
from tests import build
from tests.reviews.views.desks import (
    HTMX,
    LIVE,
    PATH,
    approve,
    at,
    fresh,
    member,
    post,
    text_of,
    update,
)

pytestmark = pytest.mark.django_db


def draft(text: str, *, revision: int = 1, reason: str = "Clearer.") -> dict[str, object]:
    return {"revision": revision, "text": text, "reason": reason}


def test_the_editor_starts_from_the_proposed_text(cast, client_of) -> None:
    proposal = update(cast, LIVE + "Six.\n")

    html = text_of(client_of(cast.reviewer).get(at(cast, proposal, "edit/")))

    assert ">\nOne.\nTwo.\nThree.\nFour.\nFive.\nSix.\n</textarea>" in html
    assert "Submit edited version" in html
    assert "You become its author." in html
    assert '<b class="p">+1</b>' in html


def test_the_edited_text_becomes_the_next_revision(cast, client_of) -> None:
    proposal = build.filed(cast.store)

    response = post(
        client_of(cast.reviewer), at(cast, proposal, "edit/"), draft("Mine.\r\nAnd more.\r\n")
    )

    assert response.status_code == 303
    assert response.url == at(cast, proposal)
    revision = ProposalRevision.objects.get(proposal=proposal, number=2)
    assert revision.content == "Mine.\nAnd more.\n"
    assert revision.author == cast.reviewer
    assert revision.reason == "Clearer."


def test_its_author_sees_that_others_decide(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    client = client_of(cast.reviewer)

    response = post(client, at(cast, proposal, "edit/"), draft("Mine.\n"), **HTMX)

    html = text_of(response)
    assert response["HX-Push-Url"] == at(cast, proposal)
    assert "Others decide it." in html
    assert "You wrote a revision of this proposal, so others decide it." in html


def test_earlier_approvals_fall(cast, client_of) -> None:
    proposal = build.filed(cast.store, content="Skip the verification.\n")
    approve(cast, proposal)

    post(client_of(cast.reviewer), at(cast, proposal, "edit/"), draft("Do the verification.\n"))

    assert fresh(proposal).state == "pending"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (draft("Kept.\n", reason=""), "This field is required."),
        (draft("Shipped orders cannot be cancelled.\n"), "The text is the same as before"),
        (draft(""), "is empty; retire the path instead"),
        (draft("x" * 102_401), "a memory holds 102,400"),
        (draft("a\x00b"), "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_submitted_keeps_the_draft(cast, client_of, sent, said) -> None:
    proposal = build.filed(cast.store)

    response = post(client_of(cast.reviewer), at(cast, proposal, "edit/"), sent)

    html = text_of(response)
    assert response.status_code == 422
    assert said in html
    assert ProposalRevision.objects.filter(proposal=proposal).count() == 1
    if "\x00" not in sent["text"]:
        assert f">\n{sent['text']}</textarea>" in html


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_somebody_quicker_costs_no_draft(cast, client_of, headers) -> None:
    proposal = build.filed(cast.store)
    revisions.submit_edit(
        proposal,
        content="Theirs.\n",
        reason="Faster.",
        by=member(cast, "second_reviewer"),
        expected_revision=1,
    )
    client = client_of(cast.reviewer)

    response = post(client, at(cast, proposal, "edit/"), draft("Mine.\n"), **headers)

    html = text_of(response)
    assert response.status_code == 409
    assert "your text is kept" in html
    assert ">\nMine.\n</textarea>" in html
    assert 'name="revision" value="2"' in html
    again = post(client, at(cast, proposal, "edit/"), draft("Mine.\n", revision=2), **headers)
    assert again.status_code in {200, 303}
    assert fresh(proposal).revision == 3


def test_the_preview_compares_with_live_memory(cast, client_of) -> None:
    proposal = update(cast, LIVE + "Six.\n")

    response = post(
        client_of(cast.reviewer),
        at(cast, proposal, "edit/preview/"),
        {"text": LIVE.replace("Two.", "Two and a half.")},
        **HTMX,
    )

    html = text_of(response)
    assert html.lstrip().startswith('<section class="sec" id="livediff"')
    assert "and a half" in html
    assert "Six." not in html


def test_the_preview_compares_with_the_proposal_when_asked(cast, client_of) -> None:
    proposal = update(cast, LIVE + "Six.\n")

    html = text_of(
        post(
            client_of(cast.reviewer),
            at(cast, proposal, "edit/preview/"),
            {"text": LIVE, "against": "proposal"},
            **HTMX,
        )
    )

    assert "Six." in html
    assert 'value="proposal" checked' in html


def test_the_preview_counts_what_cannot_be_seen(cast, client_of) -> None:
    proposal = build.filed(cast.store)

    html = text_of(
        post(
            client_of(cast.reviewer),
            at(cast, proposal, "edit/preview/"),
            {"text": "a\u202eb\u200bc\r\nd"},
            **HTMX,
        )
    )

    assert "2 hidden characters" in html
    assert "2 lines" in html


def test_the_preview_does_not_compare_what_is_too_long(cast, client_of) -> None:
    proposal = build.filed(cast.store)

    html = text_of(
        post(client_of(cast.reviewer), at(cast, proposal, "edit/preview/"), {"text": "x" * 102_401})
    )

    assert "longer than a memory may be" in html
    assert "xxxx" not in html


def test_a_settled_proposal_is_not_edited(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    approve(cast, proposal)
    decisions.apply_due(fresh(proposal).apply_at)

    response = client_of(cast.reviewer).get(at(cast, proposal, "edit/"))

    assert response.status_code == 409
    assert "cannot be edited any more" in text_of(response)


def test_a_conflicted_proposal_is_edited_where_its_conflict_is_settled(cast, client_of) -> None:
    proposal = build.proposal(cast.store, "conflicted", path=PATH)

    response = client_of(cast.reviewer).get(at(cast, proposal, "edit/"))

    assert response.url == at(cast, proposal, "conflict/")
