"""What base.html needs on every page."""

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the theme class and navigation of the page."""
    return {"theme": request.COOKIES.get("theme", ""), "navigation": ()}
