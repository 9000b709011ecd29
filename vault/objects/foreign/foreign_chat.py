"""A record of another program as OpenAI's chat, each message with the place it stands at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Placed:
    """A message with `role` and `content`, the path of its object, and that of its content."""

    message: dict[str, Any]
    path: str
    content_path: str


@dataclass(slots=True)
class ForeignChat:
    """Messages in their order, and what stands beside them; parts may be those of their maker."""

    messages: list[Placed] = field(default_factory=list)
    system: Any = None
    system_path: str = "system"
    tools: Any = None
    tools_path: str = "tools"
    _own_parts: list[Any] | None = None

    def add(self, role: Any, content: Any, path: str, *, inner: str = "", **beside: Any) -> None:
        """Add a message; `inner` is what leads from its path to its content."""
        message = {"role": role, "content": content, **beside}
        self.messages.append(Placed(message, path, f"{path}{inner}"))

    def add_part(self, part: Any, path: str) -> None:
        """Add a part to what the assistant says, which other entries of the list may go on with."""
        self.go_on([part], path)

    def go_on(self, parts: list[Any], path: str, *, inner: str = "") -> None:
        """Add parts to the assistant's last message if that is made of parts, else a new one."""
        last = self.messages[-1].message if self.messages else {}
        content = last.get("content")
        if last.get("role") == "assistant" and type(content) is list:
            # A list of the record's is copied, and only once: there may be many parts.
            if content is not self._own_parts:
                content = last["content"] = self._own_parts = list(content)
            content.extend(parts)
        else:
            self._own_parts = list(parts)
            self.add("assistant", self._own_parts, path, inner=inner)
