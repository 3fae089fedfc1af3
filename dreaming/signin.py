"""Sign-in by invitation only: nobody registers themselves."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes registration; people are added by an admin of their workspace."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no: an account begins with an invitation."""
        return False
