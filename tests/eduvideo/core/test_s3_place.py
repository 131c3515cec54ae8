"""Where a bucket is, and that our signatures are the ones that boto3 would make."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from eduvideo.core.env import Environment
from eduvideo.core.s3 import open_s3
from eduvideo.core.s3_place import S3Place, place_of, presigned_url

AT = datetime(2026, 11, 25, 3, 50, 7, tzinfo=UTC)
PLACE = S3Place("lessons", "", "eu-central-1", "https://s3.example:9000", None)
parts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=12)


def environment(**changed: object) -> Environment:
    return Environment(**{"objects_url": "s3://lessons", **changed})  # type: ignore[arg-type]


@pytest.mark.slow
@given(st.lists(parts, min_size=1, max_size=4).map("/".join), st.sampled_from([None, "a/token+of=STS"]))
def test_a_url_is_the_one_that_boto3_makes_at_that_moment(key: str, token: str | None) -> None:
    client = _boto3(token)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda: AT)
        theirs = client.generate_presigned_url("get_object", Params={"Bucket": "lessons", "Key": key}, ExpiresIn=60)
    credentials = ReadOnlyCredentials("key", "s3cret", token)
    assert theirs == presigned_url(PLACE, key, credentials=credentials, method="GET", at=AT, expires_s=60)


@cache
def _boto3(token: str | None) -> Any:
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    session = boto3.Session("key", "s3cret", token, region_name=PLACE.region)
    return session.client("s3", endpoint_url=PLACE.endpoint, config=config)


@pytest.mark.parametrize(
    ("region", "origin"),
    [
        ("eu-central-1", "https://lessons.s3.eu-central-1.amazonaws.com"),
        ("us-east-1", "https://lessons.s3.us-east-1.amazonaws.com"),
        ("cn-north-1", "https://lessons.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_a_bucket_at_aws_is_where_boto3_finds_it(region: str, origin: str) -> None:
    store = open_s3(environment(s3_region=region, s3_access_key="key", s3_secret_key="s3cret"))
    assert store.place.public_origin == origin
    theirs = store.client().generate_presigned_url("get_object", Params={"Bucket": "lessons", "Key": "a"})
    assert theirs.startswith(f"{origin}/a?")
    assert store.signed_url("a", expires_s=60).startswith(f"{origin}/a?")


def test_browsers_are_sent_to_the_public_address() -> None:
    place = place_of(environment(s3_endpoint="http://10.0.0.7:9000", s3_public_endpoint="https://media.example/s3/"))
    assert place.public_base == "https://media.example/s3/lessons/"
    assert place.public_origin == "https://media.example"
    assert place.server == "http://10.0.0.7:9000"


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Media.Example:443/x", "https://media.example"),
        ("http://media.example:80", "http://media.example"),
        ("https://media.example:80", "https://media.example:80"),
        ("http://[::1]:9000/", "http://[::1]:9000"),
    ],
)
def test_an_address_is_signed_as_browsers_name_it(address: str, origin: str) -> None:
    place = place_of(environment(s3_endpoint="http://10.0.0.7:9000", s3_public_endpoint=address))
    assert place.public_origin == origin
    assert place.public_base.startswith(f"{origin}/")


@pytest.mark.parametrize(
    ("url", "prefix"),
    [
        ("s3://lessons", ""),
        ("s3://lessons/", ""),
        ("s3://lessons/school", "school/"),
        ("s3://lessons/a%20b/two/", "a b/two/"),
    ],
)
def test_a_prefix_may_follow_the_bucket(url: str, prefix: str) -> None:
    assert place_of(environment(objects_url=url)).prefix == prefix


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"objects_url": "s3://"}, "OBJECTS_URL"),
        ({"objects_url": "s3:///folder"}, "OBJECTS_URL"),
        ({"objects_url": "s3://Lessons"}, "OBJECTS_URL"),
        ({"objects_url": "s3://lessons?x=1"}, "OBJECTS_URL"),
        ({"objects_url": "s3://key:s3cret@lessons"}, "OBJECTS_URL"),
        ({"objects_url": "s3://lessons.example"}, "S3_ENDPOINT"),
        ({"s3_endpoint": "s3.example:9000"}, "S3_ENDPOINT"),
        ({"s3_public_endpoint": "https://"}, "S3_PUBLIC_ENDPOINT"),
        ({"s3_access_key": "key"}, "S3_SECRET_KEY"),
        ({"s3_secret_key": "s3cret"}, "S3_ACCESS_KEY"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=f"EDUVIDEO_{named}") as caught:
        place_of(environment(**changed))
    assert "s3cret" not in str(caught.value)


def test_a_secret_is_never_shown() -> None:
    assert "s3cret" not in repr(environment(s3_access_key="key", s3_secret_key="s3cret"))
