"""People of a workspace: who is in it, as what, and in which approver groups.

The rule of every verb here: only an admin, never on themselves, and one admin always remains.
"""

from collections.abc import Collection
from dataclasses import dataclass

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email, validate_slug
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from agents.errors import InvalidInput, NotAllowed
from agents.models import ApproverGroup, Membership, Person, Workspace
from agents.prepared import Prepared, Slot
from agents.qualifications import places_of
from agents.rights import Right, Role, may, roles_with
from agents.web.characters import count_hidden
from reviews.audit import log
from reviews.audit.actions import Action
from reviews.audit.actors import Actor

NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a workspace: everything a view or verb needs to know about who asks.

    groups: those they count in now; unqualified: those they stand in and do not count in, for want
    of a current qualification; asking: those that ask for one, whether they have it or not.
    is_new: the checklist of a first visit is not put away yet.
    """

    workspace: Workspace
    person: Person
    role: Role
    groups: frozenset[str]
    unqualified: frozenset[str] = frozenset()
    asking: frozenset[str] = frozenset()
    is_new: bool = False

    def may(self, right: Right) -> bool:
        """Return whether this member's role includes `right`."""
        return may(self.role, right)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody was added. `path` is the one-time address at which a new person sets a password.

    path: None for a person who already had an account: nobody gets a link to another's account.
    """

    person: Person
    path: str | None


def actor_of(person: Person) -> Actor:
    """Return how the log names this person: by pseudonym, with the printed name as a value."""
    return Actor(kind="person", id=person.public_id, name=person.name)


def subject_of(person: Person) -> str:
    """Return the object and key subject by which entries speak about this person."""
    return f"person:{person.public_id}"


def names_of(person: Person) -> list[str]:
    """Return what a person may be called in a session: name and addresses, case-folded, sorted."""
    further = EmailAddress.objects.filter(user=person, verified=True)
    words = {person.name, person.email, *further.values_list("email", flat=True)}
    return sorted(word.casefold() for word in words)


def find_member(person: Person, workspace: Workspace) -> Member | None:
    """Return the person's place in the workspace, or None for an outsider."""
    membership = Membership.objects.filter(workspace=workspace, person=person).first()
    return _member(membership, person, workspace) if membership else None


@Prepared
def _membership_at(person: Slot, slug: Slot) -> QuerySet[Membership]:
    rows = Membership.objects.filter(workspace__slug=slug, person=person)
    return rows.select_related("workspace").order_by("pk")


def find_member_at(person: Person, slug: str) -> Member | None:
    """Return the person's place in the workspace called `slug`, None where there is none."""
    membership = _membership_at.first(person=person.pk, slug=slug)
    return _member(membership, person, membership.workspace) if membership else None


def _member(membership: Membership, person: Person, workspace: Workspace) -> Member:
    places = places_of(workspace, person)
    return Member(
        workspace=workspace,
        person=person,
        role=Role(membership.role),
        groups=frozenset(place.group for place in places if place.counts),
        unqualified=frozenset(place.group for place in places if not place.counts),
        asking=frozenset(place.group for place in places if place.asks),
        is_new=membership.settled_in_at is None,
    )


def require(person: Person, workspace: Workspace, right: Right) -> Member:
    """Return the person as a member with `right`, or raise NotAllowed saying who has it."""
    member = find_member(person, workspace)
    if member is None:
        raise NotAllowed(f"You are not a member of {workspace.name}.")
    return require_right(member, right)


def require_right(member: Member, right: Right) -> Member:
    """Return `member` if it has `right`, or raise NotAllowed saying who has it."""
    if not member.may(right):
        raise NotAllowed(f"As {member.role} you cannot {right}. {who_can(member.workspace, right)}")
    return member


def who_can(workspace: Workspace, right: Right) -> str:
    """Return a sentence that names the members who have `right`, at most three of them."""
    people = people_with(workspace, right).order_by("name").values_list("name", flat=True)
    named = list(people[:4])
    if not named:
        roles = " or ".join(roles_with(right))
        return f"{workspace.name} has nobody who can; an admin can make somebody {roles}."
    more = " and others" if len(named) > 3 else ""
    return f"Ask {', '.join(named[:3])}{more}."


def people_with(workspace: Workspace, right: Right) -> QuerySet[Person]:
    """Return the active members of `workspace` whose role includes `right`."""
    return Person.objects.filter(
        is_active=True,
        memberships__workspace=workspace,
        memberships__role__in=roles_with(right),
    )


def acting(by: Person | Actor, workspace: Workspace, right: Right) -> Actor:
    """Return the actor of a verb: a member with `right`, or the system itself.

    by: a Person, or the system's Actor in commands and seeds. No other actor (a token, a dream, a
    rule) manages people or places: NotAllowed.
    """
    if isinstance(by, Person):
        return actor_of(require(by, workspace, right).person)
    if by.kind != "system":
        raise NotAllowed(f"A {by.kind} cannot {right}.")
    return by


@transaction.atomic
def add_person(
    workspace: Workspace, *, email: str, name: str, role: str, by: Person | Actor
) -> Invitation:
    """Add somebody to the workspace; a person new to this installation gets a one-time path.

    Raises InvalidInput for a bad address, name or role and for somebody who is already here.
    """
    email, name, role = clean_email(email), clean_name(name), clean_role(role)
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.MANAGE_PEOPLE)
    person = find_person(email)
    path = None
    if person is None:
        person = create_person(email, name)
        path = one_time_path(person)
        log.append(
            Action.PERSON_ADDED,
            workspace=workspace.slug,
            actor=actor,
            object=subject_of(person),
            values={"name": name, "email": email},
            subject=subject_of(person),
        )
    join(workspace, person, role, actor)
    if path:
        log_invitation(workspace, person, actor)
    return Invitation(person=person, path=path)


def join(workspace: Workspace, person: Person, role: Role, actor: Actor) -> None:
    """Write the membership and its entry; the caller holds the workspace's lock."""
    present = Membership.objects.filter(workspace=workspace, person=person).first()
    if present is not None:
        raise InvalidInput(
            f"{person.name} is already {present.role} in {workspace.name}. Change the role instead."
        )
    Membership.objects.create(workspace=workspace, person=person, role=role)
    log.append(
        Action.MEMBERSHIP_ADDED,
        workspace=workspace.slug,
        actor=actor,
        object=subject_of(person),
        after={"role": role},
    )


@transaction.atomic
def invite_again(workspace: Workspace, person: Person, *, by: Person | Actor) -> Invitation:
    """Make a new one-time path for somebody who has never set a password.

    Raises InvalidInput for a person who has one, or who is also a member elsewhere: a link is a
    key to the whole account, and an admin decides over this workspace only.
    """
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.MANAGE_PEOPLE)
    membership_of(workspace, person)
    fresh = Person.objects.get(pk=person.pk)
    if fresh.has_usable_password():
        raise InvalidInput(
            f"{person.name} has set a password. They can reset it on the sign-in page."
        )
    if Membership.objects.filter(person=person).exclude(workspace=workspace).exists():
        raise InvalidInput(
            f"{person.name} is also in another workspace. They can ask for a link on the"
            " sign-in page."
        )
    log_invitation(workspace, person, actor)
    return Invitation(person=fresh, path=one_time_path(fresh))


@transaction.atomic
def change_role(workspace: Workspace, person: Person, role: str, *, by: Person | Actor) -> None:
    """Give a member another role; the same role again writes nothing.

    Nobody changes their own role: an admin who made themselves reviewer would decide alone.
    """
    role = clean_role(role)
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.MANAGE_PEOPLE)
    membership = membership_of(workspace, person)
    if membership.role == role:
        return
    if by == person:
        raise NotAllowed("You cannot change your own role. Another admin can.")
    if role != Role.ADMIN:
        keep_an_admin(membership)
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    log.append(
        Action.MEMBERSHIP_CHANGED,
        workspace=workspace.slug,
        actor=actor,
        object=subject_of(person),
        before={"role": before},
        after={"role": role},
    )
    if not may(role, Right.DECIDE):
        leave_groups(workspace, person, actor)


@transaction.atomic
def remove_person(workspace: Workspace, person: Person, *, by: Person | Actor) -> None:
    """End somebody's membership at once; their account and what they decided stay."""
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.MANAGE_PEOPLE)
    membership = membership_of(workspace, person)
    keep_an_admin(membership)
    leave_groups(workspace, person, actor)
    membership.delete()
    log.append(
        Action.MEMBERSHIP_REMOVED,
        workspace=workspace.slug,
        actor=actor,
        object=subject_of(person),
        before={"role": membership.role},
    )


@transaction.atomic
def set_group(
    workspace: Workspace, name: str, people: Collection[Person], *, by: Person | Actor
) -> ApproverGroup:
    """Make or change an approver group: exactly these people are in it.

    Raises InvalidInput for a bad name, for nobody, and for somebody who may not decide here.
    """
    name = clean_group_name(name)
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.MANAGE_PEOPLE)
    check_deciders(workspace, name, people)
    group, created = ApproverGroup.objects.get_or_create(workspace=workspace, name=name)
    before = group_facts(group)
    group.people.set(people)
    after = group_facts(group)
    if created or before != after:
        log.append(
            Action.GROUP_CREATED if created else Action.GROUP_CHANGED,
            workspace=workspace.slug,
            actor=actor,
            object=f"group:{name}",
            before=None if created else before,
            after=after,
        )
    return group


@transaction.atomic
def remove_group(workspace: Workspace, name: str, *, by: Person | Actor) -> None:
    """Remove an approver group; rules that name it say that nobody can satisfy them."""
    lock_workspace(workspace)
    actor = acting(by, workspace, Right.MANAGE_PEOPLE)
    group = ApproverGroup.objects.filter(workspace=workspace, name=name).first()
    if group is None:
        raise InvalidInput(f"{workspace.name} has no group {name!r}.")
    before = group_facts(group)
    group.delete()
    log.append(
        Action.GROUP_REMOVED,
        workspace=workspace.slug,
        actor=actor,
        object=f"group:{name}",
        before=before,
    )


def mail_invitation(invitation: Invitation, workspace: Workspace, link: str) -> None:
    """Send the one-time link to its person, so that nobody else needs to see it."""
    send_mail(
        subject=f"Your invitation to {workspace.name} on Daybreak",
        message=(
            f"{invitation.person.name},\n\nyou were added to {workspace.name} on Daybreak."
            f" Set your password here; the link works once:\n\n{link}\n"
        ),
        from_email=None,
        recipient_list=[invitation.person.email],
    )


def clean_email(email: str) -> str:
    """Return the address in the one form it is stored in, or raise InvalidInput."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidInput(
            f"{email[:80]!r} is not an e-mail address. Write it as name@example.org."
        ) from error
    return email


def clean_name(name: str) -> str:
    """Return a printable name of 1 to NAME_LENGTH characters, or raise InvalidInput."""
    name = " ".join(name.split())
    if not name:
        raise InvalidInput("A name is missing: write the name that decisions are signed with.")
    if len(name) > NAME_LENGTH:
        raise InvalidInput(f"The name has {len(name)} characters; {NAME_LENGTH} are the most.")
    if count_hidden(name):
        raise InvalidInput("The name holds hidden characters. Type it without them.")
    return name


def clean_role(role: str) -> Role:
    """Return the role of that word, or raise InvalidInput naming the four."""
    try:
        return Role(role)
    except ValueError as error:
        raise InvalidInput(f"{role[:40]!r} is not a role. Known: {', '.join(Role)}.") from error


def clean_group_name(name: str) -> str:
    """Return a group's name in its one form, or raise InvalidInput."""
    name = name.strip().lower()
    try:
        validate_slug(name)
    except ValidationError as error:
        raise InvalidInput(
            f"{name[:60]!r} is not a group's name. Use letters, digits and hyphens: risk-desk."
        ) from error
    if len(name) > 60:
        raise InvalidInput(f"The group's name has {len(name)} characters; 60 are the most.")
    return name


def find_person(email: str) -> Person | None:
    """Return whose address this is; raise InvalidInput when their account is closed."""
    person = find_account(email)
    if person is not None and not person.is_active:
        raise InvalidInput(f"The account of {email} is closed on this installation.")
    return person


def find_account(email: str) -> Person | None:
    """Return who signs in with this address: their first one, or a further one they verified."""
    email = email.strip()
    person = Person.objects.filter(email__iexact=email).first()
    if person is not None:
        return person
    return Person.objects.filter(
        emailaddress__email__iexact=email, emailaddress__verified=True
    ).first()


def create_person(email: str, name: str) -> Person:
    """Create somebody who cannot sign in yet; the address counts as verified by the invitation."""
    person = Person.objects.create_user(email, name)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def one_time_path(person: Person) -> str:
    """Return the address at which `person` sets a password; it works until one is set."""
    return reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(person),
            "key": default_token_generator.make_token(person),
        },
    )


def log_invitation(workspace: Workspace, person: Person, actor: Actor) -> None:
    """Write that a one-time link was made: whoever holds it can become this person."""
    log.append(
        Action.PERSON_INVITED, workspace=workspace.slug, actor=actor, object=subject_of(person)
    )


def lock_workspace(workspace: Workspace) -> None:
    """Let one change of people or places run at a time (SQLite's write lock does so by itself)."""
    Workspace.objects.select_for_update().get(pk=workspace.pk)


def membership_of(workspace: Workspace, person: Person) -> Membership:
    """Return the membership to change, or raise InvalidInput for an outsider."""
    membership = Membership.objects.filter(workspace=workspace, person=person).first()
    if membership is None:
        raise InvalidInput(f"{person.name} is not a member of {workspace.name}.")
    return membership


def keep_an_admin(membership: Membership) -> None:
    """Raise InvalidInput when this is the last admin who can sign in."""
    if membership.role != Role.ADMIN:
        return
    others = people_with(membership.workspace, Right.MANAGE_PEOPLE).exclude(pk=membership.person_id)
    if not others.exists():
        raise InvalidInput(
            f"{membership.person.name} is the only admin of {membership.workspace.name}."
            " Make somebody else admin first."
        )


def leave_groups(workspace: Workspace, person: Person, actor: Actor) -> None:
    """Take the person out of every approver group of the workspace, with one entry each."""
    for group in ApproverGroup.objects.filter(workspace=workspace, people=person).order_by("name"):
        before = group_facts(group)
        group.people.remove(person)
        log.append(
            Action.GROUP_CHANGED,
            workspace=workspace.slug,
            actor=actor,
            object=f"group:{group.name}",
            before=before,
            after=group_facts(group),
        )


def check_deciders(workspace: Workspace, name: str, people: Collection[Person]) -> None:
    """Raise InvalidInput unless everybody named may decide in the workspace."""
    if not people:
        raise InvalidInput(f"The group {name} needs at least one person. Or remove the group.")
    deciders = set(people_with(workspace, Right.DECIDE))
    for person in people:
        if person not in deciders:
            raise InvalidInput(
                f"{person.name} cannot decide in {workspace.name}. A group takes reviewers and"
                " leads."
            )


def group_facts(group: ApproverGroup) -> dict[str, object]:
    """Return the group as an entry keeps it: the pseudonyms of its people, sorted."""
    return {"people": sorted(group.people.values_list("public_id", flat=True))}
