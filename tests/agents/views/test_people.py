import re

import pytest
from django.core import mail

from agents.models import ApproverGroup, Person
from agents.people import find_member, set_group
from agents.rights import Role
from reviews.audit.actions import Action
from reviews.audit.models import Entry
from tests import build

pytestmark = pytest.mark.django_db
PEOPLE = "/w/northwind/people/"


@pytest.fixture
def admin(cast, client_of):
    return client_of(cast.admin)


def add(client, **changed):
    given = {"name": "Rita", "email": "rita@x.example", "role": "reviewer"} | changed
    return client.post(f"{PEOPLE}add/", given)


class TestThePage:
    def test_lists_members_with_role_groups_and_last_sign_in(self, cast, admin):
        set_group(cast.workspace, "risk-desk", [cast.lead], by=cast.admin)
        page = admin.get(PEOPLE).content.decode()
        for person in (cast.reviewer, cast.lead, cast.auditor):
            assert person.name in page
            assert person.email in page
        assert "risk-desk" in page
        assert "Never" in page

    def test_names_nobody_of_another_workspace(self, cast, admin):
        set_group(cast.elsewhere, "far-desk", [cast.outsider], by=build.SYSTEM)
        page = admin.get(PEOPLE).content.decode()
        assert cast.outsider.name not in page
        assert "far-desk" not in page

    def test_offers_no_change_of_oneself(self, cast, admin):
        page = admin.get(PEOPLE).content.decode()
        assert cast.admin.public_id not in page
        assert cast.lead.public_id in page

    def test_says_who_was_invited_and_has_not_come(self, admin):
        add(admin)
        page = admin.get(PEOPLE).content.decode()
        assert "Invited" in page
        assert "Make a new link" in page

    def test_no_two_fields_have_one_id(self, admin):
        ids = re.findall(r"\sid=\"([^\"]+)\"", admin.get(PEOPLE).content.decode())
        assert len(ids) == len(set(ids))

    def test_asks_the_database_the_same_for_three_people_and_for_thirty(
        self, cast, admin, django_assert_max_num_queries
    ):
        for number in range(30):
            build.person(f"P{number}", within=cast.workspace)
        with django_assert_max_num_queries(20):
            admin.get(PEOPLE)

    def test_shows_hidden_characters_of_a_name(self, cast, admin):
        Person.objects.filter(pk=cast.lead.pk).update(name="Le\u202ena")
        members = admin.get(PEOPLE).content.decode().partition("Approver groups")[0]
        assert "\u202e" not in members
        assert "U+202E" in members


class TestAdding:
    def test_shows_the_link_once_where_no_mail_can_be_sent(self, cast, admin):
        page = add(admin)
        assert page.status_code == 200
        assert "http://testserver/accounts/password/reset/key/" in page.content.decode()
        assert page["Cache-Control"] == "no-store"
        assert "reset/key" not in admin.get(PEOPLE).content.decode()

    def test_mails_the_link_and_shows_it_to_nobody_where_mail_can_be_sent(
        self, cast, admin, settings
    ):
        settings.EMAIL_HOST = "mail.example"
        answer = add(admin)
        assert (answer.status_code, answer.url) == (302, PEOPLE)
        assert "http://testserver/accounts/" in mail.outbox[0].body
        assert "reset/key" not in admin.get(PEOPLE).content.decode()

    def test_somebody_with_an_account_joins_without_a_link(self, cast, admin):
        answer = add(admin, email=cast.outsider.email)
        assert answer.url == PEOPLE
        assert find_member(cast.outsider, cast.workspace).role is Role.REVIEWER

    def test_bad_input_keeps_what_was_typed_and_says_what_is_wrong(self, cast, admin):
        page = add(admin, email=cast.lead.email, name="Second Lena")
        assert page.status_code == 422
        assert "already lead" in page.content.decode()
        assert 'value="Second Lena"' in page.content.decode()

    def test_an_unknown_role_is_refused(self, admin):
        assert add(admin, role="owner").status_code == 422
        assert not Person.objects.filter(email="rita@x.example").exists()


class TestChanging:
    def test_gives_another_role(self, cast, admin):
        place = f"{PEOPLE}{cast.reviewer.public_id}/role/"
        assert admin.post(place, {"role": "lead"}).url == PEOPLE
        assert find_member(cast.reviewer, cast.workspace).role is Role.LEAD

    def test_refuses_an_unknown_role(self, cast, admin):
        place = f"{PEOPLE}{cast.reviewer.public_id}/role/"
        assert admin.post(place, {"role": "owner"}).status_code == 422

    def test_refuses_ones_own_role(self, cast, admin):
        place = f"{PEOPLE}{cast.admin.public_id}/role/"
        assert admin.post(place, {"role": "lead"}).status_code == 403
        assert find_member(cast.admin, cast.workspace).role is Role.ADMIN

    def test_removes_somebody_who_loses_access_at_once(self, cast, admin, client_of):
        theirs = client_of(cast.lead)
        assert theirs.get("/w/northwind/workspace/").status_code == 200
        admin.post(f"{PEOPLE}{cast.lead.public_id}/remove/")
        assert theirs.get("/w/northwind/workspace/").status_code == 404

    def test_keeps_the_last_admin(self, cast, admin):
        answer = admin.post(f"{PEOPLE}{cast.admin.public_id}/remove/")
        assert answer.status_code == 422
        assert "only admin" in answer.content.decode()

    @pytest.mark.parametrize("verb", ["role", "remove", "invite"])
    def test_a_person_of_another_workspace_is_not_there(self, cast, admin, verb):
        answer = admin.post(f"{PEOPLE}{cast.outsider.public_id}/{verb}/", {"role": "lead"})
        assert answer.status_code == 404

    def test_makes_a_new_link_for_who_has_not_come(self, cast, admin):
        add(admin)
        person = Person.objects.get(email="rita@x.example")
        page = admin.post(f"{PEOPLE}{person.public_id}/invite/")
        assert "/accounts/password/reset/key/" in page.content.decode()
        assert (
            Entry.objects.filter(
                action=Action.PERSON_INVITED, actor_id=cast.admin.public_id
            ).count()
            == 2
        )


class TestGroups:
    def test_sets_a_group(self, cast, admin):
        people = [cast.reviewer.public_id, cast.lead.public_id]
        answer = admin.post("/w/northwind/groups/set/", {"name": "risk-desk", "people": people})
        assert answer.url == PEOPLE
        assert set(ApproverGroup.objects.get().people.all()) == {cast.reviewer, cast.lead}

    def test_offers_only_who_may_decide(self, cast, admin):
        answer = admin.post(
            "/w/northwind/groups/set/", {"name": "risk", "people": [cast.auditor.public_id]}
        )
        assert answer.status_code == 422
        assert not ApproverGroup.objects.exists()

    def test_says_what_is_wrong_with_a_name(self, cast, admin):
        answer = admin.post(
            "/w/northwind/groups/set/", {"name": "two words", "people": [cast.lead.public_id]}
        )
        assert answer.status_code == 422
        assert "risk-desk" in answer.content.decode()

    def test_removes_a_group(self, cast, admin):
        set_group(cast.workspace, "risk", [cast.lead], by=cast.admin)
        assert admin.post("/w/northwind/groups/risk/remove/").url == PEOPLE
        assert not ApproverGroup.objects.exists()
