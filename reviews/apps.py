from django.apps import AppConfig

from reviews.audit.triggers import AppendOnly, register


class ReviewsConfig(AppConfig):
    name = "reviews"
    label = "reviews"

    def ready(self) -> None:
        register(AppendOnly("reviews_decision"))
        register(AppendOnly("reviews_undo"))
        register(AppendOnly("reviews_comment"))
        register(
            AppendOnly("reviews_evidence", clearable=("quote",), commitment="'evidence:' || OLD.id")
        )
