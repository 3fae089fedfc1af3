"""What can go wrong with agents, their sessions and their memory."""


class AgentsError(Exception):
    """Base of this room's errors; the message is for the person who asked."""


class StaleVersion(AgentsError):
    """The head of a path is no longer the version the writer started from."""

    def __init__(self, path: str, *, expected: int | None, found: int | None) -> None:
        super().__init__(
            f"{path} is at {_version(found)}; the change was written on {_version(expected)}."
        )
        self.path = path
        self.expected = expected
        self.found = found


class InvalidPath(AgentsError):
    """A memory path breaks the limits of a store."""


class StoreFull(AgentsError):
    """A memory or a store would pass its limit."""


class Frozen(AgentsError):
    """The agent or workspace is frozen: nothing is applied or published until a lead lifts it."""


class UnknownAgent(AgentsError):
    """No agent of that name in the workspace; tokens never create one."""


class UnknownRelease(AgentsError):
    """No release of that number in the store."""


class InvalidToken(AgentsError):
    """The credential is missing, unknown, expired or revoked."""


class ScopeMissing(AgentsError):
    """The credential is good but not for this."""


class NotAllowed(AgentsError):
    """The person's role does not include this act."""


class InvalidInput(AgentsError):
    """Something a person or program sent cannot be taken; the message names it and the way out."""


class UnknownZone(InvalidInput):
    """No time zone of that name is known on this machine."""


class BadTimes(InvalidInput):
    """A cron line or a time zone that names no times; the message says what to write."""


class StaleRelease(AgentsError):
    """What waits to be published, or what is served, is no longer what the page showed."""


class MalformedRequest(InvalidInput):
    """A call of the API lacks something or spells it wrongly; the message shows the right form."""


class BodyTooLarge(InvalidInput):
    """A body passes a limit, as it was sent or unpacked."""


class UnknownContentType(InvalidInput):
    """A body comes in a type or encoding that is not read here."""


def _version(number: int | None) -> str:
    return "no version" if number is None else f"version {number}"
