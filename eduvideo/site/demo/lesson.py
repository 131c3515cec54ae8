"""What a demo lesson is made of. Pure data."""

from collections.abc import Iterator
from dataclasses import dataclass

SLIDE_MS = 7000


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide: a heading (also its chapter), lines to read, a diagram, and what the teacher says meanwhile."""

    heading: str
    lines: tuple[str, ...]
    diagram: str
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoLesson:
    """One lesson. `key` names it for ever: chance is seeded by it. Each of `remarks` is a danmaku."""

    key: str
    title: str
    description: str
    subject: str
    grade: str
    language: str
    slides: tuple[Slide, ...]
    question: str
    answer: str
    remarks: tuple[str, ...]

    @property
    def duration_ms(self) -> int:
        return len(self.slides) * SLIDE_MS

    def cues(self) -> Iterator[tuple[int, int, str]]:
        """Yield what is said as (start_ms, end_ms, text), evenly over each slide."""
        for number, slide in enumerate(self.slides):
            share = SLIDE_MS // len(slide.said)
            for place, sentence in enumerate(slide.said):
                start = number * SLIDE_MS + place * share
                yield start + 200, start + share - 100, sentence

    def webvtt(self) -> str:
        """Return the captions as WebVTT."""
        blocks = [f"{_stamp(start)} --> {_stamp(end)}\n{text}" for start, end, text in self.cues()]
        return "\n\n".join(["WEBVTT", *blocks]) + "\n"

    def study_guide(self) -> str:
        """Return the study guide in Markdown: key points with their moments, and a question that unfolds."""
        is_chinese = self.language == "zh"
        lines = ["# 要点" if is_chinese else "# Key points"]
        for number, slide in enumerate(self.slides):
            seconds = number * SLIDE_MS // 1000
            lines.append(f"- [{seconds // 60}:{seconds % 60:02}] **{slide.heading}**: {'; '.join(slide.lines)}")
        lines += [
            "",
            "# 想一想" if is_chinese else "# Think about it",
            "",
            f"::: answer {self.question}",
            self.answer,
            ":::",
        ]
        return "\n".join(lines) + "\n"


def _stamp(time_ms: int) -> str:
    return f"{time_ms // 60_000:02}:{time_ms // 1000 % 60:02}.{time_ms % 1000:03}"
