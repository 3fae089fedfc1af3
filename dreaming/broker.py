"""The folder that carries wake-ups where no broker is installed.

Kombu's own transport creates a message under the name readers look for and fills it afterwards. A
worker that looks in between takes an empty message and ends, and with it the dreams it runs.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Shows a message to readers once it is whole."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{time.monotonic_ns() // 1_000_000}_{uuid4()}"
        draft = folder / f"{name}.draft"
        draft.write_text(dumps(payload), encoding="utf-8")  # type: ignore[no-untyped-call]
        draft.rename(folder / f"{name}.{queue}.msg")


class Transport(filesystem.Transport):
    """What `filesystem://` stands for in Daybreak."""

    Channel = Channel
    # A folder has no host; with one here, kombu warns that the address lacks it.
    default_connection_params: Mapping[str, Any] = {}
