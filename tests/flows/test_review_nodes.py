"""How many elements the review page has at its worst: a long memory, many quotes, a full queue."""

from html.parser import HTMLParser

import pytest

from tests import build
from tests.reviews.views.desks import at, text_of, update

pytestmark = pytest.mark.django_db
MOST_NODES = 1_500
SENTENCE = "Ask for the number of the order before anything is refunded, and name it in the answer."


class Counter(HTMLParser):
    """Counts the elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.nodes = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.nodes += 1


def long_text(word: str) -> str:
    """About 100 KB, every line of which has `word` in it."""
    return "".join(f"{n}. {SENTENCE} {word}\n" for n in range(980))


def forty_quotes(cast):
    session = build.session(cast.agent, [build.says(f"Turn {n} of it.") for n in range(40)])
    return [build.quote(session, n, f"Turn {n} of") for n in range(40)]


def fill_queue(cast) -> None:
    for n in range(55):
        build.proposal(cast.store, content=f"{n}\n", title=f"A change with a title, number {n}")


@pytest.mark.parametrize("view", ["inline", "side", "full"])
@pytest.mark.parametrize("old", ["", "each line changed", "every other line changed"])
def test_the_review_page_stays_small_at_its_worst(cast, client_of, old, view) -> None:
    new = long_text("Then pay.")
    texts = {"each line changed": long_text("Then wait."), "": ""}
    before = texts.get(old) or "".join(
        line.replace("pay", "wait") if at % 2 else line
        for at, line in enumerate(new.splitlines(keepends=True))
    )
    fill_queue(cast)
    quotes = forty_quotes(cast)
    if old:
        proposal = update(cast, new, old=before, evidence=quotes)
    else:
        proposal = build.filed(cast.store, content=new, evidence=quotes)

    html = text_of(client_of(cast.reviewer).get(at(cast, proposal, query=f"?view={view}")))

    nodes = Counter(html).nodes
    assert nodes <= MOST_NODES, nodes
    # Nothing was left out for it: the last line is on the page.
    assert "979." in html


def test_hidden_characters_do_not_bury_the_page(cast, client_of) -> None:
    fill_queue(cast)
    text = "".join(f"a\u200bb\u0430c{n}\n" for n in range(5_000))
    proposal = build.filed(cast.store, content=text, evidence=forty_quotes(cast))

    html = text_of(client_of(cast.reviewer).get(at(cast, proposal)))

    assert Counter(html).nodes <= MOST_NODES
    assert "boxes more" in html
