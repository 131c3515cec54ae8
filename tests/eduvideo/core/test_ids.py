from eduvideo.core.ids import ALPHABET, LENGTH, SHARED, new_public_id, new_public_ids


def test_public_ids_are_short_url_safe_and_not_repeated() -> None:
    ids = {new_public_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(public_id) == LENGTH and set(public_id) <= set(ALPHABET) for public_id in ids)


def test_ids_of_rows_that_are_written_together_begin_alike_and_are_as_hard_to_guess() -> None:
    ids, others = new_public_ids(1000), new_public_ids(1000)
    assert len({public_id[SHARED:] for public_id in ids + others}) == 2000
    assert all(len(public_id) == SHARED + LENGTH and set(public_id) <= set(ALPHABET) for public_id in ids)
    assert len({public_id[:SHARED] for public_id in ids}) == 1
    assert new_public_ids(0) == []
