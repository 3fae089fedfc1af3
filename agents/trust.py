"""How far the words of an event can be trusted. Pure.

Falling: member, check, agent, principal, tool, outside. What nobody vouched for is never raised.
"""

import re
from collections.abc import Collection

from agents.transcripts.base import EventKind, ParsedEvent, Role

MEMBER = "member"
AGENT = "agent"
PRINCIPAL = "principal"
TOOL = "tool"
OUTSIDE = "outside"

# Tools whose results are pages, mail or files of strangers, whatever the agent's own systems say.
OUTSIDE_TOOLS = frozenset(
    {
        "browse",
        "browser",
        "crawl",
        "crawler",
        "curl",
        "download",
        "downloadfile",
        "extractpage",
        "fetch",
        "fetchpage",
        "fetchurl",
        "fetchwebpage",
        "getpage",
        "geturl",
        "googlesearch",
        "httpget",
        "httprequest",
        "inbox",
        "loadurl",
        "navigate",
        "openpage",
        "openurl",
        "readbrowserpage",
        "reademail",
        "reademails",
        "readinbox",
        "readmail",
        "readpage",
        "readurl",
        "readwebpage",
        "scrape",
        "scrapepage",
        "scrapeurl",
        "searchemail",
        "searchemails",
        "searchgoogle",
        "searchinternet",
        "searchonline",
        "searchtheweb",
        "searchweb",
        "urlfetch",
        "viewpage",
        "visit",
        "visiturl",
        "visitwebpage",
        "webbrowser",
        "webfetch",
        "webpage",
        "webscrape",
        "websearch",
        "wget",
        "wikipedia",
        "wikipediasearch",
    }
)
"""Names without case, separators and the server's name before them: `mcp__brave__web_search`."""
OUTSIDE_STARTS = ("browser", "playwright", "puppeteer", "tavily", "brave", "firecrawl", "serpapi")
"""Every tool of these families."""

NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
LAST_PART = re.compile(r"(?:__|[./:])")


def trust_of(event: ParsedEvent, principal: str, members: Collection[str]) -> str:
    """Return the trust of an event's words.

    principal: whom the session served; an event that names its own person is that person's.
    members: e-mail addresses and names of the workspace's members, case-folded. A user is a member
    only when named as one; whoever nobody named is a principal.
    """
    if event.role is Role.USER:
        speaker = (event.person or principal).strip().casefold()
        return MEMBER if speaker and speaker in members else PRINCIPAL
    if event.kind is EventKind.TOOL_RESULT or event.role is Role.TOOL:
        return OUTSIDE if brings_outside_in(event.tool) else TOOL
    return AGENT


def brings_outside_in(tool: str) -> bool:
    """Return whether the results of `tool` are words of strangers: the web, mail, downloads."""
    parts = [NOT_A_LETTER.sub("", part) for part in LAST_PART.split(tool.lower())]
    return any(part.startswith(OUTSIDE_STARTS) for part in parts) or parts[-1] in OUTSIDE_TOOLS
