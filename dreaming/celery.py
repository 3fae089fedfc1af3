"""The Celery application: brokers carry wake-ups only, rows are the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dreaming.settings")

celery_app = Celery("dreaming")
celery_app.config_from_object("django.conf:settings", namespace="CELERY")
celery_app.autodiscover_tasks(["dreaming"])
