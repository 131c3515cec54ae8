"""Which frames may say that somebody watches in them.

Nobody is known in a frame: no cookie is sent there. So the page holds a sealed word that it was given to a player, and
the browser a number of its own for the day, which it made up and which other sites' frames do not see.
"""

from django.core.signing import BadSignature, TimestampSigner

LONGEST_S = 12 * 3600  # a page may stay open as long as the right to watch lasts


def frame_seal(video_public_id: str) -> str:
    """Return what a frame says to be counted for a video."""
    return _sealed().sign(video_public_id)


def video_of_seal(seal: str) -> str | None:
    """Return the public id of the video that a seal is of, or None for one that is not ours or too old."""
    try:
        return _sealed().unsign(seal, max_age=LONGEST_S)
    except BadSignature:
        return None


def _sealed() -> TimestampSigner:
    return TimestampSigner(salt="eduvideo.embedding.counting", sep=".")
