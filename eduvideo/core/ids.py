"""Public ids: short, URL-safe, not guessable and not in sequence."""

import secrets

# Base58: no 0/O and I/l, so that an id survives being read aloud or copied from a blackboard.
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LENGTH = 12  # 58**12 is about 2**70


def new_public_id() -> str:
    """Return a new random id of 12 base58 characters (70 bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def new_secret() -> str:
    """Return 256 random bits as URL-safe text, for tokens that grant something."""
    return secrets.token_urlsafe(32)
