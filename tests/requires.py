"""What a test needs beside Python; missing it is a skip, and a failure where all is promised."""

import os
from typing import NoReturn

import pytest


def leave_out(missing: str) -> NoReturn:
    """Skip the test saying what is missing; with DAYBREAK_REQUIRE=1 that is a failure."""
    if os.environ.get("DAYBREAK_REQUIRE") == "1":
        pytest.fail(f"required and missing: {missing}")
    pytest.skip(missing)
