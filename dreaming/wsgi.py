"""The WSGI entry point granian serves."""

import gc
import os
from itertools import count
from typing import Any

from django.core.signals import request_finished
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dreaming.settings")
MANY_OBJECTS = 250_000
"""No page keeps so many at once; an export of a whole log may, and is interrupted then."""
WARMED_UP = 100
"""The answer after which a process has the templates, addresses and queries of its usual pages."""
BETWEEN_WHOLE = 1_000
_answers = count(1)


def settle() -> None:
    """Take what start-up made out of the collector's rounds, and move those behind each answer.

    A page makes some ten thousand objects and drops nearly all of them at once by reference count;
    a few hundred refer to each other and wait for the collector. Looked for at once they take it a
    third of a millisecond; with the usual thresholds it comes in mid page, after dozens of pages,
    when nothing of them is in the processor's caches any more, and takes forty times as long.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(MANY_OBJECTS, 20, 20)
    request_finished.connect(collect_behind, dispatch_uid="collect_behind")


def collect_behind(**_signal: Any) -> None:
    """Drop what an answer left, once it has been sent."""
    answered = next(_answers)
    if answered == WARMED_UP:
        gc.collect()
        gc.freeze()
    else:
        gc.collect(0 if answered % BETWEEN_WHOLE else 2)


application = get_wsgi_application()
settle()
