"""Keeping the index a copy of the catalogue: one video, everything, and the difference."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.core.cache import cache

from eduvideo.catalog.models import Video
from eduvideo.community.models import PopularVideo
from eduvideo.core.errors import UnavailableError
from eduvideo.discovery.documents import RELATIONS, popularity_of, video_document
from eduvideo.discovery.engine import search_engine
from search.documents import Document
from search.errors import SearchError

logger = logging.getLogger(__name__)

READ_AT_ONCE = 500
# Held while the index is built anew without anybody asking; the queue gives a task to a second worker after minutes.
REBUILDING, REBUILDING_S = "index-is-rebuilt", 3 * 3600
POPULARITY = "indexed-popularity"  # of each popular video, by its pk: what entries say of it


def index_video(video_id: int) -> None:
    """Bring one video's entry up to date: as it is now, whatever the news was, so that late news does no harm."""
    findable = Video.objects.findable().select_related(*RELATIONS).filter(pk=video_id).first()
    if findable:
        search_engine().upsert([video_document(findable)])
        return
    for public_id, revision in Video.objects.filter(pk=video_id).values_list("public_id", "revision"):
        search_engine().delete({public_id: revision})


def forget_video(public_id: str, *, revision: int) -> None:
    """Remove a deleted video's entry for good."""
    search_engine().delete({public_id: revision})


def reindex(progress: Callable[[int], None] = lambda _count: None) -> int:
    """Build the index anew from the database while the old one serves; return how many videos it has."""
    return search_engine().rebuild(_documents(progress))


@dataclass(frozen=True, slots=True)
class Difference:
    """Ids by what is wrong with their entries; `indexed` and `findable` count what is there and what should be."""

    missing: list[str]
    stale: list[str]
    orphaned: list[str]
    indexed: int
    findable: int

    def __bool__(self) -> bool:
        return bool(self.missing or self.stale or self.orphaned)

    @property
    def is_empty_index(self) -> bool:
        """Return whether nothing is indexed of what should be: it was removed, or is of another format."""
        return self.findable > 0 and not self.indexed

    @property
    def is_mostly_missing(self) -> bool:
        """Return whether building the index anew is less work than repairing it."""
        return 2 * len(self.missing) > self.findable


def difference() -> Difference:
    """Compare the index with the database."""
    indexed = dict(search_engine().versions())
    findable = dict(Video.objects.findable().values_list("public_id", "revision"))
    return Difference(
        missing=sorted(findable.keys() - indexed.keys()),
        stale=sorted(key for key, version in indexed.items() if key in findable and findable[key] != version),
        orphaned=sorted(indexed.keys() - findable.keys()),
        indexed=len(indexed),
        findable=len(findable),
    )


def unowned_entries() -> list[str]:
    """Return the ids of entries whose video nobody may find (any more).

    Raises UnavailableError while search is away.
    """
    try:
        return difference().orphaned
    except SearchError as error:
        raise UnavailableError(str(error)) from error


def repair(found: Difference) -> None:
    """Bring every differing entry up to date, or all of them where most are missing, as after an upgrade.

    One that has a later version than the database needs a reindex.
    """
    if found.is_mostly_missing:
        reindex()
        return
    keys = Video.objects.filter(public_id__in=[*found.missing, *found.stale, *found.orphaned])
    known = dict(keys.values_list("public_id", "pk"))
    for pk in known.values():
        index_video(pk)
    indexed = dict(search_engine().versions())
    search_engine().delete({key: indexed[key] for key in found.orphaned if key not in known and key in indexed})


def mend_index() -> None:
    """Repair what news did not: it is given up when search is away for longer than the relay tries.

    An index that lacks most is built anew, by one worker at a time.
    """
    found = difference()
    if found:
        logger.info(
            "The index differs from the database and is repaired: %d missing, %d stale, %d orphaned",
            len(found.missing), len(found.stale), len(found.orphaned),
        )  # fmt: skip
        if not found.is_mostly_missing:
            repair(found)
        elif cache.add(REBUILDING, "", timeout=REBUILDING_S):
            try:
                reindex()
            finally:
                cache.delete(REBUILDING)


def follow_popularity() -> int:
    """Index what is watched much more, or much less, than when this was asked last; return how many these were."""
    now = {pk: popularity_of(views) for pk, views in PopularVideo.objects.values_list("video", "views")}
    before: dict[int, float] = cache.get(POPULARITY, {})
    changed = [pk for pk in now.keys() | before.keys() if now.get(pk, 0.0) != before.get(pk, 0.0)]
    for pk in changed:
        index_video(pk)
    cache.set(POPULARITY, now, timeout=None)
    return len(changed)


def _documents(progress: Callable[[int], None]) -> Iterator[Document]:
    videos = Video.objects.findable().select_related(*RELATIONS).prefetch_related("chapters").order_by("pk")
    for number, video in enumerate(videos.iterator(chunk_size=READ_AT_ONCE), 1):
        yield video_document(video)
        progress(number)
