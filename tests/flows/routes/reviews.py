"""The addresses of the room of reviews: queue, proposals, memory, releases, the log."""

from datetime import timedelta
from typing import Any

from agents import clock
from agents.access import member_for
from agents.numbers import take_numbers
from reviews.approval_rules import Rule
from reviews.audit import sealing
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Leaf
from reviews.auditing.selection import draw_sample
from reviews.auditing.spans import Span
from reviews.batches import decide_batch
from reviews.decisions import Said, Shown, approve
from reviews.exports import Period, export_history
from reviews.lifecycle import Act
from reviews.models import Absence, SavedView
from reviews.rule_changes import Told, propose_rule
from reviews.rules import set_rule
from tests import build
from tests.cast import Cast
from tests.flows.routes.lines import REASON, Route, at_agent, here, sends
from tests.reviews.piles import frozen, pile


def at_proposal(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.filed(cast.store).number}


def at_near(cast: Cast) -> dict[str, Any]:
    return at_proposal(cast) | {"memory": build.memory(cast.store, "/beside.md").number}


def at_words(cast: Cast) -> dict[str, Any]:
    return at_proposal(cast) | {"kind": "reject"}


def at_view(cast: Cast) -> dict[str, Any]:
    made = SavedView.objects.create(
        workspace=cast.workspace, owner=cast.reviewer, name="Late", text="is:late", shared=True
    )
    return here(cast) | {"key": made.key}


def in_days(_: Cast) -> dict[str, Any]:
    return {"until": f"{clock.now() + timedelta(days=3):%Y-%m-%d}", "note": "After leave"}


def at_conflict(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.proposal(cast.store, "conflicted").number}


def at_decided(cast: Cast) -> dict[str, Any]:
    filed = build.filed(cast.store)
    by = member_for(cast.second_reviewer, cast.workspace.slug)
    approve(filed, by=by, shown=Shown(1, "pending"))
    return here(cast) | {"number": filed.number}


def at_batch(cast: Cast) -> dict[str, Any]:
    by = member_for(cast.reviewer, cast.workspace.slug)
    made = decide_batch(frozen(*pile(cast, 1)), Said(Act.APPROVE, token="form"), by=by)
    return here(cast) | {"key": made.key}


def at_evidence(cast: Cast) -> dict[str, Any]:
    quote = build.quote(build.session(cast.agent), 2, "already shipped")
    filed = build.filed(cast.store, evidence=[quote])
    return here(cast) | {"number": filed.number, "position": 1}


def at_memory(cast: Cast) -> dict[str, Any]:
    return here(cast) | {"number": build.memory(cast.store).number}


def at_release(cast: Cast) -> dict[str, Any]:
    take_numbers(cast.workspace, "R", 1_000)
    build.memory(cast.store)
    return here(cast) | {"number": cast.store.releases.latest("sequence").number}


def at_containment(cast: Cast) -> dict[str, Any]:
    take_numbers(cast.workspace, "C", 1_000)
    made = build.containment(
        workspace=cast.workspace,
        store=cast.store,
        kind="roll_back",
        target="R-1",
        by=cast.lead,
        reason="Odd",
        due_at=clock.now(),
    )
    return here(cast) | {"number": made.number}


def at_entry(cast: Cast) -> dict[str, Any]:
    sealing.seal()
    last = Leaf.objects.filter(workspace=cast.workspace.slug).latest("number")
    return here(cast) | {"number": last.number}


def at_decision(cast: Cast) -> dict[str, Any]:
    filed = build.filed(cast.store)
    approve(filed, by=member_for(cast.reviewer, cast.workspace.slug), shown=Shown(1, "pending"))
    return here(cast) | {"number": filed.number, "decision": 1}


def at_sample(cast: Cast) -> dict[str, Any]:
    at_decision(cast)
    sealing.checkpoint(clock.now())
    today = clock.now().date()
    member = member_for(cast.auditor, cast.workspace.slug)
    made = draw_sample(cast.workspace, Span(today, today), seed="dawn", size=5, by=member)
    return here(cast) | {"number": made.number}


def at_export(cast: Cast) -> dict[str, Any]:
    member = member_for(cast.auditor, cast.workspace.slug)
    made = export_history(cast.workspace, form="jsonl", period=Period(None, None), by=member)
    return here(cast) | {"number": made.number}


def at_rule(cast: Cast) -> dict[str, Any]:
    rule = Rule("refunds", needs=((None, 2),), path_prefix="/refunds/")
    set_rule(cast.workspace, rule, position=7, actor=SYSTEM, by=None)
    return here(cast) | {"rule": "refunds"}


def at_rule_change(cast: Cast) -> dict[str, Any]:
    place = at_rule(cast)
    three = Rule("refunds", needs=((None, 3),), path_prefix="/refunds/")
    lead = member_for(cast.lead, cast.workspace.slug)
    made = propose_rule(cast.workspace, three, place=7, told=Told("Three."), by=lead)
    return place | {"number": made.number}


def at_absence(cast: Cast) -> dict[str, Any]:
    now = clock.now()
    made = Absence.objects.create(
        workspace=cast.workspace,
        person=cast.reviewer,
        set_by=cast.reviewer,
        starts_at=now,
        ends_at=now + timedelta(days=1),
    )
    return here(cast) | {"absence": made.public_id}


def away(cast: Cast) -> dict[str, Any]:
    first = clock.now() + timedelta(days=40)
    days = dict.fromkeys(("first", "last"), f"{first:%Y-%m-%d}")
    return days | {"person": cast.lead.public_id, "stand_in": ""}


def assigned(cast: Cast) -> dict[str, Any]:
    return {"person": cast.reviewer.public_id}


DRAW = sends(since="2026-01-01", until="2099-12-31", size=5, seed="dawn")
SAID = sends(text="Which orders does it hold for?")
VIEW = sends(name="High risk", q="risk:high")
KEPT = sends(until=f"{clock.now() + timedelta(days=30):%Y-%m-%d}")
SHOWN = sends(revision=1, state="pending")
REJECTED = sends(revision=1, state="pending", code="wrong", reason="It is not so.")
ASKED = sends(revision=1, state="pending", reason="Say which orders it holds for.")
EDITED = sends(revision=1, text="Shipped orders stay shipped.", reason="Said more plainly.")
REBASED = sends(revision=1, live=0, by_hand="on", text="Shipped orders stay shipped.")
ANSWER = sends(verdict="confirmed", reason="Looked at")
SIGNED = sends(release="R-1", purpose="Refunds.", statement="Every text read.")
LIMITS = sends(percent="10", changes="20")
BY_HAND = sends(mode="by_hand")
EARLIER = sends(release="R-1", reason="Odd")
VERSION = sends(version=1, reason="Odd")
PROPOSED = sends(
    store="refund-desk", path="/notes/a.md", text="Ask for the number.", rationale="It helps."
)
HOURS = sends(high_hours=12, medium_hours=48, low_hours=96, group="", recheck_days=20)
TWO_OF_ANYONE = {
    "agent": "*",
    "mode": "people",
    "anyone": 2,
    "place": 1,
    "reason": "More eyes on it.",
}
RULE = sends(**TWO_OF_ANYONE)
NEW_RULE = sends(**TWO_OF_ANYONE, name="money-moves")
UNDONE = sends(round=0, state="scheduled")
ROUTES = [
    # Review                        anonymous outsider reviewer lead auditor admin token
    Route("work", "GET", here, "in 404 200 200 403 403 in"),
    Route("queue", "GET", here, "in 404 200 200 200 403 in"),
    Route("view_save", "POST", here, "in 404 303 303 303 403 in", VIEW),
    Route("view_change", "POST", at_view, "in 404 303 303 403 403 in", VIEW),
    Route("view_delete", "POST", at_view, "in 404 303 303 403 403 in"),
    Route("queue_completions", "GET", here, "in 404 200 200 200 403 in"),
    Route("batch", "GET", here, "in 404 200 200 403 403 in"),
    Route("batch", "POST", here, "in 404 422 422 403 403 in"),
    Route("batch_decided", "GET", at_batch, "in 404 200 200 200 403 in"),
    Route("batch_undo", "POST", at_batch, "in 404 303 303 403 403 in"),
    Route("propose", "GET", here, "in 404 200 200 403 403 in"),
    Route("propose", "POST", here, "in 404 303 303 403 403 in", PROPOSED),
    Route("proposal", "GET", at_proposal, "in 404 200 200 200 403 in"),
    Route("proposal_approve", "POST", at_proposal, "in 404 303 303 403 403 in", SHOWN),
    Route("proposal_reject", "GET", at_proposal, "in 404 200 200 403 403 in"),
    Route("proposal_reject", "POST", at_proposal, "in 404 303 303 403 403 in", REJECTED),
    Route("proposal_request_changes", "GET", at_proposal, "in 404 200 200 403 403 in"),
    Route("proposal_request_changes", "POST", at_proposal, "in 404 303 303 403 403 in", ASKED),
    Route("proposal_undo", "POST", at_decided, "in 404 403 303 403 403 in", UNDONE),
    Route("proposal_presence", "POST", at_proposal, "in 404 200 200 403 403 in", SHOWN),
    Route("proposal_reserve", "POST", at_proposal, "in 404 303 303 403 403 in", SHOWN),
    Route("proposal_release", "POST", at_proposal, "in 404 303 303 403 403 in", SHOWN),
    Route("proposal_draft", "POST", at_words, "in 404 204 204 403 403 in", REASON),
    Route("proposal_read", "POST", at_proposal, "in 404 303 303 403 403 in"),
    Route("proposal_later", "GET", at_proposal, "in 404 200 200 403 403 in"),
    Route("proposal_later", "POST", at_proposal, "in 404 303 303 403 403 in", in_days),
    Route("proposal_take_back", "POST", at_proposal, "in 404 303 303 403 403 in"),
    Route("proposal_withdraw", "GET", at_proposal, "in 404 200|403 200|403 200|403 403 in"),
    Route("proposal_withdraw", "POST", at_proposal, "in 404 403 403 403 403 in", REASON),
    Route("proposal_edit", "GET", at_proposal, "in 404 200 200 403 403 in"),
    Route("proposal_edit", "POST", at_proposal, "in 404 303 303 403 403 in", EDITED),
    Route("proposal_edit_preview", "POST", at_proposal, "in 404 200 200 403 403 in", EDITED),
    Route("proposal_conflict", "GET", at_conflict, "in 404 200 200 200 403 in"),
    Route("proposal_conflict", "POST", at_conflict, "in 404 303 303 403 403 in", REBASED),
    Route("proposal_conflict_preview", "POST", at_conflict, "in 404 200 200 403 403 in", REBASED),
    Route("proposal_evidence", "GET", at_evidence, "in 404 200 200 200 403 in"),
    Route("proposal_comment", "POST", at_proposal, "in 404 303 303 403 403 in", SAID),
    Route("proposal_near", "GET", at_near, "in 404 200 200 200 403 in"),
    Route("proposal_past", "GET", at_proposal, "in 404 200 200 200 403 in"),
    Route("proposal_revisions", "GET", at_proposal, "in 404 200 200 200 403 in"),
    Route("proposal_reads", "GET", at_proposal, "in 404 200 200 200 403 in"),
    Route("proposal_more_evidence", "GET", at_proposal, "in 404 200 200 200 403 in"),
    Route("decision", "GET", at_decision, "in 404 403 200 200 403 in"),
    # Rules                         anonymous outsider reviewer lead auditor admin token
    Route("proposal_turn", "GET", at_proposal, "in 404 200 200 200 403 in"),
    Route("proposal_assign", "POST", at_proposal, "in 404 403 303 403 403 in", assigned),
    Route("absences", "GET", here, "in 404 200 200 200 200 in"),
    Route("absence_set", "POST", here, "in 404 422 302 422 302 in", away),
    Route("absence_end", "POST", at_absence, "in 404 302 302 403 302 in"),
    Route("rules", "GET", here, "in 404 200 200 200 200 in"),
    Route("due_times", "GET", here, "in 404 200 200 200 200 in"),
    Route("due_times_set", "POST", here, "in 404 403 302 403 403 in", HOURS),
    Route("rule_new", "GET", here, "in 404 403 200 403 403 in"),
    Route("rule_new", "POST", here, "in 404 403 303 403 403 in", NEW_RULE),
    Route("rule", "GET", at_rule, "in 404 200 200 200 200 in"),
    Route("rule_propose", "GET", at_rule, "in 404 403 200 403 403 in"),
    Route("rule_propose", "POST", at_rule, "in 404 403 303 403 403 in", RULE),
    Route("rule_retire", "POST", at_rule, "in 404 403 303 403 403 in", REASON),
    Route("rule_change", "GET", at_rule_change, "in 404 200 200 200 200 in"),
    Route("rule_apply", "POST", at_rule_change, "in 404 403 403 403 303 in"),
    Route("rule_refuse", "POST", at_rule_change, "in 404 403 403 403 303 in", REASON),
    Route("rule_withdraw", "POST", at_rule_change, "in 404 403 303 403 403 in"),
    # Containment                   anonymous outsider reviewer lead auditor admin token
    Route("containment", "GET", at_containment, "in 404 200 200 200 403 in"),
    Route("containment", "POST", at_containment, "in 404 303 403 403 403 in", ANSWER),
    Route("roll_back", "POST", at_agent, "in 404 403 303|404|409|422 403 403 in", EARLIER),
    Route("restore_version", "POST", at_memory, "in 404 403 303|409|422 403 403 in", VERSION),
    # Memory, releases              anonymous outsider reviewer lead auditor admin token
    Route("memory", "GET", at_memory, "in 404 200 200 200 403 in"),
    Route("memory_reviewed", "POST", at_memory, "in 404 303 303 403 403 in", KEPT),
    Route("release", "GET", at_release, "in 404 200 200 200 403 in"),
    Route("releases", "GET", at_agent, "in 404 200 200 200 403 in"),
    Route("release_texts", "GET", at_release, "in 404 200 200 200 403 in"),
    Route("baseline", "GET", at_agent, "in 404 200 200 200 403 in"),
    # The password is asked for again before it is signed.
    Route("baseline", "POST", at_agent, "in 404 403 302 403 403 in", SIGNED),
    Route("baseline_limits", "POST", at_agent, "in 404 403 303 403 403 in", LIMITS),
    Route("publish", "POST", at_agent, "in 404 409 409 403 403 in", sends(seen="0" * 64)),
    Route("publishing_set", "POST", at_agent, "in 404 403 303 403 403 in", BY_HAND),
    # Audit                         anonymous outsider reviewer lead auditor admin token
    Route("audit", "GET", here, "in 404 200 200 200 200 in"),
    Route("audit_verify", "POST", here, "in 404 403 403 302 302 in"),
    Route("audit_entry", "GET", at_entry, "in 404 404 200 200 200 in"),
    Route("audit_checkpoint", "GET", here, "in 404 200|404 200|404 200|404 200|404 in"),
    Route("population", "GET", here, "in 404 403 403 200 403 in"),
    Route("sample_draw", "POST", here, "in 404 403 403 302|422 403 in", DRAW),
    Route("audit_sample", "GET", at_sample, "in 404 403 403 200 403 in"),
    Route("packet_make", "POST", at_sample, "in 404 403 403 302 403 in"),
    Route("exceptions", "GET", here, "in 404 403 403 200 403 in"),
    Route("exception", "GET", here, "in 404 403 403 200 403 in", sends(question="own")),
    Route("exports", "GET", here, "in 404 403 403 200 403 in"),
    Route("export_make", "POST", here, "in 404 403 403 302 403 in", sends(form="jsonl")),
    Route("export_download", "POST", at_export, "in 404 403 403 200 403 in"),
    Route("export_manifest", "GET", at_export, "in 404 403 403 200 403 in"),
]
