from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eduvideo.accounts.sessions import SessionStore
from eduvideo.core import clock

pytestmark = pytest.mark.django_db


def test_a_session_is_read_as_django_does_and_in_one_query() -> None:
    before = DatabaseSessions()
    before["seen"] = 1
    before.save()
    for key in (before.session_key, "unknown-key", None):
        with CaptureQueriesContext(connection) as queries:
            found = SessionStore(key)
            assert dict(found.items()) == dict(DatabaseSessions(key).items())
        assert found.session_key == DatabaseSessions(found.session_key).session_key
        assert len(queries) == (2 if key else 0)


def test_what_was_kept_is_read_by_both_and_an_end_is_an_end() -> None:
    session = SessionStore()
    session["seen"] = 2
    session.save()
    assert DatabaseSessions(session.session_key)["seen"] == 2
    assert SessionStore(session.session_key)["seen"] == 2
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    ended = SessionStore(session.session_key)
    assert "seen" not in ended
    assert ended.session_key is None
