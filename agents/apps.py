from django.apps import AppConfig

from reviews.audit.triggers import AppendOnly, register


class AgentsConfig(AppConfig):
    name = "agents"
    label = "agents"

    def ready(self) -> None:
        # Evidence quotes events: what was said stays, until an erasure on the record clears it.
        register(AppendOnly("agents_event", clearable=("text",), commitment="'event:' || OLD.id"))
