"""Whether a lesson takes comments, and how loudly: as its owner decided, or as its grade asks for. Pure."""

from dataclasses import dataclass

from eduvideo.catalog.taxonomy import YOUNGEST_GRADES

ON, QUIET, OFF = "on", "quiet", "off"
EMBED = "embed"  # the visibility of what has no page of its own, and so no room for comments
QUIET_PAUSE_S = 60


@dataclass(frozen=True, slots=True)
class CommentRules:
    """What holds on a lesson. decided: what its owner said, which an embed-only lesson keeps for later."""

    mode: str
    decided: str

    @property
    def is_open(self) -> bool:
        """Return whether somebody with an account may write."""
        return self.mode != OFF

    @property
    def is_quiet(self) -> bool:
        """Return whether comments are shown only to those who ask for them."""
        return self.mode == QUIET

    @property
    def pause_s(self) -> int:
        """Return how long a person waits after a comment on this lesson; 0 where only the pace of everywhere counts."""
        return QUIET_PAUSE_S if self.is_quiet else 0


def rules_of(*, grade: str, visibility: str, decided: str | None) -> CommentRules:
    """Return what holds on a lesson: for the youngest it is quiet until its owner decides."""
    mode = decided or (QUIET if grade in YOUNGEST_GRADES else ON)
    return CommentRules(OFF if visibility == EMBED else mode, mode)
