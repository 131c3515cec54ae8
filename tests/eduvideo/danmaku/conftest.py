import pytest

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from tests.factories.danmaku import a_lesson, a_person


@pytest.fixture
def student() -> User:
    return a_person()


@pytest.fixture
def lesson() -> Video:
    return a_lesson()
