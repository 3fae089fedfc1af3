"""How sessions become proposals, and the shell of the Django project."""

from dreaming.celery import celery_app

__all__ = ["celery_app"]
