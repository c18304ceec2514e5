"""Which internet domains name a company, and which name a mail provider or nobody at all."""

from functools import cache, lru_cache
from pathlib import Path

import tldextract

DATA = Path(__file__).parent / "data"

# RFC 2606 and RFC 6761: they belong to nobody, and never will.
RESERVED_DOMAINS = frozenset({"example.com", "example.net", "example.org"})
RESERVED_SUFFIXES = frozenset({"test", "example", "invalid", "localhost"})
# Names that exist, but not in public: no mail reaches them from outside.
PRIVATE_SUFFIXES = frozenset({"localhost", "local", "localdomain", "lan", "internal", "intranet", "onion", "arpa"})

# The list of suffixes that is part of the package: nothing is fetched, nothing is written to disk. Sites that
# many companies share (github.io, wixsite.com) count as suffixes too, so each company keeps its own name.
_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def company_domain(host: str) -> str:
    """The domain by which people of one company are recognised; empty where a host names no company."""
    domain = registrable(host)
    return "" if not domain or is_free_mail(domain) or is_free_mail(host) or is_reserved(domain) else domain


@lru_cache(maxsize=8192)
def registrable(host: str) -> str:
    """What somebody registered of a host: acme.co.uk of www.shop.acme.co.uk; empty where nobody did."""
    parts = _extract(host)
    if parts.suffix:
        return f"{parts.domain}.{parts.suffix}" if parts.domain else ""
    labels = host.split(".")
    # Suffixes nobody has listed yet, and the reserved ones, have one label.
    return ".".join(labels[-2:]) if len(labels) > 1 and not labels[-1].isdigit() else ""


@lru_cache(maxsize=8192)
def is_free_mail(host: str) -> bool:
    """Anybody can have an address there."""
    domains, families = _free_mail()
    if host in domains:
        return True
    domain = registrable(host)
    if domain in domains:
        return True
    parts = _extract(host)
    return parts.domain in families and bool(parts.suffix)


def is_reserved(host: str) -> bool:
    """Kept for documentation and tests by RFC 2606 and RFC 6761."""
    return host.rsplit(".", 1)[-1] in RESERVED_SUFFIXES or ".".join(host.rsplit(".", 2)[-2:]) in RESERVED_DOMAINS


@cache
def _free_mail() -> tuple[frozenset[str], frozenset[str]]:
    lines = (DATA / "free_mail.txt").read_text(encoding="utf-8").splitlines()
    names = [name for line in lines if not line.startswith("#") for name in line.split()]
    families = frozenset(name.removesuffix(".*") for name in names if name.endswith(".*"))
    return frozenset(name for name in names if not name.endswith(".*")), families
