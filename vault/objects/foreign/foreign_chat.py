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
        if last.get("role") == "assistant" and type(last.get("content")) is list:
            last["content"] = [*last["content"], *parts]
        else:
            self.add("assistant", list(parts), path, inner=inner)
