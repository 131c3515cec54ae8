import pytest
from django.contrib.auth.models import AnonymousUser

from eduvideo.accounts.models import MemberRole, Role, User
from eduvideo.catalog.models import Video, VideoState, Visibility
from eduvideo.core.errors import ForbiddenError, NotFoundError, SignInRequiredError
from eduvideo.danmaku.access import get_moderated_video_for, may_moderate, may_send
from eduvideo.danmaku.models import DanmakuPolicy
from eduvideo.danmaku.queries import policy_of
from tests.factories.accounts import a_membership, an_organization
from tests.factories.catalog import a_video
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db


def test_a_lesson_is_moderated_by_its_owner_staff_and_the_teachers_of_its_organization(student: User) -> None:
    teacher, manager, elsewhere = a_person(), a_person(), a_person()
    school = an_organization(teacher=teacher, manager=manager, student=student)
    an_organization(name="Oak", teacher=elsewhere)
    lesson = a_video(visibility=Visibility.ORGANIZATION, organization=school)
    for person in (lesson.owner, a_person(Role.STAFF), teacher, manager):
        assert get_moderated_video_for(person, lesson.public_id) == lesson
    with pytest.raises(ForbiddenError):
        get_moderated_video_for(student, lesson.public_id)
    for person in (elsewhere, AnonymousUser()):
        with pytest.raises(NotFoundError):
            get_moderated_video_for(person, lesson.public_id)
    Video.objects.filter(pk=lesson.pk).update(state=VideoState.DRAFT)
    with pytest.raises(NotFoundError):  # nobody moderates what they cannot see
        get_moderated_video_for(teacher, lesson.public_id)


def test_who_teaches_elsewhere_or_nowhere_moderates_nothing(lesson: Video, student: User) -> None:
    teacher = a_person(Role.CREATOR)
    a_membership(an_organization(), teacher, role=MemberRole.TEACHER)
    for person in (student, teacher):
        with pytest.raises(ForbiddenError):
            get_moderated_video_for(person, lesson.public_id)
    with pytest.raises(SignInRequiredError):
        get_moderated_video_for(AnonymousUser(), lesson.public_id)


def test_an_account_that_was_closed_moderates_nothing() -> None:
    teacher = a_person()
    lesson = a_video(organization=an_organization(teacher=teacher))
    assert may_moderate(teacher, lesson)
    teacher.is_active = False
    teacher.save()
    assert not may_moderate(teacher, lesson)


def test_what_is_switched_off_takes_danmaku_of_its_moderators_only(lesson: Video, student: User) -> None:
    assert may_send(student, lesson, policy=policy_of(lesson))
    DanmakuPolicy.objects.create(video=lesson, state="off")
    off = policy_of(lesson)
    people = (student, AnonymousUser(), lesson.owner)
    assert [may_send(person, lesson, policy=off) for person in people] == [False, False, True]
