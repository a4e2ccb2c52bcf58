"""Results, and the mark for parameters that the caller supplies."""

from ._decorators import context_params
from ._result import (
    AudioContent,
    ContentBlock,
    ExecutionResult,
    ImageContent,
    TextContent,
)

__all__ = [
    "AudioContent",
    "ContentBlock",
    "ExecutionResult",
    "ImageContent",
    "TextContent",
    "context_params",
]
