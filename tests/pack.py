"""Where the real sessions lie that tests may read; they are no part of the repository.

The folder `data` inside DAYBREAK_SHARED, or inside `shared` beside the repository. Tests that need
it skip with a printed reason where it is missing.
"""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("DAYBREAK_SHARED") or REPOSITORY.parent / "shared")
DATA = SHARED / "data"

TAU_FILES = (
    "tau_airline__gpt-4o__4trials.json.gz",
    "tau_retail__assertions-agent-no-postcondition.json.gz",
    "tau_retail__assertions-agent.json.gz",
    "tau_retail__tool-calling-baseline.json.gz",
    "tau_retail__tool-calling-with-preconditions.json.gz",
)

TAU2_FILES = (
    "tau2_airline__toolorchestra.json.gz",
    "tau2_airline__whissle.json.gz",
    "tau2_retail__toolorchestra.json.gz",
)
MEDAGENTBENCH = "whissle_medagentbench.tar.gz"
INTERCODE = ("intercode_bash.tar.gz", "intercode_sql.tar.gz")


def require(name: str) -> Path:
    """Return the path of a file or folder of the pack; skips the test when it is not there."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no data pack: {path} is missing; set DAYBREAK_SHARED to the folder of data/")
    return path
