"""Quarantine pages: what would go, what went, and the other person's answer."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents import clock as product_clock
from agents.models import Quarantine, Session
from agents.numbers import take_numbers
from agents.reads import read_memory
from reviews import containment, quarantines
from reviews.changes import Op
from reviews.models import Containment
from tests import build
from tests.cast import Cast
from tests.reviews.poison import learn, memory_at, quarantine, quote, says
from tests.reviews.views.desks import member

pytestmark = pytest.mark.django_db

HOME = "/w/northwind/quarantine/"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def lead(cast: Cast, client_of: Callable[..., Client]) -> Client:
    return client_of(cast.lead)


@pytest.fixture
def reviewer(cast: Cast, client_of: Callable[..., Client]) -> Client:
    return client_of(cast.reviewer)


@pytest.fixture
def bad(cast: Cast) -> Session:
    made = says(cast.agent)
    learn(cast, "/bad.md", [made])
    return made


def read(client: Client, address: str, status: int = 200, **asked: object) -> str:
    answer = client.get(address, asked)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def sent(target: object, kind: str = "session", **more: object) -> dict[str, object]:
    """The form of the preview as its page sends it."""
    counts = {"memories": 1, "flagged": 0, "sessions": 1, "proposals": 0}
    return {"kind": kind, "target": str(target), "reason": "It lies.", **counts, **more}


# The list


def test_without_any_it_says_what_comes_next(lead: Client) -> None:
    assert "Nothing is quarantined" in read(lead, HOME)


def test_lists_what_is_out_by_whom_and_until_when(cast: Cast, lead: Client, bad) -> None:
    quarantine(cast, "session", bad)
    quarantine(cast, "memory", memory_at("/bad.md"), reason="Wrong.")
    page = read(lead, HOME)
    assert f">{bad}</a><small>Q-1, Session</small>" in page
    assert f">{memory_at('/bad.md')}</a><small>Q-2, Memory</small>" in page
    assert page.count('class="num">1</td>') == 2
    assert "Lena" in page
    assert "Wrong." in page


@pytest.mark.parametrize(
    ("standing", "shown"),
    [
        ("", {"open", "late", "confirmed", "restored"}),
        ("waiting", {"open", "late"}),
        ("late", {"late"}),
        ("answered", {"confirmed", "restored"}),
        ("nonsense", {"open", "late", "confirmed", "restored"}),
    ],
)
def test_is_narrowed_by_state(cast: Cast, lead: Client, standing: str, shown: set[str]) -> None:
    names = {}
    for word in ("open", "late", "confirmed", "restored"):
        made = quarantine(cast, "session", says(cast.agent))
        names[made.pk] = word
    now = product_clock.now()
    for pk, word in names.items():
        rows = Containment.objects.filter(pk=pk)
        if word == "late":
            rows.update(due_at=now)
        elif word != "open":
            answer = "reversed" if word == "restored" else word
            rows.update(answer=answer, answered_by=cast.reviewer, answered_at=now)
    page = lead.get(HOME, {"is": standing} if standing else {})
    assert {names[row.containment.pk] for row in page.context["rows"]} == shown


def test_a_state_none_is_in_shows_the_way_back(lead: Client) -> None:
    assert "None in this state" in read(lead, HOME, **{"is": "late"})


def test_only_a_lead_is_shown_how_to_open_one(lead: Client, reviewer: Client) -> None:
    assert "Show what rests on it" in read(lead, HOME)
    assert "Show what rests on it" not in read(reviewer, HOME)


def test_a_longer_list_asks_no_more_queries(cast: Cast, lead: Client) -> None:
    def count() -> int:
        lead.get(HOME)
        with CaptureQueriesContext(connection) as asked:
            lead.get(HOME)
        return len(asked)

    quarantine(cast, "session", says(cast.agent))
    few = count()
    for _ in range(4):
        quarantine(cast, "session", says(cast.agent))
    assert count() == few <= 14


# The preview


def test_shows_everything_that_would_go_and_takes_nothing_out(
    cast: Cast, lead: Client, bad
) -> None:
    read_memory(cast.agent, "loop-1", 4_000)
    learn(cast, "/after.md", [says(cast.agent, external_id="loop-1")])
    read_memory(cast.agent, "loop-2", 4_000)
    waiting = build.filed(cast.store, path="/next.md", evidence=[quote(bad)])
    page = read(lead, f"{HOME}new/", kind="session", target=bad)
    assert f"Quarantine {bad}" in page
    assert "/bad.md" in page
    assert "Quarantine with 1 memory" in page
    assert f"{waiting}</a>" in page
    assert "/after.md" in page
    assert "loop-2" in page
    assert not Quarantine.objects.exists()


def test_names_the_dreams_that_read_it(cast: Cast, lead: Client) -> None:
    seen = build.session(cast.agent)
    dream = build.dream(cast.store, "running")
    dream.inputs.create(revision=seen.revisions.get())
    ended = build.dream(cast.shared_store, "completed")
    ended.inputs.create(revision=seen.revisions.get())
    page = read(lead, f"{HOME}new/", kind="session", target=seen)
    assert f">{dream}</a>" in page
    assert f">{ended}</a>" not in page


def test_says_when_only_an_earlier_text_rests_on_it(cast: Cast, lead: Client, bad) -> None:
    learn(cast, "/bad.md", op=Op.RETIRE, content="")
    page = read(lead, f"{HOME}new/", kind="session", target=bad)
    assert "Only an earlier text rests on it: version 1." in page


@pytest.mark.parametrize(
    ("kind", "target", "says_what"),
    [
        ("session", "S-999", "has no session “S-999”"),
        ("session", "", "This field is required."),
        ("release", "R-1", "not one of the available choices"),
        ("agent", "other-desk", "has no agent “other-desk”"),
    ],
)
def test_a_target_that_is_not_there_is_named_beside_its_field(
    lead: Client, kind: str, target: str, says_what: str
) -> None:
    assert says_what in read(lead, f"{HOME}new/", 422, kind=kind, target=target)


def test_what_is_out_already_leads_to_its_page(cast: Cast, lead: Client, bad) -> None:
    made = quarantine(cast, "session", bad)
    for answer in (
        lead.get(f"{HOME}new/", {"kind": "session", "target": str(bad)}),
        lead.post(f"{HOME}new/", sent(bad)),
    ):
        assert answer.status_code == 303
        assert answer.url == f"{HOME}{made}/"
    assert Containment.objects.count() == 1


def test_confirmed_it_is_out_and_its_page_is_shown(cast: Cast, lead: Client, bad) -> None:
    answer = lead.post(f"{HOME}new/", sent(bad))
    made = Containment.objects.get()
    assert (answer.status_code, answer.url) == (303, f"{HOME}{made}/")
    assert read_memory(cast.agent, "new", 4_000).text == ""


def test_without_a_reason_nothing_is_taken_out(lead: Client, bad) -> None:
    answer = lead.post(f"{HOME}new/", sent(bad, reason=" "))
    assert answer.status_code == 422
    assert "Say why: the other person decides on it." in answer.content.decode()
    assert not Quarantine.objects.exists()


@pytest.mark.parametrize("name", ["reviewer", "auditor", "admin"])
def test_only_a_lead_opens_the_preview(cast: Cast, client_of, bad, name: str) -> None:
    read(client_of(getattr(cast, name)), f"{HOME}new/", 403, kind="session", target=bad)


def test_somebody_only_sessions_name_is_shown_as_text(cast: Cast, lead: Client) -> None:
    says(cast.agent, principal=HOSTILE)
    page = read(lead, f"{HOME}new/", kind="person", target=HOSTILE)
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page
    lead.post(f"{HOME}new/", sent(HOSTILE, "person"))
    own = f"{HOME}{Containment.objects.get()}/"
    for address in (HOME, own, "/w/northwind/review/"):
        page = read(lead, address)
        assert "&lt;script&gt;alert" in page
        assert "<script>alert" not in page


# One quarantine


def test_shows_what_it_took_out_and_who_has_it(cast: Cast, reviewer: Client, bad) -> None:
    read_memory(cast.agent, "loop-1", 4_000)
    waiting = build.filed(cast.store, path="/next.md", evidence=[quote(bad)])
    made = quarantine(cast, "session", bad)
    page = read(reviewer, f"{HOME}{made}/")
    assert "1 of 1 are out" in page
    assert f"{waiting}</a>" in page
    assert "loop-1" in page
    assert "Confirm or restore" in page
    read_memory(cast.agent, "loop-1", 4_000)
    again = reviewer.get(f"{HOME}{made}/")
    assert (again.context["having_count"], again.context["readers_count"]) == (0, 1)


def test_the_lead_who_did_it_has_no_answer_to_press(cast: Cast, lead: Client, bad) -> None:
    made = quarantine(cast, "session", bad)
    page = read(lead, f"{HOME}{made}/")
    assert 'name="verdict"' not in page
    assert "You did this, so another reviewer or lead" in page
    answer = lead.post(f"{HOME}{made}/", {"verdict": "confirmed"})
    assert answer.status_code == 403
    assert "Your answer was not recorded." in answer.content.decode()


def test_who_it_is_about_has_no_answer_to_press(cast: Cast, reviewer: Client) -> None:
    made = quarantine(cast, "person", cast.reviewer.email)
    page = read(reviewer, f"{HOME}{made}/")
    assert 'name="verdict"' not in page
    assert "This is about you" in page


def test_an_auditor_sees_it_without_controls(cast: Cast, client_of, bad) -> None:
    made = quarantine(cast, "session", bad)
    page = read(client_of(cast.auditor), f"{HOME}{made}/")
    assert 'name="verdict"' not in page
    assert "/restore/" not in page


def test_late_is_said_and_it_can_still_be_answered(cast: Cast, reviewer: Client, bad) -> None:
    made = quarantine(cast, "session", bad)
    Containment.objects.update(due_at=product_clock.now())
    assert "The answer is late." in read(reviewer, f"{HOME}{made}/")
    assert "Answer is late" in read(reviewer, HOME)
    reviewer.post(f"{HOME}{made}/", {"verdict": "confirmed"})
    assert "The answer is late." not in read(reviewer, f"{HOME}{made}/")


def test_restoring_everything_takes_a_reason(cast: Cast, reviewer: Client, bad) -> None:
    made = quarantine(cast, "session", bad)
    answer = reviewer.post(f"{HOME}{made}/", {"verdict": "reversed"})
    assert answer.status_code == 422
    assert "Say why the containment is restored." in answer.content.decode()
    answer = reviewer.post(f"{HOME}{made}/", {"verdict": "reversed", "reason": "A misreading."})
    assert answer.status_code == 303
    page = read(reviewer, f"{HOME}{made}/")
    assert "0 of 1 are out" in page
    assert "Rosa" in page


def test_an_answer_that_came_late_to_another_changes_nothing(cast: Cast, client_of, bad) -> None:
    made = quarantine(cast, "session", bad)
    client_of(cast.second_reviewer).post(f"{HOME}{made}/", {"verdict": "confirmed"})
    answer = client_of(cast.reviewer).post(
        f"{HOME}{made}/", {"verdict": "reversed", "reason": "No."}
    )
    assert answer.status_code == 409
    assert "confirmed before" in answer.content.decode()


def test_one_memory_is_restored_from_its_row(cast: Cast, reviewer: Client, bad) -> None:
    learn(cast, "/more.md", [bad])
    made = quarantine(cast, "session", bad)
    answer = reviewer.post(
        f"{HOME}{made}/restore/",
        {"memory": memory_at("/bad.md").number, "reason": "Sound."},
    )
    assert answer.status_code == 303
    page = read(reviewer, f"{HOME}{made}/")
    assert "1 of 2 are out" in page
    assert "Sound." in page


@pytest.mark.parametrize(
    "given", [{}, {"memory": "1"}, {"memory": "x", "reason": "a"}, {"memory": "999", "reason": "a"}]
)
def test_what_it_did_not_take_out_is_not_restored(cast, reviewer: Client, bad, given) -> None:
    made = quarantine(cast, "session", bad)
    answer = reviewer.post(f"{HOME}{made}/restore/", given)
    assert answer.status_code == 422
    assert quarantines.parts_of(made.quarantine).get().lifted_at is None


def test_what_another_one_keeps_out_is_said(cast: Cast, reviewer: Client, bad) -> None:
    made = quarantine(cast, "session", bad)
    quarantine(cast, "memory", memory_at("/bad.md"))
    part = quarantines.parts_of(made.quarantine).get()
    quarantines.restore_part(part, by=member(cast, "reviewer"), reason="Sound.")
    assert "Kept out by another" in read(reviewer, f"{HOME}{made}/")


def test_one_of_another_workspace_is_not_there(cast: Cast, client_of, bad) -> None:
    made = quarantine(cast, "session", bad)
    outsider = client_of(cast.outsider)
    assert outsider.get(f"/w/elsewhere/quarantine/{made}/").status_code == 404
    assert outsider.get("/w/elsewhere/quarantine/Q-10007/").status_code == 404


def test_its_number_stands_wherever_it_is_named(cast: Cast, reviewer: Client, bad) -> None:
    take_numbers(cast.workspace, "Q", 1_000)
    made = quarantine(cast, "session", bad)
    assert str(made) == "Q-1001"
    for address in (f"{HOME}Q-1001/", HOME, "/w/northwind/review/", "/w/northwind/work/"):
        page = read(reviewer, address)
        assert ">Q-1001<" in page or "Q-1001," in page or "/ Q-1001" in page
        assert f"{HOME}Q-1001/" in page
        assert f"quarantine/{made.quarantine_id}/" not in page


def test_neither_a_key_nor_its_parts_nor_a_containments_number_is_an_address(
    cast: Cast, reviewer: Client, bad
) -> None:
    take_numbers(cast.workspace, "Q", 1_000)
    made = quarantine(cast, "session", bad)
    part = quarantines.parts_of(made.quarantine).get()
    assert part.number is None
    for name in (made.quarantine_id, f"Q-{made.quarantine_id}", f"Q-{part.pk}", "C-1001"):
        read(reviewer, f"{HOME}{name}/", 404)
    read(reviewer, f"/w/northwind/containment/C-{made.pk}/", 404)


def test_the_log_leads_to_it_and_tells_its_whole_story(cast: Cast, lead: Client, bad) -> None:
    take_numbers(cast.workspace, "Q", 1_000)
    made = quarantine(cast, "session", bad)
    containment.answer(made, by=member(cast, "reviewer"), verdict="reversed", reason="A test.")
    page = read(lead, "/w/northwind/audit/", q="Q-1001")
    assert page.count(f'href="{HOME}Q-1001/"') >= 3
    for did in ("Quarantined", "Restored from quarantine", "Reversed a containment"):
        assert did in page


def test_it_waits_in_the_queue(cast: Cast, reviewer: Client, bad) -> None:
    made = quarantine(cast, "session", bad)
    page = read(reviewer, "/w/northwind/review/")
    assert f"Quarantined {bad}" in page
    assert "Confirm or restore" in page
    assert f'href="{HOME}{made}/"' in page


def test_more_memories_ask_no_more_queries(cast: Cast, reviewer: Client) -> None:
    def count(paths: range) -> int:
        source = says(cast.agent)
        for n in paths:
            learn(cast, f"/{n}.md", [source])
        made = quarantine(cast, "session", source)
        reviewer.get(f"{HOME}{made}/")
        with CaptureQueriesContext(connection) as asked:
            reviewer.get(f"{HOME}{made}/")
        return len(asked)

    assert count(range(1, 2)) == count(range(2, 6)) <= 32


# Where it begins


def test_pages_lead_there_for_a_lead_only(cast: Cast, lead: Client, reviewer: Client, bad) -> None:
    named = says(cast.agent, principal="Jane Roe")
    addresses = {
        f"/w/northwind/sessions/{bad}/": f"{HOME}new/?kind=session&amp;target={bad}",
        f"/w/northwind/sessions/{named}/": f"{HOME}new/?kind=person&amp;target=Jane%20Roe",
        f"/w/northwind/memory/{memory_at('/bad.md')}/": f"{HOME}new/?kind=memory&amp;target=",
        "/w/northwind/agents/refund-desk/": f"{HOME}new/?kind=agent&amp;target=refund-desk",
    }
    for address, link in addresses.items():
        assert link in read(lead, address)
        assert link not in read(reviewer, address)
    assert f'href="{HOME}"' in read(reviewer, "/w/northwind/agents/")


# What comes in later


def test_new_sessions_are_let_in_from_its_page_by_somebody_else(cast, client_of):
    made = quarantine(cast, "agent", cast.agent.slug)
    place = f"/w/northwind/quarantine/{made}/"
    reviewer = client_of(cast.reviewer)
    assert f'action="{place}let-in/"' not in reviewer.get(place).content.decode()
    reviewer.post(place, {"verdict": "confirmed", "reason": ""})
    assert f'action="{place}let-in/"' in reviewer.get(place).content.decode()
    assert f'action="{place}let-in/"' not in client_of(cast.lead).get(place).content.decode()
    assert reviewer.post(f"{place}let-in/", {"reason": ""}).status_code == 422
    assert reviewer.post(f"{place}let-in/", {"reason": "A new prompt."}).status_code == 303
    assert "in service since" in reviewer.get(place).content.decode()


def test_a_lead_freezes_everything_from_the_list(cast, client_of):
    lead = client_of(cast.lead)
    form = 'action="/w/northwind/workspace/freeze/"'
    assert form in lead.get("/w/northwind/quarantine/").content.decode()
    assert form not in client_of(cast.reviewer).get("/w/northwind/quarantine/").content.decode()
    lead.post("/w/northwind/workspace/freeze/", {"reason": "Odd."})
    assert form not in lead.get("/w/northwind/quarantine/").content.decode()
