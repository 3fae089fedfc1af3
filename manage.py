"""Entry point of every command: `python manage.py help`."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

BROKEN_SET_UP = 4

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dreaming.settings")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, ImportError) as error:
        # Python would end with 1, which from audit_verify says that the log was tampered with.
        sys.stderr.write(f"{error}\n")
        sys.exit(BROKEN_SET_UP)
