from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "reviews.audit"
    label = "audit"
