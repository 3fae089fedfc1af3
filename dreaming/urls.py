"""Every address; each room brings its own."""

from django.urls import URLPattern, URLResolver, include, path

from dreaming.views import agents, dreams, hosted, insights, outcomes, schedules
from dreaming.views.design import design
from dreaming.views.health import healthz, readyz
from dreaming.views.hooks import managed_hook
from dreaming.views.landing import landing, set_theme, workspace_home
from dreaming.views.metrics import metrics
from dreaming.views.quarantines import (
    quarantine,
    quarantine_let_in,
    quarantine_list,
    quarantine_new,
    quarantine_restore,
)

DREAM_PAGES: list[URLPattern | URLResolver] = [
    path("", dreams.dreams_list, name="dreams"),
    path("start/", dreams.dream_start, name="dream_start"),
    path("pause/", schedules.dreams_pause, name="dreams_pause"),
    path("resume/", schedules.dreams_resume, name="dreams_resume"),
    path("schedule/<slug:store>/", schedules.schedule, name="schedule"),
    path("schedule/<slug:store>/set/", schedules.schedule_set, name="schedule_set"),
    path("<dream:number>/", dreams.dream_page, name="dream"),
    path("<dream:number>/progress/", dreams.dream_progress, name="dream_progress"),
    path("<dream:number>/cancel/", dreams.dream_cancel, name="dream_cancel"),
    path("<dream:number>/agree/", dreams.dream_agree, name="dream_agree"),
    path("<dream:number>/admit/", dreams.dream_admit, name="dream_admit"),
]

HOSTED_PAGES: list[URLPattern | URLResolver] = [
    path("", hosted.hosted, name="hosted"),
    path("link/", hosted.hosted_link, name="hosted_link"),
    path("unlink/", hosted.hosted_unlink, name="hosted_unlink"),
    path("sync/", hosted.hosted_sync, name="hosted_sync"),
    path("revert/", hosted.hosted_revert, name="hosted_revert"),
    path("take-up/", hosted.hosted_take_up, name="hosted_take_up"),
]

QUARANTINE_PAGES: list[URLPattern | URLResolver] = [
    path("", quarantine_list, name="quarantines"),
    path("new/", quarantine_new, name="quarantine_new"),
    path("<quarantine:number>/", quarantine, name="quarantine"),
    path("<quarantine:number>/restore/", quarantine_restore, name="quarantine_restore"),
    path("<quarantine:number>/let-in/", quarantine_let_in, name="quarantine_let_in"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("agents.api_urls")),
    path("api/v1/", include("reviews.api_urls")),
    path("hooks/managed/", managed_hook, name="api_managed_hook"),
    path("", landing, name="landing"),
    path("theme/", set_theme, name="set_theme"),
    path("design/", design, name="design"),
    path("w/<slug:workspace>/", workspace_home, name="workspace_home"),
    path("w/<slug:workspace>/dreams/", include(DREAM_PAGES)),
    path("w/<slug:workspace>/insights/", insights.insights, name="insights"),
    path("w/<slug:workspace>/quarantine/", include(QUARANTINE_PAGES)),
    path("w/<slug:workspace>/agents/", agents.agents, name="agents"),
    path("w/<slug:workspace>/agents/shared/", agents.shared_memory, name="shared_memory"),
    path("w/<slug:workspace>/agents/<slug:agent>/", agents.agent, name="agent"),
    path("w/<slug:workspace>/agents/<slug:store>/on/", agents.release_on, name="release_on"),
    path("w/<slug:workspace>/agents/<slug:store>/outcomes/", outcomes.outcomes, name="outcomes"),
    path("w/<slug:workspace>/agents/<slug:store>/hosted/", include(HOSTED_PAGES)),
    path("", include("agents.urls")),
    path("", include("reviews.urls")),
]

handler400 = "dreaming.middleware.answer_unreadable"
handler403 = "dreaming.middleware.answer_forbidden"
handler404 = "dreaming.middleware.answer_unfound"
handler500 = "dreaming.middleware.answer_failure"
