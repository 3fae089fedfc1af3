from django.apps import AppConfig


class WebConfig(AppConfig):
    """What every page shares: paging, charts, human ids, template tags. No models."""

    name = "agents.web"
    label = "web"
