"""The pages of a batch: what is listed, what is left out, and what pressing does."""

import pytest

from reviews.models import Batch, Decision
from tests import build
from tests.reviews.piles import SUBJECTS, open_quote, pile
from tests.reviews.views.desks import at, fresh, post, text_of

pytestmark = pytest.mark.django_db

BULK = "/w/northwind/review/bulk/"
RISKY = "Skip the identity verification.\n"


def said(*proposals, verdict: str = "approve", **more):
    items = [f"{one.number}.{one.revision}" for one in proposals]
    return {"item": items, "listed": items, "verdict": verdict, "token": "form-1", **more}


def test_the_queue_offers_a_batch_on_low_risk_alone(cast, client_of) -> None:
    pile(cast, 1)
    build.filed(cast.store, content=RISKY)
    page = text_of(client_of(cast.reviewer).get("/w/northwind/review/?q=agent%3Arefund-desk"))
    assert page.count("Review as batch") == 1
    assert f'href="{BULK}?q=agent%3Arefund-desk"' in page


@pytest.mark.parametrize("who", ["auditor"])
def test_who_does_not_decide_is_offered_none(cast, client_of, who: str) -> None:
    pile(cast, 1)
    page = text_of(client_of(getattr(cast, who)).get("/w/northwind/review/"))
    assert "Review as batch" not in page


def test_the_page_lists_each_with_its_change_and_what_was_counted(cast, client_of) -> None:
    filed = pile(cast, 2)
    page = text_of(client_of(cast.reviewer).get(BULK))
    assert "2 of the first 2 proposals of low risk" in page
    for n, one in enumerate(filed):
        assert f'value="{one.number}.1" form="batch" checked' in page
        assert f"{SUBJECTS[n]}</ins>" in page
    assert page.count('<p class="say">') == 2


def test_what_is_left_out_is_named_with_the_reason(cast, client_of) -> None:
    pile(cast, 1)
    bare = build.filed(cast.store, content="Nobody said so.\n", title="Nobody said so")
    page = text_of(client_of(cast.reviewer).get(BULK))
    assert "Left out" in page
    assert f">{bare}</a>" in page
    assert "No source was found for it." in page


def test_a_list_that_holds_none_says_so_and_has_no_button(cast, client_of) -> None:
    build.filed(cast.store)
    page = text_of(client_of(cast.reviewer).get(BULK))
    assert "Nothing to decide together" in page
    assert 'name="verdict"' not in page


def test_an_empty_queue_has_the_same_answer(cast, client_of) -> None:
    assert "Nothing to decide together" in text_of(client_of(cast.reviewer).get(BULK))


def test_approving_shows_what_became_of_each_and_offers_one_undo(cast, client_of, settings) -> None:
    settings.GRACE_S = 10
    filed, client = pile(cast), client_of(cast.reviewer)
    answer = post(client, BULK, said(*filed))
    assert answer.status_code == 303
    made = Batch.objects.get()
    assert answer.url == f"{BULK}{made.key}/"
    page = text_of(client.get(answer.url))
    assert "3 proposals approved" in page
    assert "Undo the batch" in page
    assert post(client, f"{answer.url}undo/", {}).status_code == 303
    assert [fresh(one).state for one in filed] == ["pending"] * 3
    page = text_of(client.get(answer.url))
    assert "Undone as a whole" in page
    assert "Undo the batch" not in page


def test_only_the_ticked_are_decided(cast, client_of) -> None:
    filed = pile(cast)
    post(client_of(cast.reviewer), BULK, said(*filed) | {"item": [f"{filed[1].number}.1"]})
    assert [fresh(one).state for one in filed] == ["pending", "scheduled", "pending"]


def test_an_approval_keeps_no_reason_that_stood_in_the_fields(cast, client_of) -> None:
    filed = pile(cast, 1)
    post(client_of(cast.reviewer), BULK, said(*filed, code="wrong", reason="Not so."))
    kept = Decision.objects.get()
    assert (kept.verdict, kept.reason_code, kept.reason) == ("approve", "", "")


def test_rejecting_without_a_reason_shows_the_same_list_again(cast, client_of) -> None:
    filed = pile(cast)
    sent = said(*filed, verdict="reject") | {"item": [f"{filed[0].number}.1"]}
    answer = post(client_of(cast.reviewer), BULK, sent)
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Choose why the change is rejected" in page
    assert page.count('form="batch" checked') == 1
    assert page.count('name="item"') == 3
    assert not Batch.objects.exists()


def test_nothing_ticked_is_said_and_nothing_decided(cast, client_of) -> None:
    filed = pile(cast)
    answer = post(client_of(cast.reviewer), BULK, said(*filed) | {"item": []})
    assert answer.status_code == 422
    assert "No proposal is chosen." in text_of(answer)


def test_many_ask_for_their_number_in_figures(cast, client_of) -> None:
    filed, client = pile(cast, 12), client_of(cast.reviewer)
    assert "How many you decide" in text_of(client.get(BULK))
    wrong = post(client, BULK, said(*filed, count=25))
    assert wrong.status_code == 422
    assert "You chose 12." in text_of(wrong)
    open_quote(cast, filed[0])
    assert post(client, BULK, said(*filed, count=12)).status_code == 303
    assert Decision.objects.count() == 12


def test_of_many_one_is_to_be_opened_which_the_page_says_before_and_after(cast, client_of) -> None:
    filed, client = pile(cast, 12), client_of(cast.reviewer)
    asked = "Open a quote of one more of them first"
    assert asked in text_of(client.get(BULK))
    early = post(client, BULK, said(*filed, count=12))
    assert early.status_code == 422
    assert "Open a quote of 1 more of these 12 before you approve them" in text_of(early)
    assert not Decision.objects.exists()
    client.get(at(cast, filed[3], "evidence/1/"))
    assert asked not in text_of(client.get(BULK))
    assert post(client, BULK, said(*filed, count=12)).status_code == 303


def test_what_was_skipped_is_named_on_the_page_of_the_batch(cast, client_of) -> None:
    filed, client = pile(cast, 2), client_of(cast.reviewer)
    risky = build.filed(cast.store, content=RISKY, title="Skip it")
    answer = post(client, BULK, said(*filed, risky))
    page = text_of(client.get(answer.url))
    assert "2 proposals approved" in page
    assert "Its risk is not low." in page


def test_undo_after_the_grace_is_refused_in_place(cast, client_of) -> None:
    filed, client = pile(cast, 1), client_of(cast.reviewer)
    url = post(client, BULK, said(*filed)).url
    type(filed[0]).objects.update(state="applied")
    answer = post(client, f"{url}undo/", {})
    assert answer.status_code == 409
    assert "Nothing was undone." in text_of(answer)


def test_somebody_elses_batch_is_not_there(cast, client_of) -> None:
    url = post(client_of(cast.reviewer), BULK, said(*pile(cast, 1))).url
    assert client_of(cast.second_reviewer).get(url).status_code == 404
    assert client_of(cast.lead).get(url).status_code == 200


def test_hostile_items_are_no_items(cast, client_of) -> None:
    pile(cast, 1)
    for item in ("", "1", "1.1.1", "-1.1", "1e9.1", "9" * 40 + ".1", "1.\x00"):
        answer = post(client_of(cast.reviewer), BULK, said() | {"item": [item]})
        assert answer.status_code == 422
    assert not Decision.objects.exists()


def test_a_form_sent_without_a_button_is_asked_for_one_and_decides_nothing(cast, client_of) -> None:
    filed = pile(cast, 2)
    answer = post(client_of(cast.reviewer), BULK, said(*filed, verdict=""))
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Press Approve or Reject: neither was said." in page
    assert all(f'value="{one.number}.1" form="batch" checked' in page for one in filed)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("verdict", ["withdraw", "approve ", "APPROVE", "<b>"])
def test_a_verdict_nobody_can_press_decides_nothing(cast, client_of, verdict: str) -> None:
    filed = pile(cast, 1)
    answer = post(client_of(cast.reviewer), BULK, said(*filed, verdict=verdict))
    assert answer.status_code == 422
    assert not Decision.objects.exists()
    assert {fresh(one).state for one in filed} == {"pending"}
