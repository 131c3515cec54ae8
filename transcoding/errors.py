"""What can go wrong while transcoding.

TranscodingError            code, message for people, detail for operators, retryable
├── SourceError             the file cannot be used; trying again cannot help (command line: exit 2)
├── EncodeError             ffmpeg or the machine failed; another try may succeed
├── CopyRefusedError        the source's picture cannot be a rung as it is; never leaves the pipeline
├── StorageError            the object store did not answer or is full
│   └── SourceMissingError  the object to transcode is not there
├── WorkerStoppedError      the worker is shutting down
├── CancelledError          somebody asked this run to stop; not a failure
└── ConfigurationError      a setting or a program is missing
"""

from transcoding.messages import Failure, FailureCode


class TranscodingError(Exception):
    """Root of the tree. The message is one English sentence that a teacher understands."""

    code = FailureCode.INTERNAL
    retryable = True

    def __init__(self, message: str, *, code: FailureCode | None = None, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.detail = detail

    def failure(self) -> Failure:
        return Failure(code=self.code, message=self.message, detail=self.detail, retryable=self.retryable)


class SourceError(TranscodingError):
    code = FailureCode.UNSUPPORTED
    retryable = False


class EncodeError(TranscodingError):
    pass


class CopyRefusedError(TranscodingError):
    pass


class StorageError(TranscodingError):
    code = FailureCode.STORAGE_UNAVAILABLE


class SourceMissingError(StorageError):
    code = FailureCode.SOURCE_MISSING


class WorkerStoppedError(TranscodingError):
    code = FailureCode.WORKER_STOPPED


class CancelledError(TranscodingError):
    retryable = False


class ConfigurationError(TranscodingError):
    retryable = False
