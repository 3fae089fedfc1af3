"""One image, roles by command, no secret inside; and the commands that build the environment."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.measure import ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
ROLES = ("migrate", "web", "worker", "beat")
INHERITED = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "PORT")


@pytest.mark.parametrize("role", ROLES)
def test_each_role_runs_from_the_one_image_with_few_rights(role: str):
    service = COMPOSE["services"][role]
    assert service["image"] == "daybreak"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


def test_no_secret_stands_in_the_file():
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            secret = re.search("PASSWORD|KEY|KEK|DATABASE_URL|EMAIL_URL", name)
            assert not secret or value.startswith("/run/secrets/"), name


def test_every_secret_that_is_used_is_declared():
    used = {name for service in COMPOSE["services"].values() for name in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"])


@pytest.mark.parametrize("role", ["web", "worker", "beat"])
def test_nothing_starts_before_the_migrations_are_done(role: str):
    waits = COMPOSE["services"][role]["depends_on"]
    assert waits["migrate"]["condition"] == "service_completed_successfully"


def test_beat_runs_once_and_apart_from_the_worker():
    assert "beat" in COMPOSE["services"]["beat"]["command"]
    assert not {"-B", "--beat", "beat"} & set(COMPOSE["services"]["worker"]["command"])


def test_the_image_installs_by_hash_and_runs_as_nobody_in_particular():
    assert "--require-hashes --no-deps -r requirements.lock" in DOCKERFILE
    assert "USER 10001:10001" in DOCKERFILE
    assert "HEALTHCHECK" in DOCKERFILE
    assert "requirements-dev.lock" not in DOCKERFILE


def test_what_the_image_copies_exists():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert all((ROOT / name).exists() for line in copied for name in line.split())


def planned(*words: str) -> list[str]:
    """Return what make would run, asked as from a shell of its own, with no make around it."""
    free = {name: value for name, value in os.environ.items() if name not in INHERITED}
    said = subprocess.run(
        ["make", "--dry-run", *words],
        cwd=ROOT,
        env=free,
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.strip().splitlines()


def test_the_demo_installs_the_product_only():
    plan = "\n".join(planned("demo", "VENV=/nowhere/venv"))
    assert "-r requirements.lock" in plan
    assert "requirements-dev.lock" not in plan


def test_a_second_start_installs_nothing(tmp_path: Path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    (tmp_path / ".product-installed").touch()
    plan = planned("demo", f"VENV={tmp_path}")
    assert plan == [f"PORT=8000 {tmp_path}/bin/python manage.py demo"]


def test_help_is_what_make_says_first():
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(r"make demo +Start a filled Daybreak", said)
    assert re.search(r"make bench-% +Measure one part", said)


def test_the_whole_check_is_one_script_that_can_be_run():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)
