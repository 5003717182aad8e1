"""Which addresses an organization may have called: none by which it could reach what is not on the internet. Pure.

A name is judged by what it resolves to, at the moment of connecting (``providers.endpoint``). What is judged of the URL
itself is only said sooner.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

URL_LENGTH = 2048
HTTPS_PORT = 443
LOWEST_OTHER_PORT = 1024
"""Ports below belong to other protocols (mail, SSH, DNS, ...), 443 excepted."""

_NOT_PUBLIC_V4 = tuple(
    IPv4Network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # a metadata service that lies among public addresses
    )
)
"""IANA, IPv4 Special-Purpose Address Registry, and multicast (read 2026-11)."""

_PUBLIC_V6 = IPv6Network("2000::/3")
"""IANA, IPv6 Address Space (read 2026-11): all global unicast. So what lies outside is refused whatever it is:
loopback, link-local, unique local, multicast, what holds an IPv4 address (``::ffff:0:0/96``, ``64:ff9b::/96``)."""

_NOT_PUBLIC_V6 = tuple(
    IPv6Network(each)
    for each in (
        "2001::/23",  # protocols, Teredo among them, which holds an IPv4 address
        "2001:db8::/32",
        "2002::/16",  # 6to4, which holds an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
"""IANA, IPv6 Special-Purpose Address Registry (read 2026-11)."""

_NAME = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])", re.IGNORECASE
)
"""A host's name of two labels or more, the last of which begins with a letter: ``2130706433``, ``0x7f.1``, ``127.1``
and ``0177.0.0.1``, which resolvers take for addresses, are no names."""

_LOCAL_ENDINGS = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa")
"""Names that never lead to the internet (RFC 6761, 6762, 8375; ICANN's ``internal``)."""


def address_fault(address: str, allow_loopback: bool) -> str | None:
    """Why the address may not be called, or None. ``allow_loopback``: of the local stack alone."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "is no IP address"
    if allow_loopback and parsed.is_loopback:
        return None
    is_public = _is_public_v4(parsed) if isinstance(parsed, IPv4Address) else _is_public_v6(parsed)
    return None if is_public else "is not an address of the internet: private, local or reserved"


def _is_public_v4(address: IPv4Address) -> bool:
    return not any(address in network for network in _NOT_PUBLIC_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    is_global = address.scope_id is None and address in _PUBLIC_V6
    return is_global and not any(address in network for network in _NOT_PUBLIC_V6)


def url_fault(url: str, allow_loopback: bool) -> str | None:
    """Why a webhook may not have this URL, for people, or None. With ``allow_loopback`` loopback addresses may be
    called, by http, too."""
    if len(url) > URL_LENGTH:
        return f"is too long: at most {URL_LENGTH} characters"
    if re.fullmatch(r"[!-~]+", url) is None or "\\" in url:
        return "has characters that no URL has; write them percent-encoded, and a name in its ASCII form (xn--...)"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is not a URL"
    if parts.scheme not in ("https", "http") or not host:
        return "must be an https URL"
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        return "must not have a user and password in it"
    if parts.fragment or url.endswith("#"):
        return "must not have a fragment (#...)"
    is_loopback = allow_loopback and _is_loopback(host)
    if parts.scheme == "http" and not is_loopback:
        return "must begin with https://"
    if not is_loopback and port is not None and port != HTTPS_PORT and port < LOWEST_OTHER_PORT:
        return f"must have the port {HTTPS_PORT}, or one from {LOWEST_OTHER_PORT}"
    return None if is_loopback else _host_fault(host, is_bracketed=parts.netloc.startswith("["))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host_fault(host: str, is_bracketed: bool) -> str | None:
    if is_bracketed or re.fullmatch(r"[0-9]+(\.[0-9]+){3}", host):
        fault = address_fault(host, allow_loopback=False)
        return f"names a host that {fault}" if fault else None
    if host.endswith("."):
        return "must name its host without a dot at the end"
    if _NAME.fullmatch(host) is None:
        return "must name a host of the internet by its whole name, or by an address in its usual form"
    if host.lower().rsplit(".", 1)[-1] in _LOCAL_ENDINGS:
        return "names a host that is not on the internet"
    return None
