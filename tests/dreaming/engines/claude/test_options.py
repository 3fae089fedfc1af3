"""How the engine is set up from words."""

from dreaming.engines.claude.client import make_client, why_unready
from dreaming.engines.claude.options import Options


def test_what_is_left_out_keeps_its_default():
    assert Options.of({}) == Options()
    assert Options.of({"read_model": "", "concurrency": ""}) == Options()


def test_numbers_and_switches_are_read_from_words():
    made = Options.of({"concurrency": "9", "retries": "0", "batches": "true", "key": "k"})
    assert (made.concurrency, made.retries, made.batches, made.key) == (9, 0, True, "k")
    assert not Options.of({"batches": "false"}).batches


def test_what_is_missing_is_said_before_anything_is_tried():
    assert "No key" in why_unready(Options())
    assert why_unready(Options(key="k")) == ""
    assert "no platform" in why_unready(Options(key="k", platform="moon"))
    assert "Batches" in why_unready(Options(platform="bedrock", batches=True))
    assert why_unready(Options(platform="vertex")) == ""


def test_the_client_goes_where_the_options_say():
    client = make_client(Options(key="k", base_url="http://127.0.0.1:9", retries=0))
    assert str(client.base_url).startswith("http://127.0.0.1:9")
    assert client.max_retries == 0
    client.close()
