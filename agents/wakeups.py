"""Telling a worker that something is due, after the commit that made it so.

A wake-up is a hint: the row says what is due, and the worker's own tick finds it when a message
is lost. So a broker that does not answer is logged and never fails the change that was made.
"""

import logging
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

APPLY = "dreaming.tasks.apply_due"
DREAM = "dreaming.tasks.run_dreams"
EXPIRES_S = 60


def wake_on_commit(task: str, after_s: int = 0) -> None:
    """Send a wake-up for `task` (APPLY or DREAM) once the open transaction has committed.

    after_s: seconds the worker keeps the message before it acts on it.
    """
    transaction.on_commit(partial(send_wakeup, task, after_s))


def send_wakeup(task: str, after_s: int = 0) -> None:
    """Send a wake-up now; a broker out of reach is logged, the next tick does the work."""
    try:
        current_app.send_task(
            task,
            countdown=after_s or None,
            expires=EXPIRES_S + after_s,
            retry=False,
            ignore_result=True,
        )
    except (OperationalError, OSError) as error:
        logger.warning("wakeup_not_sent task=%s cause=%s", task, error)
