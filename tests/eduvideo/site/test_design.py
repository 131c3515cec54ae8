import pytest
from django.test import Client

from eduvideo.accounts.models import Role
from tests.factories.catalog import asking
from tests.factories.danmaku import a_person

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_design_is_for_staff() -> None:
    assert Client().get("/design").status_code == 302
    assert asking(a_person(Role.CREATOR)).get("/design").status_code == 403


def test_it_shows_the_real_parts_in_both_schemes_with_ids_of_their_own() -> None:
    page = asking(a_person(Role.STAFF)).get("/design").content.decode()
    for scheme in ("light", "dark"):
        assert f'class="scheme scheme-{scheme}"' in page
        assert page.count(f'id="{scheme}_title"') == 1
    assert page.count('<article class="card">') == 8
    assert "牛顿第一定律" in page
