"""Speech to captions through ffmpeg's true filter, with a model that is made here and always says the same."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests import media_factory
from tests.transcoding import runs
from tests.transcoding.deaf_model import write_model
from transcoding import packaging
from transcoding import settings as settings_module
from transcoding.captions import Cue
from transcoding.errors import CancelledError, ConfigurationError
from transcoding.sandbox import StopSignal, TimedOutError, Toolbox
from transcoding.settings import Settings, programs, settings, speech_programs
from transcoding.speech import (
    Sound,
    Speech,
    SpeechError,
    WhisperFilter,
    automatic_captions,
    automatic_label,
    detected_language,
    heard_cues,
    speech_recognizer,
    whisper_arguments,
    whisper_language,
)


@pytest.fixture
def tools(tmp_path: Path) -> Toolbox:
    return Toolbox(folder=tmp_path, programs=programs(), limits=settings().limits, stop=StopSignal())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("models") / "deaf model, [it's]: so.bin"
    write_model(file)
    return file


@pytest.fixture
def chosen(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The settings of a worker that writes captions."""
    monkeypatch.setenv("EDUVIDEO_SPEECH_MODEL", str(model))
    monkeypatch.setenv("EDUVIDEO_TRANSCODE_WORK", str(tmp_path / "work"))
    forget()
    yield monkeypatch
    monkeypatch.undo()
    forget()


def forget() -> None:
    settings.cache_clear()
    speech_recognizer.cache_clear()


@pytest.fixture
def recognizer(chosen: pytest.MonkeyPatch) -> WhisperFilter:
    try:
        found = speech_recognizer()
    except ConfigurationError as error:
        if os.environ.get("CI") == "true" or "EDUVIDEO_SPEECH_FFMPEG" not in str(error):
            raise
        pytest.skip(str(error))
    assert isinstance(found, WhisperFilter)
    return found


def sound(file: Path, *, language: str = "zh", index: int = 0, duration_ms: int = 12_000) -> Sound:
    return Sound(file=file, stream_index=index, language=language, duration_ms=duration_ms)


@dataclass(frozen=True)
class Always:
    """A recognizer that always answers the same."""

    answer: Speech | Exception

    def recognize(self, sound: Sound, *, tools: Toolbox) -> Speech:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.slow
class TestTheTrueFilter:
    def test_the_sound_of_a_lesson_becomes_captions(self, recognizer: WhisperFilter, tools: Toolbox) -> None:
        file = media_factory.lecture(seconds=4)
        made = automatic_captions(recognizer, sound(file, index=1, duration_ms=4_000), tools=tools)
        assert made.text == (
            "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nHello class.\n\n00:00:02.000 --> 00:00:04.000\n同学们好\n"
        )
        assert (made.language, made.label) == ("zh", "中文（自动生成）")
        assert made.reason == "automatic captions in zh: 2 cues"

    def test_each_half_minute_is_heard_and_the_language_found_out(
        self, recognizer: WhisperFilter, tools: Toolbox
    ) -> None:
        file = media_factory.sound_only(seconds=33)
        speech = recognizer.recognize(sound(file, language="und", duration_ms=33_000), tools=tools)
        assert speech.language == "zh"
        assert [cue.text.strip() for cue in speech.cues] == ["Hello class.", "同学们好"] * 2
        assert speech.cues[2].start_ms == pytest.approx(30_000, abs=200)

    @pytest.mark.parametrize(
        "text", ["no media", "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", ""], ids=["text", "playlist", "empty"]
    )
    def test_a_hostile_file_leaves_captions_out_with_the_reason(
        self, text: str, recognizer: WhisperFilter, tools: Toolbox
    ) -> None:
        file = tools.folder / "source"
        file.write_text(text)
        made = automatic_captions(recognizer, sound(file), tools=tools)
        assert made.text == ""
        assert made.reason.startswith("no automatic captions: the whisper filter left with ")
        assert "root:" not in made.reason
        assert str(tools.folder) not in made.reason

    def test_nothing_is_fetched(self, recognizer: WhisperFilter, tools: Toolbox) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0)
            file = tools.folder / "source"
            file.write_text(f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:{server.getsockname()[1]}/a.ts\n")
            assert automatic_captions(recognizer, sound(file), tools=tools).text == ""
            with pytest.raises(BlockingIOError):
                server.accept()

    def test_work_beyond_its_bounds_is_ended(self, recognizer: WhisperFilter, tools: Toolbox) -> None:
        limits = tools.limits.model_copy(update={"wall_base_s": 0, "wall_per_media_s": 0.001})
        made = automatic_captions(
            recognizer, sound(media_factory.sound_only(seconds=8)), tools=replace(tools, limits=limits)
        )
        assert (made.text, "took over" in made.reason) == ("", True)

    def test_a_cancelled_job_stops(self, recognizer: WhisperFilter, tools: Toolbox) -> None:
        tools.stop.request(CancelledError("Stopped on request."))
        with pytest.raises(CancelledError):
            automatic_captions(recognizer, sound(media_factory.sound_only(seconds=8)), tools=tools)


@pytest.mark.slow
@pytest.mark.usefixtures("recognizer")
class TestInAJob:
    def test_a_lesson_comes_with_captions_of_its_speech(self, tmp_path: Path) -> None:
        output = runs.run(media_factory.lecture(seconds=4), tmp_path / "lesson", language="zh-Hans")
        (found,) = output.result.snapshot.captions
        assert (found.language, found.label, found.is_automatic) == ("zh-Hans", "中文（自动生成）", True)
        assert "同学们好" in (output.folder / found.path).read_text()
        assert found.playlist and "automatic.vtt" in (output.folder / found.playlist).read_text()
        assert output.result.plan.reasons[-1] == "automatic captions in zh-Hans: 2 cues"

    def test_a_file_with_captions_is_not_listened_to(self, tmp_path: Path) -> None:
        file = media_factory.captioned("1\n00:00:00,500 --> 00:00:02,000\nMine\n", seconds=4)
        output = runs.run(file, tmp_path / "lesson", language="en")
        assert [found.is_automatic for found in output.result.snapshot.captions] == [False]

    def test_a_recognizer_that_fails_does_not_fail_the_lesson(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(packaging, "speech_recognizer", lambda: Always(SpeechError("it broke")))
        output = runs.run(media_factory.lecture(seconds=4), tmp_path / "lesson")
        assert output.result.snapshot.captions == ()
        assert output.result.plan.reasons[-1] == "no automatic captions: it broke"


class TestWhatCannotBeHeard:
    @pytest.mark.parametrize(
        "error", [SpeechError("it broke"), TimedOutError("it took long"), OSError(28, "No space left on device")]
    )
    def test_a_failure_is_a_reason_and_no_error(self, error: Exception, tools: Toolbox) -> None:
        made = automatic_captions(Always(error), sound(tools.folder), tools=tools)
        assert (made.text, made.reason) == ("", f"no automatic captions: {error}")

    def test_silence_has_no_captions(self, tools: Toolbox) -> None:
        made = automatic_captions(Always(Speech("en", (Cue(0, 1000, " "),))), sound(tools.folder), tools=tools)
        assert (made.text, made.reason) == ("", "no automatic captions: no speech was heard")

    def test_words_are_text_and_no_markup(self, tools: Toolbox) -> None:
        said = Speech("en", (Cue(0, 1000, "if a < b && <script> --> x"),))
        assert "if a &lt; b &amp;&amp; &lt;script&gt; --&gt; x" in (
            automatic_captions(Always(said), sound(tools.folder), tools=tools).text
        )


class TestLanguages:
    @pytest.mark.parametrize(
        ("tag", "name"),
        [("zh-Hans-CN", "zh"), ("EN-us", "en"), ("yue", "zh"), ("nb", "no"), ("und", None), ("", None), ("mul", None)],
    )
    def test_a_tag_has_the_models_name(self, tag: str, name: str | None) -> None:
        assert whisper_language(tag) == name

    def test_a_language_that_no_model_knows_is_not_guessed(self) -> None:
        with pytest.raises(SpeechError, match="ii"):
            whisper_language("ii")

    @pytest.mark.parametrize(
        ("tag", "label"),
        [
            ("en", "English (automatic)"), ("en-GB", "English (automatic)"), ("zh-Hans", "中文（自动生成）"),
            ("zh-Hant-TW", "中文（自動產生）"), ("sv", "sv (automatic)"), ("und", "und (automatic)"),
        ],
    )  # fmt: skip
    def test_a_label_says_that_no_person_wrote_it(self, tag: str, label: str) -> None:
        assert automatic_label(tag) == label

    def test_the_language_of_most_half_minutes_counts(self) -> None:
        line = "[x @ 0x1] whisper_full_with_state: auto-detected language: {} (p = 0.9)\n"
        assert detected_language("".join(map(line.format, ["zh", "en", "zh", "haw"]))) == "zh"
        assert detected_language("nothing") == "und"


class TestReadingTheFilter:
    def test_both_ways_of_writing_times_are_read(self) -> None:
        new = b"0\n00:00:00,000 --> 00:00:02,500\n\x01Hello\x01 class\n\n"
        old = b"0\n00:00:02.500 --> 01:00:30.000\n\xe5\x90\x01\x8c\n\n"
        assert heard_cues(new + old) == (Cue(0, 2_500, "Hello class"), Cue(2_500, 3_630_000, "同"))

    def test_damage_is_no_error(self) -> None:
        assert heard_cues(b"0\n00:00:00,000 --> 00:00:02,500") == ()
        assert heard_cues(b"\xff\xfe\n-->\n00:00:00,000 --> x\n") == ()

    def test_only_an_unknown_language_is_worth_debug_messages(self) -> None:
        known = whisper_arguments(sound(Path("a")), language="zh", max_pixels=100)
        assert (known[known.index("-v") + 1], "language=zh" in known[known.index("-af") + 1]) == ("error", True)
        unknown = whisper_arguments(sound(Path("a")), language=None, max_pixels=100)
        assert (unknown[unknown.index("-v") + 1], "language=auto" in unknown[unknown.index("-af") + 1]) == (
            "debug",
            True,
        )
        assert unknown[unknown.index("-protocol_whitelist") + 1] == "file"


class TestSettings:
    def test_without_a_model_there_is_no_recognizer(self, chosen: pytest.MonkeyPatch) -> None:
        chosen.setenv("EDUVIDEO_SPEECH_MODEL", "")
        forget()
        assert speech_recognizer() is None

    def test_a_model_that_is_not_there_is_named_with_its_setting(
        self, recognizer: WhisperFilter, chosen: pytest.MonkeyPatch
    ) -> None:
        assert recognizer.model.is_file()
        for wrong in ("/nowhere/model.bin", __file__, "/"):
            chosen.setenv("EDUVIDEO_SPEECH_MODEL", wrong)
            forget()
            with pytest.raises(ConfigurationError, match="EDUVIDEO_SPEECH_MODEL cannot be used"):
                speech_recognizer()

    def test_an_ffmpeg_without_the_filter_is_named_with_its_setting(
        self, chosen: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        plain = tmp_path / "ffmpeg"
        plain.write_text("#!/bin/sh\necho ' ... loudnorm A->A'\n")
        plain.chmod(0o755)
        chosen.setenv("EDUVIDEO_SPEECH_FFMPEG", str(plain))
        forget()
        with pytest.raises(ConfigurationError, match=r"EDUVIDEO_SPEECH_FFMPEG must name an ffmpeg"):
            speech_recognizer()
        chosen.setenv("EDUVIDEO_SPEECH_FFMPEG", "/nowhere/ffmpeg")
        forget()
        with pytest.raises(ConfigurationError, match="EDUVIDEO_SPEECH_FFMPEG names no program"):
            speech_recognizer()

    def test_the_encoders_ffmpeg_is_asked_before_the_wheels(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings_module, "_from_wheel", lambda name: f"/wheel/{name}")
        monkeypatch.setattr(settings_module, "settings", Settings)
        assert speech_programs() == tuple(dict.fromkeys([programs().ffmpeg, "/wheel/ffmpeg"]))
