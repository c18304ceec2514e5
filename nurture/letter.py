"""From the words of a message to the mail that is sent: text and HTML, its links by our addresses. Pure.

Words are Markdown without HTML. The HTML part is cleaned, its styles stand in the tags where clients read them, and
those of the dark in the head; the text part says the same in plain lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import HeaderParseError, HeaderWriteError
from email.headerregistry import Address, HeaderRegistry, UniqueUnstructuredHeader
from email.policy import default as default_policy
from itertools import pairwise
from typing import Any

import css_inline
import nh3
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

from nurture.bare import bare_address
from nurture.fields import BadWords

# `breaks`: a line that was ended stays ended, as people write mail.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(["image", "html_block", "html_inline"])
_MARKDOWN.inline.ruler.after("text", "bare_address", bare_address)
SCHEMES = ("https://", "http://")
LINKED = {"http", "https", "mailto"}
TAGS = {"p", "br", "a", "strong", "em", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "code", "pre", "hr"}


@dataclass(frozen=True)
class Letter:
    """One mail, everything in it filled."""

    message_id: str
    to: Address
    sender: Address
    subject: str
    text: str
    reply_to: str = ""
    # By the address its author wrote: ours, which counts who follows it.
    ours: Mapping[str, str] = field(default_factory=dict)
    # By the address of an asset what that is called: the words of its link where the address stands bare.
    titles: Mapping[str, str] = field(default_factory=dict)
    # Where she says what she wants, where one click stops everything, where an opening is counted, and the link that
    # nobody can see. A letter by hand has the first two alone.
    preferences_url: str = ""
    stop_url: str = ""
    opened_url: str = ""
    hidden_url: str = ""
    # Why she gets it and from whom, in the foot.
    why: str = ""
    postal_address: str = ""


def addresses_in(text: str) -> list[str]:
    """The addresses its links lead to, each once, in order. BadWords for one that is neither http nor https."""
    found: dict[str, None] = {}
    for token in _walk(_MARKDOWN.parse(text)):
        if token.type == "link_open":
            href = str(token.attrGet("href") or "")
            if href.startswith("mailto:"):
                continue
            if not href.lower().startswith(SCHEMES):
                raise BadWords(_("A link leads to %(address)s: links begin with https://.") % {"address": href[:80]})
            found[href] = None
    return list(found)


def link_to(title: str, address: str) -> str:
    """A link in the words of a letter, whatever signs its title has."""
    said = re.sub(r"[\[\]\\]", r"\\\g<0>", title).replace("{{", "{ {")
    return f"[{said}]({address})"


class _OneWord(UniqueUnstructuredHeader):
    """An address in angle brackets stays one word however long: folded as a text it would be encoded, and no mail
    program would find where to stop the mail."""

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _OneWord)  # type: ignore[arg-type]


class _Mail(EmailMultiAlternatives):
    def message(self, *, policy: Any = default_policy) -> Any:
        return super().message(policy=policy.clone(header_factory=_HEADERS))


def compose(letter: Letter) -> EmailMultiAlternatives:
    """The mail. BadWords where its headers cannot be sent: a line end in one of them, an address that is none."""
    for header in (letter.subject, str(letter.sender), str(letter.to), letter.reply_to):
        if any(sign in header for sign in "\r\n\x00"):
            raise BadWords(_("A header of this message has a line end in it."))
    headers = {"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"}
    if letter.stop_url:
        headers["List-Unsubscribe"] = f"<{letter.stop_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if not letter.opened_url:
        # Somebody of us wrote it: an absence is answered to her as to any colleague's mail.
        del headers["Auto-Submitted"]
    mail = _Mail(
        subject=letter.subject,
        body=plain_of(letter),
        from_email=str(letter.sender),
        to=[str(letter.to)],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers=headers,
    )
    mail.attach_alternative(html_of(letter), "text/html")
    return mail


def readable_headers(mail: EmailMultiAlternatives) -> None:
    """BadWords where the library that writes the headers will not."""
    try:
        mail.message().as_bytes()
    except (ValueError, HeaderParseError, HeaderWriteError, UnicodeError) as error:
        raise BadWords(_("Its headers cannot be sent: %(why)s") % {"why": error}) from error


def html_of(letter: Letter) -> str:
    """The HTML part, styles in its tags."""
    html = render_to_string(
        "nurture/mail.html", {"letter": letter, "body": body_of(letter.text, letter.ours, letter.titles)}
    )
    return css_inline.inline(html, keep_style_tags=True, load_remote_stylesheets=False)


def body_of(text: str, ours: Mapping[str, str] | None = None, titles: Mapping[str, str] | None = None) -> str:
    """The words as HTML that may be shown: cleaned, each link by our address where there is one; an address that stands
    bare is called by its title where it has one."""
    tokens = _MARKDOWN.parse(text)
    for token, words in pairwise(_walk(tokens)):
        if token.type == "link_open":
            href = str(token.attrGet("href") or "")
            token.attrSet("href", (ours or {}).get(href, href))
            if words.content == href:
                words.content = (titles or {}).get(href, href)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(
        html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}, link_rel=None
    )


def plain_of(letter: Letter) -> str:
    """The text part: the same words, the address after the words of each link."""
    lines = [_plain(letter.text, letter.ours)]
    foot = [letter.why, letter.postal_address]
    if letter.preferences_url:
        foot.append(_("What you get, how often, or stop it: %(address)s") % {"address": letter.preferences_url})
    said = [line for line in foot if line]
    return "\n\n".join(lines) + ("\n\n-- \n" + "\n".join(said) if said else "") + "\n"


def _plain(text: str, ours: Mapping[str, str]) -> str:
    out: list[str] = []
    depth: list[str] = []
    for token in _MARKDOWN.parse(text):
        kind = token.type
        if kind == "inline":
            prefix = "- " if depth and depth[-1] == "li" else ""
            out.append(prefix + _plain_line(token.children or [], ours))
        elif kind == "list_item_open":
            depth.append("li")
        elif kind == "list_item_close":
            depth.pop()
        elif kind in ("fence", "code_block"):
            out.append(token.content.rstrip())
        elif kind == "hr":
            out.append("----")
    return "\n\n".join(out)


def _plain_line(tokens: list[Token], ours: Mapping[str, str]) -> str:
    said: list[str] = []
    href, words = "", 0
    for token in tokens:
        if token.type == "link_open":
            href, words = str(token.attrGet("href") or ""), len(said)
        elif token.type == "link_close":
            named = "".join(said[words:])
            address = ours.get(href, href)
            # An address written as such is said once.
            said[words:] = [address if named == href else f"{named} ({address})"]
        elif token.type in ("softbreak", "hardbreak"):
            said.append("\n")
        else:
            said.append(token.content)
    return "".join(said)


def _walk(tokens: list[Token]) -> list[Token]:
    return [one for token in tokens for one in (token, *(token.children or []))]
