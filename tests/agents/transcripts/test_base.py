import pytest

from agents.errors import InvalidInput
from agents.transcripts.base import (
    MAX_SLUG,
    UnknownTranscriptFormat,
    UnreadableTranscript,
    name_agent,
)


@pytest.mark.parametrize(
    ("source_name", "slug"),
    [
        ("tau_airline__gpt-4o__4trials.json.gz", "tau-airline-gpt-4o-4trials"),
        ("support-bot.jsonl", "support-bot"),
        ("Support Bot (new).JSONL.GZ", "support-bot-new"),
        ("sessions", "sessions"),
        ("v1.2.json", "v1-2"),
        ("__a__.ndjson", "a"),
    ],
)
def test_an_agent_is_named_after_its_file(source_name, slug):
    assert name_agent(source_name) == slug


@pytest.mark.parametrize("source_name", ["", ".jsonl", "日本語.jsonl", "___", "\ud800"])
def test_a_name_without_letters_still_gives_a_slug(source_name):
    assert name_agent(source_name).startswith("agent-")


def test_names_that_are_too_long_stay_apart():
    slugs = {name_agent("x" * 200 + ending) for ending in "ab"}
    assert len(slugs) == 2
    assert {len(slug) for slug in slugs} == {MAX_SLUG}


def test_names_without_letters_stay_apart():
    assert name_agent("日本.jsonl") != name_agent("中国.jsonl")


@pytest.mark.parametrize("error", [UnreadableTranscript, UnknownTranscriptFormat])
def test_faults_of_a_transcript_are_faults_of_the_input(error):
    assert issubclass(error, InvalidInput)
