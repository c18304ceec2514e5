"""What a page brings with it: fragments that load without a click, scripts, styles, and the modules they import."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

# Triggers of htmx that need nobody's hand.
BY_ITSELF = re.compile(r"\b(load|revealed|intersect|every)\b")
IMPORTED = re.compile(r"""(?:import|from)\s*\(?\s*["']([^"']+)["']""")


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.fragments, self.files, self.forms = [], [], []

    def handle_starttag(self, tag, attributes):
        have = dict(attributes)
        if have.get("hx-get") and BY_ITSELF.search(have.get("hx-trigger") or ""):
            self.fragments.append(have["hx-get"])
        if tag in ("script", "img") and have.get("src"):
            self.files.append(have["src"])
        if tag == "link" and have.get("rel") in ("stylesheet", "icon", "modulepreload") and have.get("href"):
            self.files.append(have["href"])
        if tag == "use" and have.get("href"):
            self.files.append(have["href"].partition("#")[0])
        if tag == "form":
            self.forms.append({"action": have.get("action", ""), "fields": []})
        if tag in ("input", "button", "select", "option", "textarea") and self.forms:
            self.forms[-1]["fields"].append((have.get("name", ""), have.get("value", "")))


def fragments_of(html):
    return _read(html).fragments


def forms_of(html):
    """[{action, fields: [(name, value)]}] in the order of the page."""
    return _read(html).forms


def files_of(html, base):
    """Addresses of everything the page's own tags ask for, each once."""
    files = [urljoin(base, path) for path in _read(html).files if not path.startswith("data:")]
    return list(dict.fromkeys(files))


def imports_of(script, base):
    return [urljoin(base, path) for path in IMPORTED.findall(script)]


def _read(html):
    page = _Page()
    page.feed(html)
    return page
