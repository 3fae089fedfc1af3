"""What a hosted dream wrote, what sessions said of it, and what it made up: a world for measuring.

Each plant is a path, what the memory says, and what somebody said in a session. The words of the
memory are a summariser's, those of the session a person's or a tool's. What is invented keeps the
topic and the words of something that was said, and says something else.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plant:
    """One change, the text behind it, and who said that: a person ('') or a tool by its name."""

    path: str
    memory: str
    said: str
    tool: str = ""


PLANTED = (
    Plant(
        "/dental/cleanings.md",
        "Dental cleanings are covered twice a year.",
        "Just so you know, dental cleanings are covered twice a year.",
    ),
    Plant(
        "/letters/language.md",
        "Send letters to the Basel office in German.",
        "Please always send letters to the Basel office in German.",
    ),
    Plant(
        "/claims/limit.md",
        "Claims above 5,000 EUR go to Maria.",
        "From now on claims above 5000 EUR go to Maria, not to me.",
    ),
    Plant(
        "/tools/cancel.md",
        "`cancel_order` fails once the order is shipped.",
        "Error: cancel_order fails, the order is shipped.",
        "cancel_order",
    ),
    Plant(
        "/units/metric.md",
        "Use metric units in reports.",
        "Could be clearer. Use metric units in reports.",
    ),
    Plant(
        "/refunds/days.md",
        "Refunds are paid within 14 days.",
        "Our policy: refunds are paid within 14 days.",
    ),
    Plant(
        "/refunds/receipt.md",
        "Ask for the receipt before refunding.",
        "You have to ask for the receipt before you refund anything.",
    ),
    Plant(
        "/hours/support.md",
        "Telephone support closes at 17:30 on Fridays.",
        "Telephone support closes at 17:30 on Friday.",
    ),
    Plant("/invoices/pdf.md", "Attach invoices as PDF.", "Attach the invoice as a PDF, will you."),
    Plant(
        "/tone/greeting.md",
        "Greet members by family name.",
        "We greet our members by their family name.",
    ),
    Plant(
        "/tools/region.md",
        "`list_claims` needs a `region`.",
        "ValidationError: list_claims needs region",
        "list_claims",
    ),
    Plant("/travel/notice.md", "Trips need 10 days of notice.", "Trips need ten days of notice."),
    Plant(
        "/archive/closed.md",
        "Closed files are archived after 90 days.",
        "Closed files get archived after 90 days.",
    ),
    Plant(
        "/payment/sepa.md",
        "SEPA transfers take two working days.",
        "Well, SEPA transfers take 2 working days.",
    ),
    Plant(
        "/glasses/limit.md",
        "Glasses are reimbursed up to $150.",
        "Glasses are reimbursed up to 150 dollars every other year.",
    ),
    Plant("/approval/two.md", "Write-offs need two approvals.", "Write-offs need 2 approvals."),
    Plant(
        "/phone/prefix.md",
        "Phone numbers start with +41.",
        "All phone numbers start with +41 here.",
    ),
    Plant(
        "/addresses/format.md",
        "Put the postcode before the city.",
        "The postcode goes before the city, put it there.",
    ),
    Plant(
        "/tools/retry.md",
        "Never retry `charge_card` after a timeout.",
        "Do not retry charge_card after a timeout!",
    ),
    Plant(
        "/reports/weekly.md",
        "The weekly report goes to finance on Mondays.",
        "The weekly report goes to finance on Monday.",
    ),
    Plant(
        "/holiday/backup.md",
        "Peter covers for Maria in August.",
        "Peter covers for Maria in August.",
    ),
    Plant(
        "/privacy/health.md",
        "Don't put health data in subject lines.",
        "Don't put any health data in the subject line.",
    ),
    Plant(
        "/sizes/upload.md",
        "Uploads larger than 20 MB are rejected.",
        '{"error": "rejected", "message": "uploads larger than 20 MB are rejected"}',
        "upload",
    ),
    Plant(
        "/names/order.md",
        "Family names come first in Hungarian addresses.",
        "In Hungarian addresses the family name comes first.",
    ),
    Plant(
        "/contracts/term.md",
        "Contracts renew for 12 months unless cancelled.",
        "Contracts renew for 12 months unless they are cancelled.",
    ),
    # These say the same in other words: a strict search may miss them, and is meant to.
    Plant(
        "/parking/rule.md",
        "Visitors park behind the building.",
        "Guests leave their cars at the back of the house.",
    ),
    Plant("/vat/rate.md", "The reduced VAT rate is 2.6 percent.", "The reduced VAT rate is 2.6%."),
    Plant(
        "/backup/time.md",
        "Backups run at 02:00 UTC.",
        "We do our backups at two in the morning UTC.",
    ),
    Plant(
        "/email/footer.md",
        "Add the legal footer to external e-mails.",
        "External e-mails: add the legal footer.",
    ),
    Plant(
        "/badges/loss.md",
        "Report lost badges to security at once.",
        "If a badge gets lost, security must hear about it right away.",
    ),
)

INVENTED = (
    # Other figures.
    Plant("/x/days.md", "Refunds are paid within 30 days.", "Refunds come within 14 days, not 30."),
    Plant(
        "/x/recombined.md",
        "Travel claims are settled in 5 days.",
        "Travel claims are settled in 9 days, dental claims in 5 days.",
    ),
    # The other way round.
    Plant(
        "/x/negated.md",
        "Retry `charge_card` after a timeout.",
        "Never retry charge_card after a timeout.",
    ),
    Plant(
        "/x/order.md",
        "Refund before asking for the receipt.",
        "Ask for the receipt before refunding.",
    ),
    Plant(
        "/x/people.md", "Maria covers for Peter in December.", "Peter covers for Maria in December."
    ),
    # Another tool, another place.
    Plant(
        "/x/tool.md",
        "`refund_order` fails once the order is shipped.",
        "Error: cancel_order fails, the order is shipped.",
        "cancel_order",
    ),
    Plant(
        "/x/place.md",
        "Send letters to the Geneva office in German.",
        "Send letters to the Basel office in German.",
    ),
    # A condition left out, a question, a thing taken back.
    Plant(
        "/x/only.md", "Physiotherapy is covered.", "Physiotherapy is only covered after surgery."
    ),
    Plant(
        "/x/question.md",
        "Contact lenses are covered twice a year.",
        "Are contact lenses covered twice a year?",
    ),
    Plant(
        "/x/taken-back.md",
        "Massages are covered up to 300 EUR.",
        "Massages are covered up to 300 EUR. No, that is wrong, they are not.",
    ),
)

HARD = (
    ("Approvals are valid for 30 minutes.", "Approvals are valid for 30 days."),
    ("Approvals are valid for 3 days.", "Approvals are valid for 30 days."),
    ("The limit is 1,500 EUR.", "The limit is 1,500 USD."),
    ("The limit is 15 EUR.", "The limit is 1.5 EUR."),
    ("Escalate claims above 500 to Maria.", "Forward claims above 500 to Maria."),
    ("Escalate claims above 500 to Maria.", "Escalate claims below 500 to Maria."),
    ("Escalate claims above 500 to Maria.", "Escalate claims above 500 to Marta."),
    ("Approve refunds without a receipt.", "Approve refunds with a receipt."),
    ("Approve refunds with a receipt.", "Approve refunds without a receipt."),
    ("Skip verification for gold members.", "Do not skip verification for gold members."),
    ("Skip verification for gold members.", "You never skip verification for gold members, right?"),
    ("Skip verification.", "He asked whether we skip verification."),
    ("Enable logging on production.", "Disable logging on production."),
    ("Convert USD to EUR for invoices.", "Convert EUR to USD for invoices."),
    ("Prefer trains over flights.", "Prefer flights over trains."),
    ("Use PDF instead of Word.", "Use Word instead of PDF."),
    ("Delete drafts after publishing.", "Delete drafts before publishing."),
    ("Delete drafts after publishing.", "Publish after deleting drafts."),
    ("Bonuses are taxed.", "Bonuses are taxed if they exceed 1,000."),
    ("Bonuses are taxed.", "Bonuses might be taxed."),
    ("Bonuses are taxed.", "Some bonuses are taxed."),
    ("Bonuses are taxed.", "I think bonuses are taxed."),
    ("Bonuses are taxed.", "Bonuses are no longer taxed."),
    ("Bonuses are taxed.", "Bonuses used to be taxed."),
    ("Bonuses are taxed at 20%.", "Bonuses are taxed at 25%."),
    ("Call `close_ticket` with `force`.", "Call close_ticket without force."),
    ("Call `close_ticket` with `force`.", "Call close_tickets with force."),
    ("Run `deploy.sh` on staging.", "Run deploy.py on staging."),
    ("Post to /v1/claims.", "Post to /v2/claims."),
    ("The office closes at 17:30.", "The office closes at 18:30."),
    ("The office closes at 17:30.", "The office opens at 17:30."),
    ("Reports are due on Mondays.", "Reports are due on Tuesdays."),
    ("Members may cancel within 14 days.", "Members may not cancel within 14 days."),
    ("All members get a refund.", "Only gold members get a refund."),
    ("Two approvals are needed.", "Three approvals are needed."),
    ("One approval is needed.", "Two approvals are needed."),
    ("Send the password by mail.", "Never send the password by mail."),
    ("Send the password by mail.", "It is wrong to send the password by mail."),
    ("Anna reports to Bert.", "Bert reports to Anna."),
    ("Anna approves what Bert files.", "Bert approves what Anna files."),
)
"""(what a memory says, what was said): the same words nearly all, and never the same."""

TALK = (
    "Hello, I have a question about my contract.",
    "Of course. What is your member number?",
    "It is 4711. When do you open tomorrow?",
    "We open at 8:00. Anything else about dental, letters, refunds or claims?",
    "No, thank you. The order is with Peter, and Maria knows about it.",
    "The invoice came within 30 days. It said 5 days of notice for travel.",
    "Please look into the claim again before the office closes.",
)
"""What else is said in every session, with the same subjects in it."""
