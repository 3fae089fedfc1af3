"""The WSGI entry point granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dreaming.settings")


def settle() -> None:
    """Take what start-up made out of the collector's rounds, and let those be fewer.

    A page makes some ten thousand objects and drops nearly all of them at once by reference count.
    With the usual thresholds it would be interrupted by a dozen rounds, one of which walks every
    model, template and address there is.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(25_000, 20, 20)


application = get_wsgi_application()
settle()
