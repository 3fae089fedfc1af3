"""Outside the workspaces: probes, signing in, and the door of the agents."""

from typing import Any

from agents.people import add_person
from tests.cast import Cast
from tests.flows.routes.lines import Route, nowhere, of_role, sends


def reset_key(cast: Cast) -> dict[str, Any]:
    invited = add_person(
        cast.workspace, email="rita@x.example", name="Rita", role="lead", by=cast.admin
    )
    key = (invited.path or "").rstrip("/").rpartition("/")[2]
    uidb36, _, secret = key.partition("-")
    return {"uidb36": uidb36, "key": secret}


SESSIONS = sends(
    external_id="run-1", events=[{"kind": "message", "role": "user", "text": "Cancel order 1042."}]
)
ROUTES = [
    # Outside the workspaces                        anonymous, anybody signed in, token
    Route("healthz", "GET", nowhere, of_role("200 200 200")),
    Route("readyz", "GET", nowhere, of_role("200|503 200|503 200|503")),
    # The test client speaks from this machine; others are in tests/dreaming/views/test_metrics.py.
    Route("metrics", "GET", nowhere, of_role("200 200 200")),
    # Without a secret there is no such door; tests/dreaming/hosted/test_receiver.py has one.
    Route("api_managed_hook", "POST", nowhere, of_role("404 404 404")),
    Route("landing", "GET", nowhere, of_role("in 302 in")),
    Route("design", "GET", nowhere, of_role("in 200 in")),
    Route("set_theme", "POST", nowhere, of_role("302 302 302"), sends(theme="dark")),
    # Sign-in; nobody registers themselves
    Route("account_login", "GET", nowhere, of_role("200 302 200")),
    Route("account_logout", "GET", nowhere, of_role("302 200 302")),
    Route("account_inactive", "GET", nowhere, of_role("200 200 200")),
    Route("account_signup", "GET", nowhere, of_role("200 302 200")),
    Route("account_reset_password", "GET", nowhere, of_role("200 200 200")),
    Route("account_reset_password_done", "GET", nowhere, of_role("200 200 200")),
    Route("account_reset_password_from_key", "GET", reset_key, of_role("302 302 302")),
    Route("account_reset_password_from_key_done", "GET", nowhere, of_role("200 200 200")),
    Route("account_email_verification_sent", "GET", nowhere, of_role("in 302 in")),
    Route("account_confirm_login_code", "GET", nowhere, of_role("in 302 in")),
    Route("account_reauthenticate", "GET", nowhere, of_role("in 200 in")),
    Route("account_email", "GET", nowhere, of_role("in 200 in")),
    Route("account_change_password", "GET", nowhere, of_role("in 200 in")),
    Route("account_set_password", "GET", nowhere, of_role("in 302 in")),
    Route("mfa_index", "GET", nowhere, of_role("in 200 in")),
    Route("mfa_authenticate", "GET", nowhere, of_role("in 302 in")),
    Route("mfa_reauthenticate", "GET", nowhere, of_role("in 302 in")),
    Route("mfa_activate_totp", "GET", nowhere, of_role("in 302 in")),
    Route("mfa_deactivate_totp", "GET", nowhere, of_role("in 404 in")),
    Route("mfa_view_recovery_codes", "GET", nowhere, of_role("in 404 in")),
    Route("mfa_generate_recovery_codes", "GET", nowhere, of_role("in 302 in")),
    Route("mfa_download_recovery_codes", "GET", nowhere, of_role("in 404 in")),
    Route("socialaccount_login_cancelled", "GET", nowhere, of_role("200 200 200")),
    Route("socialaccount_login_error", "GET", nowhere, of_role("401 401 401")),
    Route("socialaccount_signup", "GET", nowhere, of_role("in in in")),
    Route("socialaccount_connections", "GET", nowhere, of_role("in 200 in")),
    Route("accounts/social/login/cancelled/", "GET", nowhere, of_role("301 301 301")),
    Route("accounts/social/login/error/", "GET", nowhere, of_role("301 301 301")),
    Route("accounts/social/signup/", "GET", nowhere, of_role("301 301 301")),
    Route("accounts/social/connections/", "GET", nowhere, of_role("301 301 301")),
    # The agents' own door          anonymous outsider reviewer lead auditor admin token
    Route("api_sessions", "POST", nowhere, of_role("401 401 200"), SESSIONS),
    Route(
        "api_memory",
        "GET",
        lambda cast: {"slug": cast.agent.slug},
        of_role("401 401 200"),
        sends(session="run-1"),
    ),
    Route(
        "api_memory_tool",
        "POST",
        lambda cast: {"slug": cast.agent.slug},
        of_role("401 401 200"),
        sends(session="run-1", input={"command": "view", "path": "/memories"}),
    ),
    Route("api_openapi", "GET", nowhere, of_role("200 200 200")),
]
