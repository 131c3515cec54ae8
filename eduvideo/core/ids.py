"""Public ids: short, URL-safe, not guessable and not in sequence."""

import secrets

# Base58: no 0/O and I/l, so that an id survives being read aloud or copied from a blackboard.
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LENGTH = 12  # 58**12 is about 2**70
SHARED = 3
# Of random bytes, the most that are a multiple of 58 become characters, and the others none: all are equally likely.
_FAIR = 256 - 256 % len(ALPHABET)
_CHARACTERS = bytes(ord(ALPHABET[byte % len(ALPHABET)]) for byte in range(256))
_UNFAIR = bytes(range(_FAIR, 256))


def new_public_id() -> str:
    """Return a new random id of 12 base58 characters (70 bits)."""
    return _characters(LENGTH)


def new_public_ids(count: int) -> list[str]:
    """Return ids for rows that are written together: 3 random characters that they share, then 12 of each alone.

    So an index has them side by side, and a thousand of them change a few of its pages and not a thousand.
    """
    shared, own = _characters(SHARED), _characters(count * LENGTH)
    return [shared + own[begin : begin + LENGTH] for begin in range(0, count * LENGTH, LENGTH)]


def new_secret() -> str:
    """Return 256 random bits as URL-safe text, for tokens that grant something."""
    return secrets.token_urlsafe(32)


def _characters(count: int) -> str:
    characters = b""
    while len(characters) < count:
        characters += secrets.token_bytes(2 * count).translate(_CHARACTERS, _UNFAIR)
    return characters[:count].decode("ascii")
