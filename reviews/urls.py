"""Addresses of this room. Pages stand below the workspace they show."""

from django.urls import URLPattern, URLResolver, include, path

import agents.http  # noqa: F401 (registers the spellings of human ids)
from reviews.views import (
    absences,
    audit,
    conflict,
    containment,
    decide,
    due_times,
    edit,
    file,
    memory,
    notices,
    practice,
    presence,
    proposal,
    queue,
    releases,
    rule_changes,
    rules,
    search,
    sightings,
    turn,
    undo,
    webhooks,
)
from reviews.views.seeded import or_test_item

PROPOSAL: list[URLPattern | URLResolver] = [
    path("", proposal.proposal, name="proposal"),
    path("approve/", decide.approve, name="proposal_approve"),
    path("reject/", decide.reject, name="proposal_reject"),
    path("request-changes/", decide.request_changes, name="proposal_request_changes"),
    path("presence/", presence.presence, name="proposal_presence"),
    path("reserve/", presence.reserve, name="proposal_reserve"),
    path("release/", presence.release, name="proposal_release"),
    path("undo/", undo.undo, name="proposal_undo"),
    path("withdraw/", decide.withdraw, name="proposal_withdraw"),
    path("edit/", edit.edit, name="proposal_edit"),
    path("edit/preview/", edit.preview, name="proposal_edit_preview"),
    path("turn/", turn.turn, name="proposal_turn"),
    path("turn/assign/", turn.assign, name="proposal_assign"),
    path("conflict/", conflict.conflict, name="proposal_conflict"),
    path("conflict/preview/", conflict.preview, name="proposal_conflict_preview"),
    path("evidence/", proposal.more_evidence, name="proposal_more_evidence"),
    path("evidence/<int:position>/", proposal.evidence, name="proposal_evidence"),
    path("decisions/<int:decision>/", sightings.decision, name="decision"),
]
RULE: list[URLPattern | URLResolver] = [
    path("", rules.rule, name="rule"),
    path("propose/", rule_changes.rule_propose, name="rule_propose"),
    path("retire/", rule_changes.rule_retire, name="rule_retire"),
    path("changes/<int:number>/", rule_changes.rule_change, name="rule_change"),
    path("changes/<int:number>/apply/", rule_changes.rule_apply, name="rule_apply"),
    path("changes/<int:number>/refuse/", rule_changes.rule_refuse, name="rule_refuse"),
    path("changes/<int:number>/withdraw/", rule_changes.rule_withdraw, name="rule_withdraw"),
]
AUDIT: list[URLPattern | URLResolver] = [
    path("", audit.audit, name="audit"),
    path("verify/", audit.audit_verify, name="audit_verify"),
    path("entry/<int:number>/", audit.audit_entry, name="audit_entry"),
    path("checkpoint/", audit.audit_checkpoint, name="audit_checkpoint"),
    path("exports/", audit.export_list, name="exports"),
    path("exports/make/", audit.export_make, name="export_make"),
    path("exports/<export:number>/", audit.export_download, name="export_download"),
    path("exports/<export:number>/manifest/", audit.export_manifest, name="export_manifest"),
]
SAMPLE: list[URLPattern | URLResolver] = [
    path("", practice.practice_sample, name="practice_sample"),
    path("approve/", practice.sample_approve, name="sample_approve"),
    path("reject/", practice.sample_reject, name="sample_reject"),
    path("request-changes/", practice.sample_request_changes, name="sample_request_changes"),
    path("evidence/<int:quote>/", practice.sample_evidence, name="sample_evidence"),
]
PRACTICE: list[URLPattern | URLResolver] = [
    path("", practice.practice_home, name="practice"),
    path("start/", practice.practice_start, name="practice_start"),
    path("settled-in/", practice.first_visit_end, name="first_visit_end"),
    path("qualify/<slug:group>/", practice.qualification_start, name="qualification_start"),
    path("<int:attempt>/", practice.practice_run, name="practice_run"),
    path("<int:attempt>/<int:position>/", include(SAMPLE)),
]
PAGES: list[URLPattern | URLResolver] = [
    path("review/", queue.queue, name="queue"),
    path("review/completions/", search.completions, name="queue_completions"),
    path("review/new/", file.propose, name="propose"),
    path("review/<proposal:number>/", include(or_test_item(PROPOSAL))),
    path("audit/", include(AUDIT)),
    path("practice/", include(PRACTICE)),
    path("rules/", rules.rules, name="rules"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/set/", webhooks.webhook_set, name="webhook_set"),
    path("webhooks/<int:pk>/", webhooks.deliveries, name="deliveries"),
    path("webhooks/<int:pk>/rotate/", webhooks.webhook_rotate, name="webhook_rotate"),
    path("webhooks/<int:pk>/remove/", webhooks.webhook_remove, name="webhook_remove"),
    path("webhooks/<int:pk>/<int:delivery>/again/", webhooks.delivery_again, name="delivery_again"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.notices_read, name="notices_read"),
    path("notices/<int:pk>/", notices.notice_open, name="notice_open"),
    path("notifications/", notices.notifications, name="notifications"),
    path("notifications/set/", notices.notifications_set, name="notifications_set"),
    path("away/", absences.absences, name="absences"),
    path("away/set/", absences.absence_set, name="absence_set"),
    path("away/<int:pk>/end/", absences.absence_end, name="absence_end"),
    path("rules/due-times/", due_times.due_times, name="due_times"),
    path("rules/due-times/set/", due_times.due_times_set, name="due_times_set"),
    path("rules/double-review/", practice.double_review_set, name="double_review_set"),
    path("rules/test-items/", practice.test_items_set, name="test_items_set"),
    path("rules/new/", rule_changes.rule_new, name="rule_new"),
    path("rules/<slug:rule>/", include(RULE)),
    path("containment/<int:pk>/", containment.containment, name="containment"),
    path("agents/<slug:agent>/roll-back/", containment.roll_back, name="roll_back"),
    path("memory/<memory:number>/", memory.memory, name="memory"),
    path("releases/<release:number>/", releases.release, name="release"),
    path("agents/<slug:agent>/releases/", releases.release_list, name="releases"),
    path("memory/<memory:number>/restore/", containment.restore_version, name="restore_version"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("w/<slug:workspace>/", include(PAGES)),
]
