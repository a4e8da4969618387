"""Which kind an event is (product.md part 1), by name or by page, and what of it may count once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from services.engagement.domain.errors import BadMapping

LONGEST_NAME = 200
LONGEST_PATH = 500

BEHAVIOUR = frozenset(
    {
        "email_opened",
        "email_clicked",
        "email_bounced",
        "unsubscribed",
        "website_visited",
        "pricing_page_visited",
        "careers_page_visited",
        "content_downloaded",
        "demo_requested",
    }
)
"""Kinds that the rules of part 1 know. Every other one is the sender's own: kept, worth 0."""

_NAMES = {kind: kind for kind in BEHAVIOUR} | {
    # Segment's e-mail specification
    "email_link_clicked": "email_clicked",
    "email_unsubscribed": "unsubscribed",
    # what forms, sites and mail systems commonly say
    "email_open": "email_opened",
    "email_click": "email_clicked",
    "email_bounce": "email_bounced",
    "unsubscribe": "unsubscribed",
    "demo_request": "demo_requested",
    "request_demo": "demo_requested",
    "content_download": "content_downloaded",
    "asset_downloaded": "content_downloaded",
    "whitepaper_downloaded": "content_downloaded",
    "ebook_downloaded": "content_downloaded",
    "pricing_page_viewed": "pricing_page_visited",
    "careers_page_viewed": "careers_page_visited",
}
_PAGE_NAMES = frozenset({"page_viewed", "page_visited", "page_view", "viewed_page"})
_PAGES = {"/pricing": "pricing_page_visited", "/careers": "careers_page_visited"}

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORDS = re.compile(r"[^a-z0-9]+")
_LOCALE = re.compile(r"/[a-z]{2}(-[a-z]{2})?(?=/)")
_PERSONAL = re.compile(r"[^\s/]*(?:@|%40)[^\s/]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kinds:
    """A source's own table, looked at before the default: event names and page paths to kinds."""

    events: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Mapping[str, str], pages: Mapping[str, str]) -> "Kinds":
        """A table in normal form. Raises BadMapping for names, paths or kinds that could never match."""
        for kind in (*events.values(), *pages.values()):
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", kind):
                raise BadMapping(f"{kind!r} is no kind: lower-case words joined by _")
        if bad := [name for name in events if not plain(name)]:
            raise BadMapping(f"{bad[0]!r} is no event name")
        if bad := [path for path in pages if not path.startswith("/")]:
            raise BadMapping(f"{bad[0]!r} is no path: it must begin with /")
        return cls({plain(n): k for n, k in events.items()}, {_page(p): k for p, k in pages.items()})


NO_KINDS = Kinds()


def plain(name: str) -> str:
    """Normal form of an event name: "Email Opened", "emailOpened" and "email-opened" are email_opened."""
    return _WORDS.sub("_", _CAMEL.sub("_", name).lower()).strip("_")


def kind_of(type: str, name: str | None, path: str | None, table: Kinds = NO_KINDS) -> str:
    """The one kind of an event: the source's table, then the default, then the sender's own name.

    A page is known by its path, also below it (`/pricing/teams`) and behind a locale (`/de/pricing`).
    """
    word = plain(name or "")
    if type in ("track", "page", "screen") and word in table.events:
        return table.events[word]
    if type == "page" or (type == "track" and word in _PAGE_NAMES):
        return _kind_of_page(path, table)
    if type == "track" and word in _NAMES:
        return _NAMES[word]
    own = _without_person((name or "").strip()[:LONGEST_NAME])
    return own or type if type in ("track", "screen") else type


def _kind_of_page(path: str | None, table: Kinds) -> str:
    here = _page(path or "/")
    return _under(here, table.pages) or _under(_LOCALE.sub("", here, count=1), _PAGES) or "website_visited"


def _page(path: str) -> str:
    return path.lower().rstrip("/") or "/"


def _under(path: str, pages: Mapping[str, str]) -> str | None:
    """Kind of the longest listed path that is this one or lies above it."""
    above = path
    while above:
        if above in pages:
            return pages[above]
        above = above.rpartition("/")[0]
    return pages.get("/") if path == "/" else None


def _without_person(text: str) -> str:
    """The text with whatever looks like an e-mail address taken out: facts carry no person."""
    return _PERSONAL.sub(":person", text)


def path_of(event: Mapping[str, Any]) -> str | None:
    """Path of the page that an event tells of, without host, query and e-mail addresses; None where none."""
    properties, page = _part(event, "properties"), _part(_part(event, "context"), "page")
    named = (properties.get("path"), properties.get("url"), page.get("path"), page.get("url"))
    text = next((value for value in named if isinstance(value, str) and value), None)
    if text is None:
        return None
    try:
        path = urlsplit(text).path or "/"
    except ValueError:  # what is no address has no path
        return None
    return _without_person(path if path.startswith("/") else f"/{path}")[:LONGEST_PATH]


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def once_key(kind: str, properties: Mapping[str, Any]) -> int | None:
    """64-bit hash of what may count once (product.md, Counting); None means the event itself.

    A message is its `email_id`, a link its URL within the message, an asset its `asset_id`, else its URL.
    """
    message = _text(properties, "email_id", "emailId")
    if kind == "email_opened":
        return None if message is None else _hash("message", message)
    if kind == "email_clicked":
        link = _text(properties, "url", "link_url", "link", "href", "link_id")
        return None if message is None else _hash("link", message, link or "")
    if kind == "content_downloaded":
        asset = _text(properties, "asset_id", "assetId", "url")
        return None if asset is None else _hash("asset", asset)
    return None


def _text(properties: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = properties.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            return str(value)
    return None


def _hash(*parts: str) -> int:
    digest = blake2b("\x00".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
