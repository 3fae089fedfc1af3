"""What happens in the demo's sessions, as short scripts that a generator varies.

A scene is one task of one agent: the person's words, the calls on the usual way, and the slip that
recurs on it with the way out of it. Every word is invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Arguments = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Step:
    """A call and its result; {names} are filled in by the generator."""

    tool: str
    arguments: Arguments
    result: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    """A mistake on a task: the failing call, the steps out of it, how often each way ends well.

    chance: how often it happens. mended: how often the agent then finds the way out.
    """

    failing: Step
    way_out: tuple[Step, ...]
    chance: float
    mended: float


@dataclass(frozen=True, slots=True)
class SceneCheck:
    """What the house checks when a session has ended: its name, what it says, how often it fails.

    A session whose check fails ends badly.
    """

    name: str
    says: str
    chance: float


@dataclass(frozen=True, slots=True)
class Habit:
    """A step some sessions take and others leave out, and how often each kind ends well."""

    step: Step
    chance: float
    well_with: float
    well_without: float


@dataclass(frozen=True, slots=True)
class Scene:
    """One task: who asks for what, the usual way, the last words, and what can go wrong.

    check: what is looked at when it ended. habit: comes between `before` and `after`.
    """

    task: str
    asks: tuple[str, ...]
    before: tuple[Step, ...]
    after: tuple[Step, ...]
    closes: str
    slip: Slip | None = None
    failure: str = ""
    asides: tuple[str, ...] = field(default=())
    check: SceneCheck | None = None
    habit: Habit | None = None


LIMIT_SLIP = Slip(
    failing=Step(
        "set_decision",
        {"claim_id": "{claim}", "decision": "approve", "amount": "{amount}"},
        "Error: annual limit exceeded, remaining {remaining} of 1500.00",
        is_error=True,
    ),
    way_out=(
        Step(
            "get_benefit_ledger",
            {"member_id": "{member}", "plan_year": 2026},
            '{{"paid_to_date": "{paid}", "annual_limit": "1500.00", "reserved": "0.00"}}',
        ),
        Step(
            "set_decision",
            {"claim_id": "{claim}", "decision": "approve", "amount": "{remaining}"},
            '{{"claim_id": "{claim}", "state": "approved"}}',
        ),
    ),
    chance=0.42,
    mended=0.3,
)
RATE_SLIP = Slip(
    failing=Step(
        "convert_amount",
        {"amount": "{amount}", "currency": "CHF", "date": "{sunday}"},
        "Error: no rate is published for {sunday}",
        is_error=True,
    ),
    way_out=(
        Step(
            "convert_amount",
            {"amount": "{amount}", "currency": "CHF", "treatment_date": "{day}"},
            '{{"amount": "{converted}", "currency": "EUR", "rate_date": "{day}"}}',
        ),
    ),
    chance=0.45,
    mended=0.4,
)
PERIOD_SLIP = Slip(
    failing=Step(
        "attach_evidence",
        {"control_id": "{control}", "file_id": "{file}", "period": "Q3-2026"},
        "Error: evidence period Q3-2026 does not match the control period Q4-2026",
        is_error=True,
    ),
    way_out=(
        Step("get_control", {"control_id": "{control}"}, '{{"period": "Q4-2026", "owner": "IT"}}'),
        Step(
            "attach_evidence",
            {"control_id": "{control}", "file_id": "{file}", "control_period": "Q4-2026"},
            '{{"attached": true}}',
        ),
    ),
    chance=0.45,
    mended=0.35,
)
FIELD_SLIP = Slip(
    failing=Step(
        "query_tickets",
        {"query": "deploy_date >= {day}"},
        "Error: field deploy_date does not exist; it was replaced by closed_date",
        is_error=True,
    ),
    way_out=(Step("query_tickets", {"query": "closed_date >= {day}"}, '{{"tickets": 14}}'),),
    chance=0.6,
    mended=0.55,
)
TABLE_SLIP = Slip(
    failing=Step(
        "query_assets",
        {"sql": "SELECT name, level FROM patches WHERE checked < '{day}'"},
        "Error: no such table: patches",
        is_error=True,
    ),
    way_out=(
        Step("list_tables", {"of": "assets"}, "devices, patch_levels"),
        Step(
            "query_assets",
            {"sql": "SELECT name, level FROM patch_levels WHERE checked < '{day}'"},
            '{{"rows": 31}}',
        ),
    ),
    chance=0.45,
    mended=0.6,
)
NAME_SLIP = Slip(
    failing=Step(
        "find_person",
        {"name": "{surname}"},
        'Error: more than one person matches "{surname}"',
        is_error=True,
    ),
    way_out=(Step("find_person", {"employee_number": "{employee}"}, '{{"person": "{employee}"}}'),),
    chance=0.5,
    mended=0.6,
)
IDENTITY_SLIP = Slip(
    failing=Step(
        "reset_mfa",
        {"person": "{employee}"},
        "Error: identity check missing for ticket {ticket}",
        is_error=True,
    ),
    way_out=(
        Step("verify_identity", {"person": "{employee}", "by": "video"}, '{{"verified": true}}'),
        Step("reset_mfa", {"person": "{employee}", "check": "{ticket}"}, '{{"reset": true}}'),
    ),
    chance=0.45,
    mended=0.4,
)
ENROL_SLIP = Slip(
    failing=Step(
        "get_vpn_profile",
        {"device": "{device}"},
        "Error: device {device} is not enrolled",
        is_error=True,
    ),
    way_out=(
        Step("enrol_device", {"device": "{device}", "owner": "{employee}"}, '{{"enrolled": true}}'),
        Step("get_vpn_profile", {"device": "{device}"}, '{{"profile": "vpn-{device}"}}'),
    ),
    chance=0.4,
    mended=0.45,
)

LETTER_CHECK = SceneCheck(
    "letter complete", "the document the decision rests on is missing (draft_letter)", 0.4
)
CLAIM_OPEN = Step(
    "open_claim",
    {"claim_id": "{claim}"},
    '{{"claim_id": "{claim}", "member_id": "{member}", "plan": "Gold 2026", "amount": "{amount}"}}',
)
CLAIM_DECIDE = Step(
    "set_decision",
    {"claim_id": "{claim}", "decision": "approve", "amount": "{remaining}"},
    '{{"claim_id": "{claim}", "state": "approved"}}',
)
CLAIM_NOTE = Step("add_note", {"claim_id": "{claim}", "note": "settled"}, '{{"noted": true}}')
PAYMENTS = Habit(
    Step(
        "list_payments",
        {"member_id": "{member}"},
        '{{"payments": [{{"claim_id": "{claim}", "amount": "{paid}"}}]}}',
    ),
    chance=0.5,
    well_with=0.95,
    well_without=0.15,
)
INVOICE = Step("read_document", {"claim_id": "{claim}", "page": 1}, "Invoice: {amount} EUR")
PAID_TWICE = "Approved {amount} EUR for claim {claim}."
CLAIMS_SCENES = (
    Scene(
        "crown",
        ("Claim {claim} is a crown. How much of it do we cover?", "A crown on {claim}, please."),
        (CLAIM_OPEN,),
        (CLAIM_DECIDE,),
        "Approved {remaining} EUR for claim {claim}.",
        LIMIT_SLIP,
        "I quoted the plan limit for claim {claim}.",
    ),
    Scene(
        "bridge",
        ("Please look at the bridge on claim {claim}.",),
        (
            CLAIM_OPEN,
            Step("read_document", {"claim_id": "{claim}", "page": 2}, "Estimate: {amount} EUR"),
        ),
        (CLAIM_DECIDE,),
        "The bridge on {claim} is covered with {remaining} EUR.",
        LIMIT_SLIP,
        "The bridge on {claim} is above the limit.",
    ),
    Scene(
        "implant",
        ("Member {member} sent an estimate for an implant, claim {claim}.",),
        (CLAIM_OPEN,),
        (CLAIM_DECIDE,),
        "Decided claim {claim}.",
        LIMIT_SLIP,
        "Claim {claim} stays open.",
    ),
    Scene(
        "clinic-abroad",
        ("Claim {claim} came from a clinic in Basel.", "A Swiss invoice on {claim}."),
        (CLAIM_OPEN,),
        (CLAIM_DECIDE,),
        "Converted and approved, {converted} EUR.",
        RATE_SLIP,
        "I left the amount of {claim} in francs.",
    ),
    Scene(
        "glasses-abroad",
        ("Glasses bought in Zürich, claim {claim}.",),
        (
            CLAIM_OPEN,
            Step("read_document", {"claim_id": "{claim}", "page": 1}, "Total: {amount} CHF"),
        ),
        (CLAIM_DECIDE,),
        "Approved {converted} EUR for the glasses.",
        RATE_SLIP,
        "The glasses on {claim} wait for a rate.",
    ),
    Scene(
        "letter",
        ("Write to member {member} about claim {claim}.",),
        (CLAIM_OPEN,),
        (Step("draft_letter", {"claim_id": "{claim}"}, '{{"letter": "L-{ticket}"}}'),),
        "The letter L-{ticket} is ready.",
        check=LETTER_CHECK,
    ),
    Scene(
        "refusal",
        ("Claim {claim} is not covered. Please write to member {member}.",),
        (CLAIM_OPEN,),
        (Step("draft_letter", {"claim_id": "{claim}"}, '{{"letter": "L-{ticket}"}}'),),
        "The refusal L-{ticket} is ready.",
        check=LETTER_CHECK,
    ),
    Scene(
        "second-invoice",
        ("There is a second invoice on claim {claim}. Please settle it.",),
        (CLAIM_OPEN, INVOICE),
        (CLAIM_DECIDE, CLAIM_NOTE),
        "Settled the rest of claim {claim}, {remaining} EUR.",
        failure=PAID_TWICE,
        habit=PAYMENTS,
    ),
    Scene(
        "resubmission",
        ("Member {member} sent claim {claim} in again.",),
        (CLAIM_OPEN, INVOICE),
        (CLAIM_DECIDE, CLAIM_NOTE),
        "Claim {claim} is settled with {remaining} EUR.",
        failure=PAID_TWICE,
        habit=PAYMENTS,
    ),
    Scene(
        "top-up",
        ("The clinic asks for more on claim {claim}.",),
        (CLAIM_OPEN, INVOICE),
        (CLAIM_DECIDE, CLAIM_NOTE),
        "The clinic gets {remaining} EUR more on {claim}.",
        failure=PAID_TWICE,
        habit=PAYMENTS,
    ),
)
EVIDENCE_SCENES = (
    Scene(
        "access-review",
        ("Collect the access review for {control}.",),
        (Step("get_access_review", {"system": "payments"}, '{{"exceptions": 0, "rows": 212}}'),),
        (Step("note_control", {"control_id": "{control}"}, '{{"noted": true}}'),),
        "The review for {control} is attached.",
        PERIOD_SLIP,
        "The review for {control} could not be attached.",
    ),
    Scene(
        "backups",
        ("We need the backup report for {control}.", "Backup evidence for {control}, please."),
        (Step("get_screenshot", {"page": "backups"}, '{{"file": "{file}"}}'),),
        (Step("note_control", {"control_id": "{control}"}, '{{"noted": true}}'),),
        "Backup evidence is in place.",
        PERIOD_SLIP,
        "The backup picture has the wrong period.",
    ),
    Scene(
        "change-tickets",
        ("List the change tickets since {day} for {control}.",),
        (),
        (Step("export_tickets", {"control_id": "{control}"}, '{{"file": "{file}"}}'),),
        "14 tickets are in the sample.",
        FIELD_SLIP,
        "I could not list the tickets.",
    ),
    Scene(
        "emergency-changes",
        ("Which emergency changes were made since {day}?",),
        (Step("get_control", {"control_id": "{control}"}, '{{"period": "Q4-2026"}}'),),
        (Step("export_tickets", {"control_id": "{control}"}, '{{"file": "{file}"}}'),),
        "Two emergency changes, both approved afterwards.",
        FIELD_SLIP,
        "The list of emergency changes is empty.",
    ),
    Scene(
        "control-owner",
        ("Who owns {control} now that {surname} has moved?",),
        (),
        (Step("set_owner", {"control_id": "{control}"}, '{{"owner": "{employee}"}}'),),
        "The owner of {control} is set.",
        NAME_SLIP,
        "I picked the first {surname} in the list.",
    ),
    Scene(
        "patch-levels",
        ("Which laptops had old patches before {day}? It is for {control}.",),
        (Step("get_control", {"control_id": "{control}"}, '{{"period": "Q4-2026"}}'),),
        (Step("note_control", {"control_id": "{control}"}, '{{"noted": true}}'),),
        "31 laptops are in the list.",
        TABLE_SLIP,
        "I could not read the patch levels.",
    ),
    Scene(
        "server-patches",
        ("List the servers that were not patched before {day}.",),
        (),
        (Step("note_control", {"control_id": "{control}"}, '{{"noted": true}}'),),
        "The list of servers is attached to {control}.",
        TABLE_SLIP,
        "The list of servers is missing.",
    ),
    Scene(
        "screenshot",
        ("Take the screenshot of the firewall rules for {control}.",),
        (Step("get_screenshot", {"page": "firewall"}, '{{"file": "{file}"}}'),),
        (Step("note_control", {"control_id": "{control}"}, '{{"noted": true}}'),),
        "The picture {file} is attached to {control}.",
    ),
)
HELPDESK_SCENES = (
    Scene(
        "new-phone",
        ("I have a new phone and cannot sign in.", "My authenticator is on my old phone."),
        (Step("get_ticket", {"ticket": "{ticket}"}, '{{"ticket": "{ticket}", "by": "phone"}}'),),
        (Step("close_ticket", {"ticket": "{ticket}"}, '{{"closed": true}}'),),
        "Your sign-in factor is reset.",
        IDENTITY_SLIP,
        "I have asked a colleague to reset it.",
    ),
    Scene(
        "lost-phone",
        ("I lost my phone yesterday and I need to sign in.",),
        (Step("get_ticket", {"ticket": "{ticket}"}, '{{"ticket": "{ticket}", "by": "mail"}}'),),
        (Step("close_ticket", {"ticket": "{ticket}"}, '{{"closed": true}}'),),
        "The old factor is gone, the new one works.",
        IDENTITY_SLIP,
        "The old factor is still there.",
    ),
    Scene(
        "new-colleague",
        ("{surname} starts today and needs a sign-in factor.",),
        (Step("get_ticket", {"ticket": "{ticket}"}, '{{"ticket": "{ticket}", "by": "HR"}}'),),
        (Step("close_ticket", {"ticket": "{ticket}"}, '{{"closed": true}}'),),
        "{surname} can sign in.",
        IDENTITY_SLIP,
        "{surname} has to wait for a colleague.",
    ),
    Scene(
        "vpn-laptop",
        ("The VPN says my laptop is unknown.",),
        (Step("get_device", {"device": "{device}"}, '{{"device": "{device}", "os": "macOS"}}'),),
        (Step("close_ticket", {"ticket": "{ticket}"}, '{{"closed": true}}'),),
        "Your VPN profile is installed.",
        ENROL_SLIP,
        "Please try the VPN again later.",
    ),
    Scene(
        "vpn-tablet",
        ("Can I have the VPN on my tablet?",),
        (Step("get_device", {"device": "{device}"}, '{{"device": "{device}", "os": "iPadOS"}}'),),
        (Step("close_ticket", {"ticket": "{ticket}"}, '{{"closed": true}}'),),
        "The tablet has its profile.",
        ENROL_SLIP,
        "The tablet is not ready.",
    ),
    Scene(
        "group-drive",
        ("Please give {surname} the group drive.",),
        (),
        (Step("grant_drive", {"person": "{employee}"}, '{{"granted": true}}'),),
        "Access to the drive is granted.",
        NAME_SLIP,
        "I gave it to the first {surname} I found.",
    ),
    Scene(
        "printer",
        ("The printer on floor 3 is stuck again.",),
        (Step("get_queue", {"printer": "floor-3"}, '{{"jobs": 4}}'),),
        (Step("restart_queue", {"printer": "floor-3"}, '{{"restarted": true}}'),),
        "The queue is running.",
    ),
)
