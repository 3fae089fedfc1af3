"""Somebody with a browser without script: keeps cookies, and sends back the forms of pages."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPMessage
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

CSRF = "csrfmiddlewaretoken"
ANSWER_S = 60
NO_HEADERS: dict[str, str] = {}


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, and what it sends when nothing is typed."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """Finds the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a form, or a field of the one that is open."""
        facts = dict(attrs)
        if tag == "form":
            self.found.append(Form(facts.get("action") or "", facts.get("method") or "get"))
        elif tag == "input" and self.found and facts.get("name") and facts.get("type") == "hidden":
            self.found[-1].fields[str(facts["name"])] = facts.get("value") or ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    path: str
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode()

    @property
    def words(self) -> str:
        """Return what a reader sees of the page, on one line."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())

    def form(self, action: str) -> Form:
        """Return the page's form that goes to `action`, or to an address that begins so."""
        parser = Forms()
        parser.feed(self.text)
        for one in parser.found:
            if urlsplit(one.action).path == action:
                return one
        raise AssertionError(f"{self.path} has no form to {action}: {self.words[:400]}")


class Visitor:
    """One person at one installation, over one connection."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
        self.cookies: dict[str, str] = {}

    def get(self, path: str, headers: dict[str, str] = NO_HEADERS) -> Answer:
        """Ask for a page; redirects are not followed."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, str], headers: dict[str, str]) -> Answer:
        """Send a form's fields."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(fields), {**headers, **kind})

    def submit(self, page: Answer, action: str, **typed: str) -> Answer:
        """Fill in the form of `page` that goes to `action` and send it."""
        return self.post(action, page.form(action).fields | typed, NO_HEADERS)

    def sign_in(self, email: str, password: str) -> Answer:
        """Come in by the door and return the page behind it."""
        door = "/accounts/login/"
        answer = self.submit(self.get(door), door, login=email, password=password)
        assert answer.status == 302, answer.words
        return self.follow(answer)

    def follow(self, answer: Answer) -> Answer:
        """Go where the answer sends to, until it is a page."""
        while answer.status in {301, 302, 303}:
            answer = self.get(answer.headers["Location"])
        return answer

    def close(self) -> None:
        """Leave."""
        self.connection.close()

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**headers, **({"Cookie": cookie} if cookie else {})}
        self.connection.request(method, path, body, sent)
        got = self.connection.getresponse()
        answer = Answer(path, got.status, got.headers, got.read())
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer
