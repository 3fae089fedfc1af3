import inspect
import json
import logging

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.test import Client, RequestFactory
from django.urls import path

from agents import errors as agents_errors
from agents.access import member_page
from agents.rights import Right
from dreaming import errors as dreaming_errors
from dreaming.middleware import STATUSES, TITLES, HeadersMiddleware, refusal_of, spell_code
from dreaming.urls import handler400, handler403, handler404, handler500  # noqa: F401
from dreaming.urls import urlpatterns as product_urls
from reviews import errors as reviews_errors
from reviews.audit.actions import Action
from reviews.audit.bodies import read_body
from reviews.audit.models import Entry
from reviews.audit.requests import RequestName, current_request
from reviews.lifecycle import IllegalTransition

raised: dict[str, Exception] = {}
# Commands raise these before or without a web server.
OF_COMMANDS = ("dreaming.supervisor", "dreaming.demo", "tests.")


def fail(request, **_):
    raise raised["error"]


@member_page(Right.SEE_QUEUE)
def fail_inside(request):
    raise raised["error"]


def away(_request):
    return HttpResponseRedirect("/accounts/reauthenticate/?next=/")


def elsewhere(_request):
    return HttpResponseRedirect("/w/northwind/people/")


urlpatterns = [
    path("fail/", fail),
    path("api/v1/fail", fail),
    path("w/<slug:workspace>/fail/", fail_inside),
    path("away/", away),
    path("elsewhere/", elsewhere),
    *product_urls,
]


@pytest.fixture
def answers(settings, client):
    settings.ROOT_URLCONF = __name__

    def ask(error, address="/fail/", **headers):
        raised["error"] = error
        client.raise_request_exception = False
        return client.get(address, headers=headers)

    return ask


STALE = agents_errors.StaleVersion("/a.md", expected=1, found=2)
EXAMPLES = [
    (STALE, 409, "stale_version"),
    (agents_errors.Frozen("Frozen since noon."), 409, "frozen"),
    (agents_errors.InvalidPath("Bad path."), 422, "invalid_path"),
    (agents_errors.StoreFull("Full."), 422, "store_full"),
    (agents_errors.InvalidInput("A name is missing."), 422, "invalid_input"),
    (agents_errors.UnknownAgent("No agent x."), 404, "unknown_agent"),
    (agents_errors.UnknownRelease("No release R-9."), 404, "unknown_release"),
    (agents_errors.InvalidToken("Not known."), 401, "invalid_token"),
    (agents_errors.ScopeMissing("Not for this."), 403, "scope_missing"),
    (agents_errors.NotAllowed("Ask Lena."), 403, "not_allowed"),
    (reviews_errors.NotAllowed("Ask Lena."), 403, "not_allowed"),
    (reviews_errors.MayNotDecide("You filed it."), 403, "may_not_decide"),
    (reviews_errors.ReasonMissing("Say why."), 422, "reason_missing"),
    (reviews_errors.InvalidChange("No quote."), 422, "invalid_change"),
    (reviews_errors.StaleProposal("It was decided.", proposal="P-1"), 409, "stale_proposal"),
    (dreaming_errors.NotStartable("One runs."), 409, "not_startable"),
    (dreaming_errors.IllegalDreamMove("It is over."), 409, "illegal_dream_move"),
    (dreaming_errors.UnknownEngine("No engine x."), 422, "unknown_engine"),
    (agents_errors.BadTimes("No such zone."), 422, "bad_times"),
    (agents_errors.StaleRelease("R-9 is live now."), 409, "stale_release"),
]


def subclasses(kind):
    return {kind} | {deeper for child in kind.__subclasses__() for deeper in subclasses(child)}


@pytest.mark.parametrize(
    "base",
    [agents_errors.AgentsError, reviews_errors.ReviewsError, dreaming_errors.DreamingError],
)
def test_every_error_of_a_room_has_an_answer(base):
    ours = {
        kind for kind in subclasses(base) - {base} if not kind.__module__.startswith(OF_COMMANDS)
    }
    left = {kind.__name__ for kind in ours if not set(kind.__mro__) & set(STATUSES)}
    assert not left


def test_every_status_that_is_answered_has_a_title():
    assert set(STATUSES.values()) <= set(TITLES)


def test_an_error_that_is_not_ours_is_left_to_django():
    assert refusal_of(ValueError("x")) is None


def test_an_illegal_transition_is_a_conflict():
    assert STATUSES[IllegalTransition] == 409


def test_a_new_kind_of_error_is_answered_like_its_parent():
    class StaleAgain(agents_errors.StaleVersion):
        pass

    refusal = refusal_of(StaleAgain("/a.md", expected=1, found=2))
    assert (refusal.status, refusal.code) == (409, "stale_again")


@pytest.mark.parametrize(
    ("name", "code"), [("Frozen", "frozen"), ("StaleVersion", "stale_version")]
)
def test_a_code_is_the_name_in_small_letters(name, code):
    assert spell_code(type(name, (Exception,), {})) == code


@pytest.mark.django_db
@pytest.mark.parametrize(("error", "status", "code"), EXAMPLES)
class TestAnswers:
    def test_a_page_says_the_message(self, answers, error, status, code):
        answer = answers(error)
        assert answer.status_code == status
        assert str(error) in answer.content.decode()
        assert "<!doctype html>" in answer.content.decode()

    def test_the_api_answers_json(self, answers, error, status, code):
        answer = answers(error, "/api/v1/fail")
        assert answer.status_code == status
        assert json.loads(answer.content) == {"error": {"code": code, "message": str(error)}}

    def test_a_fragment_gets_a_toast_and_keeps_the_pane(self, answers, error, status, code):
        answer = answers(error, hx_request="true")
        assert answer.status_code == status
        assert answer["HX-Retarget"] == "#toasts"
        assert answer["HX-Reswap"] == "beforeend"
        assert str(error) in answer.content.decode()
        assert "<!doctype" not in answer.content.decode()


@pytest.mark.django_db
class TestForms:
    def test_who_accepts_json_and_no_page_gets_json(self, answers):
        answer = answers(STALE, accept="application/json")
        assert answer.json()["error"]["code"] == "stale_version"

    def test_a_browser_gets_a_page(self, answers):
        answer = answers(STALE, accept="text/html,application/json;q=0.9")
        assert answer["Content-Type"].startswith("text/html")

    def test_a_missing_token_is_told_how_to_send_one(self, answers):
        answer = answers(agents_errors.InvalidToken("Missing."), "/api/v1/fail")
        assert answer["WWW-Authenticate"].startswith("Bearer")

    def test_the_message_of_an_error_is_escaped(self, answers):
        answer = answers(agents_errors.InvalidInput("<script>alert(1)</script>"))
        assert "<script>alert" not in answer.content.decode()

    def test_the_error_page_of_a_member_keeps_the_shell(self, answers, cast, client):
        client.force_login(cast.lead, backend="django.contrib.auth.backends.ModelBackend")
        answer = answers(STALE, "/w/northwind/fail/")
        assert answer.status_code == 409
        assert "Northwind" in answer.content.decode()

    def test_a_refused_member_keeps_the_way_to_their_own_pages(self, cast, client_of):
        page = client_of(cast.admin).get("/w/northwind/dreams/")
        assert page.status_code == 403
        assert 'href="/w/northwind/people/"' in page.content.decode()

    def test_a_row_that_is_not_there_keeps_the_words_of_the_view(self, answers):
        answer = answers(Http404("Northwind has no session S-7."))
        assert answer.status_code == 404
        assert "no session S-7" in answer.content.decode()

    def test_a_wrong_address_says_what_it_may_be(self, answers):
        answer = answers(STALE, "/no/such/address/")
        assert answer.status_code == 404
        assert "not a member of" in answer.content.decode()

    def test_a_wrong_api_address_is_json(self, answers):
        assert answers(STALE, "/api/v1/nothing").json()["error"]["code"] == "not_found"

    def test_what_django_refuses_is_a_403(self, answers):
        assert answers(PermissionDenied("Not yours.")).status_code == 403

    def test_what_django_cannot_read_is_a_400(self, answers):
        assert answers(SuspiciousOperation("odd")).status_code == 400

    def test_a_failure_of_ours_is_a_500_without_its_cause(self, answers):
        answer = answers(RuntimeError("the password is hunter2"))
        assert answer.status_code == 500
        assert "hunter2" not in answer.content.decode()

    def test_a_failure_in_the_api_is_json_with_the_id_of_the_request(self, answers):
        answer = answers(RuntimeError("boom"), "/api/v1/fail")
        assert answer.status_code == 500
        assert answer["X-Request-ID"] in answer.json()["error"]["message"]

    def test_a_forged_form_is_refused_with_the_way_out(self, settings, cast):
        client = Client(enforce_csrf_checks=True)
        answer = client.post("/theme/", {"theme": "dark"})
        assert answer.status_code == 403
        assert "reload the page" in answer.content.decode().lower()
        assert "not for your role" not in answer.content.decode().lower()


class TestLeavingFragments:
    def test_a_fragment_sent_to_sign_in_pages_leaves_the_page(self, answers, client):
        answer = client.get("/away/", headers={"hx-request": "true"})
        assert answer.status_code == 200
        assert answer["HX-Redirect"] == "/accounts/reauthenticate/?next=/"

    def test_a_page_is_redirected_as_usual(self, answers, client):
        assert client.get("/away/").status_code == 302

    def test_a_fragment_sent_to_another_page_of_ours_follows(self, answers, client):
        answer = client.get("/elsewhere/", headers={"hx-request": "true"})
        assert answer.status_code == 302


class TestHeaders:
    def answer(self, address="/x/", **headers):
        middleware = HeadersMiddleware(lambda request: HttpResponse("x", headers=headers))
        return middleware(RequestFactory().get(address))

    def test_scripts_come_from_us_only(self):
        rules = self.answer()["Content-Security-Policy"]
        assert "default-src 'none'" in rules
        assert "script-src 'self';" in rules
        assert "unsafe" not in rules

    def test_pages_are_kept_in_no_cache(self):
        assert self.answer()["Cache-Control"] == "no-store"

    def test_what_a_view_says_about_caches_stands(self):
        assert self.answer(**{"Cache-Control": "private"})["Cache-Control"] == "private"

    def test_static_files_may_be_kept(self):
        assert "Cache-Control" not in self.answer("/static/css/base.css")

    def test_a_page_and_its_fragment_are_told_apart(self):
        assert "HX-Request" in self.answer()["Vary"]


class TestRequestNames:
    def test_two_requests_have_two_names(self, answers, client):
        names = {client.get("/away/")["X-Request-ID"] for _ in range(2)}
        assert len(names) == 2

    def test_a_name_that_was_sent_is_not_believed(self, answers, client):
        answer = client.get("/away/", headers={"x-request-id": "forged"})
        assert answer["X-Request-ID"] != "forged"

    def test_an_entry_names_the_request_it_was_written_for(self, cast, client_of):
        answer = client_of(cast.admin).post(
            "/w/northwind/people/add/",
            {"name": "Rita", "email": "rita@x.example", "role": "lead"},
        )
        entry = Entry.objects.filter(action=Action.PERSON_ADDED).latest("id")
        assert read_body(entry.body)["request"] == answer["X-Request-ID"]

    def test_the_name_ends_with_the_request(self, answers, client):
        client.get("/away/")
        assert current_request.get() is None

    def test_a_log_line_names_its_request(self):
        record = logging.LogRecord("x", logging.INFO, "x", 1, "m", None, None)
        before = current_request.set("abc")
        try:
            assert RequestName().filter(record)
        finally:
            current_request.reset(before)
        assert record.__dict__["request_id"] == "abc"

    def test_a_log_line_outside_requests_says_so(self):
        record = logging.LogRecord("x", logging.INFO, "x", 1, "m", None, None)
        RequestName().filter(record)
        assert record.__dict__["request_id"] == "-"


def test_the_table_names_classes_not_instances():
    assert all(inspect.isclass(kind) for kind in STATUSES)
