"""Errors of the search library.

SearchError
├── BadDocumentError     a document or query that cannot be read; names the line where there is one
├── BadQueryError        a cursor or a filter that we did not make
└── EngineError          the engine is away or broken; `retryable` tells whether waiting may help
"""


class SearchError(Exception):
    """Base of all errors of this package."""


class BadDocumentError(SearchError):
    pass


class BadQueryError(SearchError):
    pass


class EngineError(SearchError):
    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable
