"""Commenting on a proposal."""

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from agents.access import member_page
from agents.http import MemberRequest
from agents.rights import Right
from reviews.access import proposal_of
from reviews.comments import add_comment
from reviews.drafts import Kind
from reviews.forms import CommentForm
from reviews.views.desk import SeeOther, desk_of
from reviews.views.draft import drop_left
from reviews.views.proposal import proposal_page


@require_POST
@member_page(Right.DECIDE)
def comment(request: MemberRequest, number: int) -> HttpResponse:
    found = proposal_of(request.member, number)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return proposal_page(request, found, status=422, comment_form=form)
    made = add_comment(found, form.cleaned_data["text"], by=request.member)
    drop_left(request, found, Kind.COMMENT)
    return SeeOther(f"{desk_of(request).address('proposal', number)}#c-{made.number}")
