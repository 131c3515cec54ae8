import pytest

from tests import media_factory
from tests.transcoding import hls, runs
from transcoding.errors import SourceError
from transcoding.messages import Work

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("a job to remake")]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> runs.Workshop:
    """A finished job whose largest rung is a copy that is far too heavy for what it shows.

    Every test makes something else of it anew, or in another place.
    """
    place = tmp_path_factory.mktemp("remake")
    workshop = runs.Workshop(media_factory.counted(width=960, height=540, seconds=13, crf=1), place)
    done = workshop.run("assets/a/j/1/", may_copy=True)
    assert done.result.snapshot.renditions[0].is_copied, done.result.plan.reasons
    return workshop


def remake(workshop: runs.Workshop, name: str, *, only_if_smaller: bool) -> runs.Output:
    return workshop.run(
        f"assets/a/{name}/{1 if only_if_smaller else 2}/",
        work=Work.RENDITION,
        plan_key="assets/a/j/1/result.json",
        rendition=name,
        only_if_smaller=only_if_smaller,
    )


def test_a_copied_rung_is_replaced_on_its_own_boundaries_where_encoding_makes_it_smaller(
    finished: runs.Workshop,
) -> None:
    before = hls.read_media(finished.objects / "assets/a/j/1/540p/index.m3u8")
    (made,) = remake(finished, "540p", only_if_smaller=True).result.snapshot.renditions
    after = hls.read_media(finished.objects / "assets/a/540p/1/540p/index.m3u8")
    assert made.size_bytes < sum(file.stat().st_size for _, file in before.segments)
    assert [seconds for seconds, _ in after.segments] == pytest.approx([seconds for seconds, _ in before.segments])
    assert not made.is_copied


def test_what_would_not_be_smaller_is_not_kept(finished: runs.Workshop) -> None:
    output = remake(finished, "360p", only_if_smaller=True)
    assert output.result.snapshot.renditions == ()
    assert not (output.folder / "360p").exists()
    assert "stays as it is" in output.result.plan.reasons[0]


@pytest.mark.parametrize("name", ["360p", "audio"])
def test_any_rendition_can_be_made_again(finished: runs.Workshop, name: str) -> None:
    output = remake(finished, name, only_if_smaller=False)
    assert [info.name for info in output.result.snapshot.renditions] == [name]
    again = hls.read_media(output.folder / name / "index.m3u8")
    first = hls.read_media(finished.objects / f"assets/a/j/1/{name}/index.m3u8")
    assert [file.read_bytes() for _, file in again.segments] == [file.read_bytes() for _, file in first.segments]


def test_a_rendition_that_never_was_cannot_be_made_again(finished: runs.Workshop) -> None:
    with pytest.raises(SourceError, match="no such rendition"):
        remake(finished, "1080p", only_if_smaller=False)
