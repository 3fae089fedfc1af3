"""One hosted dream, reviewed as a pull request and in Daybreak: the answers of the page, held."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from anthropic import Anthropic

from agents.people import find_member
from dreaming.dreams import Wish, queue_dream, run_to_end
from reviews import decisions
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from reviews.decisions import Shown
from reviews.errors import ReviewsError
from reviews.models import Evidence
from tests.dreaming import test_managed_dreams as managed

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("git"), reason="needs git"),
]
PAGE = Path(__file__).parents[2] / "docs" / "versus-pull-requests.md"
vendor, house = managed.vendor, managed.house
NOT_OFFERED = False
"""What Daybreak has no command or place for: nothing can be run to show it."""


class Branch:
    """A hosted dream as files on a branch: the store before on main, the output on `dream`."""

    def __init__(self, folder, vendor, store):
        self.folder = folder
        with Anthropic(api_key=managed.KEY, base_url=vendor.url) as client:
            self.git("init", "-q", "-b", "main")
            self.commit(client, store, "Memory before")
            self.git("checkout", "-q", "-b", "dream")
            inputs = [
                {"type": "memory_store", "memory_store_id": store},
                {"type": "sessions", "session_ids": list(vendor.sessions.rows)},
            ]
            made = client.beta.dreams.create(
                inputs=inputs, model="claude-opus-5", output_behavior={"type": "create_new"}
            )
            while made.status != "completed":
                made = client.beta.dreams.retrieve(made.id)
            self.commit(client, made.outputs[0].memory_store_id, "What the dream wrote")
        self.changed = self.git("diff", "--name-status", "main...dream").split("\n")
        self.diff = self.git("diff", "main...dream")

    def git(self, *words):
        who = ("-c", "user.name=Lena", "-c", "user.email=lena@example.com")
        asked = ["git", "-C", str(self.folder), *who, *words]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()

    def fails(self, *words):
        try:
            self.git(*words)
        except subprocess.CalledProcessError:
            return True
        return False

    def commit(self, client, store, words):
        for one in client.beta.memory_stores.memories.list(store, view="full", limit=20):
            (self.folder / one.path.lstrip("/")).write_text(one.content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", words)


def refused(verb):
    try:
        verb()
    except ReviewsError:
        return True
    return False


def answers_of_the_page():
    rows = re.findall(r"^\| (.+\?) \| (yes|no) \| (yes|no) \|$", PAGE.read_text(), re.MULTILINE)
    return {question: (one == "yes", other == "yes") for question, one, other in rows}


def test_both_sides_answer_every_question_as_the_page_says(house, vendor, tmp_path):
    live = next(iter(vendor.stores.rows.values()))
    before = live.texts()
    branch = Branch(tmp_path, vendor, live.id)
    is_left_by_branch = live.texts() == before
    dream = queue_dream(house.store, Wish(engine="managed", started_by=house.lead))
    rows = managed.filed(run_to_end(dream, poll_s=0))
    said, invented = rows["/refunds.md"], rows["/invented.md"]
    lead, reviewer = (find_member(one, house.workspace) for one in (house.lead, house.reviewer))
    shown = Shown(1, "pending", evidence_opened=(1,), is_confirmed=True)
    is_starter_kept_out = refused(lambda: decisions.approve(said, by=lead, shown=shown))
    decisions.approve(said, by=reviewer, shown=shown)
    left, taken = (type(said).objects.get(pk=one.pk) for one in (invented, said))
    by = Entry.objects.filter(object=str(said), action=Action.APPROVED).values_list("actor_id")
    branch.git("checkout", "-q", "main")
    hook = tmp_path / ".git" / "hooks" / "pre-merge-commit"
    hook.write_text("#!/bin/sh\ngrep -q receipt invented.md && exit 1\n")
    hook.chmod(0o700)
    is_program_heard = branch.fails("merge", "-q", "--no-ff", "dream", "-m", "Approved")
    hook.unlink()
    branch.git("merge", "--abort")
    typed = "Compliance <anybody@example.com>"
    branch.git("merge", "-q", "--no-ff", "dream", "-m", "Approved")
    branch.git("commit", "-q", "--amend", "--no-edit", f"--author={typed}")
    is_name_typed = branch.git("log", "-1", "--format=%an <%ae>") == typed
    merged = [(tmp_path / name).exists() for name in ("refunds.md", "invented.md")]
    history = branch.git("log", "--format=%s", "--", "refunds.md")
    branch.git("revert", "-m", "1", "--no-edit", "HEAD")
    found = (
        (branch.changed == ["A\tinvented.md", "A\trefunds.md"], len(rows) == 2),
        (is_left_by_branch, live.texts() == before),
        ("S-1" in branch.diff, Evidence.objects.filter(proposal=said).exists()),
        ("o source" in branch.diff, "no_source" in [one["code"] for one in left.risk_reasons]),
        (merged != [True, True], left.state == "pending" != taken.state),
        (not any(merged), is_starter_kept_out),
        (not is_name_typed, list(by) == [(house.reviewer.public_id,)]),
        (history == "What the dream wrote", NOT_OFFERED),
        (not (tmp_path / "refunds.md").exists(), NOT_OFFERED),
        (is_program_heard, NOT_OFFERED),
    )
    told = answers_of_the_page()
    assert dict(zip(told, found, strict=True)) == told
