"""The Celery application: brokers carry wake-ups only, rows are the truth."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dreaming.settings")

TRANSPORT_ALIASES["filesystem"] = "dreaming.broker:Transport"
celery_app = Celery("dreaming")
celery_app.config_from_object("django.conf:settings", namespace="CELERY")
celery_app.autodiscover_tasks(["dreaming"])
