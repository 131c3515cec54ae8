from eduvideo.core.ids import ALPHABET, LENGTH, new_public_id


def test_public_ids_are_short_url_safe_and_not_repeated() -> None:
    ids = {new_public_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(public_id) == LENGTH and set(public_id) <= set(ALPHABET) for public_id in ids)
