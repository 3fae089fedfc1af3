import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from agents.errors import InvalidInput, NotAllowed
from agents.models import ApproverGroup, Membership, Person
from agents.people import (
    acting,
    actor_of,
    add_person,
    change_role,
    clean_email,
    clean_name,
    find_account,
    find_member,
    find_member_at,
    invite_again,
    mail_invitation,
    remove_group,
    remove_person,
    require,
    set_group,
    who_can,
)
from agents.rights import Right, Role
from agents.tokens import actor_of_token
from reviews.audit.actions import Action
from reviews.audit.actors import SYSTEM
from reviews.audit.bodies import commitments_of, read_body
from reviews.audit.models import Entry
from reviews.audit.values import open_values
from tests import build

pytestmark = pytest.mark.django_db


def entries(action):
    # The system built the cast; what the test did was done by a person.
    acted = Entry.objects.exclude(actor_kind="system")
    return list(acted.filter(action=action).order_by("id"))


def only_entry(action):
    found = entries(action)
    assert len(found) == 1, found
    return read_body(found[0].body)


def add_rita(cast, **changed):
    given = {"email": "rita@northwind.example", "name": "Rita", "role": "reviewer"} | changed
    return add_person(cast.workspace, **given, by=cast.admin)


class TestFindMemberAt:
    def test_is_the_member_with_role_groups_and_workspace(self, cast, django_assert_num_queries):
        with django_assert_num_queries(2):
            found = find_member_at(cast.reviewer, cast.workspace.slug)
        assert found == find_member(cast.reviewer, cast.workspace)
        assert found.workspace.name == cast.workspace.name

    def test_is_nobody_for_an_outsider_and_for_no_workspace(self, cast):
        assert find_member_at(cast.outsider, cast.workspace.slug) is None
        assert find_member_at(cast.reviewer, "no-such-workspace") is None
        assert find_member_at(cast.reviewer, "") is None


class TestAddPerson:
    def test_makes_a_person_with_a_verified_address_and_no_password(self, cast):
        person = add_rita(cast).person
        assert not person.has_usable_password()
        assert EmailAddress.objects.get(user=person).verified
        assert find_member(person, cast.workspace).role is Role.REVIEWER

    def test_gives_a_new_person_a_one_time_path(self, cast):
        assert add_rita(cast).path.startswith("/accounts/password/reset/key/")

    def test_writes_who_was_added_by_whom_without_the_address_in_the_body(self, cast):
        person = add_rita(cast).person
        body = only_entry(Action.PERSON_ADDED)
        assert body["actor"] == {"kind": "person", "id": cast.admin.public_id}
        assert body["object"] == f"person:{person.public_id}"
        assert "rita" not in entries(Action.PERSON_ADDED)[0].body.lower()
        assert open_values(commitments_of(body))["email"] == "rita@northwind.example"

    def test_writes_the_membership_and_the_invitation(self, cast):
        add_rita(cast)
        assert only_entry(Action.MEMBERSHIP_ADDED)["after"] == {"role": "reviewer"}
        assert len(entries(Action.PERSON_INVITED)) == 1

    def test_gives_no_link_to_the_account_of_somebody_who_exists(self, cast):
        invitation = add_rita(cast, email=cast.outsider.email.upper(), name="Other")
        assert invitation.person == cast.outsider
        assert invitation.path is None
        assert not entries(Action.PERSON_INVITED)

    def test_gives_no_link_for_an_address_that_is_somebodys_second(self, cast):
        EmailAddress.objects.create(user=cast.outsider, email="second@x.example", verified=True)
        invitation = add_rita(cast, email="second@x.example")
        assert invitation.person == cast.outsider
        assert invitation.path is None

    def test_refuses_somebody_who_is_already_here(self, cast):
        with pytest.raises(InvalidInput, match="already lead in Northwind"):
            add_rita(cast, email=cast.lead.email)

    def test_refuses_a_closed_account(self, cast):
        Person.objects.filter(pk=cast.outsider.pk).update(is_active=False)
        with pytest.raises(InvalidInput, match="closed"):
            add_rita(cast, email=cast.outsider.email)

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"email": "rita"}, "not an e-mail address"),
            ({"name": "  "}, "name is missing"),
            ({"name": "R" * 121}, "121 characters"),
            ({"name": "Ri\u202eta"}, "hidden characters"),
            ({"role": "owner"}, "not a role"),
        ],
    )
    def test_refuses_bad_input_by_name_and_writes_nothing(self, cast, changed, said):
        with pytest.raises(InvalidInput, match=said):
            add_rita(cast, **changed)
        assert not entries(Action.MEMBERSHIP_ADDED)

    @pytest.mark.parametrize("who", ["reviewer", "lead", "auditor", "outsider"])
    def test_refuses_everybody_but_an_admin_of_this_workspace(self, cast, who):
        with pytest.raises(NotAllowed):
            add_person(
                cast.workspace,
                email="rita@northwind.example",
                name="Rita",
                role="reviewer",
                by=getattr(cast, who),
            )
        assert not Person.objects.filter(email="rita@northwind.example").exists()


class TestInviteAgain:
    def test_makes_another_link_for_somebody_without_a_password(self, cast):
        person = add_rita(cast).person
        assert invite_again(cast.workspace, person, by=cast.admin).path
        assert len(entries(Action.PERSON_INVITED)) == 2

    def test_refuses_somebody_who_has_a_password(self, cast):
        with pytest.raises(InvalidInput, match="has set a password"):
            invite_again(cast.workspace, cast.reviewer, by=cast.admin)

    def test_refuses_somebody_who_waits_elsewhere_too(self, cast):
        person = add_rita(cast).person
        Membership.objects.create(workspace=cast.elsewhere, person=person, role="lead")
        with pytest.raises(InvalidInput, match="another workspace"):
            invite_again(cast.workspace, person, by=cast.admin)

    def test_refuses_an_outsider(self, cast):
        with pytest.raises(InvalidInput, match="not a member"):
            invite_again(cast.workspace, cast.outsider, by=cast.admin)


class TestChangeRole:
    def test_changes_the_role_and_says_before_and_after(self, cast):
        change_role(cast.workspace, cast.reviewer, "lead", by=cast.admin)
        assert find_member(cast.reviewer, cast.workspace).role is Role.LEAD
        body = only_entry(Action.MEMBERSHIP_CHANGED)
        assert (body["before"], body["after"]) == ({"role": "reviewer"}, {"role": "lead"})

    def test_the_same_role_writes_nothing(self, cast):
        change_role(cast.workspace, cast.reviewer, "reviewer", by=cast.admin)
        assert not entries(Action.MEMBERSHIP_CHANGED)

    def test_nobody_changes_their_own_role(self, cast):
        build.person("Dora", within=cast.workspace, role=Role.ADMIN)
        with pytest.raises(NotAllowed, match="your own role"):
            change_role(cast.workspace, cast.admin, "reviewer", by=cast.admin)

    def test_the_last_admin_stays(self, cast):
        with pytest.raises(InvalidInput, match="only admin"):
            change_role(cast.workspace, cast.admin, "lead", by=SYSTEM)

    def test_an_admin_whose_account_is_closed_does_not_count(self, cast):
        closed = build.person("Dora", within=cast.workspace, role=Role.ADMIN)
        Person.objects.filter(pk=closed.pk).update(is_active=False)
        with pytest.raises(InvalidInput, match="only admin"):
            change_role(cast.workspace, cast.admin, "lead", by=SYSTEM)

    def test_who_may_no_longer_decide_leaves_the_groups(self, cast):
        set_group(cast.workspace, "risk", [cast.reviewer, cast.lead], by=cast.admin)
        change_role(cast.workspace, cast.reviewer, "auditor", by=cast.admin)
        group = ApproverGroup.objects.get(name="risk")
        assert list(group.people.all()) == [cast.lead]
        assert len(entries(Action.GROUP_CHANGED)) == 1


class TestRemovePerson:
    def test_ends_the_membership_and_keeps_the_account(self, cast):
        remove_person(cast.workspace, cast.reviewer, by=cast.admin)
        assert find_member(cast.reviewer, cast.workspace) is None
        assert Person.objects.filter(pk=cast.reviewer.pk, is_active=True).exists()
        assert only_entry(Action.MEMBERSHIP_REMOVED)["before"] == {"role": "reviewer"}

    def test_takes_the_person_out_of_the_groups_of_this_workspace_only(self, cast):
        set_group(cast.workspace, "risk", [cast.reviewer], by=cast.admin)
        Membership.objects.create(workspace=cast.elsewhere, person=cast.reviewer, role="reviewer")
        set_group(cast.elsewhere, "risk", [cast.reviewer], by=SYSTEM)
        remove_person(cast.workspace, cast.reviewer, by=cast.admin)
        assert [g.workspace for g in cast.reviewer.approver_groups.all()] == [cast.elsewhere]

    def test_the_last_admin_stays(self, cast):
        with pytest.raises(InvalidInput, match="only admin"):
            remove_person(cast.workspace, cast.admin, by=cast.admin)

    def test_an_admin_may_leave_when_another_stays(self, cast):
        build.person("Dora", within=cast.workspace, role=Role.ADMIN)
        remove_person(cast.workspace, cast.admin, by=cast.admin)
        assert find_member(cast.admin, cast.workspace) is None

    def test_refuses_an_outsider(self, cast):
        with pytest.raises(InvalidInput, match="not a member"):
            remove_person(cast.workspace, cast.outsider, by=cast.admin)


class TestGroups:
    def test_a_group_has_exactly_the_people_given(self, cast):
        set_group(cast.workspace, "risk", [cast.reviewer, cast.lead], by=cast.admin)
        group = set_group(cast.workspace, "risk", [cast.second_reviewer], by=cast.admin)
        assert list(group.people.all()) == [cast.second_reviewer]

    def test_entries_name_the_people_by_pseudonym(self, cast):
        set_group(cast.workspace, "Risk-Desk", [cast.reviewer], by=cast.admin)
        body = only_entry(Action.GROUP_CREATED)
        assert body["object"] == "group:risk-desk"
        assert body["after"] == {"people": [cast.reviewer.public_id]}

    def test_the_same_people_again_write_nothing(self, cast):
        for _ in range(2):
            set_group(cast.workspace, "risk", [cast.reviewer], by=cast.admin)
        assert not entries(Action.GROUP_CHANGED)

    @pytest.mark.parametrize("who", ["auditor", "admin", "outsider"])
    def test_only_those_who_may_decide_can_be_in_one(self, cast, who):
        with pytest.raises(InvalidInput, match="cannot decide"):
            set_group(cast.workspace, "risk", [getattr(cast, who)], by=cast.admin)
        assert not ApproverGroup.objects.exists()

    def test_refuses_a_group_of_nobody(self, cast):
        with pytest.raises(InvalidInput, match="at least one"):
            set_group(cast.workspace, "risk", [], by=cast.admin)

    @pytest.mark.parametrize("name", ["", "two words", "ü", "r" * 61])
    def test_refuses_a_name_that_rules_cannot_spell(self, cast, name):
        with pytest.raises(InvalidInput):
            set_group(cast.workspace, name, [cast.reviewer], by=cast.admin)

    def test_removing_one_says_who_was_in_it(self, cast):
        set_group(cast.workspace, "risk", [cast.reviewer], by=cast.admin)
        remove_group(cast.workspace, "risk", by=cast.admin)
        assert not ApproverGroup.objects.exists()
        assert only_entry(Action.GROUP_REMOVED)["before"] == {"people": [cast.reviewer.public_id]}

    def test_refuses_to_remove_a_group_of_another_workspace(self, cast):
        set_group(cast.elsewhere, "risk", [cast.outsider], by=SYSTEM)
        with pytest.raises(InvalidInput, match="no group"):
            remove_group(cast.workspace, "risk", by=cast.admin)

    def test_a_member_knows_their_groups(self, cast):
        set_group(cast.workspace, "risk", [cast.reviewer], by=cast.admin)
        assert find_member(cast.reviewer, cast.workspace).groups == {"risk"}


class TestRequire:
    def test_gives_the_member(self, cast):
        assert require(cast.lead, cast.workspace, Right.CONTAIN).person == cast.lead

    def test_says_what_is_missing_and_whom_to_ask(self, cast):
        with pytest.raises(NotAllowed) as refused:
            require(cast.reviewer, cast.workspace, Right.CONTAIN)
        assert str(refused.value) == (
            "As reviewer you cannot roll back, restore or quarantine. Ask Lena."
        )

    def test_says_so_when_nobody_can(self, cast):
        Membership.objects.filter(person=cast.lead).delete()
        assert "nobody who can" in who_can(cast.workspace, Right.CONTAIN)

    def test_names_at_most_three(self, cast):
        for name in ("Bo", "Cy", "Di"):
            build.person(name, within=cast.workspace, role=Role.LEAD)
        assert who_can(cast.workspace, Right.CONTAIN) == "Ask Bo, Cy, Di and others."

    def test_tells_an_outsider_nothing_but_that(self, cast):
        with pytest.raises(NotAllowed, match="not a member"):
            require(cast.outsider, cast.workspace, Right.BE_HERE)

    def test_a_token_manages_nothing(self, cast):
        token, _ = build.token(cast.admin, cast.agent)
        with pytest.raises(NotAllowed, match="A token cannot manage people"):
            acting(actor_of_token(token), cast.workspace, Right.MANAGE_PEOPLE)

    def test_a_persons_actor_is_the_pseudonym_with_the_printed_name(self, cast):
        actor = actor_of(cast.lead)
        assert (actor.kind, actor.id, actor.name) == ("person", cast.lead.public_id, "Lena")


def test_an_account_is_found_by_a_verified_second_address_only(cast):
    EmailAddress.objects.create(user=cast.lead, email="mine@x.example", verified=True)
    EmailAddress.objects.create(user=cast.lead, email="not-yet@x.example", verified=False)
    assert find_account(" MINE@x.example ") == cast.lead
    assert find_account("not-yet@x.example") is None


def test_the_invitation_goes_to_its_person_only(cast):
    invitation = add_rita(cast)
    mail_invitation(invitation, cast.workspace, "https://d.example/key/")
    (message,) = mail.outbox
    assert message.to == ["rita@northwind.example"]
    assert "https://d.example/key/" in message.body


@pytest.mark.parametrize(
    ("typed", "kept"), [(" Ana@X.example ", "ana@x.example"), ("a+b@x.example", "a+b@x.example")]
)
def test_an_address_has_one_spelling(typed, kept):
    assert clean_email(typed) == kept


def test_blanks_in_a_name_are_single():
    assert clean_name("  Ana \t Ribeiro ") == "Ana Ribeiro"
