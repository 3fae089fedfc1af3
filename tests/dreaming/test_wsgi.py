"""How a server's process is left when it begins to serve."""

import gc
import json
import subprocess
import sys

ASK = """
import gc, json
from dreaming.wsgi import application, settle
before = gc.get_freeze_count()
kept = [[] for _ in range(1_000)]
settle()
print(json.dumps({"frozen": before, "after": gc.get_freeze_count(), "at": gc.get_threshold()[0]}))
"""


def test_what_start_up_made_is_no_longer_looked_through():
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["frozen"] > 10_000
    assert told["after"] > told["frozen"]
    assert told["at"] > gc.get_threshold()[0]
