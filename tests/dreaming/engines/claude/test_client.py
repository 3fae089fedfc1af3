"""What the vendor's errors mean to who runs a dream: one sentence each, with the way out."""

import anthropic
import httpx2
import pytest

from dreaming.engines.claude.client import explain, is_about_the_request
from dreaming.engines.claude.options import Options

OPTIONS = Options(key="k", base_url="https://claude.example.com/v1")
REQUEST = httpx2.Request("POST", "https://claude.example.com/v1/messages")


def status_error(status):
    response = httpx2.Response(status, request=REQUEST, headers={"request-id": "req_7"})
    return anthropic.APIStatusError("No.", response=response, body=None)


@pytest.mark.parametrize(
    ("status", "words", "permanent"),
    [
        (401, "DAYBREAK_ANTHROPIC_API_KEY", True),
        (402, "cannot be billed", True),
        (403, "ask who gave it out", True),
        (404, "DAYBREAK_CLAUDE_WRITE_MODEL", True),
        (408, "status 408", False),
        (409, "status 409", False),
        (418, "refused the request (status 418)", True),
        (429, "tried again later", False),
        (500, "overloaded or failing", False),
        (503, "overloaded or failing", False),
        (504, "overloaded or failing", False),
        (529, "overloaded or failing", False),
    ],
)
def test_each_status_has_its_sentence_and_says_whether_trying_again_can_help(
    status, words, permanent
):
    told = explain(status_error(status), OPTIONS)
    assert words in str(told)
    assert str(told).endswith("(request req_7)")
    assert told.permanent is permanent


def test_an_unknown_model_is_told_with_both_names():
    told = str(explain(status_error(404), OPTIONS))
    assert OPTIONS.read_model in told
    assert OPTIONS.write_model in told


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (anthropic.APITimeoutError(REQUEST), "did not answer in time"),
        (anthropic.APIConnectionError(request=REQUEST), "cannot be reached at host:claude.example"),
        (anthropic.APIError("cut", REQUEST, body=None), "The answer broke off"),
    ],
)
def test_what_has_no_status_is_tried_again(error, words):
    told = explain(error, OPTIONS)
    assert words in str(told)
    assert not told.permanent


@pytest.mark.parametrize("status", [400, 413, 422])
def test_some_refusals_are_about_one_request_only(status):
    assert is_about_the_request(status_error(status))


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_others_are_about_every_request(status):
    assert not is_about_the_request(status_error(status))
    assert not is_about_the_request(anthropic.APITimeoutError(REQUEST))


def test_a_sentence_without_a_request_names_none():
    told = str(explain(anthropic.APIConnectionError(request=REQUEST), OPTIONS))
    assert "request req" not in told
    assert "DAYBREAK_ANTHROPIC_BASE_URL" in told
