"""Which outputs of an asset's jobs are needed. Pure: nothing is asked of the database or the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from eduvideo.media.models import ACTIVE, JobState, TranscodeJob
from transcoding.messages import Work

ELSEWHERE = "../"  # how a playlist begins that a re-run wrote: ../../<job>/<token>/...


@dataclass(frozen=True, slots=True)
class Kept:
    """Prefixes, each ending in "/": attempts that are needed, and folders of them that are not all the same."""

    attempts: frozenset[str]
    replaced: frozenset[str]


def kept_outputs(
    jobs: Sequence[TranscodeJob], *, current: TranscodeJob | None, moved: dict[str, str], since: datetime
) -> Kept:
    """Decide about all jobs of one asset, `current` the one that is played.

    `moved` has, for each rendition of the played attempt that was made anew, its playlist as seen from there. What came
    to an end after `since` may be watched by somebody who has the playlists of before.
    """
    tries: dict[str, set[int]] = {}
    lately = current is not None and _ended_after(since, current)
    made_anew = {job.rendition for job in jobs if job.work == Work.RENDITION and _ended_after(since, job)}
    by_pk = {job.pk: job for job in jobs}
    for job in jobs:
        if job.parent_id is not None:
            parent = by_pk[job.parent_id]
            tokens = _of_part(job, parent, is_played=_is_played(parent, current, lately), lately=lately)
        elif job.work == Work.RENDITION:
            tokens = _of_rerun(job, moved, is_recent=job.rendition in made_anew)
        elif job.work == Work.POSTERS:
            tokens = {job.token} if _is_offered(job, current) else set()
        elif _is_played(job, current, lately) or job.state in ACTIVE:
            tokens = {job.playable_token or 0, job.split_token or 0}
        else:
            tokens = set()
        tries[job.public_id] = tokens | ({job.token} if job.state in ACTIVE else set())
    attempts = {job.output_prefix(token) for job in jobs for token in tries[job.public_id] if token}
    return Kept(frozenset(attempts), frozenset(_replaced(jobs, current, set(moved) - made_anew)))


def _ended_after(since: datetime, job: TranscodeJob) -> bool:
    return job.finished_at is not None and job.finished_at > since


def _is_played(job: TranscodeJob, current: TranscodeJob | None, lately: bool) -> bool:  # noqa: FBT001 - a fact
    """Tell whether a job is played, or may have been until another one took its place lately."""
    return current is not None and (job.pk == current.pk or (lately and job.playable_token is not None))


def _of_part(part: TranscodeJob, parent: TranscodeJob, *, is_played: bool, lately: bool) -> set[int]:
    """Return the tries of a part that are needed: all of them while a growing playlist may name them."""
    if parent.state in ACTIVE or (is_played and lately):
        return set(range(1, part.token + 1))
    return {part.token} if is_played and part.state == JobState.SUCCEEDED else set()


def _of_rerun(job: TranscodeJob, moved: dict[str, str], *, is_recent: bool) -> set[int]:
    is_used = moved.get(job.rendition, "").startswith(f"{ELSEWHERE}{ELSEWHERE}{job.public_id}/{job.token}/")
    return {job.token} if job.state == JobState.SUCCEEDED and (is_used or is_recent) else set()


def _is_offered(job: TranscodeJob, current: TranscodeJob | None) -> bool:
    """Tell whether the pictures that a job made are those that may be chosen of what is played."""
    there = f"{ELSEWHERE}{ELSEWHERE}{job.public_id}/{job.token}/"
    return current is not None and any(item["poster"].startswith(there) for item in current.poster_candidates)


def _replaced(jobs: Sequence[TranscodeJob], current: TranscodeJob | None, names: set[str]) -> set[str]:
    """Return the folders in which the played job and its parts made renditions of which there are newer ones."""
    if current is None or not current.playable_token:
        return set()
    tokens = {current.playable_token, current.split_token or current.playable_token}
    folders = {f"{current.output_prefix(token)}{name}/" for token in tokens for name in names}
    for part in jobs:
        if part.parent_id == current.pk:
            folders |= {f"{part.output_prefix(part.token)}{name}/" for name in names.intersection(part.makes)}
    return folders
