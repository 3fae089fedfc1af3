"""Comments on a proposal: who is named, what is on the record, and who does not read them yet."""

import pytest
from django.db import DatabaseError, transaction

from reviews import decisions, rules
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.comments import (
    LENGTH,
    SHOWN,
    add_comment,
    discussion_of,
    find_names,
)
from reviews.decisions import Shown
from reviews.errors import NotAllowed, ReasonMissing
from reviews.models import Comment, Mention
from reviews.turns import whose_turn
from tests import build
from tests.cast import Cast
from tests.reviews.filings import after, entry_of
from tests.reviews.views.desks import HTMX, approve, at, fresh, member, post, text_of

PEOPLE = {
    1: ("Ana Ribeiro", "Ana", "ana@x.example"),
    2: ("Jonas Weber", "Jonas", "jonas@x.example"),
    3: ("Jonas Huber", "Jonas", "huber@x.example"),
}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Ana look.", [1]),
        ("@ana ribeiro, look.", [1]),
        ("(@Ana)", [1]),
        ("@ana@x.example look", [1]),
        ("@Jonas look.", []),
        ("@Jonas Weber and @Jonas Huber", [2, 3]),
        ("@Anabel look.", []),
        ("mail to bob@Ana", []),
        ("@property def x", []),
        ("", []),
    ],
)
def test_a_name_behind_an_at_names_one_person(text, named) -> None:
    assert [one.person for one in find_names(text, PEOPLE)] == named


def test_the_place_of_a_name_is_that_of_the_text() -> None:
    [one] = find_names("See @Ana Ribeiro.", PEOPLE)

    assert "See @Ana Ribeiro."[one.start : one.end] == "@Ana Ribeiro"


def comment(cast: Cast, proposal, text: str, name: str = "reviewer") -> Comment:
    return add_comment(proposal, text, by=member(cast, name))


def read(cast: Cast, proposal, name: str):
    now = fresh(proposal)
    reader = member(cast, name)
    turn = whose_turn(now, reader, rules.decisions_of(now))
    return discussion_of(now, reader, turn.unseen)


@pytest.mark.django_db
def test_a_comment_is_kept_with_its_mentions_and_its_entry(cast) -> None:
    proposal = build.filed(cast.store)

    made = comment(cast, proposal, "  @Sven and @Rosa: which orders? ")

    assert (made.number, made.revision, made.text) == (1, 1, "@Sven and @Rosa: which orders?")
    assert [one.person for one in Mention.objects.all()] == [cast.second_reviewer]
    assert after(entry_of(proposal, Action.PROPOSAL_COMMENTED)) == {"comment": 1, "mentions": 1}
    assert not any("which orders" in entry.body for entry in Entry.objects.all())


@pytest.mark.django_db
def test_nobody_is_named_who_does_not_see_proposals(cast) -> None:
    comment(cast, build.filed(cast.store), "@Amir @Olga look.")

    assert not Mention.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "   ", "x" * (LENGTH + 1)])
def test_a_comment_has_words(cast, text) -> None:
    with pytest.raises(ReasonMissing, match="Write 1 to"):
        comment(cast, build.filed(cast.store), text)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["auditor", "admin"])
def test_who_does_not_decide_does_not_comment(cast, name) -> None:
    with pytest.raises(NotAllowed):
        comment(cast, build.filed(cast.store), "x", name)


@pytest.mark.django_db
def test_a_comment_stays_as_it_is(cast) -> None:
    made = comment(cast, build.filed(cast.store), "One.")

    with pytest.raises(DatabaseError), transaction.atomic():
        Comment.objects.filter(pk=made.pk).update(text="Two.")
    with pytest.raises(DatabaseError), transaction.atomic():
        Comment.objects.filter(pk=made.pk).delete()


@pytest.mark.django_db
def test_who_has_not_voted_does_not_read_what_a_voter_wrote(cast) -> None:
    proposal = build.filed(cast.store, content="Skip the verification.\n")
    comment(cast, proposal, "It is fine.", "second_reviewer")
    comment(cast, proposal, "Who asks for it?", "lead")
    approve(cast, proposal, "second_reviewer")

    found = read(cast, proposal, "reviewer")
    assert [line.by for line in found.lines] == ["Lena"]
    assert found.held == 1
    assert read(cast, proposal, "second_reviewer").held == 0
    assert read(cast, proposal, "auditor").held == 0


@pytest.mark.django_db
def test_both_sides_are_read_by_who_settles_a_disagreement(cast) -> None:
    proposal = build.filed(cast.store, content="Skip the verification.\n")
    approve(cast, proposal, "second_reviewer")
    now = fresh(proposal)
    decisions.reject(
        now, by=member(cast, "reviewer"), shown=Shown(1, now.state), code="wrong", reason=""
    )
    comment(cast, proposal, "It is not fine.", "reviewer")

    assert read(cast, proposal, "lead").held == 0


@pytest.mark.django_db
def test_many_comments_cost_one_query_and_the_newest_stand(cast, django_assert_num_queries) -> None:
    proposal = build.filed(cast.store, rationale="x")
    for n in range(SHOWN + 3):
        comment(cast, proposal, f"Comment {n}.")
    reader = member(cast, "lead")

    with django_assert_num_queries(1):
        found = discussion_of(proposal, reader, frozenset())

    assert (len(found.lines), found.earlier) == (SHOWN, 3)
    assert found.lines[-1].pieces[0].text == f"Comment {SHOWN + 2}."


@pytest.mark.django_db
def test_a_comment_is_posted_and_stands_at_its_own_address(cast, client_of) -> None:
    client, proposal = client_of(cast.reviewer), build.filed(cast.store, rationale="x")

    answer = post(client, at(cast, proposal, "comment/"), {"text": "@Lena <b>look</b>\u202e"})
    html = text_of(client.get(at(cast, proposal)))

    assert answer.status_code == 303
    assert answer["Location"].endswith("/#c-1")
    assert '<li id="c-1">' in html
    assert "<b>@Lena</b> &lt;b&gt;look" in html
    assert "\u202e" not in html


@pytest.mark.django_db
def test_an_empty_comment_is_answered_with_the_page(cast, client_of) -> None:
    proposal = build.filed(cast.store)

    answer = post(client_of(cast.reviewer), at(cast, proposal, "comment/"), {"text": " "})

    assert answer.status_code == 422
    assert "This field is required." in text_of(answer)


@pytest.mark.django_db
def test_opening_the_proposal_sees_the_mention_and_fetching_ahead_does_not(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    comment(cast, proposal, "@Lena look.")
    client = client_of(cast.lead)

    client.get(at(cast, proposal), headers={"Sec-Purpose": "prefetch"})
    assert Mention.objects.get().seen_at is None
    client.get(at(cast, proposal), headers=HTMX)
    assert Mention.objects.get().seen_at is not None


@pytest.mark.django_db
def test_an_auditor_reads_comments_and_finds_no_form(cast, client_of) -> None:
    proposal = build.filed(cast.store)
    comment(cast, proposal, "Which orders?")

    html = text_of(client_of(cast.auditor).get(at(cast, proposal)))

    assert "Which orders?" in html
    assert "/comment/" not in html
