"""Requests as views see them once access is settled, and the human ids of addresses."""

from typing import ClassVar

from django.http import HttpRequest
from django.urls import register_converter
from django_htmx.middleware import HtmxDetails

from agents.models import Agent, Person, Token, Workspace
from agents.people import Member
from agents.web.ids import BadId, parse_id, spell_id


class MemberRequest(HttpRequest):
    """A request of a member: `access.member_page` has set who, where and with which rights."""

    htmx: HtmxDetails
    member: Member
    workspace: Workspace
    person: Person


class TokenRequest(HttpRequest):
    """A request of an agent's stack: `access.token_request` has checked the credential."""

    token: Token
    workspace: Workspace
    agent: Agent | None
    """The only agent the token is for; None for one that serves the whole workspace."""


def is_prefetch(request: HttpRequest) -> bool:
    """Say whether the browser fetches ahead of anybody looking; nobody has opened anything then."""
    said = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    return any("prefetch" in purpose.lower() for purpose in said)


def asked(request: HttpRequest, name: str) -> str:
    """Return what the address asks for under `name`, '' without it; a NUL can name no row."""
    return request.GET.get(name, "").replace("\0", "\ufffd")


class HumanIdConverter:
    """The number of one kind of human id in an address: `P-1042` there is 1042 in the view."""

    letter: ClassVar[str]
    regex = "[A-Z]-[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        """Return the number; another letter or one out of range is no match (404)."""
        try:
            return parse_id(value, expected=self.letter).number
        except BadId as error:
            raise ValueError(str(error)) from error

    def to_url(self, value: int) -> str:
        """Return the spelling of the id; anything but a number makes no address."""
        if not isinstance(value, int):
            raise ValueError(f"{value!r} is no number of an id")  # noqa: TRY004 (what Django expects)
        return spell_id(self.letter, value)


class ProposalIdConverter(HumanIdConverter):
    """`<proposal:number>` in an address."""

    letter = "P"


class DreamIdConverter(HumanIdConverter):
    """`<dream:number>` in an address."""

    letter = "D"


class MemoryIdConverter(HumanIdConverter):
    """`<memory:number>` in an address."""

    letter = "M"


class SessionIdConverter(HumanIdConverter):
    """`<session:number>` in an address."""

    letter = "S"


class ReleaseIdConverter(HumanIdConverter):
    """`<release:number>` in an address."""

    letter = "R"


class ExportIdConverter(HumanIdConverter):
    """`<export:number>` in an address."""

    letter = "X"


class ContainmentIdConverter(HumanIdConverter):
    """`<containment:number>` in an address."""

    letter = "C"


class QuarantineIdConverter(HumanIdConverter):
    """`<quarantine:number>` in an address."""

    letter = "Q"


register_converter(ProposalIdConverter, "proposal")
register_converter(DreamIdConverter, "dream")
register_converter(MemoryIdConverter, "memory")
register_converter(SessionIdConverter, "session")
register_converter(ReleaseIdConverter, "release")
register_converter(ExportIdConverter, "export")
register_converter(ContainmentIdConverter, "containment")
register_converter(QuarantineIdConverter, "quarantine")
