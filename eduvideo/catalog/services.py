"""Writes of the catalogue: make, change, publish, unpublish, delete videos."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from eduvideo.accounts.models import Organization, User
from eduvideo.accounts.queries import teaching_organizations_of
from eduvideo.catalog.events import VideoChanged, VideoDeleted, VideoPublished, VideoUnpublished
from eduvideo.catalog.models import Chapter, Video, VideoState, Visibility
from eduvideo.catalog.recordings import NewRecording, begin_upload
from eduvideo.catalog.taxonomy import GRADE_BY_ID, LANGUAGES, SUBJECT_BY_ID
from eduvideo.core import clock
from eduvideo.core.errors import ConflictError, FieldError, InvalidInputError
from eduvideo.core.events import emit
from eduvideo.media import services as media
from eduvideo.media.models import Asset, Priority
from eduvideo.moderation.text import clean_line, clean_text
from eduvideo.uploads import services as uploads
from eduvideo.uploads.models import Upload

logger = logging.getLogger(__name__)

MAX_TITLE, MAX_DESCRIPTION, MAX_CHAPTERS = 120, 10_000, 200
LATEST_MS = 100 * 3_600_000
LANGUAGE_TAGS = frozenset(tag for tag, _name in LANGUAGES)


@dataclass(frozen=True, slots=True)
class Draft:
    """A new video and the upload that its recording is to come by."""

    video: Video
    upload: Upload


@dataclass(frozen=True, slots=True)
class VideoChanges:
    """What is to be said of a video; None leaves a field as it is."""

    title: str | None = None
    description: str | None = None
    subject: str | None = None
    grade: str | None = None
    language: str | None = None
    visibility: str | None = None
    organization: str | None = None  # public id; empty for none


@dataclass(frozen=True, slots=True)
class NewChapter:
    start_ms: int
    title: str


@transaction.atomic
def create_video(
    *,
    owner: User,
    about: VideoChanges,
    recording: NewRecording,
    priority: Priority = Priority.NORMAL,
) -> Draft:
    """Make a draft, its asset and its upload, in one transaction; raises InvalidInputError naming the fields.

    `about` needs a title, a subject, a grade and a language. The recording takes room of the organization, if any.
    """
    video = Video(owner=owner)
    for name, value in {**_checked(about), **_checked_audience(video, about)}.items():
        setattr(video, name, value)
    upload = begin_upload(recording, owner=owner, organization=video.organization)
    video.asset = media.create_asset(upload=upload, language=video.language, priority=priority)
    video.save()
    return Draft(video, upload)


def create_video_from_file(
    path: Path,
    *,
    owner: User,
    title: str,
    subject: str,
    grade: str,
    language: str,
    description: str = "",
    publish: bool,
    priority: Priority = Priority.NORMAL,
) -> Video:
    """Make a video of a local file, by the same road as an upload; publishing is done when it can be played.

    That it is to be published does not hurry it: it keeps the priority that is given.
    """
    about = VideoChanges(title=title, description=description, subject=subject, grade=grade, language=language)
    recording = NewRecording(filename=path.name, size_bytes=path.stat().st_size)
    draft = create_video(owner=owner, about=about, recording=recording, priority=priority)
    if publish:
        _request_publishing(draft.video)
    uploads.import_file(path, into=draft.upload)
    return draft.video


@transaction.atomic
def update_video(video: Video, *, by: User, changes: VideoChanges) -> Video:  # noqa: ARG001 - the audit log will name them
    """Change what people see of a video; raises InvalidInputError naming the fields. Nothing given changes nothing."""
    # As it is now: who may watch is decided by all of it, and another request may have changed some.
    Video.objects.select_for_update().filter(pk=video.pk).first()
    video.refresh_from_db(fields=["state", "visibility", "organization"])
    before = (video.visibility, video.organization)
    texts = _checked(changes)
    fields = {**texts, **_checked_audience(video, changes)}
    if not fields:
        return video
    Video.objects.filter(pk=video.pk).update(**fields, updated_at=clock.now())
    video.refresh_from_db(fields=[*fields])
    if "language" in texts:
        media.set_asset_language(video.asset, language=texts["language"])
    if "organization" in fields:
        media.move_recordings(video.asset, to=video.organization)
    if (video.visibility, video.organization) != before:  # else those who watch go on
        _show_or_hide_media(video)
    touch_video(video)
    return video


@transaction.atomic
def publish_video(video: Video, *, by: User) -> Video:  # noqa: ARG001 - the audit log will name them
    """Make a video public and announce it, now or as soon as it can be played.

    Publishing a published video changes nothing (callers may retry); a withdrawn one is staff's to return. While it
    cannot be played somebody waits for it, so that its transcode goes before others.
    """
    if video.state == VideoState.WITHDRAWN:
        raise ConflictError(_("This lesson was withdrawn by the staff and cannot be published."))
    _request_publishing(video)
    if not fulfil_publish_request(video.asset) and not video.asset.is_playable:
        media.hurry_asset(video.asset)
    video.refresh_from_db()
    return video


def _request_publishing(video: Video) -> None:
    Video.objects.filter(pk=video.pk, state=VideoState.DRAFT, publish_requested_at=None).update(
        publish_requested_at=clock.now(), publish_at=None
    )


@transaction.atomic
def fulfil_publish_request(asset: Asset) -> bool:
    """Publish the video of an asset if that was asked for and can be done; True for the one caller who did it."""
    asset.refresh_from_db(fields=["state", "current_job"])
    if not asset.is_playable:
        return False
    waiting = Video.objects.filter(asset=asset, state=VideoState.DRAFT, publish_requested_at__isnull=False)
    if not waiting.update(state=VideoState.PUBLISHED, published_at=clock.now(), revision=F("revision") + 1):
        return False
    video = Video.objects.select_related("asset").get(asset=asset)
    _show_or_hide_media(video)
    emit(VideoPublished(video_id=video.pk, revision=video.revision))
    return True


def drop_publish_request(asset: Asset) -> bool:
    """Leave the video of an asset a draft if its owner's account was deactivated since they asked; tell whether it was.

    Staff may publish it all the same.
    """
    asked = Video.objects.filter(asset=asset, state=VideoState.DRAFT, publish_requested_at__isnull=False)
    if not asked.filter(owner__is_active=False).update(publish_requested_at=None, updated_at=clock.now()):
        return False
    logger.info("The lesson of asset %s stays a draft: its owner's account was deactivated", asset.public_id)
    return True


@transaction.atomic
def unpublish_video(video: Video, *, by: User) -> Video:
    """Return a video to draft, or take back the wish to publish it, now or later; its media are private from now on.

    One that the staff withdrew is returned by staff only; for others that changes nothing.
    """
    from_states = (VideoState.PUBLISHED, VideoState.WITHDRAWN) if by.is_staff else (VideoState.PUBLISHED,)
    changed = Video.objects.filter(pk=video.pk, state__in=from_states).update(
        state=VideoState.DRAFT, publish_requested_at=None, revision=F("revision") + 1
    )
    Video.objects.filter(pk=video.pk, state=VideoState.DRAFT).update(publish_requested_at=None, publish_at=None)
    video.refresh_from_db()
    _show_or_hide_media(video)
    if changed:
        emit(VideoUnpublished(video_id=video.pk, revision=video.revision))
    return video


@transaction.atomic
def withdraw_video(video: Video, *, by: User) -> Video:  # noqa: ARG001 - the audit log will name them
    """Take a video off the platform, for its owner to see and not to publish; whoever watches it is cut off."""
    changed = Video.objects.filter(pk=video.pk).exclude(state=VideoState.WITHDRAWN)
    after = {"state": VideoState.WITHDRAWN, "publish_requested_at": None, "publish_at": None}
    if changed.update(**after, revision=F("revision") + 1):
        video.refresh_from_db()
        _show_or_hide_media(video)
        emit(VideoUnpublished(video_id=video.pk, revision=video.revision))
    return video


@transaction.atomic
def delete_video(video: Video, *, by: User) -> None:  # noqa: ARG001 - the audit log will name them
    """Remove a video with everything that belongs to it; its objects and index entries follow after the commit."""
    # On PostgreSQL nobody may put it into a playlist from here on; on SQLite the transaction alone sees to that.
    Video.objects.select_for_update().filter(pk=video.pk).first()
    emit(VideoDeleted(video_id=video.pk, public_id=video.public_id, revision=video.revision + 1))
    asset = video.asset
    video.delete()
    media.delete_asset(asset)


@transaction.atomic
def set_chapters(video: Video, chapters: Sequence[NewChapter]) -> None:
    """Replace a video's chapters; raises InvalidInputError for doubles, empty titles, too many or too late ones."""
    titles = [clean_line(chapter.title).text for chapter in chapters]
    if len(chapters) > MAX_CHAPTERS:
        raise InvalidInputError.of("chapters", _("A lesson may have at most %d chapters.") % MAX_CHAPTERS)
    if any(not title or len(title) > MAX_TITLE for title in titles):
        raise InvalidInputError.of("title", _("Every chapter needs a title of at most %d characters.") % MAX_TITLE)
    if len({chapter.start_ms for chapter in chapters}) < len(chapters) or any(c.start_ms < 0 for c in chapters):
        raise InvalidInputError.of("start_ms", _("Every chapter needs a time of its own."))
    if any(chapter.start_ms > LATEST_MS for chapter in chapters):
        raise InvalidInputError.of("start_ms", _("This moment is not within the lesson."))
    video.chapters.all().delete()
    Chapter.objects.bulk_create(
        Chapter(video=video, start_ms=chapter.start_ms, title=title)
        for chapter, title in zip(chapters, titles, strict=True)
    )
    touch_video(video)


@transaction.atomic
def touch_video(video: Video) -> None:
    """Note that something of a video that search knows has changed."""
    Video.objects.filter(pk=video.pk).update(revision=F("revision") + 1, updated_at=clock.now())
    video.refresh_from_db(fields=["revision", "updated_at"])
    emit(VideoChanged(video_id=video.pk, revision=video.revision))


def _show_or_hide_media(video: Video) -> None:
    """Let media be fetched without a session exactly while the video is published and public."""
    is_public = video.state == VideoState.PUBLISHED and video.visibility == Visibility.PUBLIC
    media.set_asset_public(video.asset, is_public=is_public)
    media.close_playback(video.asset)  # whoever may still watch gets a new session with the page


def _checked(changes: VideoChanges) -> dict[str, str]:
    """Return the given texts and choices, cleaned; raises InvalidInputError with every field that is wrong."""
    given = asdict(changes).items()
    fields = {name: value for name, value in given if value is not None and name != "organization"}
    errors: list[FieldError] = []
    if "title" in fields:
        title = clean_line(fields["title"])
        fields["title"] = title.text
        if not title.length:
            errors.append(FieldError("title", _("Please give the lesson a title.")))
        elif title.length > MAX_TITLE or len(title.text) > MAX_TITLE:
            errors.append(FieldError("title", _("A title may have at most %d characters.") % MAX_TITLE))
    if "description" in fields:
        fields["description"] = clean_text(fields["description"])
        if len(fields["description"]) > MAX_DESCRIPTION:
            errors.append(
                FieldError("description", _("A description may have at most %d characters.") % MAX_DESCRIPTION)
            )
    known: dict[str, tuple[object, str]] = {
        "subject": (SUBJECT_BY_ID, _("Please choose a subject of the list.")),
        "grade": (GRADE_BY_ID, _("Please choose a grade of the list.")),
        "language": (LANGUAGE_TAGS, _("Please choose a language of the list.")),
        "visibility": (set(Visibility.values), _("Please choose who may watch.")),
    }
    for name, (values, message) in known.items():
        if name in fields and fields[name] not in values:  # type: ignore[operator]  # every value is a container
            errors.append(FieldError(name, message))
    if errors:
        raise InvalidInputError(fields=tuple(errors))
    return fields


def _checked_audience(video: Video, changes: VideoChanges) -> dict[str, Organization | None]:
    """Return the organization if it is to be another; raises InvalidInputError for one that may not be.

    The owner must teach there when the lesson comes to it, and when it is opened to its members. One who has left keeps
    what was opened before.
    """
    before = video.organization
    wanted = (before.public_id if before else "") if changes.organization is None else changes.organization
    visibility = changes.visibility or video.visibility
    is_kept = wanted == (before.public_id if before else "")
    is_opened = visibility == Visibility.ORGANIZATION and video.visibility != Visibility.ORGANIZATION
    if is_kept and not is_opened:
        return {}
    known = teaching_organizations_of(video.owner).filter(public_id=wanted) if wanted.isalnum() else None
    organization = known.first() if known is not None else None
    if wanted and organization is None:
        raise InvalidInputError.of(
            "organization", _("Please choose an organization in which the creator of the lesson teaches.")
        )
    if visibility == Visibility.ORGANIZATION and organization is None:
        raise InvalidInputError.of("organization", _("Please choose the organization whose members may watch."))
    return {} if is_kept else {"organization": organization}
