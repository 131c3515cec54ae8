"""The sites that may frame a playlist: lines that people type, and the sources of CSP's `frame-ancestors`. Pure.

A line is `[http[s]://][*.]host[:port]` (a host-source of CSP 3, section 2.3.1, without a path). A source without a
scheme means https, and http too where the platform itself is served by http; `http://` in front means both (CSP 3,
section 6.7.2.6). A wildcard stands for every subdomain and not for the domain itself.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence

import idna
from django.utils.translation import gettext as _

from eduvideo.core.errors import FieldError, InvalidInputError
from eduvideo.embedding.errors import DomainSyntaxError

FIELD = "allowed_domains"
MAX_DOMAINS = 50
MAX_CHARS = 2000  # of all together: proxies keep 4 KiB for all headers of an answer
MAX_LINE = 300

_PARTS = re.compile(r"(?:(?P<scheme>[^:/]*)://)?(?P<host>[^:/?#@]*)(?::(?P<port>[^/?#@]*))?", re.ASCII)
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
MAX_HOST, MAX_PORT = 253, 65_535


def parse_domains(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the sources of lines, each once, in order; empty lines are nothing.

    Raises InvalidInputError with one message for every line that is wrong.
    """
    found: dict[str, None] = {}
    errors: list[FieldError] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found[parse_domain(line)] = None
        except DomainSyntaxError as error:
            about = {"line": number, "text": line.strip()[:60], "what": error}
            errors.append(FieldError(FIELD, _("Line %(line)d, “%(text)s”: %(what)s") % about))
    if len(found) > MAX_DOMAINS:
        errors.append(FieldError(FIELD, _("There can be at most %d domains.") % MAX_DOMAINS))
    elif sum(len(source) + 1 for source in found) > MAX_CHARS:
        errors.append(FieldError(FIELD, _("These domains are too long together; name fewer of them.")))
    if errors:
        raise InvalidInputError(errors[0].message, fields=tuple(errors))
    return tuple(found)


def parse_domain(line: str) -> str:
    """Return the source that a line means, in ASCII; what it returns means itself. Raises DomainSyntaxError."""
    text = line.strip()
    parts = _PARTS.fullmatch(text) if len(text) <= MAX_LINE else None
    if text.count("[") or text.count(":") > 2:  # noqa: PLR2004 - after the scheme and before the port
        raise DomainSyntaxError(_("Browsers do not know IPv6 addresses here; use a name."))
    if parts is None:
        raise DomainSyntaxError(_("Only the domain, without a path, for instance school.example.org."))
    scheme = (parts["scheme"] or "").lower()
    if parts["scheme"] is not None and scheme not in {"http", "https"}:
        raise DomainSyntaxError(_("Only http:// or https:// may come before the domain."))
    wildcard, host = ("*.", parts["host"][2:]) if parts["host"].startswith("*.") else ("", parts["host"])
    return f"{scheme}{'://' if scheme else ''}{wildcard}{_host(host, is_wild=bool(wildcard))}{_port(parts['port'])}"


def frame_ancestors(domains: Sequence[str]) -> tuple[str, ...]:
    """Return the values of CSP's frame-ancestors: our own host and the listed sites, or everyone without a list."""
    return ("'self'", *domains) if domains else ("*",)


def _host(host: str, *, is_wild: bool) -> str:
    if "*" in host:
        raise DomainSyntaxError(_("A * may only stand at the front, for instance *.example.org."))
    if not host:
        raise DomainSyntaxError(_("The domain is missing, for instance school.example.org."))
    try:
        name = idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError as error:  # of which IDNAError is one
        raise DomainSyntaxError(_("This is no domain; write it like school.example.org.")) from error
    if not _HOST.fullmatch(name) or len(name) > MAX_HOST:
        raise DomainSyntaxError(_("This is no domain; write it like school.example.org."))
    if is_wild and "." not in name:
        raise DomainSyntaxError(_("A * may not stand for a whole top-level domain."))
    if name.rpartition(".")[2].isdigit():
        _check_address(name, is_wild=is_wild)
    return name


def _check_address(name: str, *, is_wild: bool) -> None:
    try:
        is_address = not is_wild and str(ipaddress.IPv4Address(name)) == name
    except ValueError:
        is_address = False
    if not is_address:
        raise DomainSyntaxError(_("This is no domain; write it like school.example.org."))


def _port(port: str | None) -> str:
    if port is None:
        return ""
    if not _PORT.fullmatch(port) or not 1 <= int(port) <= MAX_PORT:
        raise DomainSyntaxError(_("A port is a number from 1 to 65535."))
    return f":{int(port)}"
