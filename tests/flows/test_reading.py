"""A reader without statistics: every proposal of the demo says in plain sentences what it rests on.

The page is read as a person reads it, from top to bottom, by its text alone.
"""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from agents import clock
from agents.models import MemoryStore, Person
from dreaming.demo.company import ANA
from dreaming.demo.seed import seed
from dreaming.dreams import Wish, run_due_dreams, start_dream
from reviews.models import Proposal

pytestmark = pytest.mark.django_db

SENTENCES = {
    "how many sessions": r"Seen in \d+ of \d+ [^.]*sessions|: 0 sessions were counted\.",
    "compared with what": r"failed; of the \d+ others, \d+\.|no others to compare them with\."
    r"|not compared with others\.|compared with nothing\.|held against one another\.",
    "how sure": r"Chance is an unlikely explanation\.|cannot be told yet\."
    r"|Not enough sessions to tell\.|It rests on what people said|was not measured\."
    r"|harder tasks may|about as often as others",
    "what speaks against it": r"Against it: .*(?:No quote contradicts it|contradicts? it)\.",
}
BARE = re.compile(r"^\W*(?:\d+(?:\.\d+)? ?%|q|0\.\d+|[+\u2212-]?\d+ points|\d+ of \d+)\W*$")
"""A number that stands by itself, with no sentence around it."""


class Page(HTMLParser):
    """A proposal's texts from its title to the bottom, and where sections begin.

    Above the title stands only where it is in the list ("3 of 21").
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.places: dict[str, int] = {}
        self._is_pane = self._is_told = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = dict(attrs).get("id")
        self._is_pane = self._is_pane or name == "pane"
        self._is_told = self._is_told or (self._is_pane and tag == "h1")
        if name:
            self.places[name] = len(self.texts)

    def handle_data(self, data: str) -> None:
        if self._is_told and data.strip():
            self.texts.append(" ".join(data.split()))


@pytest.fixture
def proposals() -> list[Proposal]:
    """What the dreams of the demo propose."""
    seed()
    for store in MemoryStore.objects.select_related("workspace", "agent").order_by("pk"):
        start_dream(store, Wish())
    run_due_dreams(clock.now())
    return list(Proposal.objects.filter(state="pending").order_by("number"))


def test_each_page_says_in_sentences_what_it_rests_on_before_any_bare_number(
    proposals, client_of
) -> None:
    client: Client = client_of(Person.objects.get(email=ANA.email))
    assert len(proposals) >= 12
    for proposal in proposals:
        page = Page(client.get(f"/w/harbourline/review/{proposal}/").content.decode())
        first = next((at for at, one in enumerate(page.texts) if BARE.match(one)), None)
        read = " ".join(page.texts[:first])
        for what, sentence in SENTENCES.items():
            assert re.search(sentence, read), f"{proposal} does not say {what}: {read}"
        assert page.places["why"] < page.places["chg"] < page.places["needs"]
        # What the engine wrote stands under the evidence, and says whose words it is.
        if "given" in page.places:
            assert page.places["given"] > max(
                (place for name, place in page.places.items() if name.startswith("quote-")),
                default=page.places["chg"],
            )
            assert "not checked" in page.texts[page.places["given"] + 1]


def test_a_number_alone_is_told_from_one_in_a_sentence() -> None:
    assert all(map(BARE.match, ("44%", "q", "0.012", "+50 points", "1 of 13")))
    assert not any(map(BARE.match, ("Seen in 6 of 40 sessions.", "P-10", "3", "5 quotes")))
