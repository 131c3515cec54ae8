"""Errors of media.

DomainError (eduvideo.core.errors)
└── RangeNotSatisfiableError  416  no byte of the file is in the range that was asked for
"""

from collections.abc import Mapping

from eduvideo.core.errors import DomainError


class RangeNotSatisfiableError(DomainError):
    code = "range-not-satisfiable"
    status = 416

    def __init__(self, *, size_bytes: int) -> None:
        super().__init__()
        self.size_bytes = size_bytes

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Content-Range": f"bytes */{self.size_bytes}"}
