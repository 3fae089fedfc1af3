"""What the vendor's failures mean to who runs a hosted dream: a sentence each, with the way out."""

import anthropic
import httpx2
import pytest

from dreaming.engines.claude.options import Options
from dreaming.engines.managed import wording

OPTIONS = Options(key="k", write_model="claude-opus-5")
REQUEST = httpx2.Request("POST", "https://api.anthropic.com/v1/dreams")


def status_error(status, body=None):
    response = httpx2.Response(status, request=REQUEST, headers={"request-id": "req_7"})
    return anthropic.APIStatusError("No.", response=response, body=body)


@pytest.mark.parametrize(
    ("status", "words", "permanent"),
    [
        (400, "DAYBREAK_MANAGED_MODEL (claude-opus-5)", True),
        (401, "DAYBREAK_MANAGED_API_KEY", True),
        (402, "cannot be billed", True),
        (403, "access to Dreams", True),
        (404, "not at the vendor any more", True),
        (408, "failing (status 408)", False),
        (409, "Something else works on the same store", False),
        (418, "refused the request (status 418)", True),
        (429, "limit at the vendor", False),
        (500, "failing (status 500)", False),
        (529, "overloaded", False),
    ],
)
def test_each_status_has_its_sentence_and_says_whether_trying_again_can_help(
    status, words, permanent
):
    told = wording.explain(status_error(status), OPTIONS)
    assert words in str(told)
    assert str(told).endswith("(request req_7)")
    assert told.permanent is permanent


def test_what_the_vendor_says_of_a_bad_request_is_passed_on_and_cut():
    body = {"error": {"type": "invalid_request_error", "message": "model: x is not one." * 50}}
    told = str(wording.explain(status_error(400, body), OPTIONS))
    assert '"model: x is not one.' in told
    assert len(told) < 600


@pytest.mark.parametrize("body", [None, "text", {"error": None}, {"error": {"message": ""}}])
def test_a_bad_request_without_words_is_told_as_that(body):
    assert "it did not say why" in str(wording.explain(status_error(400, body), OPTIONS))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (anthropic.APITimeoutError(REQUEST), "did not answer in time"),
        (anthropic.APIConnectionError(request=REQUEST), "DAYBREAK_MANAGED_BASE_URL"),
        (anthropic.APIError("cut", REQUEST, body=None), "broke off"),
    ],
)
def test_what_has_no_status_is_tried_again(error, words):
    told = wording.explain(error, OPTIONS)
    assert words in str(told)
    assert not told.permanent


@pytest.mark.parametrize("kind", wording.FAILURES)
def test_each_known_failure_has_words_of_ours_and_a_way_out(kind):
    told = wording.say_failure("drm_1", kind, "raw words of theirs")
    assert told.startswith("drm_1 failed at the vendor. ")
    assert "raw words" not in told
    assert "Start a new dream" in told or "Link another" in told


def test_an_unknown_failure_is_told_in_its_own_words():
    assert '"brand_new": It snowed.' in wording.say_failure("drm_1", "brand_new", "It snowed.")
    assert 'with "no type".' in wording.say_failure("drm_1", "", "")


def test_statuses_that_are_known_are_running_or_final():
    assert not wording.RUNNING & wording.FINAL
