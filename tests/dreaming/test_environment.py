"""Settings come from the environment, and anything unknown or malformed stops the start."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from dreaming.environment import (
    Email,
    email_from,
    env_bool,
    env_float,
    env_int,
    env_list,
    env_networks,
    env_secret,
    env_signing_secret,
    env_text,
    keep_secret,
    refuse_unknown,
)

NAME = "DAYBREAK_PROBE"
OURS = tuple(name for name in os.environ if name.startswith("DAYBREAK_"))
"""What the harness itself has set."""


@pytest.mark.parametrize(
    ("word", "meant"),
    [("1", True), ("TRUE", True), ("on", True), ("0", False), ("No", False), ("off", False)],
)
def test_yes_and_no_have_these_words(monkeypatch: pytest.MonkeyPatch, word: str, meant: bool):
    monkeypatch.setenv(NAME, word)
    assert env_bool(NAME, default=not meant) is meant


def test_networks_are_read_of_both_kinds_and_none_is_none(monkeypatch: pytest.MonkeyPatch):
    assert env_networks(NAME) == []
    monkeypatch.setenv(NAME, "10.1.0.0/16, fd00::/8,192.0.2.7")
    assert [str(one) for one in env_networks(NAME)] == ["10.1.0.0/16", "fd00::/8", "192.0.2.7/32"]


@pytest.mark.parametrize("word", ["10.1.0.5/16", "10.1.0.0/33", "intranet", "10.1.0.0 /16", "*"])
def test_a_word_that_is_no_network_stops_the_start_and_says_what_to_write(
    monkeypatch: pytest.MonkeyPatch, word: str
):
    monkeypatch.setenv(NAME, f"192.0.2.0/24,{word}")
    with pytest.raises(ImproperlyConfigured, match=r"write them as 10\.1\.0\.0/16") as stopped:
        env_networks(NAME)
    assert NAME in str(stopped.value)
    assert repr(word) in str(stopped.value)


@pytest.mark.parametrize("word", ["", "maybe", "2", "y"])
def test_another_word_for_yes_stops_the_start(monkeypatch: pytest.MonkeyPatch, word: str):
    monkeypatch.setenv(NAME, word)
    with pytest.raises(ImproperlyConfigured, match="write true or false"):
        env_bool(NAME, default=True)


def test_what_is_not_set_is_its_default(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(NAME, raising=False)
    assert env_bool(NAME, default=True) is True
    assert env_int(NAME, 7, least=1) == 7
    assert env_float(NAME, 0.5, least=0.1) == 0.5
    assert env_list(NAME, ("a",)) == ["a"]
    assert env_text(NAME, "x") == "x"
    assert env_secret(NAME) is None


@pytest.mark.parametrize(
    ("word", "said"), [("ten", "whole number"), ("1.5", "whole number"), ("0", "least is 1")]
)
def test_a_number_that_cannot_be_taken_is_named(
    monkeypatch: pytest.MonkeyPatch, word: str, said: str
):
    monkeypatch.setenv(NAME, word)
    with pytest.raises(ImproperlyConfigured, match=f"{NAME}.*{said}"):
        env_int(NAME, 7, least=1)


@pytest.mark.parametrize(
    ("word", "said"),
    [("soon", "write a number"), ("0.01", "least is"), ("nan", "write a number"), ("inf", "write")],
)
def test_a_time_that_cannot_be_taken_is_named(
    monkeypatch: pytest.MonkeyPatch, word: str, said: str
):
    monkeypatch.setenv(NAME, word)
    with pytest.raises(ImproperlyConfigured, match=f"{NAME}.*{said}"):
        env_float(NAME, 1.0, least=0.1)


def test_a_list_drops_blanks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(NAME, " a.example , ,b.example,")
    assert env_list(NAME, ()) == ["a.example", "b.example"]


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    kept = tmp_path / "secret"
    kept.write_text("hush\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(kept))
    assert env_secret(NAME) == "hush"


@pytest.mark.parametrize(("given", "read"), [("", ""), ("whsec_aHVzaA==", "whsec_aHVzaA==")])
def test_a_signing_secret_is_read(monkeypatch: pytest.MonkeyPatch, given: str, read: str):
    monkeypatch.setenv(NAME, given)
    assert env_signing_secret(NAME) == read


def test_a_signing_secret_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(NAME, "whsec_not base64")
    with pytest.raises(ImproperlyConfigured, match="is no signing secret"):
        env_signing_secret(NAME)


def test_an_unreadable_secret_file_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "gone"))
    with pytest.raises(ImproperlyConfigured, match=f"{NAME}_FILE cannot be read"):
        env_secret(NAME)


def test_a_misspelt_setting_stops_the_start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAYBREAK_DATADIR", "/elsewhere")
    with pytest.raises(ImproperlyConfigured, match=r"DAYBREAK_DATADIR.*settings\.md"):
        refuse_unknown(OURS, ())


def test_only_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAYBREAK_DEBUG_FILE", "/some/file")
    with pytest.raises(ImproperlyConfigured, match="DAYBREAK_DEBUG_FILE"):
        refuse_unknown((*OURS, "DAYBREAK_DEBUG"), ("DAYBREAK_SECRET_KEY",))


def test_a_secret_by_file_is_known(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAYBREAK_SECRET_KEY_FILE", "/run/secrets/key")
    refuse_unknown((*OURS, "DAYBREAK_SECRET_KEY"), ("DAYBREAK_SECRET_KEY",))


def test_a_kept_secret_stays_the_same_and_is_ours_alone(tmp_path: Path):
    path = tmp_path / "secret_key"
    first = keep_secret(path)
    assert keep_secret(path) == first
    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret_key"]


def test_many_first_starts_agree_on_one_secret(tmp_path: Path):
    with ThreadPoolExecutor(8) as starts:
        seen = set(starts.map(keep_secret, [tmp_path / "secret_key"] * 40))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("", Email()),
        ("smtp://mail.example", Email(host="mail.example", port=25)),
        (
            "smtp+tls://ann%40x.example:p%2Fw@mail.example?from=daybreak@x.example",
            Email(
                host="mail.example",
                port=587,
                user="ann@x.example",
                password="p/w",
                starttls=True,
                sender="daybreak@x.example",
            ),
        ),
        ("smtps://mail.example:2465", Email(host="mail.example", port=2465, implicit_tls=True)),
    ],
)
def test_mail_goes_where_its_address_says(url: str, meant: Email):
    assert email_from(url) == meant


@pytest.mark.parametrize(
    "url",
    ["mail.example", "imap://mail.example", "smtp://", "smtp://h:notaport", "smtp://h?to=a@b"],
)
def test_an_address_for_mail_that_cannot_be_read_stops_the_start(url: str):
    with pytest.raises(ImproperlyConfigured, match="DAYBREAK_EMAIL_URL"):
        email_from(url)
