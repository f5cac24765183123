"""Addresses that lead to the machine itself: a params.yaml from elsewhere must not read its files and services."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from types import SimpleNamespace

    from aiohttp import ClientSession, TraceRequestRedirectParams

#: Schemes that read what this machine has.
_FILES = ("", "file", "local", "memory", "reference", "git", "dir")
#: Schemes whose first part names a host (in `s3://texts/a.csv` it names a bucket).
_HOSTS = ("http", "https", "ftp", "sftp", "ssh", "smb", "hdfs", "webhdfs")

#: What may hold `::` without being a chain: an IPv6 address.
_BRACKETS = re.compile(r"\[[^\]]*\]")
_WORD = re.compile("[a-z]+")


def check_chain(addresses: Sequence[str], where: str) -> None:
    """`check_not_local` for the parts of an fsspec chain, as fsspec takes them.

    A part without a scheme is a file, but for a bare word (`simplecache`) in a chain. Raises PipelineError.
    """
    is_chain = len(addresses) > 1 or "::" in _BRACKETS.sub("", addresses[0])
    for address in addresses:
        check_not_local(address, where)
        for part in _BRACKETS.sub("", address).split("::"):
            if "://" not in part and not (is_chain and _WORD.fullmatch(part)):
                raise PipelineError(f"{where}.url leads to a file of this machine.", _FILES_REMEDY)


def check_not_local(address: str, where: str) -> None:
    """Raise PipelineError for a file of this machine and for a host that is loopback, link-local or unspecified.

    `address` is one part of an fsspec chain. Names are looked up; one that cannot be looked up is left to the fetch.
    """
    if "://" not in address and address.isalnum():
        return  # such as `simplecache` in a chain
    parts = urlsplit(address)
    if parts.scheme in _FILES:
        raise PipelineError(f"{where}.url leads to a file of this machine.", _FILES_REMEDY)
    if parts.scheme in _HOSTS and any(_is_local(found) for found in _addresses(parts.hostname or "")):
        raise PipelineError(f"{where}.url leads to this machine or its link-local network: {parts.hostname}.", _REMEDY)


def without_local_redirects(url: str, options: Mapping[str, object], where: str) -> dict[str, object]:
    """Options for fsspec with which a redirect of http(s) to such an address is refused too."""
    if "http://" not in url and "https://" not in url:
        return dict(options)
    from aiohttp import TraceConfig

    async def look(session: ClientSession, context: SimpleNamespace, params: TraceRequestRedirectParams) -> None:
        target = urljoin(str(params.url), params.response.headers.get("Location", ""))
        check_not_local(target, where)

    trace = TraceConfig()
    trace.on_request_redirect.append(look)
    inner = {"https" if "https://" in url else "http": {"client_kwargs": {"trace_configs": [trace]}}}
    return {**options, **(inner if "::" in url else next(iter(inner.values())))}


def _addresses(host: str) -> list[str]:
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None)]
    except (OSError, UnicodeError):
        return []


def _is_local(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_loopback or found.is_link_local or found.is_unspecified


_FILES_REMEDY = "Read it with `kind: files`; or, if this is meant, set local: true beside the url."
_REMEDY = "If this is meant, set local: true beside the url."
