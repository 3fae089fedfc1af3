"""The people page of an admin: who is here, as what, in which approver groups."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from agents.access import member_page
from agents.errors import InvalidInput
from agents.forms import ROLES, GroupForm, PersonForm, QualificationForm, RoleForm
from agents.group_rules import require_qualification, waive_qualification
from agents.http import MemberRequest
from agents.models import ApproverGroup, Membership, Person, Workspace, WorkspaceRole
from agents.people import (
    Invitation,
    add_person,
    change_role,
    invite_again,
    mail_invitation,
    remove_group,
    remove_person,
    set_group,
)
from agents.qualifications import group_lines
from agents.rights import Right


@require_GET
@member_page(Right.MANAGE_PEOPLE)
def people(request: MemberRequest) -> HttpResponse:
    return people_page(request, PersonForm(), GroupForm(workspace=request.workspace))


@require_POST
@member_page(Right.MANAGE_PEOPLE)
def person_add(request: MemberRequest) -> HttpResponse:
    form = PersonForm(request.POST)
    if form.is_valid():
        try:
            invitation = add_person(request.workspace, **form.cleaned_data, by=request.person)
        except InvalidInput as error:
            form.add_error(None, str(error))
        else:
            return invited(request, invitation)
    return people_page(request, form, GroupForm(workspace=request.workspace), status=422)


@require_POST
@member_page(Right.MANAGE_PEOPLE)
def person_invite(request: MemberRequest, person: str) -> HttpResponse:
    invitation = invite_again(
        request.workspace, person_of(request.workspace, person), by=request.person
    )
    return invited(request, invitation)


@require_POST
@member_page(Right.MANAGE_PEOPLE)
def person_role(request: MemberRequest, person: str) -> HttpResponse:
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("Choose one of the roles of the list.")
    subject = person_of(request.workspace, person)
    change_role(request.workspace, subject, form.cleaned_data["role"], by=request.person)
    messages.info(
        request,
        _("{name} has the role {role} now.").format(
            name=subject.name, role=WorkspaceRole(form.cleaned_data["role"]).label
        ),
    )
    return redirect("people", request.workspace.slug)


@require_POST
@member_page(Right.MANAGE_PEOPLE)
def person_remove(request: MemberRequest, person: str) -> HttpResponse:
    subject = person_of(request.workspace, person)
    remove_person(request.workspace, subject, by=request.person)
    messages.info(
        request,
        _("{name} is no longer in {workspace}.").format(
            name=subject.name, workspace=request.workspace.name
        ),
    )
    return redirect("people", request.workspace.slug)


@require_POST
@member_page(Right.MANAGE_PEOPLE)
def group_set(request: MemberRequest) -> HttpResponse:
    form = GroupForm(request.POST, workspace=request.workspace)
    if form.is_valid():
        try:
            group = set_group(request.workspace, **form.cleaned_data, by=request.person)
        except InvalidInput as error:
            form.add_error(None, str(error))
        else:
            count = group.people.count()
            words = ngettext(
                "The group {name} has {count} person.",
                "The group {name} has {count} people.",
                count,
            )
            messages.info(request, words.format(name=group.name, count=count))
            return redirect("people", request.workspace.slug)
    return people_page(request, PersonForm(), form, status=422)


@require_POST
@member_page(Right.MANAGE_PEOPLE)
def group_remove(request: MemberRequest, group: str) -> HttpResponse:
    if not ApproverGroup.objects.filter(workspace=request.workspace, name=group).exists():
        raise Http404(f"{request.workspace.name} has no group {group!r}.")
    remove_group(request.workspace, group, by=request.person)
    messages.info(request, _("The group {group} is removed.").format(group=group))
    return redirect("people", request.workspace.slug)


@require_POST
@member_page(Right.MANAGE_PEOPLE)
def group_qualify(request: MemberRequest, group: str) -> HttpResponse:
    found = group_of(request.workspace, group)
    form = QualificationForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(str(form.errors["days"][0]))
    days = form.cleaned_data["days"]
    require_qualification(request.workspace, found.name, days=days, by=request.person)
    messages.info(
        request, _("Only the qualified count in {group} from now on.").format(group=found.name)
    )
    return redirect("people", request.workspace.slug)


@require_POST
@member_page(Right.MANAGE_PEOPLE)
def group_waive(request: MemberRequest, group: str) -> HttpResponse:
    found = group_of(request.workspace, group)
    waive_qualification(request.workspace, found.name, by=request.person)
    messages.info(request, _("Everybody in {group} counts again.").format(group=found.name))
    return redirect("people", request.workspace.slug)


def group_of(workspace: Workspace, name: str) -> ApproverGroup:
    """Return the workspace's group of that name, or raise Http404."""
    found = ApproverGroup.objects.filter(workspace=workspace, name=name).first()
    if found is None:
        raise Http404(f"{workspace.name} has no group {name!r}.")
    return found


def person_of(workspace: Workspace, public_id: str) -> Person:
    """Return the member of that pseudonym, or raise Http404."""
    person = Person.objects.filter(memberships__workspace=workspace, public_id=public_id).first()
    if person is None:
        raise Http404(f"{workspace.name} has no such member.")
    return person


def people_page(
    request: MemberRequest, form: PersonForm, group_form: GroupForm, status: int = 200
) -> HttpResponse:
    """Render the page with what was typed so far."""
    workspace = request.workspace
    memberships = (
        Membership.objects.filter(workspace=workspace)
        .select_related("person")
        .prefetch_related("person__approver_groups")
        .order_by("person__name", "pk")
    )
    context = {
        "memberships": [
            {
                "person": membership.person,
                "role": membership.role,
                "role_name": membership.get_role_display(),
                "groups": [
                    group.name
                    for group in membership.person.approver_groups.all()
                    if group.workspace_id == workspace.pk
                ],
                "waits": not membership.person.has_usable_password(),
                "is_me": membership.person == request.person,
            }
            for membership in memberships
        ],
        "groups": group_lines(workspace),
        "roles": ROLES,
        "form": form,
        "group_form": group_form,
    }
    return render(request, "agents/people.html", context, status=status)


def invited(request: MemberRequest, invitation: Invitation) -> HttpResponse:
    """Send the one-time link to its person; without a mail server, show it once instead."""
    name = invitation.person.name
    if invitation.path is None:
        messages.info(
            request,
            _("{name} is in {workspace} with the account they have.").format(
                name=name, workspace=request.workspace.name
            ),
        )
        return redirect("people", request.workspace.slug)
    link = request.build_absolute_uri(invitation.path)
    if settings.EMAIL_HOST:
        mail_invitation(invitation, request.workspace, link)
        messages.info(request, _("The link went to {email}.").format(email=invitation.person.email))
        return redirect("people", request.workspace.slug)
    return render(request, "agents/invited.html", {"subject": invitation.person, "link": link})
