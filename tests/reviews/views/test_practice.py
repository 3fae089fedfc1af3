"""The pages of the sample queue: the page of a proposal, labelled, in order, told at once."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from agents.group_rules import require_qualification
from agents.people import find_member, set_group
from reviews import practice
from reviews.audit.actors import SYSTEM
from reviews.models import SampleAnswer, SampleRun
from reviews.practice import Reply, answers_of, sample_of
from reviews.samples.base import Answer
from reviews.samples.runs import COUNT
from tests.reviews.views.desks import HTMX, post, text_of

pytestmark = pytest.mark.django_db
SHOWN = {"revision": 1, "state": "pending"}
REJECTED = {**SHOWN, "code": "wrong", "reason": "It is not so."}


@pytest.fixture
def rosa(cast):
    return find_member(cast.reviewer, cast.workspace)


@pytest.fixture
def run(rosa):
    return practice.start_practice(by=rosa)


@pytest.fixture
def client(client_of, cast):
    return client_of(cast.reviewer)


def at(run, position, page=""):
    return f"/w/northwind/practice/{run.attempt}/{position}/{page}"


def right_page(run, position):
    """Where the right answer of a sample is sent, and with what."""
    right = sample_of(answers_of(run)[position - 1]).right
    page = "approve/" if right is Answer.APPROVE else "reject/"
    return at(run, position, page), REJECTED


def test_the_first_sample_opens_from_the_page_of_practice(client):
    home = client.get("/w/northwind/practice/")
    assert "Start the sample queue" in text_of(home)
    begun = client.post("/w/northwind/practice/start/", follow=True)
    assert begun.redirect_chain[-1][0] == "/w/northwind/practice/1/1/"
    assert "Sample: nothing here is applied" in text_of(begun)
    assert "Go on with the sample queue" in text_of(client.get("/w/northwind/practice/"))


def test_a_sample_has_the_bar_the_evidence_and_the_keys_of_a_proposal(client, run):
    page = text_of(client.get(at(run, 1)))
    for key in ("a", "r", "c", "]", "v", "t"):
        assert f'data-key="{key}"' in page
    assert "Evidence" in page
    assert f'action="{at(run, 1, "approve/")}"' in page
    assert f'href="{at(run, 1, "reject/")}"' in page
    assert f'href="{at(run, 1, "evidence/1/")}"' in page
    assert "Sample 1 of 12." in page
    assert "Nothing here is applied." in page


def test_no_address_on_a_sample_leads_to_a_proposal(client, run):
    pages = ["", "reject/", "request-changes/", "evidence/1/"]
    for page in pages:
        assert re.search(r"/review/P-\d", text_of(client.get(at(run, 1, page)))) is None, page


def test_the_answer_is_told_at_once_with_the_reason(client, run):
    address, sent = right_page(run, 1)
    told = text_of(client.post(address, sent, follow=True))
    sample = sample_of(answers_of(run)[0])
    assert "Right: " in told
    assert sample.because.split("`")[0][:40] in told.replace("&#x27;", "'").replace("&quot;", '"')
    assert "Next sample" in told
    assert 'class="actions" method="post"' not in told


def test_a_wrong_answer_says_what_would_have_been_right(client, run):
    right = sample_of(answers_of(run)[0]).right
    wrong = "reject/" if right is Answer.APPROVE else "approve/"
    told = text_of(client.post(at(run, 1, wrong), REJECTED, follow=True))
    assert re.search(r"You said (approved|rejected); right is (approved|rejected)\.", told)


def test_with_script_the_pane_the_list_and_the_address_follow(client, run):
    address, sent = right_page(run, 1)
    answer = post(client, address, sent, **HTMX)
    text = text_of(answer)
    assert text.lstrip().startswith("<main")
    assert 'id="queue"' in text
    assert 'hx-swap-oob="true"' in text
    assert answer.headers["HX-Push-Url"] == at(run, 1)
    assert "<!doctype" not in text


def test_a_rejection_without_a_reason_is_asked_again_and_nothing_is_recorded(client, run):
    for headers in ({}, HTMX):
        answer = post(client, at(run, 1, "reject/"), SHOWN, **headers)
        assert answer.status_code == 422
        assert "Choose why the change is rejected." in text_of(answer)
    assert not SampleAnswer.objects.exclude(answer="").exists()


def test_asking_for_changes_is_an_answer_too(client, run):
    client.post(at(run, 1, "request-changes/"), {**SHOWN, "reason": "Only for shipped orders."})
    assert answers_of(run)[0].answer == "send_back"
    assert answers_of(run)[0].reason == "Only for shipped orders."


def test_a_sample_ahead_cannot_be_opened_and_one_behind_can(client, run):
    assert client.get(at(run, 2)).status_code == 404
    client.post(at(run, 1, "approve/"), SHOWN)
    assert client.get(at(run, 2)).status_code == 200
    assert "answered" in text_of(client.get(at(run, 1)))
    assert client.get(at(run, 13)).status_code == 404
    assert client.get(at(run, 0)).status_code == 404


def test_titles_of_samples_to_come_are_not_shown(client, run):
    page = text_of(client.get(at(run, 1)))
    titles = [escape(sample_of(one).title) for one in answers_of(run)]
    assert titles[0] in page
    assert not any(title in page for title in titles[1:])


def test_answering_twice_is_refused_and_says_which_is_next(client, run):
    client.post(at(run, 1, "approve/"), SHOWN)
    again = client.post(at(run, 1, "reject/"), REJECTED)
    assert again.status_code == 409
    assert "sample 2 is next" in text_of(again)
    assert answers_of(run)[0].answer == "approve"


def test_opening_a_quote_shows_its_turns_and_is_counted(client, run):
    page = text_of(client.get(at(run, 1, "evidence/1/")))
    assert "A quote for" in page
    piece = text_of(client.get(at(run, 1, "evidence/2/"), headers=HTMX))
    assert "2 of " in piece
    assert answers_of(run)[0].opened == [1, 2]
    assert client.get(at(run, 1, "evidence/9/")).status_code == 404


def test_a_browser_that_fetches_ahead_opens_nothing(client, run):
    client.get(at(run, 1, "evidence/1/"), headers={"Sec-Purpose": "prefetch"})
    assert answers_of(run)[0].opened == []


def test_the_run_of_somebody_else_is_not_there(client_of, cast, run):
    other = client_of(cast.second_reviewer)
    for page in ("", "evidence/1/", "reject/"):
        assert other.get(at(run, 1, page)).status_code == 404
    assert other.post(at(run, 1, "approve/"), SHOWN).status_code == 404
    assert other.get("/w/northwind/practice/1/").status_code == 404
    assert not SampleAnswer.objects.exclude(answer="").exists()


def test_the_result_lists_every_sample_with_what_is_right(client, run, rosa):
    assert client.get("/w/northwind/practice/1/").headers["Location"] == at(run, 1)
    for one in answers_of(run):
        practice.answer_sample(run, one.position, Reply(Answer.APPROVE), by=rosa)
    page = text_of(client.get("/w/northwind/practice/1/"))
    assert "6 of 12 right" in page
    assert page.count("a trap") == 2
    assert text_of(client.get("/w/northwind/practice/")).count("Run 1") == 1


def test_a_whole_run_goes_through_without_script(client, run):
    for position in range(1, COUNT + 1):
        address, sent = right_page(run, position)
        assert client.post(address, sent).status_code == 303
    run = SampleRun.objects.get()
    assert (run.right, run.caught) == (12, 2)


def test_what_a_sample_hides_is_shown_as_a_chip(client, run):
    SampleAnswer.objects.filter(run=run, position=1).update(sample="refund-note/trap")
    page = text_of(client.get(at(run, 1)))
    assert 'class="hid"' in page
    assert "U+200B" in page
    assert "\u200b" not in page


def test_a_sample_costs_few_queries_whichever_it_is(client, run, rosa):
    def count(position):
        with CaptureQueriesContext(
            connection,
        ) as caught:
            client.get(at(run, position), headers=HTMX)
        return len(caught)

    first = count(1)
    for position in range(1, 8):
        practice.answer_sample(run, position, Reply(Answer.APPROVE), by=rosa)
    assert count(8) == first <= 7


def test_the_menu_leads_there_for_who_decides(client_of, cast):
    address = reverse("practice", args=["northwind"])
    assert address in text_of(client_of(cast.lead).get("/w/northwind/review/"))
    assert address not in text_of(client_of(cast.auditor).get("/w/northwind/review/"))


# To qualify.


@pytest.fixture
def risk(cast, clock):
    """The group risk of Rosa, which asks for qualification."""
    set_group(cast.workspace, "risk", [cast.reviewer], by=SYSTEM)
    return require_qualification(cast.workspace, "risk", days=365, by=SYSTEM)


def test_a_group_that_asks_is_on_the_page_with_its_rule(client, risk):
    page = text_of(client.get("/w/northwind/practice/"))
    assert "Not qualified yet." in page
    assert "10 of 12 right answers and none of the 2 traps approved." in page
    assert "Qualify for risk" in page
    assert "risk asks you to qualify" in text_of(client.get("/w/northwind/review/"))


def test_a_test_tells_nothing_before_its_end(client, risk, rosa):
    begun = client.post("/w/northwind/practice/qualify/risk/", follow=True)
    assert "What is right is told at the end." in text_of(begun)
    run = SampleRun.objects.get()
    for position in range(1, COUNT):
        address, sent = right_page(run, position)
        page = text_of(client.post(address, sent, follow=True))
        assert f"Sample {position + 1} of 12." in page
        assert "Right" not in page.partition('id="pane"')[2].partition("Why")[0]
        assert sample_of(answers_of(run)[position - 1]).because not in page
    address, sent = right_page(run, COUNT)
    done = text_of(client.post(address, sent, follow=True))
    assert "Qualified for risk until 21 Nov 2027" in done
    assert "12 of 12 right" in done


def test_an_answered_sample_of_a_test_is_not_opened_again(client, risk, rosa):
    run = practice.start_qualification("risk", by=rosa)
    address, sent = right_page(run, 1)
    client.post(address, sent)
    answer = client.get(at(run, 1), follow=True)
    assert answer.redirect_chain[-1][0] == at(run, 2)


def test_with_script_a_test_goes_on_to_the_next_and_ends_on_its_result(client, risk, rosa):
    run = practice.start_qualification("risk", by=rosa)
    address, sent = right_page(run, 1)
    answer = post(client, address, sent, **HTMX)
    assert answer.headers["HX-Push-Url"] == at(run, 2)
    assert "Sample 2 of 12." in text_of(answer)
    for position in range(2, COUNT):
        practice.answer_sample(run, position, Reply(Answer.REJECT), by=rosa)
    last = post(client, at(run, COUNT, "approve/"), SHOWN, **HTMX)
    assert last.headers["HX-Redirect"] == "/w/northwind/practice/1/"
    result = text_of(client.get("/w/northwind/practice/1/"))
    assert "Not qualified for risk" in result
    home = text_of(client.get("/w/northwind/practice/"))
    assert "The next attempt can begin" in home
    assert "Qualify for risk" not in home


def test_an_ended_qualification_is_said_with_its_day(client, risk, rosa, clock):
    run = practice.start_qualification("risk", by=rosa)
    for one in answers_of(run):
        practice.answer_sample(run, one.position, Reply(sample_of(one).right), by=rosa)
    assert "Qualified until 21 Nov 2027." in text_of(client.get("/w/northwind/practice/"))
    clock.advance(days=370)
    page = text_of(client.get("/w/northwind/review/"))
    assert "Your qualification for risk ended 21 Nov" in page


def test_a_group_that_asks_nobody_cannot_be_qualified_for(client, cast):
    assert client.post("/w/northwind/practice/qualify/risk/").status_code == 404
    assert not SampleRun.objects.exists()
