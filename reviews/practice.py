"""Going through the sample queue: every answer is recorded, nothing is applied, no row proposes.

To practise, with the right answer after each sample, or to qualify for a group, without.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import Http404

from agents import clock
from agents.errors import InvalidInput
from agents.models import ApproverGroup, Membership, Qualification
from agents.people import Member, actor_of, require_right
from agents.qualifications import RENEW_DAYS, Holding, holdings_of
from agents.rights import Right
from agents.web.times import spell_utc
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.draws import draw_number
from reviews.errors import AlreadyAnswered, NotYet
from reviews.models import SampleAnswer, SampleRun
from reviews.samples.base import Answer, Sample
from reviews.samples.runs import (
    COUNT,
    SAMPLES,
    VERSION,
    Marks,
    draw_run,
    mark,
    next_attempt_at,
)

SEEDS = 2**32
DAYS = 365
"""How long a qualification holds whose group was removed while it was earned."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody says of a sample: the answer, and for one that is not yes, why.

    code: one of decisions.REASON_CODES or ''; reason: in the person's own words.
    """

    answer: Answer
    code: str = ""
    reason: str = ""


@transaction.atomic(durable=True)
def start_practice(*, by: Member) -> SampleRun:
    """Return `by`'s open practice, begun now where there is none.

    Raises agents.errors.NotAllowed for roles that do not decide.
    """
    require_right(by, Right.DECIDE)
    _lock(by)
    return runs_of(by).filter(group="", ended_at=None).first() or _begin(by, "")


@transaction.atomic(durable=True)
def start_qualification(group: str, *, by: Member) -> SampleRun:
    """Return `by`'s open attempt to qualify for `group`, begun now where there is none.

    Raises InvalidInput (agents.errors) for a group that asks for none of this person, NotYet for a
    day after an attempt that failed and while a qualification is far from its end.
    """
    require_right(by, Right.DECIDE)
    _lock(by)
    holding = next(
        (one for one in holdings_of(by.workspace, by.person) if one.group == group), None
    )
    if holding is None:
        raise InvalidInput(f"No group {group!r} asks you to qualify for it.")
    open_run = runs_of(by).filter(group=group, ended_at=None).first()
    if open_run is None:
        refuse_early(by, holding)
    return open_run or _begin(by, group)


def due_holdings(by: Member) -> tuple[Holding, ...]:
    """Return the groups for which it is time that `by` qualifies or renews; no query for most."""
    if not by.asking:
        return ()
    now = clock.now()
    return tuple(one for one in holdings_of(by.workspace, by.person) if one.is_due(now))


def refuse_early(by: Member, holding: Holding) -> None:
    """Raise NotYet where an attempt cannot begin now; the message says from when on it can."""
    now = clock.now()
    begins = begins_at(by, holding)
    if begins is not None and begins > now:
        raise NotYet(
            f"You can qualify for {holding.group} from {spell_utc(begins)} on. "
            "Practice is open at any time."
        )


def begins_at(by: Member, holding: Holding) -> datetime | None:
    """Return from when on `by` may try to qualify, None for at once.

    A day after an attempt that failed, and not before the last fortnight of one that holds.
    """
    last = runs_of(by).filter(group=holding.group, ended_at__isnull=False).first()
    waits = next_attempt_at(last.ended_at) if last is not None and not last.passed else None
    renews = holding.until - timedelta(days=RENEW_DAYS) if holding.until else None
    return max((one for one in (waits, renews) if one is not None), default=None)


def runs_of(by: Member) -> QuerySet[SampleRun]:
    """Return every run of `by` in this workspace, the newest first."""
    return SampleRun.objects.filter(workspace=by.workspace, person=by.person).order_by("-attempt")


def run_of(by: Member, attempt: int) -> SampleRun:
    """Return `by`'s own run of that number, or raise Http404: those of others are not there."""
    found = runs_of(by).filter(attempt=attempt).first()
    if found is None:
        raise Http404(f"You have no run {attempt} through the sample queue here.")
    found.workspace, found.person = by.workspace, by.person
    return found


def answers_of(run: SampleRun) -> list[SampleAnswer]:
    """Return the samples of a run in order, those not answered yet too."""
    return list(run.answers.order_by("position"))


def next_position(answers: Sequence[SampleAnswer]) -> int | None:
    """Return which sample is answered next, None after the last."""
    return next((one.position for one in answers if not one.answer), None)


def _lock(by: Member) -> None:
    """Let one run of a person begin at a time."""
    Membership.objects.select_for_update().get(workspace=by.workspace, person=by.person)


def _begin(by: Member, group: str) -> SampleRun:
    attempt = 1 + (runs_of(by).aggregate(last=Max("attempt"))["last"] or 0)
    about = (by.workspace.slug, by.person.public_id, attempt)
    run = SampleRun.objects.create(
        workspace=by.workspace,
        person=by.person,
        attempt=attempt,
        group=group,
        seed=draw_number(settings.SECRET_KEY.encode(), "sample run", *about) % SEEDS,
        version=VERSION,
        started_at=clock.now(),
    )
    SampleAnswer.objects.bulk_create(
        SampleAnswer(run=run, position=position, sample=sample.key)
        for position, sample in enumerate(draw_run(run.seed), start=1)
    )
    append(
        Action.QUALIFICATION_STARTED if group else Action.PRACTICE_STARTED,
        workspace=by.workspace.slug,
        actor=actor_of(by.person),
        object=name_run(run),
        after={"attempt": attempt, "seed": run.seed, "samples": COUNT, "set": VERSION},
    )
    return run


def name_run(run: SampleRun) -> str:
    """Return how the log names a run: by its group where it is to qualify."""
    return f"qualification:{run.group}" if run.group else f"practice:{run.attempt}"


def record_quote_opened(run: SampleRun, position: int, quote: int, *, by: Member) -> None:
    """Note that `by` opened a quote of a sample that is not answered yet; once is enough."""
    with transaction.atomic():
        row = run.answers.select_for_update().filter(position=position, answer="").first()
        if row is None or quote in row.opened:
            return
        row.opened = sorted([*row.opened, quote])
        row.save(update_fields=["opened"])
        append(
            Action.SAMPLE_OPENED,
            workspace=by.workspace.slug,
            actor=actor_of(by.person),
            object=name_run(run),
            after={"position": position, "sample": row.sample, "quote": quote},
        )


def answer_sample(run: SampleRun, position: int, reply: Reply, *, by: Member) -> SampleRun:
    """Record what `by` says of the run's next sample; the last answer ends the run.

    Raises AlreadyAnswered for a sample that is not the next one, also when two tabs answer it.
    """
    with transaction.atomic(durable=True):
        row = SampleRun.objects.select_for_update().get(pk=run.pk)
        answers = answers_of(row)
        expected = next_position(answers)
        if position != expected:
            raise AlreadyAnswered(_why_not(position, expected))
        _record(row, answers[position - 1], reply, by)
        if next_position(answers) is None:
            _end(row, answers, by)
    return row


def _why_not(position: int, expected: int | None) -> str:
    if expected is None:
        return "This run is ended; nothing was recorded."
    if position < expected:
        return f"Sample {position} is answered already; sample {expected} is next."
    return f"Sample {expected} is next; answer it first."


def _record(run: SampleRun, answer: SampleAnswer, reply: Reply, by: Member) -> None:
    answer.answer, answer.code = reply.answer.value, reply.code
    answer.reason, answer.answered_at = reply.reason.strip(), clock.now()
    answer.save(update_fields=["answer", "code", "reason", "answered_at"])
    append(
        Action.SAMPLE_ANSWERED,
        workspace=by.workspace.slug,
        actor=actor_of(by.person),
        object=name_run(run),
        after={
            "attempt": run.attempt,
            "position": answer.position,
            "sample": answer.sample,
            "answer": answer.answer,
            "code": answer.code or None,
        },
        values={"reason": answer.reason} if answer.reason else {},
        shown={"evidence_opened": answer.opened},
    )


def _end(run: SampleRun, answers: Sequence[SampleAnswer], by: Member) -> None:
    marks, now = marks_of(answers), clock.now()
    run.ended_at, run.right, run.caught = now, marks.right, marks.caught
    run.passed = marks.has_passed if run.group else None
    run.save(update_fields=["ended_at", "right", "caught", "passed"])
    until = _qualify(run, marks, now, by) if run.passed else None
    append(
        _ACTIONS[run.passed],
        workspace=by.workspace.slug,
        actor=actor_of(by.person),
        object=name_run(run),
        after={
            "attempt": run.attempt,
            "right": marks.right,
            "of": marks.of,
            "caught": marks.caught,
            "traps": marks.traps,
            "set": run.version,
            "until": until.date().isoformat() if until else None,
        },
    )


_ACTIONS: Mapping[bool | None, Action] = {
    None: Action.PRACTICE_ENDED,
    True: Action.QUALIFICATION_PASSED,
    False: Action.QUALIFICATION_FAILED,
}


def _qualify(run: SampleRun, marks: Marks, now: datetime, by: Member) -> datetime:
    """Write what was passed and return until when it holds: renewed early, no day is lost."""
    group = ApproverGroup.objects.filter(workspace=by.workspace, name=run.group).first()
    days = group.qualification_days if group else DAYS
    held = Qualification.objects.filter(
        workspace=by.workspace, person=by.person, group=run.group, valid_until__gt=now
    )
    last = held.order_by("-valid_until").values_list("valid_until", flat=True).first()
    until = (last or now) + timedelta(days=days)
    Qualification.objects.create(
        workspace=by.workspace,
        person=by.person,
        group=run.group,
        attempt=run.attempt,
        score=marks.right,
        of=marks.of,
        caught=marks.caught,
        traps=marks.traps,
        version=run.version,
        at=now,
        valid_until=until,
    )
    return until


def marks_of(answers: Sequence[SampleAnswer]) -> Marks:
    """Return what the answered samples of a run amount to."""
    return mark([(sample_of(one), Answer(one.answer)) for one in answers if one.answer])


def sample_of(answer: SampleAnswer) -> Sample:
    """Return the sample a row is about."""
    return SAMPLES[answer.sample]
