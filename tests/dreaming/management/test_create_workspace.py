import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from agents.models import MemoryStore, Person, Workspace
from agents.people import find_member
from agents.rights import Role
from agents.workspaces import open_workspace
from dreaming.management.commands import create_workspace as command
from reviews.models import ApprovalRule

pytestmark = pytest.mark.django_db
PASSWORD = "first-light-on-the-hill"


def run(*arguments):
    out = StringIO()
    call_command("create_workspace", *arguments, stdout=out)
    return out.getvalue()


def test_the_printed_link_lets_the_first_admin_in():
    said = run("acme", "--admin", "ada@acme.example", "--url", "https://d.example/")
    path = re.search(r"https://d\.example(/accounts/\S+)", said)[1]
    client = Client()
    page = client.get(path, follow=True)
    client.post(
        page.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD}, follow=True
    )
    client.post("/accounts/login/", {"login": "ada@acme.example", "password": PASSWORD})
    assert client.get("/").url == "/w/acme/people/"


def test_the_workspace_is_complete():
    run("acme", "--admin", "ada@acme.example", "--name", "Acme Health")
    workspace = Workspace.objects.get(slug="acme")
    admin = Person.objects.get(email="ada@acme.example")
    assert workspace.name == "Acme Health"
    assert find_member(admin, workspace).role is Role.ADMIN
    assert MemoryStore.objects.filter(workspace=workspace, agent=None).exists()
    assert ApprovalRule.objects.filter(workspace=workspace).exists()


def test_the_link_leads_to_this_machine_unless_said():
    assert "http://localhost:8000/accounts/" in run("acme", "--admin", "ada@acme.example")


def test_a_workspace_an_import_opened_keeps_its_rules_and_gets_its_admin():
    workspace = open_workspace("acme", name="Acme")
    command.set_default_rules(workspace, command.SYSTEM)
    before = set(ApprovalRule.objects.values_list("pk", "versions__number"))
    run("acme", "--admin", "ada@acme.example")
    assert set(ApprovalRule.objects.values_list("pk", "versions__number")) == before
    assert workspace.memberships.get().role == Role.ADMIN


def test_somebody_with_an_account_gets_no_link(cast):
    said = run("acme", "--admin", cast.lead.email)
    assert "signs in with the account they have" in said
    assert "http" not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Ac me", "--admin", "ada@acme.example"], "cannot name a workspace"),
        (["acme", "--admin", "ada"], "not an e-mail address"),
    ],
)
def test_bad_input_is_named_and_nothing_is_made(arguments, said):
    with pytest.raises(CommandError, match=said):
        run(*arguments)
    assert not Workspace.objects.exists()


def test_a_taken_name_is_refused(cast):
    with pytest.raises(CommandError, match="exists already"):
        run("northwind", "--admin", "ada@acme.example")


def test_nothing_stays_when_the_rules_cannot_be_set(monkeypatch):
    def refuse(*_):
        raise RuntimeError("no rules today")

    monkeypatch.setattr(command, "set_default_rules", refuse)
    with pytest.raises(RuntimeError):
        run("acme", "--admin", "ada@acme.example")
    assert not Workspace.objects.exists()
