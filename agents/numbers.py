"""Human ids: numbers counted per workspace and letter, taken before the verb that uses them.

A number is taken in a short transaction of its own so that no verb holds the counter's lock while
it works. Numbers of a verb that failed stay unused; leaf numbers of the log prove completeness.
"""

from django.db import connection, transaction
from django.db.models import F

from agents.models import Counter, Workspace

LETTERS = frozenset("PDMSRXCQ")


def take_numbers(workspace: Workspace, letter: str, count: int = 1) -> range:
    """Return `count` new numbers of one of LETTERS, rising, never given before."""
    if letter not in LETTERS:
        raise ValueError(f"{letter!r} is not a letter of human ids")
    if count < 1:
        return range(0)
    with transaction.atomic():
        Counter.objects.bulk_create(
            [Counter(workspace=workspace, letter=letter)], ignore_conflicts=True
        )
        counter = Counter.objects.filter(workspace=workspace, letter=letter)
        if connection.features.has_select_for_update:
            counter.select_for_update().get()
        counter.update(last=F("last") + count)
        last = counter.values_list("last", flat=True).get()
    return range(last - count + 1, last + 1)


def take_number(workspace: Workspace, letter: str) -> int:
    """Return one new number of `letter`."""
    return take_numbers(workspace, letter)[0]
