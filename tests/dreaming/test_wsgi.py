"""How a server's process is left when it begins to serve."""

import gc
import json
import subprocess
import sys
from typing import Any

import pytest

ASK = """
import gc, json, sys
from django.urls import get_resolver
from dreaming.wsgi import application, settle
get_resolver().url_patterns
before = gc.get_freeze_count()
kept = [[] for _ in range(1_000)]
settle()
print(json.dumps({"frozen": before, "after": gc.get_freeze_count(), "at": gc.get_threshold()[0],
    "heavy": sorted({"anthropic", "mcp", "scipy"} & sys.modules.keys())}))
"""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What a server's process says of itself once it knows every page."""
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_what_start_up_made_is_no_longer_looked_through(told) -> None:
    assert told["frozen"] > 10_000
    assert told["after"] > told["frozen"]
    assert told["at"] > gc.get_threshold()[0]


def test_no_page_needs_a_vendors_client_which_takes_seconds_to_import(told) -> None:
    assert told["heavy"] == []
