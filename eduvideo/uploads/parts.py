"""The parts of a file that is sent in parts: how large, how many, and whether all are there. Pure.

The limits are those of S3 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html): 10,000 parts of 5 MiB to
5 GiB, of which only the last may be smaller.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from eduvideo.core.objects import Part

MIB = 1024 * 1024
SMALLEST_BYTES = 8 * MIB  # a minute at 1 Mbit/s: little to send again, few requests
LARGEST_BYTES = 5 * 1024 * MIB
AIMED_PARTS = 1000  # as many as a store lists at once; a tenth of what it takes
TUS_BYTES = 4 * MIB  # one after the other: what a cut costs


@dataclass(frozen=True, slots=True)
class ToldPart:
    """A part as its sender names it: the number, and the ETag that the store answered (quotes or not)."""

    number: int
    etag: str


@dataclass(frozen=True, slots=True)
class PartPlan:
    """How a file is cut: every part has part_size_bytes but the last, which has the rest. Numbers begin at 1."""

    size_bytes: int
    part_size_bytes: int

    @property
    def count(self) -> int:
        return -(-self.size_bytes // self.part_size_bytes)

    def length_bytes(self, number: int) -> int:
        """Return the size of a part; number is one of the plan's."""
        return min(self.part_size_bytes, self.size_bytes - (number - 1) * self.part_size_bytes)

    def has(self, number: int) -> bool:
        return 1 <= number <= self.count


def part_size_for(size_bytes: int) -> int:
    """Return the part size for a file: 8 MiB, more (in whole MiB) where that would make over 1000 parts."""
    needed_mib = -(-size_bytes // (AIMED_PARTS * MIB))
    return min(max(SMALLEST_BYTES, needed_mib * MIB), LARGEST_BYTES)


def hash_of_parts(digests: Iterable[bytes]) -> str:
    """Return the hash (hex) of the SHA-256 of all parts in their order, as S3 makes its composite checksums.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
    """
    return hashlib.sha256(b"".join(digests)).hexdigest()


def faults(plan: PartPlan, told: Sequence[ToldPart], arrived: Sequence[Part]) -> Iterator[str]:
    """Yield a sentence for everything that keeps the told parts from being the file; nothing when they are.

    What arrived beside the plan does no harm: an object is made of the told parts only.
    """
    there = {part.number: part for part in arrived}
    named = Counter(part.number for part in told)
    etags = {part.number: part.etag for part in told}
    for number in sorted({*named, *range(1, plan.count + 1)}):
        if not plan.has(number):
            yield _("There is no part %(number)d: this file has %(count)d.") % {"number": number, "count": plan.count}
        elif number not in there:
            yield _("Part %(number)d has not arrived.") % {"number": number}
        elif named[number] != 1:
            yield _("Part %(number)d must be named once.") % {"number": number}
        elif there[number].size_bytes != plan.length_bytes(number):
            sizes = {"size": there[number].size_bytes, "expected": plan.length_bytes(number)}
            message = _("Part %(number)d has %(size)d bytes instead of %(expected)d: send it again.")
            yield message % {"number": number, **sizes}
        elif bare(etags[number]) != bare(there[number].etag):
            yield _("Part %(number)d is not what arrived: it was sent again, or its ETag is wrong.") % {
                "number": number
            }


def bare(etag: str) -> str:
    """Return an ETag without its quotes, which some clients of HTTP take away."""
    return etag.strip().strip('"')
