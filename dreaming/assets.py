"""The hashed, compressed copies of static files that pages link to: made when sources changed."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

STAMP = ".collected"
LOCK = ".collecting"


def collect_assets() -> bool:
    """Copy static files to STATIC_ROOT unless these very files are there; say whether it did."""
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    stamp = root / STAMP
    with one_at_a_time(root / LOCK):
        wanted = fingerprint()
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return False
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(wanted, encoding="utf-8")
        return True


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait for whoever copies there already: two installations may start from one folder."""
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fingerprint() -> str:
    """Return a hash over the names, sizes and times of every static file."""
    digest = hashlib.sha256()
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
