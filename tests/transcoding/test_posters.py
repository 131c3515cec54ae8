import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests import media_factory
from tests.transcoding import runs
from transcoding import parts
from transcoding.errors import SourceError, SourceMissingError
from transcoding.messages import EventKind, Work
from transcoding.playlist import LocatedSegment, located_segments
from transcoding.posters import storyboard_tiles
from transcoding.storyboard import storyboard_vtt

FIRST = "assets/a/j/1/"
KEYS = {"storyboard_key": f"{FIRST}storyboard/storyboard.vtt", "playlist_key": f"{FIRST}360p/index.m3u8"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[runs.Workshop, runs.Output]:
    """A finished job whose source has gone."""
    place = tmp_path_factory.mktemp("posters")
    workshop = runs.Workshop(media_factory.counted(width=640, height=360, seconds=20), place)
    done = workshop.run(FIRST)
    (workshop.objects / "sources" / "source").unlink()
    return workshop, done


@pytest.mark.slow
@pytest.mark.xdist_group("posters of a finished job")
class TestOfAFinishedJob:
    def test_the_pictures_are_those_that_the_transcode_offers(
        self, finished: tuple[runs.Workshop, runs.Output]
    ) -> None:
        workshop, done = finished
        made = workshop.run("assets/a/p/1/", work=Work.POSTERS, **KEYS)
        assert made.result.snapshot.poster_candidates == done.result.snapshot.poster_candidates
        assert len(made.result.snapshot.poster_candidates) == 8
        for info in made.result.snapshot.poster_candidates:
            with Image.open(made.folder / info.poster) as mine, Image.open(done.folder / info.poster) as theirs:
                assert mine.tobytes() == theirs.tobytes()

    def test_it_tells_how_far_it_is_and_makes_nothing_else(self, finished: tuple[runs.Workshop, runs.Output]) -> None:
        workshop, _ = finished
        made = workshop.run("assets/a/p/2/", work=Work.POSTERS, **KEYS)
        assert made.heard.kinds[0] is EventKind.STARTED
        assert made.heard.percents == sorted(made.heard.percents)
        assert len(set(made.heard.percents)) >= 8
        assert made.result.snapshot.renditions == ()
        assert {file.parent.name for file in made.folder.rglob("*.jpg")} == {"posters"}

    def test_a_playlist_without_segments_is_an_error(self, finished: tuple[runs.Workshop, runs.Output]) -> None:
        workshop, _ = finished
        (workshop.objects / "assets/a/empty.m3u8").write_text("#EXTM3U\n")
        with pytest.raises(SourceError, match="no picture"):
            workshop.run("assets/a/p/3/", work=Work.POSTERS, **KEYS | {"playlist_key": "assets/a/empty.m3u8"})

    def test_what_is_not_in_the_store_any_more_is_an_error(self, finished: tuple[runs.Workshop, runs.Output]) -> None:
        workshop, _ = finished
        with pytest.raises(SourceMissingError):
            workshop.run("assets/a/p/4/", work=Work.POSTERS, **KEYS | {"storyboard_key": f"{FIRST}nothing.vtt"})


@pytest.mark.slow
def test_a_lesson_that_was_joined_of_parts_has_its_pictures_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "SPLIT_FROM_MS", 20_000)
    monkeypatch.setattr(parts, "LEAST_PART_MS", 8_000)
    workshop = runs.Workshop(media_factory.lecture(width=320, height=180, seconds=32, fps="15"), tmp_path)
    done = workshop.run_in_parts()
    shutil.rmtree(workshop.objects / "sources")
    name = done.result.snapshot.renditions[0].name
    keys = {
        "storyboard_key": "assets/a/j/2/storyboard/storyboard.vtt",
        "playlist_key": f"assets/a/j/2/{name}/index.m3u8",
    }
    made = workshop.run("assets/a/p/1/", work=Work.POSTERS, **keys)
    assert len(made.result.snapshot.poster_candidates) == 8
    assert all((made.folder / info.poster).stat().st_size > 1000 for info in made.result.snapshot.poster_candidates)


def test_tiles_are_read_with_their_sheets_and_boxes() -> None:
    text = storyboard_vtt(
        [
            "00:00:00.000 --> 00:00:10.000\nsheet_001.jpg#xywh=0,0,160,90",
            "01:02:03.500 --> 01:02:13.500\n../../part/2/storyboard/sheet_002.jpg#xywh=160,90,160,90",
        ]
    )
    first, second = storyboard_tiles(text)
    assert (first.sheet, first.tile.at_ms, first.tile.box) == ("sheet_001.jpg", 0, (0, 0, 160, 90))
    assert (second.sheet, second.tile.at_ms) == ("../../part/2/storyboard/sheet_002.jpg", 3_723_500)
    assert second.tile.box == (160, 90, 320, 180)


@pytest.mark.parametrize("text", ["", "WEBVTT", "no storyboard at all", "00:00.000 --> x\n#xywh=1"])
def test_what_is_no_storyboard_has_no_tiles(text: str) -> None:
    assert storyboard_tiles(text) == ()


def test_segments_are_located_by_the_lengths_before_them_and_their_own_init() -> None:
    text = (
        '#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:6.0,\nseg_1.m4s\n#EXTINF:4.5,\nseg_2.m4s\n'
        '#EXT-X-MAP:URI="../b/init.mp4"\n#EXTINF:3.0,\n../b/seg_1.m4s\n#EXT-X-ENDLIST\n'
    )
    assert located_segments(text) == [
        LocatedSegment("seg_1.m4s", "init.mp4", 0, 6.0),
        LocatedSegment("seg_2.m4s", "init.mp4", 6.0, 4.5),
        LocatedSegment("../b/seg_1.m4s", "../b/init.mp4", 10.5, 3.0),
    ]
