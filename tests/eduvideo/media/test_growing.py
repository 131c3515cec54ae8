"""The growing playlist of a split job: what is listed, that it only grows, who gets it, and at what cost."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.core.objects import ObjectStore, open_objects
from eduvideo.media import access, composing, services
from eduvideo.media.growing import Part, PartPlaylist, growing_playlist, read_part
from eduvideo.media.models import Asset, TranscodeJob
from eduvideo.media.progress import record_event
from tests.factories.danmaku import a_person
from tests.factories.media import a_played_asset, a_snapshot, announce_slots, news
from tests.factories.splits import a_split_job, begin, finish, made_by, parts_of, put_growing
from tests.factories.uploads import ask
from transcoding.messages import EventKind, RenditionState

KEY = "assets/a/parent/1/720p/growing.m3u8"


def a_try(part: int, token: int, segments: int) -> PartPlaylist:
    """Return what a run of a part lists: ten segments a part, numbered through."""
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:6", '#EXT-X-MAP:URI="init.mp4"']
    for number in range(segments):
        lines += ["#EXTINF:5.5,", f"seg_{part * 10 + number:05}.m4s"]
    return read_part("\n".join(lines) + "\n", key=f"assets/a/part{part}/{token}/720p/growing.m3u8")


def composed(parts: list[Part]) -> str:
    return growing_playlist(parts, key=KEY) or ""


class TestComposition:
    def test_parts_follow_each_other_with_a_map_of_their_own(self) -> None:
        text = composed([Part((a_try(0, 1, 2),), is_complete=True), Part((a_try(1, 2, 1),), is_complete=False)])
        assert text.splitlines() == [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            "#EXT-X-TARGETDURATION:6",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-PLAYLIST-TYPE:EVENT",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            '#EXT-X-MAP:URI="../../../part0/1/720p/init.mp4"',
            "#EXTINF:5.5,",
            "../../../part0/1/720p/seg_00000.m4s",
            "#EXTINF:5.5,",
            "../../../part0/1/720p/seg_00001.m4s",
            '#EXT-X-MAP:URI="../../../part1/2/720p/init.mp4"',
            "#EXTINF:5.5,",
            "../../../part1/2/720p/seg_00010.m4s",
        ]

    def test_a_part_after_a_gap_is_not_listed(self) -> None:
        begun, later = Part((a_try(0, 1, 1),), is_complete=False), Part((a_try(1, 1, 9),), is_complete=True)
        assert "part1" not in composed([begun, later])
        assert growing_playlist([Part((), is_complete=False), later], key=KEY) is None

    def test_it_ends_with_the_last_part_only(self) -> None:
        parts = [Part((a_try(n, 1, 10),), is_complete=True) for n in range(3)]
        assert composed(parts).endswith("#EXT-X-ENDLIST\n")
        assert "ENDLIST" not in composed([*parts[:2], Part((a_try(2, 1, 9),), is_complete=False)])
        assert "ENDLIST" not in composed([*parts, Part((), is_complete=False)])

    def test_another_try_goes_on_where_the_one_before_was_given_up(self) -> None:
        text = composed([Part((a_try(0, 1, 2), a_try(0, 2, 4)), is_complete=False)])
        assert re.findall(r"part0/(\d)/720p/(\w+)", text) == [
            ("1", "init"), ("1", "seg_00000"), ("1", "seg_00001"),
            ("2", "init"), ("2", "seg_00002"), ("2", "seg_00003"),
        ]  # fmt: skip

    @given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["grow", "lose", "end"])), max_size=60))
    def test_it_only_grows(self, steps: list[tuple[int, str]]) -> None:
        sizes: list[list[int]] = [[0], [0], [0]]
        ended = [False] * 3
        before = ""
        for number, step in steps:
            if step == "grow" and not ended[number]:
                sizes[number][-1] = min(sizes[number][-1] + 1, 10)
            elif step == "lose" and not ended[number]:
                sizes[number].append(0)
            elif step == "end":
                sizes[number][-1], ended[number] = 10, True
            parts = [
                Part(tuple(a_try(n, t, size) for t, size in enumerate(sizes[n], 1)), is_complete=ended[n])
                for n in range(3)
            ]
            text = composed(parts)
            assert text.startswith(before.removesuffix("#EXT-X-ENDLIST\n"))
            assert text.count("#EXTINF") == len(set(re.findall(r"seg_\d+", text)))
            assert text.endswith("ENDLIST\n") == all(ended)
            before = text


@pytest.mark.django_db(transaction=True)
class TestDelivery:
    @pytest.fixture(autouse=True)
    def _nothing_remembered(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr(composing, "FRESH_S", 0)
        composing.forget()
        yield
        composing.forget()

    @pytest.fixture
    def job(self) -> TranscodeJob:
        """Return a playable job in three parts of two segments, of which the first is complete."""
        job = a_split_job()
        services.set_asset_public(job.asset, is_public=True)
        first, second, _third = (begin(part) for part in parts_of(job))
        put_growing(first, segments=2)
        finish(first)
        put_growing(second, segments=1, first=3)
        record_event(news(second, seq=1, snapshot=made_by(second)))
        return job

    def url(self, job: TranscodeJob, name: str = "720p/growing.m3u8") -> str:
        return f"/media/{job.output_prefix(1)}{name}"

    def test_a_player_gets_from_the_multivariant_playlist_to_every_segment(
        self, job: TranscodeJob, each_store: ObjectStore
    ) -> None:
        assert each_store
        first, second, _ = parts_of(job)
        put_growing(first, segments=2)
        put_growing(second, segments=1, first=3)
        master = ask("GET", self.url(job, "master.m3u8")).text
        assert "720p/growing.m3u8" in master
        assert 'URI="audio/growing.m3u8"' in master
        answer = ask("GET", self.url(job))
        assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
        assert answer.headers["cache-control"] == "no-cache"
        segments = [line for line in answer.text.splitlines() if line.endswith(".m4s")]
        assert len(segments) == 3
        for segment in segments:
            assert ask("GET", str(answer.url.join(segment))).status_code in {200, 307}
        assert "ENDLIST" not in answer.text

    def test_a_rendition_that_only_one_part_makes_ends_with_it(self, job: TranscodeJob) -> None:
        assert ask("GET", self.url(job, "audio/growing.m3u8")).text.endswith("#EXT-X-ENDLIST\n")

    def test_whoever_began_while_it_grew_gets_all_of_it_after_the_end(self, job: TranscodeJob) -> None:
        before = ask("GET", self.url(job)).text
        _, second, third = parts_of(job)
        for number, part in enumerate((second, begin(third)), 1):
            put_growing(part, segments=2, first=2 * number + 1)
            finish(part)
        announce_slots(1)
        TranscodeJob.objects.filter(pk=job.pk).update(token=2, dispatched_at="2026-01-01T00:00Z")
        job.refresh_from_db()
        assert record_event(news(job, EventKind.DONE, seq=3, snapshot=a_snapshot(state=RenditionState.READY)))
        after = ask("GET", self.url(job)).text
        assert after.startswith(before)
        assert after.count("#EXTINF") == 6
        assert after.endswith("#EXT-X-ENDLIST\n")
        assert "720p/growing.m3u8" in ask("GET", self.url(job, "master.m3u8")).text

    def test_another_try_of_a_part_leaves_what_was_listed(self, job: TranscodeJob) -> None:
        before = ask("GET", self.url(job)).text
        part = begin(parts_of(job)[1])
        assert ask("GET", self.url(job)).text == before
        put_growing(part, segments=2, first=3)
        after = ask("GET", self.url(job)).text
        assert after.startswith(before)
        assert after.count("#EXTINF") == 4

    def test_nobody_gets_it_who_may_not_watch(self, job: TranscodeJob) -> None:
        services.set_asset_public(job.asset, is_public=False)
        access.forget()
        assert ask("GET", self.url(job)).status_code == 404
        session = services.open_playback(job.asset, viewer=a_person())
        answer = ask("GET", self.url(job).replace("/media/", f"/media/s/{session.token}/"))
        segment = next(line for line in answer.text.splitlines() if line.endswith(".m4s"))
        assert session.token in str(answer.url.join(segment))
        assert ask("GET", str(answer.url.join(segment))).status_code == 200

    @pytest.mark.parametrize(
        "name", ["1080p/growing.m3u8", "growing.m3u8", "720p/x/growing.m3u8", "../2/720p/growing.m3u8"]
    )
    def test_there_is_no_other_one(self, job: TranscodeJob, name: str) -> None:
        assert ask("GET", self.url(job, name)).status_code == 404

    def test_a_growing_playlist_of_a_whole_job_is_an_object(self) -> None:
        asset = a_played_asset()
        assert asset.played_prefix
        key = f"{asset.played_prefix}720p/growing.m3u8"
        open_objects().write(key, b"#EXTM3U\n#whole\n", content_type="text/plain")
        assert ask("GET", f"/media/{key}").text == "#EXTM3U\n#whole\n"

    @pytest.mark.parametrize("more", [0, 19])
    def test_it_costs_two_queries_and_what_is_complete_is_read_once(
        self, job: TranscodeJob, more: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(3, 3 + more):
            TranscodeJob.objects.create(
                asset=Asset.objects.get(), parent=job, part=number, work="part", makes=["720p"], token=1
            )
        key = self.url(job).removeprefix("/media/")
        composing.split_playlist(key)
        read: list[str] = []
        store = open_objects()
        monkeypatch.setattr(composing, "open_objects", lambda: store)
        plain = store.read
        monkeypatch.setattr(type(store), "read", lambda _self, key: read.append(key) or plain(key))
        with CaptureQueriesContext(connection) as queries:
            composing.split_playlist(key)
        assert len(queries) == 2
        assert read == [f"{parts_of(job)[1].output_prefix(1)}720p/growing.m3u8"]

    def test_many_who_ask_at_once_cost_what_one_does(self, job: TranscodeJob, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(composing, "FRESH_S", 60)
        key = self.url(job).removeprefix("/media/")
        text = composing.split_playlist(key)
        with CaptureQueriesContext(connection) as queries:
            assert all(composing.split_playlist(key) == text for _ in range(20))
        assert len(queries) == 0
