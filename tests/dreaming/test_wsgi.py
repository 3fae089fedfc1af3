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
from dreaming.wsgi import WARMED_UP, application, collect_behind, settle
get_resolver().url_patterns
before = gc.get_freeze_count()
kept = [[] for _ in range(1_000)]
settle()
after = gc.get_freeze_count()
class Page: pass
def show():
    page = Page()
    page.itself = page
def answer():
    show()
    collect_behind()
answer()
left = sum(isinstance(one, Page) for one in gc.get_objects())
made_late = [[] for _ in range(1_000)]
for _ in range(WARMED_UP - 1): answer()
print(json.dumps({"frozen": before, "after": after, "at": gc.get_threshold()[0],
    "left": left, "warmed": gc.get_freeze_count(),
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


def test_what_a_page_left_goes_behind_its_answer(told) -> None:
    assert told["left"] == 0


def test_what_the_first_pages_brought_is_no_longer_looked_through_either(told) -> None:
    assert told["warmed"] >= told["after"] + 1_000


def test_no_page_needs_a_vendors_client_which_takes_seconds_to_import(told) -> None:
    assert told["heavy"] == []
