"""Django's sessions in the database; the query that each request of somebody signed in begins with is compiled once."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session

from eduvideo.core import clock
from eduvideo.core.prepared import Prepared

_FOUND = Prepared(lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now))


class SessionStore(DatabaseSessions):  # what signs the data has the name of the class in it: it stays Django's
    """Reads a session as its base does; everything else is its base's."""

    def _get_session_from_db(self) -> Session | None:
        found = _FOUND.first(key=self.session_key, now=clock.now())
        if found is None:
            self._session_key = None
        return found
