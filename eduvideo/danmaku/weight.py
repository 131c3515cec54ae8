"""How much one danmaku is worth when there is no room for all (0 to 10). Pure."""

import regex

TEACHER = 10
ANSWER = 9
OF_THE_HOUSE = 8
QUESTION = 7
ORDINARY = 5
REPEATED = 2

# 2333, 666, 哈哈哈!, "ha ha ha ha": up to three characters said again and again.
CHANT = regex.compile(r"(\X{1,3}?)\1{3,}|\X?(\X)\2{2,}\X?")


def weight_of(*, kind: str, text: str, is_of_the_house: bool, is_repeated: bool) -> int:
    """Return the worth of a danmaku.

    is_of_the_house: its author owns the lesson or runs the platform. is_repeated: the same was said around that moment.
    What a teacher says keeps its worth however often it is said.
    """
    if kind == "teacher":
        return TEACHER
    if kind == "answer":
        return ANSWER
    if is_of_the_house:
        return OF_THE_HOUSE
    if is_repeated or is_chant(text):
        return REPEATED
    return QUESTION if kind == "question" else ORDINARY


def is_chant(text: str) -> bool:
    """Return whether a text is nothing but repetition."""
    return CHANT.fullmatch(text.replace(" ", "")) is not None
