"""What Celery calls: each task is one verb. Messages carry nothing; the rows say what is due."""

from celery import shared_task

from agents import clock
from agents.reads import file_spooled_reads
from agents.wakeups import DREAM, hand_over
from dreaming import dreams, holds, schedules
from dreaming.hosted.tending import tend_due
from dreaming.leases import due_dreams
from dreaming.ticks import REAPED, note_tick
from reviews import baselines, decisions, drafts, mails, reminders, watch, webhooks
from reviews.audit import sealing


@shared_task
def apply_due() -> None:
    """Carry out verdicts whose grace has ended and publish what was applied."""
    decisions.apply_due(clock.now())
    baselines.measure_all()


@shared_task
def run_dreams() -> None:
    """Run the dreams that are due."""
    dreams.run_due_dreams(clock.now())


@shared_task
def seal_log() -> None:
    """Seal new entries, and sign a checkpoint when one is due."""
    sealing.seal()
    if sealing.checkpoint_due(clock.now()):
        sealing.checkpoint(clock.now())


@shared_task
def start_due() -> None:
    """Start the dreams of schedules whose hour has come."""
    schedules.start_due(clock.now())


@shared_task
def watch_proposals() -> None:
    """Remind, escalate, check again and tell whose turn it is."""
    watch.watch(clock.now())
    watch.tell_containments()
    watch.tell_mentions()
    holds.tell_held()


@shared_task
def send_mails() -> None:
    """Send what people hear of by mail."""
    mails.post(clock.now())


@shared_task
def send_webhooks() -> None:
    """Send what happened to the webhooks of each workspace."""
    webhooks.deliver(clock.now())


@shared_task
def tend_hosted() -> None:
    """Read what happened at Claude Managed Agents and send there what was approved."""
    tend_due(clock.now())


@shared_task
def reap() -> None:
    """Find what was left: dreams to resume, reads to file, old drafts, memory to look at again."""
    if due_dreams(clock.now()).exists():
        hand_over(DREAM)
    file_spooled_reads()
    drafts.drop_old_drafts(clock.now())
    reminders.remind(clock.now())
    note_tick(REAPED)
