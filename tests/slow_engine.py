"""An engine that takes its time, for stories that kill processes in the middle of a dream.

DAYBREAK_TEST_ENGINE=tests.slow_engine:create_engine makes it known to the processes of a story.
"""

import time
from collections.abc import Mapping

from dreaming.engines.base import DreamMaterial, DreamResult, Report
from dreaming.engines.local import LocalEngine

SECONDS = 3.0
"""Long enough for a test to see it run and to kill it, short enough to wait for."""

PAUSE_S = 0.1


class SlowEngine(LocalEngine):
    """Sees what the local engine sees, later."""

    name = "test"

    def dream(self, material: DreamMaterial, report: Report) -> DreamResult:
        """Report for SECONDS, then answer."""
        steps = int(SECONDS / PAUSE_S)
        for done in range(steps):
            report(done, steps)
            time.sleep(PAUSE_S)
        return super().dream(material, report)


def create_engine(options: Mapping[str, str]) -> SlowEngine:
    """Return the engine; it takes no options."""
    return SlowEngine()
