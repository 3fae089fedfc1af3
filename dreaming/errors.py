"""What can go wrong with dreams."""


class DreamingError(Exception):
    """Base of this room's errors; the message is for the person who asked."""


class UnknownEngine(DreamingError):
    """No engine of that name is installed."""


class LeaseLost(DreamingError):
    """Another worker runs this dream now; what this one did is not written."""


class NotStartable(DreamingError):
    """The dream cannot start: frozen, unknown store, or one is already queued or running."""


class IllegalDreamMove(DreamingError):
    """The dream's state does not allow this act."""


class InputChanged(DreamingError):
    """The dream's input no longer has the SHA-256 it began with."""


class NotLinkable(DreamingError):
    """The store at the vendor cannot be governed here; the message says why."""


class VendorFailed(DreamingError):
    """The vendor's API did not do as asked; the message names the way out."""


class NotAnswerable(DreamingError):
    """The outside write cannot be answered so any more: another write or answer came before."""
