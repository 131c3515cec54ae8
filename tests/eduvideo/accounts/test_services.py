from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from eduvideo.accounts import services
from eduvideo.accounts.tasks import remove_old_sessions
from eduvideo.core import clock

pytestmark = pytest.mark.django_db


def test_sessions_that_have_ended_are_removed_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []
    for _ in range(4):
        session = SessionStore()
        session.save()
        keys.append(session.session_key)
    Session.objects.exclude(pk=keys[0]).update(expire_date=clock.now() - timedelta(seconds=1))
    monkeypatch.setattr(services, "SESSIONS_AT_ONCE", 2)
    assert services.remove_old_sessions() == 2
    remove_old_sessions()
    remove_old_sessions()
    assert list(Session.objects.values_list("pk", flat=True)) == [keys[0]]
