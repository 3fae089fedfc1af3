import pytest

from agents.errors import InvalidInput
from agents.transcripts.base import (
    MAX_SLUG,
    UnknownTranscriptFormat,
    UnreadableTranscript,
    file_name,
    folder_name,
    name_agent,
    slug_of,
    strip_endings,
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
        ("/home/ann/runs/support-bot.jsonl", "support-bot"),
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


@pytest.mark.parametrize(
    ("source_name", "file", "folder"),
    [
        ("/runs/sql/gpt-4/a.json", "a.json", "gpt-4"),
        ("gpt-4/a.json", "a.json", "gpt-4"),
        ("/a.json", "a.json", ""),
        ("a.json", "a.json", ""),
        ("", "", ""),
        ("runs/", "", "runs"),
        ("a//b", "b", ""),
    ],
)
def test_a_source_is_a_file_in_a_folder(source_name, file, folder):
    assert (file_name(source_name), folder_name(source_name)) == (file, folder)


@pytest.mark.parametrize(
    ("name", "stem"), [("a.json.gz", "a"), ("a.JSONL", "a"), ("a.b", "a.b"), (".txt", "")]
)
def test_endings_are_taken_off(name, stem):
    assert strip_endings(name) == stem


def test_words_become_a_slug():
    assert slug_of("sql gpt-3.5 plan_solve") == "sql-gpt-3-5-plan-solve"
