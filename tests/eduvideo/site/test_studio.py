import io
import re
from typing import cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from eduvideo.accounts.models import MemberRole, Role, User
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.catalog.taxonomy import GRADE_BY_ID, SUBJECT_BY_ID
from eduvideo.media.models import AssetState
from eduvideo.media.sources import expect_recording
from eduvideo.site.pickers import GRADE_WORDS, SUBJECT_WORDS, grade_choices, subject_choices
from eduvideo.uploads.models import Upload
from eduvideo.uploads.services import abort_upload
from tests.factories.accounts import a_membership, an_organization
from tests.factories.catalog import a_video, asking
from tests.factories.danmaku import a_person
from tests.factories.uploads import an_upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def creator() -> User:
    return a_person(Role.CREATOR)


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def begin(video: Video) -> Upload:
    """Begin the recording of a lesson, or another in its place."""
    upload = an_upload(owner=video.owner, filename="牛顿 🚀.mp4")
    expect_recording(video.asset, upload)
    return upload


def a_draft(creator: User) -> Video:
    return a_video(owner=creator, state=VideoState.DRAFT, asset_state=AssetState.WAITING)


class TestUploads:
    def test_what_is_not_finished_goes_on_from_the_list_and_from_its_lesson(self, creator: User) -> None:
        video = a_draft(creator)
        upload = begin(video)
        for path in ("/studio", f"/studio/{video.public_id}"):
            text = text_of(asking(creator), path)
            assert f'upload-url="/api/v1/uploads/{upload.public_id}" protocol="tus"' in text
            assert "The upload of 牛顿 🚀.mp4 is not finished." in text
            assert "<edu-replace" not in text

    def test_a_lesson_whose_upload_was_given_up_can_get_another(self, creator: User) -> None:
        video = a_draft(creator)
        abort_upload(begin(video))
        text = text_of(asking(creator), f"/studio/{video.public_id}")
        assert f'<edu-replace video-id="{video.public_id}"' in text
        assert "has-recording" not in text
        assert "<edu-upload" not in text + text_of(asking(creator), "/studio")

    def test_a_lesson_that_plays_can_get_another_recording(self, creator: User) -> None:
        school = an_organization(teacher=creator)
        video = a_video(owner=creator, organization=school)
        text = text_of(asking(creator), f"/studio/{video.public_id}")
        assert re.search(rf'<edu-replace video-id="{video.public_id}" organization="{school.public_id}" has-rec', text)

    def test_what_plays_is_told_while_another_recording_is_on_its_way(self, creator: User) -> None:
        video = a_video(owner=creator)
        video.asset.source_key = "sources/before/source"
        video.asset.save(update_fields=["source_key"])
        upload = begin(video)
        text = text_of(asking(creator), f"/studio/{video.public_id}")
        assert '<edu-processing video-id="' in text
        assert re.search(rf'<edu-upload .*uploads/{upload.public_id}" protocol="tus" has-recording>', text)
        assert "<edu-replace" not in text

    def test_what_was_typed_is_kept_for_the_person_who_typed_it(self, creator: User) -> None:
        assert f'<edu-new-lesson data-person="{creator.public_id}">' in text_of(asking(creator), "/studio")

    def test_queries_do_not_grow_with_the_lessons(self, creator: User) -> None:
        client = asking(creator)
        counts = []
        for more in (1, 19):
            for _ in range(more):
                begin(a_draft(creator))
            text_of(client, "/studio")
            with CaptureQueriesContext(connection) as queries:
                text_of(client, "/studio")
            counts.append(len(queries))
        assert counts[1] == counts[0]


class TestOrganizations:
    def test_only_who_teaches_in_one_is_asked_for_it(self, creator: User) -> None:
        school, other = an_organization(name="Elm <Street>"), an_organization(name="Oak")
        a_membership(other, creator, role=MemberRole.STUDENT)
        assert 'name="organization"' not in text_of(asking(creator), "/studio")
        a_membership(school, creator, role=MemberRole.TEACHER)
        text = text_of(asking(creator), "/studio")
        assert f'<option value="{school.public_id}">Elm &lt;Street&gt;</option>' in text
        assert other.public_id not in text

    def test_a_lesson_is_opened_to_the_members(self, creator: User) -> None:
        school = an_organization(teacher=creator)
        video = a_video(owner=creator)
        form = {"title": "Halves", "description": "", "subject": "mathematics", "grade": "4", "language": "en",
                "organization": school.public_id, "visibility": Visibility.ORGANIZATION}  # fmt: skip
        assert asking(creator).post(f"/studio/{video.public_id}/settings", form).status_code == 302
        video.refresh_from_db()
        assert (video.organization, video.visibility) == (school, Visibility.ORGANIZATION)

    def test_who_has_left_one_keeps_a_lesson_in_it(self, creator: User) -> None:
        school = an_organization()
        video = a_video(owner=creator, organization=school)
        text = text_of(asking(creator), f"/studio/{video.public_id}")
        assert f'<option value="{school.public_id}" selected>' in text

    def test_without_one_there_is_nobody_to_open_a_lesson_to(self, creator: User) -> None:
        text = text_of(asking(creator), f"/studio/{a_video(owner=creator).public_id}")
        assert f'value="{Visibility.ORGANIZATION}"' not in text
        assert 'name="organization"' not in text


class TestEditors:
    """Without script each section of a lesson's page is a form; the elements around them are plain then."""

    @pytest.fixture
    def video(self, creator: User) -> Video:
        return a_video(owner=creator)

    def post(self, video: Video, path: str, **form: object) -> HttpResponse:
        return cast("HttpResponse", asking(video.owner).post(f"/studio/{video.public_id}/{path}", form))

    def test_a_lesson_that_plays_has_a_preview_without_danmaku(self, creator: User, video: Video) -> None:
        text = text_of(asking(creator), f"/studio/{video.public_id}")
        assert re.search(r"<edu-player [^>]*/media/assets/[^>]* no-danmaku>", text)
        refused = self.post(video, "chapters", chapters="nonsense")  # the same page, and its player needs its styles
        assert "style-src 'self' 'unsafe-inline'" in refused["Content-Security-Policy"]
        draft = text_of(asking(creator), f"/studio/{a_draft(creator).public_id}")
        assert "<edu-player" not in draft

    def test_of_a_private_lesson_the_preview_is_in_a_session(self, creator: User) -> None:
        video = a_video(owner=creator, visibility=Visibility.UNLISTED)
        assert 'hls-url="/media/s/' in text_of(asking(creator), f"/studio/{video.public_id}")

    def test_every_field_has_a_label_of_its_own(self, creator: User, video: Video) -> None:
        text = text_of(asking(creator), f"/studio/{video.public_id}")
        ids = re.findall(r' id="([^"]+)"', text)
        assert sorted(set(ids)) == sorted(ids)

    def test_chapters_keep_their_fractions_of_a_second(self, creator: User, video: Video) -> None:
        assert self.post(video, "chapters", chapters="0:00 Start\n1:02:03.250 The vertex").status_code == 302
        assert list(video.chapters.values_list("start_ms", flat=True)) == [0, 3_723_250]
        assert "1:02:03.250 The vertex</textarea>" in text_of(asking(creator), f"/studio/{video.public_id}")

    @pytest.mark.parametrize("hours", ["999", "9" * 30, "9" * 5000])
    def test_a_chapter_that_is_far_too_late_is_refused(self, video: Video, hours: str) -> None:
        assert self.post(video, "chapters", chapters=f"{hours}:00:00 Start").status_code == 422
        assert not video.chapters.exists()

    def test_a_line_that_is_no_chapter_comes_back_with_its_number(self, video: Video) -> None:
        answer = self.post(video, "chapters", chapters="0:00 Start\nnonsense <b>")
        assert answer.status_code == 422
        assert "nonsense &lt;b&gt;</textarea>" in answer.content.decode()
        assert "Line 2" in answer.content.decode()

    def test_a_poster_is_uploaded_and_taken_back(self, creator: User, video: Video) -> None:
        file = io.BytesIO()
        Image.new("RGB", (1280, 720)).save(file, "PNG")
        picture = SimpleUploadedFile("mine.png", file.getvalue(), content_type="image/png")
        assert self.post(video, "poster", file=picture).status_code == 302
        prefix = f"/media/assets/{video.asset.public_id}/posters/"
        assert f'<p class="poster-now"><img src="{prefix}' in text_of(asking(creator), f"/studio/{video.public_id}")
        assert self.post(video, "poster", at_ms="automatic").status_code == 302
        assert prefix not in text_of(asking(creator), f"/studio/{video.public_id}")

    @pytest.mark.parametrize("form", [{}, {"at_ms": "7"}, {"at_ms": "<x>"}, {"file": "text"}])
    def test_a_poster_that_cannot_be_is_refused_on_the_page(self, video: Video, form: dict[str, str]) -> None:
        files = {"file": SimpleUploadedFile("x.png", b"no picture")} if "file" in form else form
        answer = self.post(video, "poster", **files)
        assert answer.status_code == 422
        page = answer.content.decode().split('<section class="panel" id="section-poster"')[1].split("</section>")[0]
        assert 'role="alert"' in page or "errorlist" in page

    def test_subjects_and_grades_are_grouped_and_found_by_other_names(self, creator: User, video: Video) -> None:
        text = text_of(asking(creator), f"/studio/{video.public_id}")
        assert re.search(r'<edu-picker>\s*<select name="subject"', text)
        assert re.search(r'<option value="mathematics" [^>]*data-find="数学 mathematics maths sx"', text)
        assert '<optgroup label="Middle school">' in text

    def test_every_subject_and_grade_can_be_chosen_and_found(self) -> None:
        for choices, words, known in (
            (subject_choices(), SUBJECT_WORDS, SUBJECT_BY_ID),
            (grade_choices(), GRADE_WORDS, GRADE_BY_ID),
        ):
            offered = [key for _group, options in choices[1:] for key, _name in options]
            assert sorted(offered) == sorted(words) == sorted(known)
