"""Many writers and sealers at once: nothing lost, nothing twice, no gap."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from reviews.audit import erasure, sealing
from reviews.audit.actors import SYSTEM
from reviews.audit.models import Checkpoint, Entry, Leaf, Pending
from reviews.audit.report import Status
from reviews.audit.verify import verify_log
from tests.reviews.audit.logs import NOW, write

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 6
EACH = 15


def together(*jobs: Callable[[], object]) -> None:
    """Run all jobs at once, each on its own connection; raise what any of them raised."""
    ready = threading.Barrier(len(jobs))
    raised: list[BaseException] = []

    def run(job: Callable[[], object]) -> None:
        try:
            ready.wait()
            job()
        except BaseException as error:  # noqa: BLE001 (raised again below)
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def writer(number: int) -> Callable[[], None]:
    def job() -> None:
        for at in range(EACH):
            write(number * EACH + at, workspace=("acme", "globex", "")[at % 3])

    return job


def sealer() -> None:
    for _ in range(10):
        sealing.seal(limit=7)
        sealing.checkpoint(NOW)


def test_writers_and_sealers_leave_a_sound_log():
    together(*[writer(number) for number in range(WRITERS)], sealer, sealer)
    sealing.seal()
    sealing.checkpoint(NOW)
    written = Entry.objects.filter(action="decision.approved").count()
    assert written == WRITERS * EACH
    assert Leaf.objects.count() == Entry.objects.count()
    assert not Pending.objects.exists()
    report = verify_log()
    assert (report.status, report.problems) == (Status.SOUND, [])


def test_two_sealers_sign_one_tree_once():
    for number in range(5):
        write(number)
    together(sealer, sealer, sealer)
    assert Checkpoint.objects.count() == 1
    assert verify_log().status is Status.SOUND


def test_an_erasure_beside_writers_of_the_same_subject_leaves_a_sound_log():
    write(0, workspace="acme")

    def erase() -> None:
        erasure.erase_subject("acme/P-0", workspace="acme", actor=SYSTEM, values={"why": "x"})

    def write_on() -> None:
        for _ in range(EACH):
            write(0, workspace="acme")

    together(write_on, write_on, erase)
    sealing.seal()
    sealing.checkpoint(NOW)
    report = verify_log()
    assert (report.status, report.problems) == (Status.SOUND, [])
    assert report.counts["erased"] >= 1


@pytest.mark.postgresql
def test_a_late_commit_is_not_passed_over():
    """An id taken early and committed late has a lower id than what was sealed before."""
    begun, other_done = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            write(1)
            begun.set()
            other_done.wait(10)

    def early() -> None:
        begun.wait(10)
        write(2)
        sealing.seal()
        other_done.set()

    together(late, early)
    assert sealing.seal() == 1
    order = list(Leaf.objects.order_by("index").values_list("entry__object", flat=True))
    assert order == ["P-2", "P-1"]


@pytest.mark.postgresql
def test_writers_do_not_wait_for_an_open_transaction_of_another():
    begun, done = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            write(1)
            begun.set()
            assert done.wait(10), "the other writer waited for us"

    def quick() -> None:
        begun.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        write(1)
        done.set()

    together(slow, quick)
    assert Entry.objects.count() == 2
