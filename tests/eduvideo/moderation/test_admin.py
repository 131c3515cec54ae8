import pytest
from django.test import Client

from eduvideo.accounts.models import User
from eduvideo.moderation.models import Act, Authority, Decision, Report, ThingKind
from eduvideo.moderation.services import Ruling, record_decisions, report_thing
from tests.factories.danmaku import a_person


@pytest.mark.django_db
@pytest.mark.parametrize("model", ["report", "decision"])
def test_the_log_can_be_read_and_searched_and_nothing_in_it_changed(model: str) -> None:
    person = a_person()
    report_thing(ThingKind.DANMAKU, "thing1", video="video1", by=person, reason="spam")
    record_decisions(Ruling(Act.HIDE, person, Authority.STAFF), ThingKind.DANMAKU, ["thing1"], video="video1")
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org"))
    path = f"/admin/moderation/{model}/"
    row = {"report": Report, "decision": Decision}[model]._default_manager.get()
    assert b"thing1" in client.get(path, {"q": "video1"}).content
    assert b"thing1" not in client.get(path, {"q": "another"}).content
    assert client.get(f"{path}{row.pk}/change/").status_code == 200
    for forbidden in (f"{path}add/", f"{path}{row.pk}/delete/"):
        assert client.post(forbidden, {}).status_code == 403
    assert client.post(f"{path}{row.pk}/change/", {"thing": "other"}).status_code == 403
