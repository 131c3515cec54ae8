"""Whether, how often and what may be sent on a lesson: as its owner decided, or as its grade asks for. Pure."""

from dataclasses import dataclass

from eduvideo.catalog.taxonomy import YOUNGEST_GRADES

ON, SLOW, OFF = "on", "slow", "off"
QUIET_PAUSE_S = 60
PAUSE_S = 30
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 5, 3600
KINDS_OF_ALL = ("comment", "question")
KINDS_OF_MODERATORS = ("teacher", "answer")


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds on a lesson. pause_s counts while it is slow: between two danmaku of one person.

    is_quiet: viewers see only the teacher, answers and questions, until they choose otherwise.
    """

    state: str
    pause_s: int
    is_quiet: bool = False

    @property
    def pause_ms(self) -> int:
        """Return how long one person waits after a danmaku; 0 where only the pace of everywhere counts."""
        return self.pause_s * 1000 if self.state == SLOW else 0

    def kinds_for(self, *, is_moderator: bool) -> tuple[str, ...]:
        """Return the kinds that somebody with an account may send."""
        if is_moderator:
            return KINDS_OF_ALL + KINDS_OF_MODERATORS
        return () if self.state == OFF else KINDS_OF_ALL


def policy_of_grade(grade: str) -> Policy:
    """Return what holds where the owner has decided nothing: slow and quiet for the youngest."""
    return decided_policy(grade, SLOW, QUIET_PAUSE_S) if grade in YOUNGEST_GRADES else Policy(ON, PAUSE_S)


def decided_policy(grade: str, state: str, pause_s: int) -> Policy:
    """Return what an owner decided. Slow is quiet as well for the youngest; an owner who says "on" wants to see all."""
    return Policy(state, pause_s, is_quiet=state == SLOW and grade in YOUNGEST_GRADES)
