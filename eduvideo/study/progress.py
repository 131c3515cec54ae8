"""How far a lesson was watched. Pure; the player says the same of what it keeps by itself (player/progress.ts)."""

LONGEST_CLOSE_MS, SHORTEST_CLOSE_MS = 30_000, 3_000
CLOSE_SHARE = 20  # a twentieth of the lesson: greetings, credits


def is_at_end(position_ms: int, *, duration_ms: int) -> bool:
    """Tell whether somebody who has come this far has seen the lesson."""
    close_ms = min(LONGEST_CLOSE_MS, max(SHORTEST_CLOSE_MS, duration_ms // CLOSE_SHARE))
    return position_ms >= duration_ms - close_ms
