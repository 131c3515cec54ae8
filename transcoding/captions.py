"""Captions found inside an upload, made harmless."""

import re

ALLOWED_TAG = re.compile(r"</?[biu]>", re.IGNORECASE)
TIMING = re.compile(
    r"^(?P<start>(?:\d{2,}:)?\d{2}:\d{2}\.\d{3})[ \t]+-->[ \t]+(?P<end>(?:\d{2,}:)?\d{2}:\d{2}\.\d{3})(?:[ \t].*)?$"
)
TAG_OR_AMPERSAND = re.compile(r"</?[biu]>|[<>&]", re.IGNORECASE)
ESCAPES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
ENTITY = re.compile(r"&(amp|lt|gt|nbsp|lrm|rlm);")


def clean_webvtt(text: str) -> str:
    """Keep cues only: bold, italic and underline survive, every other `<` is shown and not obeyed.

    Styles, regions, notes, cue settings and identifiers are dropped: they came from a stranger's file.
    """
    cues: list[str] = []
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "�")):
        lines = block.strip("\n").split("\n")
        at = next((i for i, line in enumerate(lines) if TIMING.match(line)), None)
        if at is None:
            continue
        timing = TIMING.match(lines[at])
        payload = [_clean_line(line) for line in lines[at + 1 :] if line.strip()]
        if timing and payload:
            cues.append("\n".join([f"{timing['start']} --> {timing['end']}", *payload]))
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def _clean_line(line: str) -> str:
    line = ENTITY.sub(lambda m: {"amp": "&", "lt": "<", "gt": ">", "nbsp": "\u00a0"}.get(m[1], ""), line)
    return TAG_OR_AMPERSAND.sub(lambda m: m[0] if ALLOWED_TAG.fullmatch(m[0]) else ESCAPES[m[0]], line)
