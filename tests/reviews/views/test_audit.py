"""The audit page, one entry, and exports as people meet them."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.people import actor_of, add_person, find_member
from reviews.audit import keys, merkle, notes, sealing
from reviews.audit.actions import Action
from reviews.audit.models import Checkpoint, Entry, Leaf
from reviews.exports import Period, export_history, export_path
from reviews.models import Export
from tests import build
from tests.cast import Cast
from tests.reviews.audit.logs import NOW, change, fill, take_away, write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_keys(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.AUDIT_KEK = ""
    return tmp_path


@pytest.fixture
def signed(cast: Cast) -> Checkpoint:
    sealing.seal()
    made = sealing.checkpoint(NOW)
    assert made is not None
    return made


def page(name: str, **where: Any) -> str:
    return reverse(name, kwargs={"workspace": "northwind", **where})


def entry_page(entry: Entry) -> str:
    return page("audit_entry", number=Leaf.objects.get(entry=entry.pk).number)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def note(cast: Cast, **given: Any) -> Entry:
    actor = actor_of(given.pop("by", cast.reviewer))
    return write(1, **({"workspace": "northwind", "actor": actor, "object": "P-1"} | given))


def test_entries_stand_newest_first_with_who_did_what_to_what(cast, client_of):
    note(cast, values={"reason": "First said"})
    note(cast, values={"reason": "Then said"}, action=Action.REJECTED)
    sealing.seal()
    said = text_of(client_of(cast.auditor).get(page("audit")))
    assert said.index("Then said") < said.index("First said")
    assert re.search(r"Rosa Rejected P-1 Then said [0-9a-f]{4}…[0-9a-f]{4}", said)


def test_hostile_text_is_text(cast, client_of):
    note(cast, values={"reason": "<script>alert(1)</script>\u202egnp"})
    answer = client_of(cast.auditor).get(page("audit")).content.decode()
    assert "<script>alert" not in answer
    assert "&lt;script&gt;alert(1)" in answer
    assert "\u202e" not in answer.replace('title="', "")


def test_a_reviewer_sees_their_own_entries_and_no_verification(cast, client_of, signed):
    note(cast, values={"reason": "Mine"})
    note(cast, by=cast.lead, values={"reason": "Theirs"})
    client_of(cast.auditor).post(page("audit_verify"))
    said = text_of(client_of(cast.reviewer).get(page("audit")))
    assert "Mine" in said
    assert "Theirs" not in said
    assert "Your own entries" in said
    assert "Verify now" not in said
    assert "Export history" not in said
    assert "Sound" not in said


def test_a_lead_sees_the_workspace_and_nobody_elses_sign_ins(cast, client_of):
    note(cast, values={"reason": "Theirs"})
    note(cast, action=Action.SIGNED_IN, values={"reason": "At night"})
    said = text_of(client_of(cast.lead).get(page("audit")))
    assert "Theirs" in said
    assert "At night" not in said


@pytest.mark.parametrize("who", ["auditor", "admin"])
def test_auditor_and_admin_see_sign_ins(cast, client_of, who):
    note(cast, action=Action.SIGNED_IN, values={"reason": "At night"})
    assert "At night" in text_of(client_of(getattr(cast, who)).get(page("audit")))


def test_an_object_is_a_link_only_for_a_role_that_opens_it(cast, client_of):
    made = build.filed(cast.store)
    address = page("proposal", number=made.number)
    assert address in client_of(cast.auditor).get(page("audit")).content.decode()
    assert address not in client_of(cast.admin).get(page("audit")).content.decode()


def test_a_search_narrows_the_list_and_its_count(cast, client_of):
    note(cast, object="P-77", values={"reason": "Sought"})
    note(cast, object="P-78", values={"reason": "Other"})
    said = text_of(client_of(cast.auditor).get(page("audit"), {"q": "p-77"}))
    assert "Sought" in said
    assert "Other" not in said
    assert "Entries 1 " in said


def test_what_a_search_did_not_understand_is_said(cast, client_of):
    said = text_of(client_of(cast.auditor).get(page("audit"), {"q": "colour:red since:soon"}))
    assert re.search(r"Not understood: colour:red , since:soon \.", said)


@pytest.mark.parametrize("q", ["a\0b", "'; DROP TABLE", "until:9999-12-31", "%", "x" * 5_000, "::"])
def test_odd_searches_are_answered(cast, client_of, q):
    assert client_of(cast.auditor).get(page("audit"), {"q": q}).status_code == 200


def test_a_search_without_a_match_offers_the_way_out(cast, client_of):
    answer = client_of(cast.auditor).get(page("audit"), {"q": "P-999999"})
    assert "No entry matches" in text_of(answer)
    assert f'href="{page("audit")}"' in answer.content.decode()


def test_a_reviewer_without_entries_is_told_so(cast, client_of):
    newcomer = build.person("Nils")
    client = client_of(newcomer)  # signed in before they belonged here
    add_person(cast.workspace, email=newcomer.email, name="Nils", role="reviewer", by=cast.admin)
    assert "No entry yet" in text_of(client.get(page("audit")))


def test_pages_follow_each_other_by_key_without_repeats(cast, client_of):
    written = fill(130, workspace="northwind", object="P-5")
    client, found = client_of(cast.auditor), []
    address: str | None = page("audit") + "?q=P-5"
    while address:
        answer = client.get(address)
        found += [row.pk for row in answer.context["page"].items]
        older = answer.context["page"].older
        address = older and page("audit") + f"?q=P-5&at={older}"
    assert found == [entry.pk for entry in reversed(written)]


def test_an_old_link_to_a_page_is_the_first_page(cast, client_of):
    assert client_of(cast.auditor).get(page("audit"), {"at": "nonsense"}).status_code == 200


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_a_page_of_fifty_entries_takes_as_many_queries_as_one_of_ten(cast, client_of, signed):
    client = client_of(cast.auditor)
    client.post(page("audit_verify"), follow=True)
    fill(10, workspace="northwind", object="P-5")
    address = page("audit") + "?q=P-5"
    few = queries(client, address)
    fill(60, workspace="northwind", object="P-5")
    assert queries(client, address) <= few + 1  # more than a page is counted by a query
    assert queries(client, page("audit")) <= 12
    fill(60, workspace="northwind", object="P-5")
    assert queries(client, page("audit")) <= 12


def test_verification_shows_a_sound_log(cast, client_of, signed):
    answer = client_of(cast.auditor).post(page("audit_verify"), follow=True)
    said = text_of(answer)
    assert "Verified: sound." in said
    assert "Sound" in said
    assert "1 checkpoint" in said
    assert Entry.objects.filter(action=str(Action.AUDIT_VERIFIED)).count() == 1


def test_verification_shows_what_was_tampered_with_to_everybody_who_sees_the_log(cast, client_of):
    entry = note(cast)
    sealing.seal()
    sealing.checkpoint(NOW)
    leaf = Leaf.objects.get(entry=entry.pk)
    change("audit_entry", "id", entry.pk, body=entry.body.replace("approved", "rejected"))
    said = text_of(client_of(cast.auditor).post(page("audit_verify"), follow=True))
    named = f"entry {leaf.index + 1} (leaf {leaf.index}): its body is not the one that was sealed."
    assert "Tampered" in said
    assert named in said
    assert named in text_of(client_of(cast.lead).get(page("audit")))


def test_a_row_that_was_changed_stands_in_the_list_as_such(cast, client_of):
    entry = note(cast, values={"reason": "Not to be believed"})
    sealing.seal()
    change("audit_entry", "id", entry.pk, body=entry.body.replace("approved", "rejected"))
    said = text_of(client_of(cast.auditor).get(page("audit")))
    assert "Changed after it was sealed" in said
    assert "Not to be believed" not in said
    answer = client_of(cast.auditor).get(entry_page(entry))
    assert answer.status_code == 409
    assert "This row was changed after it was sealed." in text_of(answer)


@pytest.mark.parametrize("who", ["reviewer", "lead"])
def test_others_do_not_verify(cast, client_of, who):
    assert client_of(getattr(cast, who)).post(page("audit_verify")).status_code == 403


def test_one_entry_shows_its_texts_its_body_and_its_place(cast, client_of):
    entry = note(cast, values={"reason": "Because of S-1"})
    sealing.seal()
    sealing.checkpoint(NOW)
    said = text_of(client_of(cast.auditor).get(entry_page(entry)))
    assert "Because of S-1" in said
    assert "&quot;decision.approved&quot;" in said
    assert f"In the tree of {Checkpoint.objects.get().size}" in said


def test_one_entry_as_json_proves_itself_against_a_signed_root(cast, client_of):
    entry = note(cast, values={"reason": "Because"})
    sealing.seal()
    sealing.checkpoint(NOW)
    said = client_of(cast.auditor).get(entry_page(entry), {"format": "json"}).json()
    spelled = json.dumps(said["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    leaf = hashlib.sha256(b"\x00" + spelled.encode()).digest()
    assert leaf.hex() == said["leaf_hash"]
    head = notes.open_checkpoint(said["checkpoint"], keys.listed_verifiers(), keys.origin()).head
    hashes = [bytes.fromhex(one) for one in said["proof"]]
    merkle.verify_inclusion(leaf, said["leaf"], hashes, head)
    assert said["values"]["reason"] == "Because"


def test_an_entry_waits_for_its_proof_until_a_checkpoint_covers_it(cast, client_of):
    entry = note(cast)
    sealing.seal()
    said = text_of(client_of(cast.auditor).get(entry_page(entry)))
    assert "The next checkpoint covers it." in said


def test_a_proof_that_does_not_hold_is_shown(cast, client_of):
    entry = note(cast)
    other = note(cast)
    sealing.seal()
    sealing.checkpoint(NOW)
    place = Leaf.objects.get(entry=other.pk)
    change("audit_leaf", "leaf_index", place.index, hash=b"x" * 32)
    said = text_of(client_of(cast.auditor).get(entry_page(entry)))
    assert "In the tree of" not in said


def test_an_entry_of_another_person_or_workspace_is_not_there(cast, client_of):
    theirs = note(cast, by=cast.lead)
    for _ in range(200):
        elsewhere = write(1, workspace="elsewhere")
    sealing.seal()
    reviewer, auditor = client_of(cast.reviewer), client_of(cast.auditor)
    assert reviewer.get(entry_page(theirs)).status_code == 404
    assert auditor.get(entry_page(elsewhere)).status_code == 404


def test_an_entry_that_waits_for_its_number_has_no_page_yet(cast, client_of):
    note(cast)
    sealing.seal()
    last = Leaf.objects.filter(workspace="northwind").latest("number").number
    assert client_of(cast.auditor).get(page("audit_entry", number=last + 99)).status_code == 404


def test_the_list_leads_to_each_entry_by_its_number(cast, client_of):
    entry = note(cast)
    sealing.seal()
    html = client_of(cast.auditor).get(page("audit")).content.decode()
    number = Leaf.objects.get(entry=entry.pk).number
    assert f'href="?entry={number}#chosen"' in html


def beside(client: Client, number: object, query: str = "") -> str:
    return client.get(page("audit"), {"entry": number, "q": query}).content.decode()


def test_the_entry_that_is_chosen_stands_beside_the_list_with_its_facts(cast, client_of, signed):
    filed = build.filed(cast.store)
    entry = note(cast, object=str(filed), before={"state": "pending"}, after={"sha256": "ab" * 32})
    sealing.seal()
    sealing.checkpoint(NOW)
    number = Leaf.objects.get(entry=entry.pk).number
    html = beside(client_of(cast.auditor), number)
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    for words in ("Act Approved", "Who Rosa", f"What {filed}", "Before state pending"):
        assert words in said
    assert "After sha256 abab…abab" in said
    assert re.search(r"Proof \d+ hashes? to the checkpoint of \d+", said)
    assert f'href="{entry_page(entry)}"' in html
    assert f'href="{entry_page(entry)}?format=json"' in html
    assert re.search(
        rf'aria-current="true"><td[^>]*><a href="[^"]*entry={number}(&amp;q=)?#chosen"', html
    )


def test_choosing_an_entry_keeps_the_search(cast, client_of, signed):
    entry = note(cast)
    sealing.seal()
    number = Leaf.objects.get(entry=entry.pk).number
    html = client_of(cast.auditor).get(page("audit"), {"q": "P-1"}).content.decode()
    assert f'href="?q=P-1&amp;entry={number}#chosen"' in html


@pytest.mark.parametrize("number", ["99999999", "9" * 18])
def test_a_chosen_entry_that_is_not_there_is_said(cast, client_of, number):
    assert "There is no such entry" in beside(client_of(cast.auditor), number)


@pytest.mark.parametrize("number", ["-1", "0", "one", "9" * 19, ""])
def test_what_is_no_number_chooses_nothing(cast, client_of, number):
    assert 'id="chosen"' not in beside(client_of(cast.auditor), number)


def test_a_reviewer_chooses_none_but_their_own(cast, client_of):
    theirs = note(cast, by=cast.lead, values={"reason": "Theirs"})
    sealing.seal()
    number = Leaf.objects.get(entry=theirs.pk).number
    assert "There is no such entry" in beside(client_of(cast.reviewer), number)


def test_a_chosen_entry_that_was_changed_says_only_that(cast, client_of):
    entry = note(cast)
    sealing.seal()
    change("audit_entry", "id", entry.pk, body=entry.body.replace("approved", "rejected"))
    number = Leaf.objects.get(entry=entry.pk).number
    html = beside(client_of(cast.auditor), number)
    assert "This row was changed after it was sealed." in html
    assert "Act</dt>" not in html


def test_the_page_says_since_when_the_log_runs_and_how_long_verifying_took(cast, client_of, signed):
    client = client_of(cast.auditor)
    client.post(page("audit_verify"))
    said = text_of(client.get(page("audit")))
    first = Entry.objects.filter(workspace="northwind").order_by("id")[0].at
    assert f"since {first.day} {first:%b %Y}. Nobody can edit it." in said
    assert re.search(r"Checked \d+ entries, \d+\.\d s Gaps None", said)
    assert "Nobody can edit it" not in text_of(client_of(cast.reviewer).get(page("audit")))


def test_the_checkpoint_is_taken_away_as_it_was_signed(cast, client_of, signed):
    answer = client_of(cast.reviewer).get(page("audit_checkpoint"))
    assert answer.content.decode() == signed.note
    assert f'filename="checkpoint-{signed.size}.txt"' in answer["Content-Disposition"]


def test_without_a_checkpoint_there_is_none_to_take(cast, client_of):
    assert client_of(cast.auditor).get(page("audit_checkpoint")).status_code == 404
    assert "signs the first within a minute" in text_of(client_of(cast.auditor).get(page("audit")))


def export(cast: Cast) -> Export:
    member = find_member(cast.auditor, cast.workspace)
    return export_history(cast.workspace, form="jsonl", period=Period(), by=member)


def test_an_export_is_made_listed_and_downloaded(cast, client_of, signed):
    client = client_of(cast.auditor)
    said = text_of(client.post(page("export_make"), {"form": "csv"}, follow=True))
    made = Export.objects.get()
    assert f"{made} holds {made.rows:,} entries." in said
    assert "X-1, CSV" in said
    answer = client.post(page("export_download", number=made.number))
    body = b"".join(answer.streaming_content)
    assert hashlib.sha256(body).hexdigest() == made.sha256
    assert made.file_name in answer["Content-Disposition"]
    taken = Entry.objects.get(action=str(Action.EXPORT_DOWNLOADED))
    assert taken.actor_id == cast.auditor.public_id


def test_the_manifest_is_a_file_too(cast, client_of, signed):
    made = export(cast)
    answer = client_of(cast.auditor).get(page("export_manifest", number=made.number))
    assert answer.json()["sha256"] == made.sha256
    assert f"{made.file_name}.manifest.json" in answer["Content-Disposition"]


def test_an_export_says_how_many_rows_it_could_not_take(cast, client_of):
    entry = note(cast)
    sealing.seal()
    take_away("audit_entry", "id", entry.pk)
    said = text_of(client_of(cast.auditor).post(page("export_make"), {"form": "csv"}, follow=True))
    assert "1 entries are not in X-1" in said


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"form": "xlsx"}, "Select a valid choice"),
        ({"form": "csv", "since": "yesterday"}, "Enter a valid date"),
        ({"form": "csv", "since": "2026-01-02", "until": "2026-01-01"}, "The period ends on"),
    ],
)
def test_a_form_that_cannot_be_taken_comes_back_with_why(cast, client_of, sent, said):
    answer = client_of(cast.auditor).post(page("export_make"), sent)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Export.objects.exists()


def test_a_file_that_is_gone_is_said(cast, client_of, signed):
    made = export(cast)
    export_path(cast.workspace, made.number, "jsonl").unlink()
    answer = client_of(cast.auditor).post(page("export_download", number=made.number))
    assert answer.status_code == 422
    assert f"The file of {made} is gone" in text_of(answer)


def test_an_export_of_another_workspace_is_not_there(cast, client_of, signed):
    made = export(cast)
    cast.outsider.memberships.update(role="auditor")
    where = {"workspace": "elsewhere", "number": made.number}
    client = client_of(cast.outsider)
    assert client.post(reverse("export_download", kwargs=where)).status_code == 404
    assert client.get(reverse("export_manifest", kwargs=where)).status_code == 404


@pytest.mark.parametrize("who", ["reviewer", "lead", "admin"])
def test_only_an_auditor_exports(cast, client_of, signed, who):
    made, client = export(cast), client_of(getattr(cast, who))
    assert client.get(page("exports")).status_code == 403
    assert client.post(page("export_make"), {"form": "csv"}).status_code == 403
    assert client.post(page("export_download", number=made.number)).status_code == 403
    assert client.get(page("export_manifest", number=made.number)).status_code == 403
    assert Export.objects.count() == 1


@pytest.mark.postgresql
def test_entries_that_wait_are_said_beside_the_form(cast, client_of, signed):
    note(cast)
    said = text_of(client_of(cast.auditor).get(page("exports")))
    assert re.search(r"\d entr(y waits|ies wait) for a place in the log", said)
    assert "unsealed" in text_of(client_of(cast.auditor).get(page("audit")))
