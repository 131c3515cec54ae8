"""Keeping the index a copy of the catalogue: some videos, everything, and the difference."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from django.core.cache import cache

from eduvideo.catalog.models import Video, VideoQuerySet
from eduvideo.community.models import PopularVideo
from eduvideo.core.errors import UnavailableError
from eduvideo.discovery.documents import FETCHED, RELATIONS, popularity_of, video_document
from eduvideo.discovery.engine import search_engine
from search.documents import Document
from search.errors import SearchError

logger = logging.getLogger(__name__)

READ_AT_ONCE = 100  # of a long lesson, captions alone take a quarter of a megabyte
WRITTEN_AT_ONCE = 100
# Held while the index is built anew without anybody asking; the queue gives a task to a second worker after minutes.
REBUILDING, REBUILDING_S = "index-is-rebuilt", 3 * 3600
POPULARITY = "indexed-popularity"  # of each popular video, by its pk: what entries say of it


def index_videos(pks: Collection[int]) -> None:
    """Bring videos' entries up to date: as they are now, whatever the news was, so that late news does no harm.

    Each is written once, and what may not be found any more is removed first.
    """
    for some in _parts_of(sorted(set(pks)), WRITTEN_AT_ONCE):
        found = Video.objects.filter(pk__in=some)
        # In one query: one that is published between two would be removed with the revision that is findable.
        hidden = found.exclude(pk__in=Video.objects.findable().values("pk"))
        forget_videos(dict(hidden.values_list("public_id", "revision")))
        search_engine().upsert(_documents(found.findable()))


def forget_videos(revisions: dict[str, int]) -> None:
    """Remove the entries of videos that are deleted or hidden, by public id, with the revision that was so."""
    if revisions:
        search_engine().delete(revisions)


def reindex(progress: Callable[[int], None] = lambda _count: None) -> int:
    """Build the index anew from the database while the old one serves; return how many videos it has."""
    return search_engine().rebuild(_documents(Video.objects.findable(), progress))


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
    index_videos(known.values())
    indexed = dict(search_engine().versions())
    forget_videos({key: indexed[key] for key in found.orphaned if key not in known and key in indexed})


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
    index_videos(changed)
    cache.set(POPULARITY, now, timeout=None)
    return len(changed)


def _documents(videos: VideoQuerySet, progress: Callable[[int], None] = lambda _count: None) -> Iterator[Document]:
    complete = videos.select_related(*RELATIONS).prefetch_related(*FETCHED).order_by("pk")
    for number, video in enumerate(complete.iterator(chunk_size=READ_AT_ONCE), 1):
        yield video_document(video)
        progress(number)


def _parts_of(pks: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (pks[start : start + size] for start in range(0, len(pks), size))
