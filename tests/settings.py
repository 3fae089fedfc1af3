"""The settings of the tests: the product's own, in a folder that is thrown away.

TEST_DATABASE=postgresql runs on a private PostgreSQL, TEST_DATABASE_URL on the one it names;
otherwise the tests run on SQLite.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests import cluster

KEPT = {"DAYBREAK_CHROMIUM", "DAYBREAK_REQUIRE", "DAYBREAK_SHARED"}
for name in set(os.environ):
    if name.startswith("DAYBREAK_") and name not in KEPT:
        del os.environ[name]

REQUIRED = os.environ.get("DAYBREAK_REQUIRE") == "1"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def make_run_folder() -> Path:
    """Return this process's own folder below the one of the run; the first process removes it."""
    kept = os.environ.get("TEST_RUN_FOLDER")
    run = Path(kept) if kept and WORKER else Path(tempfile.mkdtemp(prefix="daybreak-tests-"))
    if not (kept and WORKER):
        os.environ["TEST_RUN_FOLDER"] = str(run)
        atexit.register(shutil.rmtree, run, ignore_errors=True)
    own = run / (WORKER or "main")
    own.mkdir(mode=0o700, exist_ok=True)
    return own


def choose_database() -> str:
    """Return the address of the database of this run; '' is SQLite in the run's folder."""
    if url := os.environ.get("TEST_DATABASE_URL", ""):
        return url
    if os.environ.get("TEST_DATABASE", "sqlite") != "postgresql":
        return ""
    try:
        # Tests roll back what they write. To whoever counts rows in between, the tables are empty,
        # and a test of thousands of rows is planned for none: minutes in place of seconds.
        started = cluster.start("autovacuum=off")
    except cluster.NoCluster as missing:
        if REQUIRED:
            raise
        print(f"PostgreSQL left out: {missing}", file=sys.stderr)  # noqa: T201
        raise SystemExit(0) from missing
    atexit.register(started.stop)
    # Workers of this run use the same server.
    os.environ["TEST_DATABASE_URL"] = started.url
    return started.url


os.environ["DAYBREAK_DATA_DIR"] = str(make_run_folder())
os.environ["DAYBREAK_SQLITE_SYNCHRONOUS"] = "OFF"
os.environ.pop("BROKER_URL", None)
os.environ.pop("DATABASE_URL", None)
if chosen := choose_database():
    os.environ["DATABASE_URL"] = chosen

from dreaming.settings import *  # noqa: E402, F403
from dreaming.settings import LOGGING, STORAGES  # noqa: E402

# What is decided is due at once; tests of the grace set their own.
GRACE_S = 0
STATIC_ROOT = Path(os.environ["DAYBREAK_DATA_DIR"]) / "staticfiles"
STATIC_ROOT.mkdir(exist_ok=True)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A test's client would list every static file before its first page.
WHITENOISE_AUTOREFRESH = True
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LOGGING = {**LOGGING, "root": {"handlers": [], "level": "WARNING"}}
