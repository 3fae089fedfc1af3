"""What can go wrong while changes are proposed and decided."""


class ReviewsError(Exception):
    """Base of this room's errors; the message is for the person who asked."""


class StaleProposal(ReviewsError):
    """The proposal is not what the page showed: another state, revision or base."""

    def __init__(self, message: str, *, proposal: str) -> None:
        super().__init__(message)
        self.proposal = proposal


class AlreadyReserved(ReviewsError):
    """Another person has reserved the proposal; the message says who and for how long."""


class UndoTooLate(ReviewsError):
    """The decision is carried out, or was changed since; the message says what to do instead."""


class NotSeen(ReviewsError):
    """An approval of what was not seen; the message says what is left, `left` where it stands.

    left: (label, anchor on the proposal's page) of the first thing that is unseen.
    """

    def __init__(self, message: str, *, left: tuple[str, str]) -> None:
        super().__init__(message)
        self.left = left


class NotConfirmed(ReviewsError):
    """An approval of high risk by one press; it takes a second that says so."""


class MayNotDecide(ReviewsError):
    """This person may not decide this proposal; the message says why and who may."""


class ReasonMissing(ReviewsError):
    """The act needs a reason in words."""


class InvalidChange(ReviewsError):
    """A change cannot be filed; the message names what is wrong with it."""


class NotAllowed(ReviewsError):
    """The person's role does not include this act."""


class StaleRule(ReviewsError):
    """A change of a rule is not what the page showed: answered before, or the rule moved on."""


class NotYet(ReviewsError):
    """It is too early for this act; the message says when it can be done."""


class AlreadyAnswered(ReviewsError):
    """The sample was answered before, or is not the next one; nothing was recorded."""
