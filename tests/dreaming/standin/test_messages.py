"""Messages, tokens and batches of the stand-in, read by the vendor's own client."""

import anthropic
import pytest

from dreaming.standin.messages import Said
from dreaming.standin.server import Fault
from dreaming.standin.wire import Answer, refuse

HAIKU = "claude-haiku-5-5"
ASKED = [{"role": "user", "content": "Read this session."}]


def test_what_the_speaker_says_arrives_with_its_usage_and_a_request_id(vendor, client):
    vendor.messages.speaker = lambda body: Said(f"heard {body['messages'][0]['content']}")
    message = client.messages.create(model=HAIKU, max_tokens=100, messages=ASKED)
    assert message.content[0].text == "heard Read this session."
    assert (message.stop_reason, message.usage.input_tokens) == ("end_turn", 4)
    assert message._request_id.startswith("req_")


def test_counting_and_answering_count_the_same_way(vendor, client):
    counted = client.messages.count_tokens(model=HAIKU, messages=ASKED, system="Be brief.")
    client.messages.create(model=HAIKU, max_tokens=9, messages=ASKED, system="Be brief.")
    assert counted.input_tokens == vendor.messages.input_tokens == 7


def test_a_stream_says_the_same_as_a_whole_answer(vendor, client):
    vendor.messages.speaker = lambda body: Said("one thought", usage={"output_tokens": 42})
    with client.messages.stream(model=HAIKU, max_tokens=64_000, messages=ASKED) as stream:
        message = stream.get_final_message()
    assert (message.content[0].text, message.usage.output_tokens) == ("one thought", 42)


def test_a_refusal_has_its_category_and_no_text(vendor, client):
    vendor.messages.speaker = lambda body: Said("", stop="refusal", category="cyber")
    message = client.messages.create(model=HAIKU, max_tokens=9, messages=ASKED)
    assert (message.content, message.stop_details.category) == ([], "cyber")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, anthropic.AuthenticationError),
        (403, anthropic.PermissionDeniedError),
        (404, anthropic.NotFoundError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
        (529, anthropic.APIStatusError),
    ],
)
def test_a_fault_is_told_once_and_is_over(vendor, client, status, error):
    vendor.faults.append(Fault("POST", "/v1/messages", refuse(status, "No.")))
    with pytest.raises(error) as told:
        client.messages.create(model=HAIKU, max_tokens=9, messages=ASKED)
    assert told.value.status_code == status
    client.messages.create(model=HAIKU, max_tokens=9, messages=ASKED)


def test_overloaded_and_limited_once_each_the_client_comes_through_by_itself(vendor, client):
    for status in (529, 429):
        again = refuse(status, "Later.", headers={"retry-after": "0.01"})
        vendor.faults.append(Fault("POST", "/v1/messages", again))
    patient = client.with_options(max_retries=2)
    patient.messages.create(model=HAIKU, max_tokens=9, messages=ASKED)
    assert vendor.lines("POST") == ["POST /v1/messages"] * 3


def test_a_connection_that_breaks_in_the_middle_is_an_error_of_the_connection(vendor, client):
    broken = Answer(b'{"type": "message", "id"', cut_after=12)
    vendor.faults.append(Fault("POST", "/v1/messages", broken))
    with pytest.raises((anthropic.APIConnectionError, anthropic.APIError)):
        client.messages.create(model=HAIKU, max_tokens=9, messages=ASKED)


def test_a_wrong_key_and_an_unknown_model_are_refused(vendor, client):
    with pytest.raises(anthropic.AuthenticationError):
        client.with_options(api_key="other").messages.create(
            model=HAIKU, max_tokens=9, messages=ASKED
        )
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="claude-none", max_tokens=9, messages=ASKED)


def test_what_is_received_holds_no_key_in_its_body_and_is_kept_when_refused(vendor, client):
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("claude-none")
    assert vendor.lines() == ["GET /v1/models/claude-none"]


def test_a_batch_ends_after_a_look_and_tells_each_result_by_its_id(vendor, client):
    outcomes = {"a": "succeeded", "b": "errored", "c": "expired"}

    def speak(body):
        name = body["messages"][0]["content"]
        return Said(f"said {name}", outcome=outcomes[name])

    vendor.messages.speaker = speak
    requests = [
        {
            "custom_id": name,
            "params": {
                "model": HAIKU,
                "max_tokens": 9,
                "messages": [{"role": "user", "content": name}],
            },
        }
        for name in outcomes
    ]
    batch = client.messages.batches.create(requests=requests)
    assert client.messages.batches.retrieve(batch.id).processing_status == "in_progress"
    assert client.messages.batches.retrieve(batch.id).processing_status == "ended"
    told = {one.custom_id: one.result.type for one in client.messages.batches.results(batch.id)}
    assert told == outcomes
    assert list(told) == ["c", "b", "a"]


def test_a_tool_it_wants_used_is_a_block_with_an_id_of_its_own(vendor, client):
    vendor.messages.speaker = lambda body: Said("Look.", uses=[("look", {"at": 1}), ("look", {})])
    asked = {"model": "claude-haiku-5-5", "max_tokens": 9}
    reply = client.messages.create(messages=[{"role": "user", "content": "x"}], **asked)
    assert reply.stop_reason == "tool_use"
    assert [block.type for block in reply.content] == ["text", "tool_use", "tool_use"]
    assert [block.input for block in reply.content[1:]] == [{"at": 1}, {}]
    assert len({block.id for block in reply.content[1:]}) == 2
