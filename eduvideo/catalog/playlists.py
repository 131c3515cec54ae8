"""Writes of playlists: make, change, order, publish, unpublish, delete.

The order is written whole, in one transaction that begins by raising the playlist's revision: on every database that
UPDATE lets one editor through at a time, and an editor who names the revision that was seen is refused when another was
first. Positions are unique in the database, so rows are put in anew instead of being moved past one another.
"""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from eduvideo.accounts.models import User
from eduvideo.catalog.arrangement import ArrangedSection, Arrangement, video_ids
from eduvideo.catalog.models import Playlist, PlaylistItem, PlaylistSection, PlaylistState, Video, Visibility
from eduvideo.catalog.queries import arrangement_of
from eduvideo.catalog.services import LANGUAGE_TAGS, MAX_DESCRIPTION, MAX_TITLE
from eduvideo.core import clock
from eduvideo.core.errors import ConflictError, FieldError, InvalidInputError
from eduvideo.media import services as media
from eduvideo.moderation.text import clean_line, clean_text

MAX_VIDEOS, MAX_SECTIONS, MAX_SECTION_DESCRIPTION = 300, 50, 2000


@dataclass(frozen=True, slots=True)
class PlaylistChanges:
    """What is to be different; None leaves a field as it is."""

    title: str | None = None
    description: str | None = None
    language: str | None = None


@transaction.atomic
def create_playlist(*, owner: User, title: str, description: str = "", language: str = "") -> Playlist:
    """Make an empty draft with one section; raises InvalidInputError naming the fields."""
    fields = _checked(PlaylistChanges(title=title, description=description, language=language))
    playlist = Playlist.objects.create(owner=owner, **fields)
    PlaylistSection.objects.create(playlist=playlist, position=0)
    return playlist


def update_playlist(playlist: Playlist, *, by: User, changes: PlaylistChanges) -> Playlist:  # noqa: ARG001 - the audit log will name them
    """Change a playlist's texts; raises InvalidInputError naming the fields."""
    fields = _checked(changes)
    if fields:
        Playlist.objects.filter(pk=playlist.pk).update(**fields, updated_at=clock.now())
        playlist.refresh_from_db(fields=[*fields, "updated_at"])
    return playlist


def publish_playlist(playlist: Playlist, *, by: User) -> Playlist:  # noqa: ARG001 - the audit log will name them
    """Let everyone see a playlist; doing it again changes nothing."""
    Playlist.objects.filter(pk=playlist.pk, state=PlaylistState.DRAFT).update(
        state=PlaylistState.PUBLISHED, published_at=clock.now(), updated_at=clock.now()
    )
    playlist.refresh_from_db(fields=["state", "published_at", "updated_at"])
    return playlist


@transaction.atomic
def unpublish_playlist(playlist: Playlist, *, by: User) -> Playlist:  # noqa: ARG001 - the audit log will name them
    """Return a playlist to draft; whoever watched an embed-only video through it must stop."""
    changed = Playlist.objects.filter(pk=playlist.pk, state=PlaylistState.PUBLISHED).update(
        state=PlaylistState.DRAFT, updated_at=clock.now()
    )
    if changed:
        close_embedded_playback(playlist)
    playlist.refresh_from_db(fields=["state", "updated_at"])
    return playlist


@transaction.atomic
def delete_playlist(playlist: Playlist, *, by: User) -> None:  # noqa: ARG001 - the audit log will name them
    """Remove a playlist; its videos stay."""
    close_embedded_playback(playlist)
    playlist.delete()


def arrange_playlist(
    playlist: Playlist,
    *,
    by: User,  # noqa: ARG001 - the audit log will name them
    change: Callable[[Arrangement], Arrangement],
    revision: int | None = None,
) -> Playlist:
    """Change the order: `change` gets it as it is, and returns it as it is to be.

    With a revision it must be the current one, else ConflictError. Raises InvalidInputError for videos that may not be
    added, doubles, and more than 300 videos or 50 sections.
    """
    try:
        with transaction.atomic():
            _take_turn(playlist, revision=revision)
            before = arrangement_of(playlist)
            after = _cleaned(change(before))
            _write(playlist, after, videos=_videos(playlist, after, known=set(video_ids(before))))
            removed = set(video_ids(before)) - set(video_ids(after))
            close_embedded_playback(playlist, removed=removed)
    except IntegrityError as error:  # one of the videos was deleted before we had written it
        raise _changed_elsewhere() from error
    playlist.refresh_from_db(fields=["revision", "updated_at"])
    return playlist


def close_embedded_playback(playlist: Playlist, *, removed: Collection[str] | None = None) -> None:
    """End the playback of embed-only videos: of those that were taken out, or of all of a playlist."""
    videos = Video.objects.filter(visibility=Visibility.EMBED, owner=playlist.owner_id).select_related("asset")
    chosen = (
        videos.filter(playlist_items__playlist=playlist) if removed is None else videos.filter(public_id__in=removed)
    )
    for video in chosen:
        media.close_playback(video.asset)


def _take_turn(playlist: Playlist, *, revision: int | None) -> None:
    mine = Playlist.objects.filter(pk=playlist.pk)
    mine = mine if revision is None else mine.filter(revision=revision)
    if not mine.update(revision=F("revision") + 1, updated_at=clock.now()):
        raise _changed_elsewhere()


def _changed_elsewhere() -> ConflictError:
    return ConflictError(
        _("This playlist was changed elsewhere in the meantime. Load it again and repeat your change.")
    )


def _cleaned(order: Arrangement) -> Arrangement:
    """Return an order with clean texts; raises InvalidInputError for what no playlist may be."""
    ids = video_ids(order)
    if not 1 <= len(order) <= MAX_SECTIONS:
        raise InvalidInputError.of("sections", _("A playlist has 1 to %d sections.") % MAX_SECTIONS)
    if len(ids) > MAX_VIDEOS:
        raise InvalidInputError.of("videos", _("A playlist holds at most %d lessons.") % MAX_VIDEOS)
    if double := next((video for place, video in enumerate(ids) if video in ids[:place]), None):
        raise InvalidInputError.of("videos", _("The lesson %s is in this playlist already.") % double)
    sections = tuple(
        ArrangedSection(clean_line(section.title).text, section.videos, clean_text(section.description))
        for section in order
    )
    if any(len(section.title) > MAX_TITLE for section in sections):
        raise InvalidInputError.of("title", _("A title may have at most %d characters.") % MAX_TITLE)
    if any(len(section.description) > MAX_SECTION_DESCRIPTION for section in sections):
        message = _("A description may have at most %d characters.") % MAX_SECTION_DESCRIPTION
        raise InvalidInputError.of("description", message)
    return sections


def _videos(playlist: Playlist, order: Arrangement, *, known: set[str]) -> dict[str, int]:
    """Return each video's pk; a new one must be its owner's, or one that everyone may find."""
    ids = video_ids(order)
    rows = Video.objects.filter(public_id__in=[video for video in ids if video.isalnum()])
    addable = Q(owner=playlist.owner_id) | Q(pk__in=Video.objects.listed())
    found = dict(rows.filter(addable | Q(public_id__in=known)).values_list("public_id", "pk"))
    missing = next((video for video in ids if video not in found), None)
    if missing is not None:  # which may be empty
        raise InvalidInputError.of(
            "videos", _("There is no lesson %s that you may add: only your own and those that are listed.") % missing
        )
    return found


def _write(playlist: Playlist, order: Arrangement, *, videos: dict[str, int]) -> None:
    PlaylistItem.objects.filter(playlist=playlist).delete()
    PlaylistSection.objects.filter(playlist=playlist).delete()
    sections = PlaylistSection.objects.bulk_create(
        PlaylistSection(playlist=playlist, position=number, title=section.title, description=section.description)
        for number, section in enumerate(order)
    )
    places = [(row, video) for row, section in zip(sections, order, strict=True) for video in section.videos]
    PlaylistItem.objects.bulk_create(
        PlaylistItem(playlist=playlist, section=row, video_id=videos[video], position=position)
        for position, (row, video) in enumerate(places)
    )


def _checked(changes: PlaylistChanges) -> dict[str, str]:
    """Return the given fields, cleaned; raises InvalidInputError with every field that is wrong."""
    fields = {name: value for name, value in asdict(changes).items() if value is not None}
    errors: list[FieldError] = []
    if "title" in fields:
        title = clean_line(fields["title"])
        fields["title"] = title.text
        if not title.length:
            errors.append(FieldError("title", _("Please give the playlist a title.")))
        elif len(title.text) > MAX_TITLE:
            errors.append(FieldError("title", _("A title may have at most %d characters.") % MAX_TITLE))
    if "description" in fields:
        fields["description"] = clean_text(fields["description"])
        if len(fields["description"]) > MAX_DESCRIPTION:
            message = _("A description may have at most %d characters.") % MAX_DESCRIPTION
            errors.append(FieldError("description", message))
    if fields.get("language") and fields["language"] not in LANGUAGE_TAGS:
        errors.append(FieldError("language", _("Please choose a language of the list.")))
    if errors:
        raise InvalidInputError(fields=tuple(errors))
    return fields
