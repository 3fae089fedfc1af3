"""Addresses of this room. Pages stand below the workspace they show."""

from django.urls import URLPattern, URLResolver, include, path

import agents.http  # noqa: F401 (registers the spellings of human ids for every urls.py)
from agents.views import people, sessions, tokens, workspaces

PAGES: list[URLPattern | URLResolver] = [
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/<session:number>/", sessions.session, name="session"),
    path(
        "sessions/<session:number>/<int:revision>/<int:turn>/reveal/",
        sessions.turn_reveal,
        name="turn_reveal",
    ),
    path("people/", people.people, name="people"),
    path("people/add/", people.person_add, name="person_add"),
    path("people/<slug:person>/role/", people.person_role, name="person_role"),
    path("people/<slug:person>/invite/", people.person_invite, name="person_invite"),
    path("people/<slug:person>/remove/", people.person_remove, name="person_remove"),
    path("groups/set/", people.group_set, name="group_set"),
    path("groups/<slug:group>/remove/", people.group_remove, name="group_remove"),
    path("groups/<slug:group>/qualify/", people.group_qualify, name="group_qualify"),
    path("groups/<slug:group>/waive/", people.group_waive, name="group_waive"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/issue/", tokens.token_issue, name="token_issue"),
    path("tokens/<slug:token>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("workspace/", workspaces.workspace, name="workspace"),
    path("workspace/freeze/", workspaces.workspace_freeze, name="workspace_freeze"),
    path("workspace/unfreeze/", workspaces.workspace_unfreeze, name="workspace_unfreeze"),
    path("workspace/checks/", workspaces.checks_set, name="checks_set"),
    path("workspace/boundary/", workspaces.boundary_set, name="boundary_set"),
    path("workspace/agents/add/", workspaces.agent_add, name="agent_add"),
    path("workspace/agents/<slug:agent>/owner/", workspaces.agent_owner, name="agent_owner"),
    path("workspace/agents/<slug:agent>/freeze/", workspaces.agent_freeze, name="agent_freeze"),
    path(
        "workspace/agents/<slug:agent>/unfreeze/",
        workspaces.agent_unfreeze,
        name="agent_unfreeze",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("w/<slug:workspace>/", include(PAGES)),
]
