"""Where an Elasticsearch is, read from a URL. Pure; no message here repeats the URL, which may hold a password."""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from search.errors import EngineError

PORT = 9200
NAME = "eduvideo"
REPLICAS = "0-1"
# No dots: they stand between the name and what an index adds to it, so that no platform's pattern meets another's.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_REPLICAS = re.compile(r"\d{1,3}|\d{1,3}-(\d{1,3}|all)")
GRAMMAR = "http[s]://[user:password@]host[:port][/name][?ca_certs=FILE&replicas=0-1]"


@dataclass(frozen=True, slots=True)
class Place:
    """A server, and the name that all our indices and aliases there begin with."""

    server: str  # http://host:port: what may be shown
    name: str = NAME
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_certs: str | None = None
    replicas: str = REPLICAS


def read_place(url: str) -> Place:
    """Read GRAMMAR: the port is 9200, the name "eduvideo" by default; user and password are percent-encoded.

    `ca_certs` is the file of the authority to trust, where the system does not know it. `replicas` is a number, or a
    range that follows the number of nodes (auto_expand_replicas). Raises EngineError that says what is wrong.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORT
    except ValueError as error:
        raise EngineError(f"The address of the search server has a wrong host or port; it reads {GRAMMAR}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise EngineError(f"The address of a search server reads {GRAMMAR}")
    options = _options(parts)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Place(
        server=f"{parts.scheme}://{host}:{port}",
        name=_name(parts),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or "") if parts.username else None,
        ca_certs=options.get("ca_certs"),
        replicas=options.get("replicas", REPLICAS),
    )


def _name(parts: SplitResult) -> str:
    name = unquote(parts.path).strip("/") or NAME
    if not _NAME.fullmatch(name):
        raise EngineError(
            f"{name!r} in the address of the search server cannot begin the names of indices: "
            "small letters, digits, - and _ can, at most 100"
        )
    return name


def _options(parts: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(options.keys() - {"ca_certs", "replicas"})
    if unknown:
        raise EngineError(f"The address of the search server has no option {unknown[0]!r}; it reads {GRAMMAR}")
    if "ca_certs" in options and parts.scheme != "https":
        raise EngineError("ca_certs= in the address of the search server needs https://")
    if not _REPLICAS.fullmatch(options.get("replicas", REPLICAS)):
        raise EngineError("replicas= in the address of the search server is a number or a range such as 0-1 or 0-all")
    return options
