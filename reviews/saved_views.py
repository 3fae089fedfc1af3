"""Views of the queue: searches with a name, one's own or shared with the workspace.

What is shared steers where others look first, so making, changing and deleting it is on the record.
"""

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from agents import clock
from agents.errors import InvalidInput
from agents.people import Member, actor_of
from agents.prepared import Prepared, Slot
from agents.rights import Right
from agents.web.characters import count_hidden
from reviews.audit.actions import Action
from reviews.audit.log import append
from reviews.errors import NotAllowed
from reviews.models import SavedView
from reviews.searches import LONGEST, read_search, spell_search

MOST = 50
NAME_LENGTH = 60


@Prepared
def _usable(workspace: Slot, person: Slot) -> QuerySet[SavedView]:
    rows = SavedView.objects.filter(Q(owner=person) | Q(shared=True), workspace=workspace)
    return rows.select_related("owner").order_by("name", "pk")


def views_of(member: Member) -> list[SavedView]:
    """Return the member's own views and those shared with them, by name; one query."""
    return _usable(workspace=member.workspace.pk, person=member.person.pk)


def find_view(member: Member, key: str) -> SavedView | None:
    """Return the view of that key, if the member may use it."""
    return next((view for view in views_of(member) if view.key == key), None)


@transaction.atomic
def save_view(member: Member, *, name: str, text: str, shared: bool) -> SavedView:
    """Keep a search under a name. Raises InvalidInput, NotAllowed for sharing without deciding."""
    name = _clean_name(name)
    if shared and not member.may(Right.DECIDE):
        raise NotAllowed("Reviewers and leads share views; yours can be kept for yourself.")
    own = SavedView.objects.filter(workspace=member.workspace, owner=member.person)
    if own.count() >= MOST:
        raise InvalidInput(f"You have {MOST} views. Delete one first.")
    try:
        with transaction.atomic():
            view = SavedView.objects.create(
                workspace=member.workspace,
                owner=member.person,
                name=name,
                text=text[:LONGEST],
                shared=shared,
                changed_at=clock.now(),
            )
    except IntegrityError as error:
        raise InvalidInput(f"You have a view called “{name}”. Choose another name.") from error
    _log(Action.VIEW_SHARED, view, member)
    return view


@transaction.atomic
def change_view(view: SavedView, *, by: Member, text: str) -> SavedView:
    """Let the view look for `text` from now on. Raises NotAllowed; see may_change."""
    _refuse(view, by)
    view.text, view.changed_at = text[:LONGEST], clock.now()
    view.save(update_fields=["text", "changed_at"])
    _log(Action.VIEW_CHANGED, view, by)
    return view


@transaction.atomic
def delete_view(view: SavedView, *, by: Member) -> None:
    """Forget the view. Raises NotAllowed; see may_change."""
    _refuse(view, by)
    _log(Action.VIEW_REMOVED, view, by)
    view.delete()


def may_change(view: SavedView, by: Member) -> bool:
    """Say whether `by` may change the view: its owner, and a lead where it is shared."""
    return view.owner_id == by.person.pk or (view.shared and by.may(Right.ASSIGN))


def is_changed(view: SavedView, text: str) -> bool:
    """Say whether `text` looks for something else than the view; spelling does not count."""
    return spell_search(read_search(view.text)) != spell_search(read_search(text))


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH or count_hidden(name):
        raise InvalidInput(f"A view needs a name of up to {NAME_LENGTH} plain characters.")
    return name


def _refuse(view: SavedView, by: Member) -> None:
    if not may_change(view, by):
        raise NotAllowed(f"{view.owner.name} shares this view; they or a lead change it.")


def _log(action: Action, view: SavedView, by: Member) -> None:
    """Write the entry of a shared view; one's own is nobody else's concern."""
    if view.shared:
        append(
            action,
            workspace=view.workspace.slug,
            actor=actor_of(by.person),
            object=f"view:{view.key}",
            values={"name": view.name, "search": view.text},
        )
