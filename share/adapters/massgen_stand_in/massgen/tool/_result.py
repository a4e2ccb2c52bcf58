"""What a function returns: blocks of content, and what they are for."""

import time
from dataclasses import dataclass, field
from typing import Any, List, Optional


@dataclass
class ContentBlock:
    block_type: str = "text"
    data: Any = ""


class TextContent(ContentBlock):
    def __init__(self, data=""):
        super().__init__("text", data)


class ImageContent(ContentBlock):
    def __init__(self, data=""):
        super().__init__("image", data)


class AudioContent(ContentBlock):
    def __init__(self, data=""):
        super().__init__("audio", data)


@dataclass
class ExecutionResult:
    output_blocks: List[ContentBlock] = field(default_factory=list)
    meta_info: Optional[dict] = None
    is_streaming: bool = False
    is_final: bool = True
    is_log: bool = False
    was_interrupted: bool = False
    result_id: str = field(default_factory=lambda: str(time.time_ns()))
