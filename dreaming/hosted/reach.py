"""The way to the vendor, loaded only when it is gone: its client takes seconds to load."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from agents.models import Workspace

if TYPE_CHECKING:
    from dreaming.hosted.vendor import Vendor


def reach(workspace: Workspace) -> "Vendor":
    """Return the vendor's API as the workspace reaches it. Raises VendorFailed."""
    # Every process imports the pages, and few of them ever ask the vendor.
    module = import_module("dreaming.hosted.vendor")
    return cast("Vendor", module.Vendor.of(workspace))
