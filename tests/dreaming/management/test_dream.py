"""manage.py dream: exit codes, JSON that is only JSON, and the same result twice."""

import json
import re
import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from agents.models import MemoryStore
from dreaming.engines.base import Dropped, EngineError
from dreaming.management.commands.dream import Command
from dreaming.models import Dream
from reviews.models import Proposal
from tests import build, pack
from tests.cast import Cast
from tests.dreaming import nights
from tests.dreaming.conftest import Seated
from tests.dreaming.test_results import lasting
from tests.fake_engine import FakeEngine

pytestmark = pytest.mark.django_db

AIRLINE = "tau_airline__gpt-4o__4trials.json.gz"


def dream(*words: str, workspace: str = "northwind") -> tuple[int, str]:
    """Run the command and return its exit code and what it printed."""
    out = StringIO()
    try:
        call_command("dream", "--workspace", workspace, *words, stdout=out, stderr=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def as_json(*words: str, workspace: str = "northwind") -> dict[str, Any]:
    """Run the command with --json and return the object it printed."""
    code, text = dream(*words, "--json", workspace=workspace)
    assert code == 0, text
    read: dict[str, Any] = json.loads(text)
    return read


def test_a_dream_that_completes_ends_with_0(cast: Cast):
    nights.sessions(cast.agent)
    code, text = dream("--agent", "refund-desk")
    assert code == 0
    assert text.startswith("D-1 completed.")
    assert f"{Proposal.objects.get()} filed: /mistake/" in text


def test_nothing_to_read_ends_with_0_and_says_so(cast: Cast):
    code, text = dream("--agent", "refund-desk")
    assert (code, "D-1 skipped. There are no sessions to read yet." in text) == (0, True)


def test_finding_nothing_ends_with_0_and_says_so(cast: Cast):
    build.session(cast.agent)
    code, text = dream("--agent", "refund-desk")
    assert (code, "Nothing to change" in text) == (0, True)


def test_a_partial_dream_ends_with_3(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)
    seat(FakeEngine((), not_analysed=(Dropped("S-1", "Too long."),)))
    code, text = dream("--agent", "refund-desk", "--engine", "test")
    assert (code, "Dropped: S-1. Too long." in text) == (3, True)


def test_a_held_dream_ends_with_3(cast: Cast, seat: Seated):
    seen = nights.sessions(cast.agent)
    path = build.memory(cast.store).path
    seat(FakeEngine(nights.retires([path], seen)))
    code, text = dream("--agent", "refund-desk", "--engine", "test")
    assert (code, f"not filed held: {path}" in text) == (3, True)


def test_a_failed_dream_ends_with_1(cast: Cast, seat: Seated):
    nights.sessions(cast.agent)
    seat(FakeEngine(error=EngineError("The key is not valid.", permanent=True)))
    code, text = dream("--agent", "refund-desk", "--engine", "test")
    assert (code, "D-1 failed. The key is not valid." in text) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--agent", "nobody"), "There is no agent 'nobody' in northwind; there are: refund-desk."),
        (("--engine", "oracle"), 'There is no engine called "oracle". Installed are: '),
        (("--as", "ghost@northwind.example"), "ghost@northwind.example is no lead of northwind"),
        (("--as", "rosa@northwind.example"), "a lead starts dreams"),
        (("--as", "olga@elsewhere.example"), "is no lead of northwind"),
    ],
)
def test_bad_input_ends_with_4_and_names_it(cast: Cast, words: tuple[str, ...], said: str):
    code, text = dream(*words)
    assert (code, said in text) == (4, True)
    assert not Dream.objects.exists()


def test_an_unknown_workspace_ends_with_4(cast: Cast):
    assert dream(workspace="nowhere") == (4, "There is no workspace 'nowhere'.")


def test_a_busy_memory_ends_with_4(cast: Cast):
    build.dream(cast.store, "running")
    code, text = dream("--agent", "refund-desk")
    assert (code, "is running; wait or cancel it" in text) == (4, True)


def test_who_starts_it_by_name_is_on_the_proposals(cast: Cast):
    nights.sessions(cast.agent)
    dream("--agent", "refund-desk", "--as", cast.lead.email)
    assert Proposal.objects.get().started_by == cast.lead


def test_without_a_name_nobody_is_barred(cast: Cast):
    nights.sessions(cast.agent)
    dream("--agent", "refund-desk")
    assert Proposal.objects.get().started_by is None


def test_json_has_all_that_is_promised(cast: Cast):
    nights.sessions(cast.agent)
    made = as_json("--agent", "refund-desk")
    assert {"sessions_read", "patterns", "proposals", "dropped", "usage", "seconds"} <= set(made)
    assert set(made["patterns"][0]) >= {
        "key",
        "kind",
        "statement",
        "support",
        "tasks",
        "principals",
        "effect",
        "q",
        "signal",
        "scope",
    }
    assert set(made["proposals"][0]) >= {
        "id",
        "status",
        "op",
        "path",
        "content",
        "rationale",
        "evidence",
        "risk",
        "route",
    }


def test_without_an_agent_it_is_the_shared_memorys(cast: Cast):
    for agent in (cast.agent, build.agent(cast.workspace, "billing")):
        nights.sessions(agent, 3)
    (one,) = as_json()["proposals"]
    assert Proposal.objects.get(path=one["path"]).store == cast.shared_store


def test_a_second_run_prints_the_same_and_files_nothing(cast: Cast):
    nights.sessions(cast.agent, 6)
    first, second = as_json("--agent", "refund-desk"), as_json("--agent", "refund-desk")
    assert lasting(first) == lasting(second)
    assert Proposal.objects.count() == 1
    assert [one["status"] for one in second["proposals"]] == ["already_open"]


@pytest.mark.parametrize("words", [["--sideways"], ["--agent"], []])
def test_a_wrong_argument_ends_with_4_too(words: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        Command().run_from_argv(["manage.py", "dream", *words])
    assert end.value.code == 4
    assert "usage: manage.py dream" in capsys.readouterr().err


# Real sessions


@pytest.fixture
def airline(db: None) -> str:
    """The workspace with the imported airline sessions."""
    path = pack.require(AIRLINE)
    with pytest.raises(SystemExit) as end:
        call_command(
            "import_sessions", str(path), "--format", "tau", "--workspace", "airline",
            stdout=StringIO(), stderr=StringIO(),
        )  # fmt: skip
    assert end.value.code == 0
    return "airline"


def test_airline_dreams_within_ten_seconds_and_twice_the_same(airline: str):
    agent = MemoryStore.objects.exclude(agent=None).get().agent
    assert agent is not None
    began = time.monotonic()
    first = as_json("--agent", agent.slug, workspace=airline)
    assert time.monotonic() - began < 10
    filed = Proposal.objects.count()
    second = as_json("--agent", agent.slug, workspace=airline)
    assert (first["sessions_read"], first["state"]) == (100, "completed")
    assert lasting(first) == lasting(second)
    assert (len(first["proposals"]) > 0, Proposal.objects.count()) == (True, filed)


def test_the_shared_memory_takes_nothing_from_one_agent_alone(airline: str):
    made = as_json(workspace=airline)
    assert made["sessions_read"] == 100
    assert made["proposals"] == []


@pytest.mark.django_db(transaction=True)
def test_an_estimate_is_printed_and_nothing_is_asked_of_a_model(house, vendor):
    code, told = dream("--agent=refund-desk", "--engine=claude", "--estimate")
    assert code == 0
    assert re.fullmatch(r"5 requests with [\d,]+ tokens, .*: at most 0\.\d\d USD\.\n", told)
    code, told = dream("--agent=refund-desk", "--engine=claude", "--estimate", "--json")
    assert code == 0
    assert json.loads(told)["estimate"]["requests"] == 5
    assert set(vendor.lines()) == {"POST /v1/messages/count_tokens"}
    assert set(Dream.objects.values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.django_db(transaction=True)
def test_an_estimate_above_the_ceiling_is_printed_with_the_way_out(house, vendor, settings):
    settings.DREAM_CEILING_USD = 0.01
    code, told = dream("--agent=refund-desk", "--engine=claude", "--estimate")
    assert code == 1
    assert "5 requests" in told
    assert "raise DAYBREAK_DREAM_CEILING_USD" in told


def test_an_estimate_of_the_local_engine_says_that_it_costs_nothing(cast):
    assert dream("--agent=refund-desk", "--estimate") == (
        0,
        "The engine local runs here and costs nothing.\n",
    )
    assert not Dream.objects.exists()
