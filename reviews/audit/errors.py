"""What can go wrong around the log. The message names what was given and the way out."""


class AuditError(Exception):
    """Base of this package's errors."""


class OutsideTransaction(AuditError):
    """An entry was to be written outside a transaction, where the change could commit alone."""


class UnknownAction(AuditError):
    """The action is not in the closed catalogue."""


class EntryRefused(AuditError):
    """The entry holds what a body must not hold: text, a float, a name, or too much."""


class NotCanonical(AuditError):
    """The value or text is outside the restricted profile of RFC 8785."""


class BadProof(AuditError):
    """A Merkle proof does not hold; the message says expected and got."""


class BadNote(AuditError):
    """A signed note cannot be read, or no signature on it holds."""


class UnknownSigner(BadNote):
    """The note is well formed, but no key that is known here has signed it."""


class KeyMissing(AuditError):
    """A signing key or key-encryption key is not where it should be."""


class ValueUnreadable(AuditError):
    """A stored value does not decrypt or does not open to its commitment."""


class RowUnreadable(AuditError):
    """A row holds what its columns cannot hold: it was not written by this program."""


class CheckpointRefused(AuditError):
    """Signing would contradict what was signed before."""
