"""The company of the demo: its people, groups, agents, and the memory they begin with."""

from dataclasses import dataclass

WORKSPACE = "harbourline"
NAME = "Harbourline Mutual"
PASSWORD = "first-light-over-the-harbour"  # noqa: S105 (the demo prints it)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who signs in to the demo."""

    email: str
    name: str
    role: str
    groups: tuple[str, ...] = ()
    does: str = ""


ANA = DemoPerson(
    "ana@harbourline.example", "Ana Ribeiro", "reviewer", ("compliance",), "decides; start here"
)
JONAS = DemoPerson(
    "jonas@harbourline.example",
    "Jonas Weber",
    "reviewer",
    ("compliance", "security"),
    "the second reviewer",
)
DEEPA = DemoPerson(
    "deepa@harbourline.example",
    "Deepa Nair",
    "lead",
    ("compliance", "security"),
    "owns Claims documents; can go back to an earlier release",
)
TOM = DemoPerson(
    "tom@harbourline.example", "Tom Okafor", "auditor", (), "verifies the log and takes it out"
)
MARTA = DemoPerson(
    "marta@harbourline.example", "Marta Kowalska", "admin", (), "adds people and issues tokens"
)
PEOPLE = (ANA, JONAS, DEEPA, TOM, MARTA)


@dataclass(frozen=True, slots=True)
class DemoAgent:
    """One of the three agents."""

    slug: str
    name: str
    purpose: str
    limits: str
    risk_tier: str
    owner: DemoPerson | None = None


CLAIMS = DemoAgent(
    "claims-documents",
    "Claims documents",
    "Reads claim files, checks cover against the benefit ledger and proposes a decision.",
    "Never pays. A handler confirms every amount.",
    "high",
    DEEPA,
)
EVIDENCE = DemoAgent(
    "soc2-evidence",
    "SOC 2 evidence",
    "Collects evidence for controls: screenshots, tickets, access reviews.",
    "Reads systems, changes none of them.",
    "medium",
)
HELPDESK = DemoAgent(
    "it-helpdesk",
    "IT helpdesk",
    "Resets sign-in factors, enrols devices, hands out VPN profiles.",
    "No administrator rights. Nothing is reset without an identity check.",
    "high",
)
AGENTS = (CLAIMS, EVIDENCE, HELPDESK)
LETTERS = DemoAgent(
    "letters-desk",
    "Letters desk",
    "Writes letters to members; it runs at Claude Managed Agents.",
    "Sends nothing that no handler has read.",
    "low",
)
"""There only where the demo's engines are recordings."""


@dataclass(frozen=True, slots=True)
class SeededMemory:
    """A memory the company wrote itself: filed by one person, approved by others."""

    agent: DemoAgent | None
    path: str
    content: str
    why: str


MEMORIES = (
    SeededMemory(
        CLAIMS,
        "/claims/dental/limits.md",
        "Dental cover is paid per plan year, which begins on 1 January for most members.\n"
        "Gold and Silver plans carry an annual limit. Bronze does not cover restorative work.\n",
        "The plan document says so; handlers were asked about it every week.",
    ),
    SeededMemory(
        CLAIMS,
        "/claims/letters/tone.md",
        "Address members by family name in letters.\nName the document a decision rests on.\n",
        "House style of the claims department.",
    ),
    SeededMemory(
        EVIDENCE,
        "/evidence/tickets/change-dates.md",
        "Find the change tickets of a period by the field `deploy_date`.\n",
        "This is how the ticket system was searched when collection began.",
    ),
    SeededMemory(
        EVIDENCE,
        "/evidence/screenshots/filters.md",
        "Set the filter before the screenshot, so that the period shows in the picture.\n",
        "The auditor sent back pictures without a period.",
    ),
    SeededMemory(
        EVIDENCE,
        "/evidence/guide/pictures.md",
        "Set the filter before the screenshot,  so that the period shows in the picture.\n",
        "Copied from the guide for new colleagues; memory says it already.",
    ),
    SeededMemory(
        HELPDESK,
        "/helpdesk/printers/floor-3.md",
        "The printer queue of floor 3 restarts from the print server, not from the device.\n",
        "The device's own button loses the queue.",
    ),
    SeededMemory(
        HELPDESK,
        "/helpdesk/devices/loaners.md",
        "A loaned laptop is returned within 10 working days.\n",
        "From the loan form of 2025.",
    ),
    SeededMemory(
        HELPDESK,
        "/helpdesk/devices/loan-length.md",
        "A loaned laptop is returned within 30 working days.\n",
        "From the travel guide; it says otherwise than the loan form.",
    ),
    SeededMemory(
        None,
        "/shared/words.md",
        "Write dates as day, month and year in words: 3 November 2026.\n",
        "Colleagues in two countries read 03/11 differently.",
    ),
)
