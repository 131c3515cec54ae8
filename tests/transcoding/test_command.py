from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.transcoding.strategies import sources
from tests.transcoding.test_plan import LECTURE, ROOMY
from transcoding.command import FORMATS, caption_arguments, encode_arguments, probe_arguments, still_arguments
from transcoding.plan import make_plan
from transcoding.source import SourceInfo

SOURCE, FOLDER, PIXELS = Path("/private/source"), Path("/private/encoded"), 35_389_440


def before_input(arguments: list[str]) -> list[str]:
    return arguments[: arguments.index("-i")]


def value(arguments: list[str], option: str) -> str:
    return arguments[arguments.index(option) + 1]


@given(sources())
def test_the_source_is_opened_once_as_a_local_media_container_only(source: SourceInfo) -> None:
    arguments = encode_arguments(make_plan(source, limits=ROOMY), SOURCE, FOLDER, max_pixels=PIXELS)
    assert arguments.count("-i") == 1
    head = before_input(arguments)
    assert value(head, "-protocol_whitelist") == "file"
    assert value(head, "-format_whitelist") == FORMATS
    assert value(head, "-max_pixels") == str(PIXELS)
    assert "-nostdin" in head


def test_no_container_that_names_other_files_is_allowed() -> None:
    assert not set(FORMATS.split(",")) & {"hls", "dash", "concat", "sdp", "rtsp", "image2", "lavfi", "tedcaptions"}


@given(sources())
def test_every_rendition_is_mapped_once_and_nothing_private_is_kept(source: SourceInfo) -> None:
    plan = make_plan(source, limits=ROOMY)
    arguments = encode_arguments(plan, SOURCE, FOLDER, max_pixels=PIXELS)
    rungs = len(plan.video.rungs) if plan.video else 0
    assert arguments.count("-map") == rungs + len(plan.audio) + (1 if plan.storyboard else 0)
    streams = [arguments[at + 1] for at, word in enumerate(arguments) if word == "-var_stream_map"]
    assert len(" ".join(streams).split()) == rungs + len(plan.audio)
    assert value(arguments, "-map_metadata") == value(arguments, "-map_chapters") == "-1"
    assert all(isinstance(word, str) for word in arguments)


def test_an_ordinary_lecture_is_scaled_in_a_cascade_and_its_top_not_at_all() -> None:
    graph = value(encode_arguments(make_plan(LECTURE), SOURCE, FOLDER, max_pixels=PIXELS), "-filter_complex")
    assert "scale=1920" not in graph
    assert [size in graph for size in ("scale=1280:720", "scale=854:480", "scale=640:360")] == [True] * 3


def test_keyframes_are_forced_at_the_same_frames_in_all_rungs() -> None:
    arguments = encode_arguments(make_plan(LECTURE), SOURCE, FOLDER, max_pixels=PIXELS)
    assert {value(arguments, f"-force_key_frames:v:{rung}") for rung in range(4)} == {"expr:not(mod(n,60))"}


@given(st.text(alphabet="abc -;|$`'\"\\:,[]=", min_size=1, max_size=20))
def test_a_path_is_one_word_whatever_it_holds(name: str) -> None:
    path = Path("/private") / name
    for arguments in (
        probe_arguments(path, max_pixels=PIXELS),
        encode_arguments(make_plan(LECTURE), path, FOLDER, max_pixels=PIXELS),
        caption_arguments(make_plan(with_captions()), path, FOLDER, max_pixels=PIXELS),
        still_arguments(path, folder=FOLDER, index=0, from_s=1, max_pixels=PIXELS),
    ):
        assert value(arguments, "-i") == str(path)
        assert value(arguments, "-protocol_whitelist") == "file"


def with_captions() -> SourceInfo:
    from transcoding.source import SubtitleTrack

    track = SubtitleTrack(index=2, codec="subrip", language="zh", title="")
    return LECTURE.model_copy(update={"subtitles": (track,)})
