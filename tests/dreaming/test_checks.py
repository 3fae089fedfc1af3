"""What the code and the settings are held to before anything starts."""

from pathlib import Path
from types import ModuleType

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from dreaming import checks


def ids(messages: list) -> list[str]:
    return [message.id for message in messages]


def test_the_package_agents_is_ours():
    assert checks.check_package_is_ours(None) == []


def test_another_distributions_agents_is_refused_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    foreign = ModuleType("agents")
    foreign.__file__ = str(tmp_path / "agents" / "__init__.py")
    monkeypatch.setattr(checks, "agents", foreign)
    (message,) = checks.check_package_is_ours(None)
    assert message.id == "daybreak.E001"
    assert "openai-agents" in str(message.hint)


def test_development_is_refused_in_production(settings: Settings):
    settings.DEBUG, settings.SECURE = True, False
    assert ids(checks.check_development_is_off(None)) == ["daybreak.E002", "daybreak.E003"]


def test_production_settings_pass(settings: Settings):
    settings.DEBUG, settings.SECURE = False, True
    settings.ALLOWED_HOSTS = ["daybreak.example.com", *settings.LOCAL_HOSTS]
    assert checks.check_development_is_off(None) == []
    assert checks.check_hosts_are_named(None) == []


@pytest.mark.parametrize("hosts", [[], ["*"], ["daybreak.example.com", "*"]])
def test_an_installation_that_answers_to_anybody_is_refused(settings: Settings, hosts: list[str]):
    settings.ALLOWED_HOSTS = [*hosts, *settings.LOCAL_HOSTS]
    assert ids(checks.check_hosts_are_named(None)) == ["daybreak.E004"]


def test_embedded_parts_are_named_as_such(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    settings.BROKER_URL, settings.EMAIL_HOST = "filesystem://", ""
    assert ids(checks.check_parts_fit(None)) == ["daybreak.W001", "daybreak.W002", "daybreak.W003"]


def test_production_parts_are_passed_over(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    settings.BROKER_URL, settings.EMAIL_HOST = "redis://broker:6379/0", "mail.example"
    assert checks.check_parts_fit(None) == []


def test_the_checks_are_run_by_django(settings: Settings):
    settings.DEBUG = True
    assert "daybreak.E002" in ids(run_checks(include_deployment_checks=True))


def test_a_developer_is_not_held_to_production(settings: Settings):
    settings.DEBUG = True
    assert [name for name in ids(run_checks()) if str(name).startswith("daybreak")] == []


@pytest.mark.parametrize(
    ("secure", "engine", "expected"),
    [
        (True, "tests.fake_engine.FakeEngine", ["daybreak.E005"]),
        (True, "", []),
        (False, "tests.fake_engine.FakeEngine", []),
    ],
)
def test_a_test_engine_is_refused_where_data_is_real(
    settings: Settings, secure: bool, engine: str, expected: list[str]
):
    settings.SECURE, settings.TEST_ENGINE = secure, engine
    assert ids(run_checks(tags=[checks.OURS])) == expected


def test_the_refusal_names_the_variable_and_the_engine(settings: Settings):
    settings.SECURE, settings.TEST_ENGINE = True, "tests.fake_engine.FakeEngine"
    (message,) = checks.check_test_engine_is_off(None)
    assert "DAYBREAK_TEST_ENGINE" in message.msg
    assert "tests.fake_engine.FakeEngine" in message.msg
    assert "Unset DAYBREAK_TEST_ENGINE" in str(message.hint)
