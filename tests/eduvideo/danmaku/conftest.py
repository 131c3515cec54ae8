from datetime import timedelta

import pytest

from eduvideo.accounts.models import User
from eduvideo.catalog.models import Video
from eduvideo.core import clock
from tests.factories.danmaku import a_lesson, a_person


@pytest.fixture
def student() -> User:
    """Somebody who has been here for long: a new account has limits of its own."""
    person = a_person()
    person.date_joined = clock.now() - timedelta(days=30)
    person.save(update_fields=["date_joined"])
    return person


@pytest.fixture
def lesson() -> Video:
    return a_lesson()
