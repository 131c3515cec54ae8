"""What lies around the renditions, from real files."""

from pathlib import Path

import pytest

from tests import media_factory
from tests.transcoding import runs

pytestmark = pytest.mark.slow


def test_captions_are_complete_playlists_beside_the_lesson(tmp_path: Path) -> None:
    output = runs.run(media_factory.captioned("1\n00:00:00,500 --> 00:00:02,000\nHello\n", seconds=5), tmp_path)
    ((facts, text),) = output.master.texts
    assert (facts["LANGUAGE"], facts["TYPE"]) == ("en", "SUBTITLES")
    ((seconds, file),) = text.segments
    assert seconds == pytest.approx(5, abs=0.1)
    assert "Hello" in file.read_text()


def test_a_caption_track_that_says_nothing_is_left_out(tmp_path: Path) -> None:
    """A track of subtitles that is there but has no text of its own."""
    output = runs.run(media_factory.captioned("1\n00:00:00,500 --> 00:00:02,000\n{\\an8}\n", seconds=3), tmp_path)
    for caption in output.result.snapshot.captions:
        assert "-->" in (output.folder / caption.path).read_text()
    assert len(output.master.texts) == len(output.result.snapshot.captions)


def test_sheets_follow_each_other_and_hold_a_hundred_tiles_at_most(tmp_path: Path) -> None:
    picture = media_factory.picture(width=160, height=90, fps="2", seconds=240)
    output = runs.run(media_factory.make("four-minutes.mp4", [*picture, *media_factory.X264]), tmp_path)
    assert output.result.plan.storyboard is not None
    assert output.result.plan.storyboard.interval_ms == 2000
    sheets = sorted(file.name for file in (output.folder / "storyboard").glob("sheet_*.jpg"))
    assert sheets == ["sheet_001.jpg", "sheet_002.jpg"]
    cues = (output.folder / "storyboard" / "storyboard.vtt").read_text()
    assert [cues.count(sheet) for sheet in sheets] == [100, 20]


def test_an_audio_lesson_has_its_cover_for_a_poster(tmp_path: Path) -> None:
    cover = ["-f", "lavfi", "-i", "testsrc2=size=600x600:rate=1:duration=1"]
    maps = ["-map", "1:a", "-map", "0:v", "-c:v", "mjpeg", "-disposition:v:0", "attached_pic"]
    source = media_factory.make("covered.m4a", [*cover, *media_factory.tone(seconds=4), *maps, *media_factory.AAC])
    output = runs.run(source, tmp_path)
    assert output.result.snapshot.poster == "poster.jpg"
    assert (output.folder / "poster.jpg").stat().st_size > 1000
    assert not output.result.snapshot.has_video
