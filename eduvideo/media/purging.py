"""Taking back what a CDN has kept of media that are not public any more.

The request is PURGE for each address, as Varnish, Squid, nginx with its purge module and Fastly take it.
"""

import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from django.conf import settings

from eduvideo.core.errors import UnavailableError
from eduvideo.core.objects import open_objects
from transcoding.playlist import MASTER_NAME

LINES = 8
TIMEOUT_S = 10
NOT_THERE = 404


def purge_asset(public_id: str) -> int:
    """Purge all objects and composed playlists of an asset, where the CDN is told; return how many addresses.

    Safe to repeat. Raises UnavailableError with the first address that the CDN did not purge.
    """
    return purge_objects(info.key for info in open_objects().list(f"assets/{public_id}/"))


def purge_objects(keys: Iterable[str]) -> int:
    """Purge objects, and the playlists that are composed beside them; see purge_asset."""
    chosen = settings.EDUVIDEO
    if not (chosen.media_url and chosen.media_purge):
        return 0
    with ThreadPoolExecutor(LINES, thread_name_prefix="purge") as pool:
        return sum(pool.map(_purge, (f"{chosen.media_url}/{quote(path)}" for path in _paths(keys))))


def _paths(keys: Iterable[str]) -> Iterator[str]:
    attempts: set[str] = set()
    for key in keys:
        yield key
        steps = key.split("/")
        if steps[2] == "captions":
            yield f"{key}.m3u8"
        elif steps[2] != "posters":
            attempts.add("/".join(steps[:4]))
    yield from (f"{attempt}/{MASTER_NAME}" for attempt in attempts)


def _purge(url: str) -> int:
    request = urllib.request.Request(url, method="PURGE")  # noqa: S310 - the settings say http(s)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310 - the same
            return 1
    except urllib.error.HTTPError as error:
        if error.code == NOT_THERE:
            return 1
        raise UnavailableError(f"The CDN answered PURGE of {url} with {error.code}") from error
    except OSError as error:
        raise UnavailableError(f"The CDN did not answer PURGE of {url}: {error}") from error
