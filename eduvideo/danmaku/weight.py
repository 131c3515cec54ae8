"""How much one danmaku is worth when there is no room for all (0 to 10). Pure."""

import regex

TEACHER = 10
ANSWER = 9
OF_THE_HOUSE = 8
LIKED = 8
QUESTION = 7
ORDINARY = 5
REPEATED = 2
PROTECTED = 9
REPORTED = 1
LIKES_FOR_ONE_MORE = (2, 5, 15)

# 2333, 666, 哈哈哈!, "ha ha ha ha": up to three characters said again and again.
CHANT = regex.compile(r"(\X{1,3}?)\1{3,}|\X?(\X)\2{2,}\X?")


def weight_of(*, kind: str, text: str, is_of_the_house: bool, is_repeated: bool, standing: int = 0) -> int:
    """Return the worth of a danmaku; `standing` is what its author adds to it or takes from it (standing.py).

    is_of_the_house: its author moderates the lesson. is_repeated: the same was said around that moment.
    What a teacher says keeps its worth however often it is said.
    """
    if kind == "teacher":
        return TEACHER
    if kind == "answer":
        return ANSWER
    if is_of_the_house:
        return OF_THE_HOUSE
    if is_repeated or is_chant(text):
        return max(0, REPEATED + min(standing, 0))
    return (QUESTION if kind == "question" else ORDINARY) + standing


def is_chant(text: str) -> bool:
    """Return whether a text is nothing but repetition."""
    return CHANT.fullmatch(text.replace(" ", "")) is not None


def weight_now(own_weight: int, likes: int, *, care: str) -> int:
    """Return the worth of a danmaku after what people and those who moderate made of it (models.Care)."""
    if care == "protected":
        return max(own_weight, PROTECTED)
    return min(own_weight, REPORTED) if care == "reported" else liked_weight(own_weight, likes)


def liked_weight(own_weight: int, likes: int) -> int:
    """Return the worth of a danmaku that so many people like: a little more than its own, and never above LIKED.

    What is worth more by itself stays so.
    """
    gained = sum(likes >= enough for enough in LIKES_FOR_ONE_MORE)
    return max(own_weight, min(LIKED, own_weight + gained))
