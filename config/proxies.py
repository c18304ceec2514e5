"""Whose request it is when a proxy hands it on: what the proxies of TRUSTED_PROXIES say, and nobody else's word.

`from_proxies` puts it in REMOTE_ADDR before anything reads that: the limit of logins, the audit log, the log, and what
tells a machine's clicks from a person's.
"""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

Network = IPv4Network | IPv6Network


def networks_of(said: Iterable[str]) -> list[Network]:
    """ImproperlyConfigured where one is no network, or everybody."""
    found: list[Network] = []
    for one in said:
        try:
            network = ip_network(one.strip())
        except ValueError as error:
            raise ImproperlyConfigured(
                f"TRUSTED_PROXIES: {error}. Name addresses or networks, as in 10.0.0.7,172.18.0.0/16."
            ) from error
        if network.prefixlen == 0:
            raise ImproperlyConfigured(f"TRUSTED_PROXIES: {one} is everybody, who could then say to be anybody.")
        found.append(network)
    return found


def client_address(peer: str, forwarded: str, trusted: Iterable[Network]) -> str:
    """The last address in X-Forwarded-For that is no proxy of ours, where one of ours brought it; else the peer's.

    Each proxy adds whom it heard to the end, so what stands before that is anybody's word.
    """
    trusted, address = list(trusted), peer
    for hop in reversed(forwarded.split(",")):
        if not _is_among(address, trusted):
            return address
        heard = _address(hop)
        if heard is None:
            return address
        address = str(heard)
    return address


def from_proxies(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if forwarded and settings.TRUSTED_PROXIES:
            peer = request.META.get("REMOTE_ADDR", "")
            request.META["REMOTE_ADDR"] = client_address(peer, forwarded, settings.TRUSTED_PROXIES)
        return get_response(request)

    return middleware


class LogLines(RequestMiddleware):
    """The lines of a request, by the address that was found out; its own way believes whoever sends a header."""

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        structlog.contextvars.bind_contextvars(ip=request.META.get("REMOTE_ADDR", ""))


def _is_among(address: str, networks: list[Network]) -> bool:
    found = _address(address)
    return found is not None and any(found in network for network in networks)


def _address(said: str) -> IPv4Address | IPv6Address | None:
    """Some proxies add a port, and some call an IPv4 address by an IPv6 one."""
    said = said.strip()
    if said.startswith("["):
        said = said[1:].partition("]")[0]
    elif said.count(":") == 1:
        said = said.partition(":")[0]
    try:
        found = ip_address(said)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
