"""Captions from a creator's file or a worker to the store, and edits that do not undo each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.core.errors import InvalidInputError, NotFoundError, PreconditionFailedError
from eduvideo.core.models import OutboxEvent
from eduvideo.core.objects import FolderObjectStore, open_objects
from eduvideo.media import captioning
from eduvideo.media.captioning import ANY, NOTHING, CueChange, changed_cues, version_of
from eduvideo.media.captions import Cue
from eduvideo.media.models import Asset, CaptionTrack
from tests.factories.media import a_running_job, an_asset

CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n\n00:03.000 --> 00:04.000\nBye\n"
CUES = (Cue(1000, 2000, "Hello"), Cue(3000, 4000, "Bye"))


@pytest.fixture
def asset(db: None) -> Asset:
    return an_asset()


@pytest.mark.django_db
class TestPutting:
    def test_each_edit_is_a_new_object_and_the_one_before_stays_for_its_viewers(self, asset: Asset) -> None:
        before = captioning.put_captions(asset, language="en", text=CAPTIONS).object_key
        edited = CAPTIONS.replace("Hello", "Hi")
        track = captioning.put_captions(asset, language="en", text=edited, label="English")
        assert (track.revision, track.label, track.cues[0]) == (2, "English", [1000, 2000, "Hi"])
        assert (
            open_objects().read(track.object_key).decode().startswith("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHi\n")
        )
        assert b"Hello" in open_objects().read(before)
        assert OutboxEvent.objects.filter(name="media.CaptionsChanged").count() == 2

    def test_languages_do_not_touch_each_other(self, asset: Asset) -> None:
        for language in ("en", "zh-Hans"):
            captioning.put_captions(asset, language=language, text=CAPTIONS)
        captioning.delete_captions(asset, language="en")
        assert [track.language for track in asset.caption_tracks.all()] == ["zh-Hans"]
        with pytest.raises(NotFoundError):
            captioning.delete_captions(asset, language="en")

    @pytest.mark.parametrize(("text", "told"), [("hello", "Line 1"), ("WEBVTT\n", "no caption"), ("", "Line 1")])
    def test_a_text_that_cannot_be_read_names_the_field_and_leaves_nothing(
        self, asset: Asset, text: str, told: str
    ) -> None:
        with pytest.raises(InvalidInputError, match=told) as caught:
            captioning.put_captions(asset, language="en", text=text)
        assert [item.field for item in caught.value.fields] == ["text"]
        assert not asset.caption_tracks.exists()
        assert list(open_objects().list("assets/")) == []


@pytest.mark.django_db
class TestReplacing:
    def test_a_write_names_the_version_that_it_replaces(self, asset: Asset) -> None:
        first = captioning.put_captions(asset, language="en", text=CAPTIONS, replaces={NOTHING})
        second = captioning.put_captions(asset, language="en", text=CAPTIONS, replaces={version_of(first), "x"})
        assert second.revision == 2
        assert captioning.put_captions(asset, language="en", text=CAPTIONS, replaces={ANY}).revision == 3

    @pytest.mark.parametrize("replaces", [{"en-r1-old"}, {NOTHING}, set()], ids=["another", "nothing", "none"])
    def test_a_write_over_another_version_is_refused_and_changes_nothing(
        self, asset: Asset, replaces: set[str]
    ) -> None:
        track = captioning.put_captions(asset, language="en", text=CAPTIONS)
        with pytest.raises(PreconditionFailedError, match="Load them again"):
            captioning.put_captions(asset, language="en", text=CAPTIONS, replaces=replaces)
        with pytest.raises(PreconditionFailedError):
            captioning.edit_cues(asset, language="en", changes=[CueChange(0, text="x")], replaces=replaces)
        with pytest.raises(PreconditionFailedError):
            captioning.delete_captions(asset, language="en", replaces=replaces)
        assert CaptionTrack.objects.get() == track
        assert [info.key for info in open_objects().list("assets/")] == [track.object_key]

    def test_a_removed_track_is_not_replaced_by_an_edit_of_it(self, asset: Asset) -> None:
        version = version_of(captioning.put_captions(asset, language="en", text=CAPTIONS))
        captioning.delete_captions(asset, language="en", replaces={version})
        again = captioning.put_captions(asset, language="en", text=CAPTIONS)
        assert again.revision == 1
        with pytest.raises(PreconditionFailedError):
            captioning.put_captions(asset, language="en", text=CAPTIONS, replaces={version})

    def test_of_two_edits_at_the_same_moment_one_is_refused(
        self, asset: Asset, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        version = version_of(captioning.put_captions(asset, language="en", text=CAPTIONS))
        write = FolderObjectStore.write
        others = [CueChange(1, text="Good bye")]

        def meanwhile(store: FolderObjectStore, key: str, body: bytes, *, content_type: str) -> None:
            write(store, key, body, content_type=content_type)
            if others:  # somebody else saves between our reading and our writing
                captioning.edit_cues(asset, language="en", changes=[others.pop()], replaces={version})

        monkeypatch.setattr(FolderObjectStore, "write", meanwhile)
        with pytest.raises(PreconditionFailedError):
            captioning.edit_cues(asset, language="en", changes=[CueChange(0, text="Hi")], replaces={version})
        track = CaptionTrack.objects.get()
        assert [text for _, _, text in track.cues] == ["Hello", "Good bye"]
        keys = {info.key for info in open_objects().list("assets/")}
        assert len(keys) == 2  # the first and the winner's, none of the loser

    def test_a_write_that_names_no_version_comes_after_the_other_one(
        self, asset: Asset, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write = FolderObjectStore.write
        others = [CAPTIONS.replace("Hello", "theirs")]

        def meanwhile(store: FolderObjectStore, key: str, body: bytes, *, content_type: str) -> None:
            write(store, key, body, content_type=content_type)
            if others:
                captioning.put_captions(asset, language="en", text=others.pop())

        monkeypatch.setattr(FolderObjectStore, "write", meanwhile)
        track = captioning.put_captions(asset, language="en", text=CAPTIONS.replace("Hello", "ours"))
        assert (track.revision, track.cues[0][2]) == (2, "ours")


@pytest.mark.django_db
class TestEditingCues:
    def test_one_cue_changes_and_label_and_the_others_stay(self, asset: Asset) -> None:
        track = captioning.put_captions(asset, language="en", text=CAPTIONS, label="English (automatic)")
        changes = [CueChange(1, text="Good\n\nbye\u202e <b>!</b>"), CueChange(None, 2000, 2500, "um")]
        edited = captioning.edit_cues(asset, language="en", changes=changes, replaces={version_of(track)})
        assert edited.cues == [[1000, 2000, "Hello"], [2000, 2500, "um"], [3000, 4000, "Good\nbye <b>!</b>"]]
        assert (edited.revision, edited.label) == (2, "English (automatic)")
        assert b"&lt;b&gt;" in open_objects().read(edited.object_key)

    def test_there_must_be_captions(self, asset: Asset) -> None:
        with pytest.raises(NotFoundError):
            captioning.edit_cues(asset, language="en", changes=[CueChange(0, text="x")], replaces={ANY})


class TestChangedCues:
    def test_times_move_and_empty_texts_remove(self) -> None:
        changes = [CueChange(0, text=" \u200b"), CueChange(1, start_ms=0)]
        assert changed_cues(CUES, changes) == (Cue(0, 4000, "Bye"),)

    @pytest.mark.parametrize(
        "changes",
        [
            [CueChange(2, text="x")],
            [CueChange(-1, text="x")],
            [CueChange(0, text="x"), CueChange(0, text="y")],
            [CueChange(0, end_ms=1000)],
            [CueChange(0, start_ms=2000)],
            [CueChange(None, text="x")],
            [CueChange(None, 0, 1000)],
            [CueChange(0, text=""), CueChange(1, text="")],
            [CueChange(0, text="x" * 5001)],
        ],
    )
    def test_a_change_that_makes_no_caption_is_refused(self, changes: list[CueChange]) -> None:
        with pytest.raises(InvalidInputError) as caught:
            changed_cues(CUES, changes)
        assert [item.field for item in caught.value.fields] == ["changes"]

    @given(
        st.lists(
            st.builds(
                CueChange,
                st.none() | st.integers(0, 2),
                st.none() | st.integers(0, 5000),
                st.none() | st.integers(0, 5000),
                st.none() | st.text(max_size=5),
            ),
            max_size=4,
        )
    )
    def test_whatever_changes_the_result_is_captions_in_order(self, changes: list[CueChange]) -> None:
        try:
            cues = changed_cues(CUES, changes)
        except InvalidInputError:
            return
        assert cues
        assert list(cues) == sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))
        assert all(0 <= cue.start_ms < cue.end_ms and cue.text for cue in cues)
        untouched = {0, 1} - {change.number for change in changes}
        assert all(CUES[number] in cues for number in untouched)


@pytest.mark.django_db
class TestFoundByAWorker:
    def test_they_are_kept_with_their_label(self) -> None:
        job = a_running_job()
        open_objects().write(f"{job.output_prefix(1)}captions/a.vtt", CAPTIONS.encode(), content_type="text/vtt")
        captioning.take_found_captions(job, token=1, path="captions/a.vtt", language="en", label="English (automatic)")
        track = CaptionTrack.objects.get()
        assert (track.asset, track.language, track.label, len(track.cues)) == (
            job.asset,
            "en",
            "English (automatic)",
            2,
        )

    def test_a_creators_own_are_never_overwritten(self) -> None:
        job = a_running_job()
        mine = captioning.put_captions(job.asset, language="en", text=CAPTIONS)
        open_objects().write(f"{job.output_prefix(1)}captions/a.vtt", CAPTIONS.encode(), content_type="text/vtt")
        captioning.take_found_captions(job, token=1, path="captions/a.vtt", language="en", label="")
        assert version_of(CaptionTrack.objects.get()) == version_of(mine)

    @pytest.mark.parametrize(("is_automatic", "languages"), [(True, ["zh-Hans"]), (False, ["zh", "zh-Hans"])])
    def test_automatic_ones_give_way_to_any_variant_of_the_language(
        self, is_automatic: bool, languages: list[str]
    ) -> None:
        job = a_running_job()
        captioning.put_captions(job.asset, language="zh-Hans", text=CAPTIONS)
        open_objects().write(f"{job.output_prefix(1)}captions/a.vtt", CAPTIONS.encode(), content_type="text/vtt")
        captioning.take_found_captions(
            job, token=1, path="captions/a.vtt", language="zh", label="", is_automatic=is_automatic
        )
        assert sorted(CaptionTrack.objects.values_list("language", flat=True)) == languages

    @pytest.mark.parametrize("text", [None, "WEBVTT\n", "\xff"])
    def test_missing_empty_or_damaged_ones_are_left_out(self, text: str | None) -> None:
        job = a_running_job()
        if text is not None:
            body = text.encode("latin-1")
            open_objects().write(f"{job.output_prefix(1)}captions/a.vtt", body, content_type="text/vtt")
        captioning.take_found_captions(job, token=1, path="captions/a.vtt", language="en", label="")
        assert not CaptionTrack.objects.exists()
