"""Every setting, read from the environment once. docs/settings.md explains each."""

from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from dreaming.environment import (
    email_from,
    env_bool,
    env_float,
    env_int,
    env_list,
    env_networks,
    env_secret,
    env_signing_secret,
    env_text,
    keep_secret,
    newest_version,
    refuse_unknown,
)

KNOWN = (
    "DAYBREAK_ALLOWED_HOSTS",
    "DAYBREAK_ANTHROPIC_API_KEY",
    "DAYBREAK_ANTHROPIC_BASE_URL",
    "DAYBREAK_APPLY_TICK_S",
    "DAYBREAK_AUDIT_KEK",
    "DAYBREAK_CHROMIUM",
    "DAYBREAK_CLAUDE_BATCHES",
    "DAYBREAK_CLAUDE_CONCURRENCY",
    "DAYBREAK_CLAUDE_PLATFORM",
    "DAYBREAK_CLAUDE_PRICES",
    "DAYBREAK_CLAUDE_READ_MODEL",
    "DAYBREAK_CLAUDE_REGION",
    "DAYBREAK_CLAUDE_WRITE_MODEL",
    "DAYBREAK_CSRF_TRUSTED_ORIGINS",
    "DAYBREAK_DATA_DIR",
    "DAYBREAK_DAY_CEILING_USD",
    "DAYBREAK_DEBUG",
    "DAYBREAK_PREPARED_STATEMENTS",
    "DAYBREAK_DREAM_CEILING_USD",
    "DAYBREAK_EMAIL_URL",
    "DAYBREAK_GRACE_S",
    "DAYBREAK_HEARTBEAT_S",
    "DAYBREAK_LEASE_S",
    "DAYBREAK_MANAGED_API_KEY",
    "DAYBREAK_MANAGED_BASE_URL",
    "DAYBREAK_MANAGED_HOURS",
    "DAYBREAK_MANAGED_MODEL",
    "DAYBREAK_MANAGED_REGION",
    "DAYBREAK_MANAGED_WEBHOOK_SECRET",
    "DAYBREAK_MAX_UPLOAD_BYTES",
    "DAYBREAK_MCP_TOKEN",
    "DAYBREAK_METRICS_TOKEN",
    "DAYBREAK_ORIGIN",
    "DAYBREAK_REAP_S",
    "DAYBREAK_REQUIRE",
    "DAYBREAK_SECRET_KEY",
    "DAYBREAK_SECURE",
    "DAYBREAK_SEAL_TICK_S",
    "DAYBREAK_SHARED",
    "DAYBREAK_SQLITE_SYNCHRONOUS",
    "DAYBREAK_TEST_ENGINE",
    "DAYBREAK_TRUSTED_PROXIES",
    "DAYBREAK_URL",
    "DAYBREAK_WATCH_TICK_S",
    "DAYBREAK_WEBHOOK_NETWORKS",
    "DAYBREAK_WEB_PROCESSES",
)
SECRET = (
    "DAYBREAK_ANTHROPIC_API_KEY",
    "DAYBREAK_AUDIT_KEK",
    "DAYBREAK_EMAIL_URL",
    "DAYBREAK_MANAGED_API_KEY",
    "DAYBREAK_MANAGED_WEBHOOK_SECRET",
    "DAYBREAK_MCP_TOKEN",
    "DAYBREAK_METRICS_TOKEN",
    "DAYBREAK_SECRET_KEY",
)
refuse_unknown(KNOWN, SECRET)

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = newest_version(BASE_DIR / "CHANGELOG.md")
DATA_DIR = Path(env_text("DAYBREAK_DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEBUG = env_bool("DAYBREAK_DEBUG", default=False)
SECURE = env_bool("DAYBREAK_SECURE", default=False)
"""True in production: cookies and redirects over HTTPS only."""

if SECURE and DEBUG:
    raise ImproperlyConfigured("DAYBREAK_DEBUG cannot be on where DAYBREAK_SECURE is.")

configured_key = env_secret("DAYBREAK_SECRET_KEY")
if SECURE and not configured_key:
    raise ImproperlyConfigured("DAYBREAK_SECURE is on: set DAYBREAK_SECRET_KEY or its _FILE.")
SECRET_KEY = configured_key or keep_secret(DATA_DIR / "secret_key")
# Probes ask from inside, by the machine's own names.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
ALLOWED_HOSTS = [*env_list("DAYBREAK_ALLOWED_HOSTS", ()), *LOCAL_HOSTS]
CSRF_TRUSTED_ORIGINS = env_list("DAYBREAK_CSRF_TRUSTED_ORIGINS", ())

INSTALLED_APPS = [
    "agents.apps.AgentsConfig",
    "reviews.audit.apps.AuditConfig",
    "reviews.apps.ReviewsConfig",
    "dreaming.apps.DreamingConfig",
    "agents.web.apps.WebConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dreaming.middleware.HeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dreaming.middleware.ErrorsMiddleware",
]

ROOT_URLCONF = "dreaming.urls"
WSGI_APPLICATION = "dreaming.wsgi.application"
APPEND_SLASH = True

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dreaming.context_processors.shell",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "agents.web.nodes.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "django_htmx.templatetags.django_htmx",
                "agents.web.templatetags.daybreak",
                "django.templatetags.i18n",
                # Behind Django's, whose tags it stands in for.
                "agents.web.templatetags.fixed",
            ],
        },
    }
]

DATABASE_URL = env_secret("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'daybreak.sqlite3'}"
SQLITE_SYNCHRONOUS = env_text("DAYBREAK_SQLITE_SYNCHRONOUS", "NORMAL")


PREPARED_STATEMENTS = env_bool("DAYBREAK_PREPARED_STATEMENTS", default=True)


def database_from(url: str) -> dict[str, Any]:
    """Return Django's database settings for `url`; SQLite gets WAL and IMMEDIATE.

    IMMEDIATE takes the write lock at BEGIN: the deferred default fails three of four concurrent
    writers at once, because a read lock that becomes a write lock is not waited for.
    """
    parsed: dict[str, Any] = dict(dj_database_url.parse(url))
    if parsed["ENGINE"].endswith("sqlite3"):
        parsed["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL;"
                f"PRAGMA synchronous={SQLITE_SYNCHRONOUS};"
                "PRAGMA recursive_triggers=ON;"
                "PRAGMA mmap_size=268435456;"
                "PRAGMA cache_size=-32000;"
            ),
        }
        # A test database on a file: in memory, threads and processes would each see their own.
        parsed["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    else:
        parsed["CONN_MAX_AGE"] = 600
        parsed["CONN_HEALTH_CHECKS"] = True
        if PREPARED_STATEMENTS:
            # Of what is found by its key no plan is better than the one that is kept; left to
            # choose, the server plans anew where it guesses a little less work.
            options = parsed.setdefault("OPTIONS", {})
            given = options.get("options", "")
            options["options"] = f"{given} -c plan_cache_mode=force_generic_plan".strip()
    return parsed


DATABASES = {"default": database_from(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PORT = env_int("PORT", 8000, least=1)
BASE_URL = env_text("DAYBREAK_URL", f"http://localhost:{PORT}").rstrip("/")
"""Where people open Daybreak: addresses in mails begin with it."""
WEBHOOK_NETWORKS = env_networks("DAYBREAK_WEBHOOK_NETWORKS")
WEB_PROCESSES = env_int("DAYBREAK_WEB_PROCESSES", 1, least=1)
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if WEB_PROCESSES == 1
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shell_cache"}
}

AUTH_USER_MODEL = "agents.Person"
# The second is named in sessions that began before the first one was.
AUTHENTICATION_BACKENDS = [
    "dreaming.visitors.Backend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "dreaming.signin.InvitationOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1
ALLAUTH_TRUSTED_PROXY_COUNT = env_int("DAYBREAK_TRUSTED_PROXIES", 0, least=0)
# Without an address for mail, messages are written to files: nothing leaves the machine.
EMAIL = email_from(env_secret("DAYBREAK_EMAIL_URL") or "")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL.host
    else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_HOST = EMAIL.host
EMAIL_PORT = EMAIL.port
EMAIL_HOST_USER = EMAIL.user
EMAIL_HOST_PASSWORD = EMAIL.password
EMAIL_USE_TLS = EMAIL.starttls
EMAIL_USE_SSL = EMAIL.implicit_tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = EMAIL.sender

SESSION_ENGINE = "dreaming.visitors"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "dreaming.middleware.answer_forged"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
DATA_UPLOAD_MAX_MEMORY_SIZE = env_int("DAYBREAK_MAX_UPLOAD_BYTES", 26_214_400, least=1024)

LANGUAGE_CODE = "en"
# A language is offered when its catalogue is whole; a half-translated page is worse than English.
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "dreaming" / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
FORM_RENDERER = "agents.web.fields.Renderer"
INSTALLED_APPS.append("django.forms")
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Brokers carry wake-ups; the rows say what is due. A lost message costs one tick, never work.
BROKER_URL = env_secret("BROKER_URL") or "filesystem://localhost"
BROKER_DIR = DATA_DIR / "broker"
LEASE_S = env_int("DAYBREAK_LEASE_S", 60, least=1)
HEARTBEAT_S = env_float("DAYBREAK_HEARTBEAT_S", max(0.5, LEASE_S / 4), least=0.1)
REAP_S = env_float("DAYBREAK_REAP_S", 15.0, least=0.2)
APPLY_TICK_S = env_float("DAYBREAK_APPLY_TICK_S", 1.0, least=0.1)
WATCH_TICK_S = env_float("DAYBREAK_WATCH_TICK_S", 10.0, least=0.2)
SEAL_TICK_S = env_float("DAYBREAK_SEAL_TICK_S", 1.0, least=0.1)
GRACE_S = env_int("DAYBREAK_GRACE_S", 10, least=0)
ORIGIN = env_text("DAYBREAK_ORIGIN", "daybreak.local/log")
AUDIT_KEK = env_secret("DAYBREAK_AUDIT_KEK") or ""
MCP_TOKEN = env_secret("DAYBREAK_MCP_TOKEN") or ""
METRICS_TOKEN = env_secret("DAYBREAK_METRICS_TOKEN") or ""
TEST_ENGINE = env_text("DAYBREAK_TEST_ENGINE", "")
DREAM_CEILING_USD = env_float("DAYBREAK_DREAM_CEILING_USD", 5.0, least=0.0)
DAY_CEILING_USD = env_float("DAYBREAK_DAY_CEILING_USD", 20.0, least=0.0)
MANAGED_WEBHOOK_SECRET = env_signing_secret("DAYBREAK_MANAGED_WEBHOOK_SECRET")
ENGINE_OPTIONS: dict[str, dict[str, str]] = {
    "claude": {
        "key": env_secret("DAYBREAK_ANTHROPIC_API_KEY") or "",
        "base_url": env_text("DAYBREAK_ANTHROPIC_BASE_URL", ""),
        "platform": env_text("DAYBREAK_CLAUDE_PLATFORM", "api"),
        "region": env_text("DAYBREAK_CLAUDE_REGION", "global"),
        "read_model": env_text("DAYBREAK_CLAUDE_READ_MODEL", "claude-haiku-5-5"),
        "write_model": env_text("DAYBREAK_CLAUDE_WRITE_MODEL", "claude-sonnet-5-5"),
        "concurrency": str(env_int("DAYBREAK_CLAUDE_CONCURRENCY", 4, least=1)),
        "batches": str(env_bool("DAYBREAK_CLAUDE_BATCHES", default=False)).lower(),
        "prices": env_text("DAYBREAK_CLAUDE_PRICES", ""),
    },
    "managed": {
        "key": env_secret("DAYBREAK_MANAGED_API_KEY") or "",
        "base_url": env_text("DAYBREAK_MANAGED_BASE_URL", ""),
        "region": env_text("DAYBREAK_MANAGED_REGION", "global"),
        "write_model": env_text("DAYBREAK_MANAGED_MODEL", "claude-opus-5"),
        "prices": env_text("DAYBREAK_CLAUDE_PRICES", ""),
        "hours": str(env_float("DAYBREAK_MANAGED_HOURS", 12.0, least=0.1)),
    },
}

CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {}
if BROKER_URL.startswith("redis"):
    # Without these whoever talks to a broker that accepts and says nothing waits for ever.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 5.0, "socket_timeout": 5.0}
if BROKER_URL.startswith("filesystem"):
    for folder in ("messages", "control"):
        (BROKER_DIR / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
        "control_folder": str(BROKER_DIR / "control"),
        "store_processed": False,
        "polling_interval": 0.1,
    }
CELERY_BEAT_SCHEDULE = {
    "apply": {"task": "dreaming.tasks.apply_due", "schedule": APPLY_TICK_S},
    "seal": {"task": "dreaming.tasks.seal_log", "schedule": SEAL_TICK_S},
    "reap": {"task": "dreaming.tasks.reap", "schedule": REAP_S},
    "schedule": {"task": "dreaming.tasks.start_due", "schedule": 30.0},
    "hosted": {"task": "dreaming.tasks.tend_hosted", "schedule": WATCH_TICK_S},
    "mails": {"task": "dreaming.tasks.send_mails", "schedule": WATCH_TICK_S},
    "webhooks": {"task": "dreaming.tasks.send_webhooks", "schedule": WATCH_TICK_S},
    "watch": {"task": "dreaming.tasks.watch_proposals", "schedule": WATCH_TICK_S},
}
for entry in CELERY_BEAT_SCHEDULE.values():
    entry["options"] = {"expires": max(2.0, float(str(entry["schedule"])) * 2)}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "reviews.audit.requests.RequestName"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s request=%(request_id)s %(message)s"}
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {name: {"level": "INFO"} for name in ("agents", "reviews", "dreaming")},
}
