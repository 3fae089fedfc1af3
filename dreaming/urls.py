"""Every address; each room brings its own."""

from django.urls import URLPattern, URLResolver, include, path

from dreaming.views.health import healthz, readyz
from dreaming.views.landing import landing, set_theme, workspace_home

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("", landing, name="landing"),
    path("theme/", set_theme, name="set_theme"),
    path("w/<slug:workspace>/", workspace_home, name="workspace_home"),
    path("", include("agents.urls")),
]

handler400 = "dreaming.middleware.answer_unreadable"
handler403 = "dreaming.middleware.answer_forbidden"
handler404 = "dreaming.middleware.answer_unfound"
handler500 = "dreaming.middleware.answer_failure"
