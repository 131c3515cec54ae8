"""The staff's words: what is taken, and that search follows."""

import pytest
from django.core.exceptions import ValidationError

from eduvideo.accounts.models import User
from eduvideo.catalog import services as catalog
from eduvideo.core.relay import relay_due_events
from eduvideo.discovery import engine
from eduvideo.discovery.engine import asking_engine
from eduvideo.discovery.models import VocabularyGroup
from tests.factories.catalog import a_video, asking

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("terms", ["alone", "twice; Twice", "word; ?!", " ; ", "", "First; third"])
def test_what_search_cannot_use_is_refused(terms: str) -> None:
    VocabularyGroup.objects.create(terms="first; second")
    with pytest.raises(ValidationError):
        VocabularyGroup(terms=terms).full_clean()


def total(text: str) -> int:
    engine._groups_of.cache_clear()  # as a minute later
    return int(asking(None).get("/api/v1/search", {"q": text}).json()["total"])


def test_staff_add_a_group_and_remove_one_of_the_seed() -> None:
    catalog.touch_video(a_video(title="Bodmas"))
    relay_due_events()
    assert total("zyx") == 0
    assert asking_engine().vocabulary.knows(("商高定理",))
    admin = asking(User.objects.create_superuser("root@example.org"))
    for group in ({"terms": "zyx; bodmas"}, {"terms": "勾股定理", "is_removed": "on"}):
        assert admin.post("/admin/discovery/vocabularygroup/add/", group).status_code == 302
    assert total("zyx") == 1
    assert not asking_engine().vocabulary.knows(("商高定理",))
    assert asking_engine().vocabulary is asking_engine().vocabulary
