"""The Chromium that browser tests and the bench drive."""

import os
import shutil
from pathlib import Path

COMMANDS = ("chromium-headless-shell", "chromium", "chromium-browser")
"""The first that is there: the shell is the same engine without the windows nobody looks at."""


def find_chromium() -> str:
    """Return the browser's path, or '' where there is none or the one named is not there."""
    if named := os.environ.get("DAYBREAK_CHROMIUM") or os.environ.get("CHROMIUM"):
        return named if Path(named).is_file() else ""
    found = (shutil.which(command) for command in COMMANDS)
    return next((path for path in found if path), "")
