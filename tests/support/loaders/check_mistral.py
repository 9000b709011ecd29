"""Check a file of `export --for mistral` with Mistral's own types, validators and tokenizer.

    python check_mistral.py FILE

Prints JSON: how many records there are, how many each version of the validator takes in its mode
for fine-tuning, why others are refused, the weights that it reads, and the text that a tokenizer
makes of the last record, null where it is one of a version before text beside calls.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import mistral_common
from mistral_common.exceptions import MistralCommonException
from mistral_common.protocol.instruct.messages import (
    FinetuningAssistantMessage,
    SystemMessage,
    ToolMessage,
    UserMessage,
)
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.tool_calls import Tool
from mistral_common.protocol.instruct.validator import ValidationMode, get_validator
from mistral_common.tokens.tokenizers.base import TokenizerVersion
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

_TYPES = {
    "system": SystemMessage,
    "user": UserMessage,
    "assistant": FinetuningAssistantMessage,
    "tool": ToolMessage,
}
_MODE = ValidationMode.finetuning


def request_of(record: dict[str, Any]) -> Any:
    """Return a record in Mistral's own types, which refuse members that they do not know."""
    messages = [_TYPES[each["role"]].model_validate(each) for each in record["messages"]]
    tools = [Tool.model_validate(each) for each in record.get("tools", [])]
    return ChatCompletionRequest(messages=messages, tools=tools or None)


def main(path: str) -> None:
    """Check every record."""
    taken: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    weights: list[Any] = []
    lines = Path(path).read_bytes().splitlines()
    requests = [request_of(json.loads(line)) for line in lines]
    for request in requests:
        for version in ("v3", "v7", "v11", "v13"):
            try:
                get_validator(TokenizerVersion(version), _MODE).validate_request(request)
                taken[version] += 1
            except MistralCommonException as error:
                refused[f"{version}: {error}"] += 1
    for message in requests[-1].messages:
        if message.role == "assistant":
            weights.append(message.weight)
    tokenizer = Path(mistral_common.__file__).parent / "data" / "tekken_240911.json"
    encoder = MistralTokenizer.from_file(str(tokenizer), mode=_MODE)
    try:
        text = encoder.encode_chat_completion(requests[-1]).text
    except MistralCommonException:
        text = None
    print(
        json.dumps(
            {
                "rows": len(requests),
                "taken": taken,
                "refused": refused,
                "weights": weights,
                "text": text,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
