from importlib import import_module

from django.apps import AppConfig

from dreaming import checks


class DreamingConfig(AppConfig):
    name = "dreaming"
    label = "dreaming"

    def ready(self) -> None:
        checks.register_all()
        # The receivers of sign-ins need the models, which exist only now.
        import_module("dreaming.signin").connect()
