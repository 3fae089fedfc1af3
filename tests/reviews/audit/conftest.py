"""Each test of the log has keys of its own."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def own_keys(settings: Any, tmp_path: Path) -> Path:
    """The folder that holds this test's keys."""
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""
    return tmp_path / "keys"
