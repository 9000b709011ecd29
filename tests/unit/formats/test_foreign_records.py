"""Records of other programs: read as the conversation that they are, or told to be none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vault.errors import InvalidInput
from vault.formats.layouts.faults import FormatMismatch
from vault.formats.layouts.registry import conversation_of, derive, recognise
from vault.objects.conversation import Conversation, Kind
from vault.objects.foreign.foreign_chat import ForeignChat
from vault.objects.foreign.layouts import FOREIGN_KINDS, foreign_fields
from vault.presentation.example_parts import spoken_parts

HELLO = {"role": "user", "content": "Hello"}
HI = {"role": "assistant", "content": "Hi."}


def read(record: dict[str, Any], mapping: dict[str, str] | None = None) -> Conversation:
    kind = Kind.CHAT if mapping else recognise(record)
    conversation = conversation_of(record, kind, mapping)
    assert conversation is not None
    return conversation


@pytest.mark.parametrize(
    "record",
    [
        {"contents": [], "systemInstruction": {"parts": [{"text": "Be brief."}]}},
        {"contents": [{"role": "user", "parts": []}]},
        {"contents": "Hello"},
        {"contents": [{"role": "user", "text": "Hello"}]},
        {"choices": ["a", "b"], "question": "Which?"},
        {"choices": [{"message": HI}, {"message": HI}]},
        {"custom_id": "q", "response": {"status_code": 500, "body": {"error": "x"}}, "error": None},
        {"output": [{"type": "web_search_call"}]},
        {"output": ["Hi."], "input": "Hello"},
        {"mapping": {"a": {"message": None}}},
        {"mapping": {"a": {"parent": "b"}, "b": {"parent": "a"}}, "current_node": "a"},
        {"mapping": {"user": "question"}, "current_node": "gone"},
        {"mapping": {"a": {"parent": None}, "b": {"parent": "a"}, "c": {"parent": "a"}}},
        {"mapping": {"a": "x"}, "current_node": None},
        {"chat_messages": [{"text": "Hello"}]},
        {"content": [{"type": "text", "text": "Hi."}], "role": "user", "type": "message"},
    ],
)
def test_what_only_looks_like_another_program_stays_raw(record: dict[str, Any]) -> None:
    assert recognise(record) is Kind.RAW


def test_a_message_of_two_answers_and_a_text_is_three_messages() -> None:
    parts = [
        {"type": "tool_result", "tool_use_id": "a", "content": "1"},
        {"type": "tool_result", "tool_use_id": "b", "content": [{"type": "text", "text": "2"}]},
        {"type": "text", "text": "Now add them."},
    ]
    calls = [{"type": "tool_use", "id": each, "name": "n", "input": {}} for each in "ba"]
    record = {"messages": [HELLO, {"role": "assistant", "content": calls}]}
    record["messages"].append({"role": "user", "content": parts})
    said = read(record).prompt
    assert [each["role"] for each in said] == ["user", "assistant", "tool", "tool", "user"]
    assert [each.get("call") for each in said[2:4]] == [1, 0]
    assert [each["content"] for each in said[2:]] == ["1", "2", "Now add them."]


def test_what_an_answer_holds_beside_its_text_is_kept() -> None:
    answer = {"type": "tool_result", "tool_use_id": "t", "content": None, "is_error": True}
    (said,) = read({"messages": [{"role": "user", "content": [answer]}]}).prompt
    assert said == {"role": "tool", "content": "", "tool_call_id": "t", "is_error": True}


def test_an_image_beside_foreign_parts_stays_a_part() -> None:
    image = {"image": {"format": "png", "source": {"bytes": "aGk="}}}
    record = {"messages": [{"role": "user", "content": [image, {"text": "What is it?"}]}]}
    (said,) = read(record).prompt
    assert said["content"] == [image, {"type": "text", "text": "What is it?"}]


def test_reasoning_of_every_maker_is_reasoning() -> None:
    told = [
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "Hm."}, {"text": "Hi."}],
        },
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}},
                {"text": "Hi."},
            ],
        },
        {"role": "assistant", "content": "Hi.", "thinking": "Hm."},
    ]
    wanted = read({"messages": [HELLO, {**HI, "reasoning_content": "Hm."}]}).response
    assert all(read({"messages": [HELLO, each]}).response == wanted for each in told)


@pytest.mark.parametrize("path", ["choices.0.message", "choices.0.message.content"])
def test_a_mapping_leads_through_lists(path: str) -> None:
    record = {"body": {"messages": [HELLO]}, "choices": [{"message": HI}, {"message": HELLO}]}
    mapping = {"messages": "body.messages", "assistant": path}
    assert read(record, mapping) == Conversation((HELLO,), (HI,))


def test_a_mapped_message_keeps_its_own_role() -> None:
    record = {"asked": {"from": "human", "value": "Hello"}, "told": HI}
    assert read(record, {"user": "asked", "assistant": "told"}) == Conversation((HELLO,), (HI,))


@pytest.mark.parametrize("path", ["choices.1", "choices.-1", "choices.x", "choices.0.0"])
def test_a_place_that_a_list_has_not_is_told(path: str) -> None:
    with pytest.raises(FormatMismatch, match="no field"):
        derive({"choices": ["Hi."]}, mapping={"assistant": path})


def test_a_mapping_of_a_system_alone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="neither user nor assistant"):
        derive({"a": "b"}, mapping={"system": "a"})


def test_an_empty_list_of_mapped_messages_is_no_conversation() -> None:
    assert derive({"m": []}, mapping={"messages": "m"}).content_id is None


@pytest.mark.parametrize("kind", sorted(FOREIGN_KINDS))
def test_a_kind_can_be_asked_for_and_refused(kind: Kind) -> None:
    with pytest.raises(FormatMismatch):
        derive({"text": "Hello"}, kind=kind)
    assert foreign_fields(kind)


def test_what_a_tool_of_responses_gives_is_no_answer() -> None:
    output: list[dict[str, Any]] = [
        {"type": "custom_tool_call", "call_id": "a", "name": "patch", "input": "+ x"},
        {"type": "custom_tool_call_output", "call_id": "a", "output": "done"},
        {"type": "computer_call_output", "call_id": "b", "output": {"type": "computer_screenshot"}},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "."}]},
    ]
    conversation = read({"input": "Mend it", "output": output})
    assert [each["role"] for each in conversation.prompt] == ["user", "assistant", "tool", "tool"]
    assert "call" not in conversation.prompt[3]
    assert [each["content"] for each in conversation.prompt[2:]] == [
        "done",
        '{"type":"computer_screenshot"}',
    ]


def test_what_a_server_of_anthropic_finds_is_no_answer() -> None:
    parts = [
        {"type": "mcp_tool_use", "id": "m", "name": "find", "input": {}},
        {"type": "mcp_tool_result", "tool_use_id": "m", "content": "Found."},
        {"type": "text", "text": "Hi."},
    ]
    conversation = read({"messages": [HELLO, {"role": "assistant", "content": parts}]})
    assert conversation.response == (HI,)
    assert conversation.prompt[2] == {"role": "tool", "content": "Found.", "call": 0}


def test_a_spoken_message_with_frames_keeps_its_video() -> None:
    sound = {
        "content_type": "real_time_user_audio_video_asset_pointer",
        "frames_asset_pointers": ["f"],
    }
    said = {"content_type": "audio_transcription", "text": "Look"}
    content = {"content_type": "multimodal_text", "parts": [said, sound]}
    node = {"message": {"author": {"role": "user"}, "content": content}}
    (message,) = read({"mapping": {"a": node}, "current_node": "a"}).prompt
    assert [each["type"] for each in message["content"]] == ["text", "video"]


@pytest.mark.parametrize(
    "message",
    [
        {"author": {"role": "user"}, "content": {"content_type": [], "parts": ["Hi"]}},
        {"author": {"role": "assistant"}, "content": {"content_type": "text", "parts": [-1.5]}},
        {"author": {"role": {}}, "content": {"content_type": "text", "parts": [None, {}]}},
    ],
)
def test_a_node_of_any_values_can_be_looked_at(message: dict[str, Any]) -> None:
    after = {"author": {"role": "assistant"}, "content": {"content_type": "text", "parts": ["A"]}}
    nodes = {"a": {"message": message}, "b": {"message": after, "parent": "a"}}
    record = {"mapping": nodes, "current_node": "b"}
    assert recognise(record) is Kind.CHATGPT
    assert spoken_parts(record)


def test_a_patch_or_a_shell_of_responses_is_a_call() -> None:
    patch = {"type": "create_file", "path": "a.py", "diff": "+x"}
    item = {"type": "apply_patch_call", "call_id": "c", "operation": patch, "status": "completed"}
    output = [item, {"type": "apply_patch_call_output", "call_id": "c", "output": "ok"}]
    conversation = read({"input": "Write it", "output": output})
    (call,) = conversation.prompt[1]["tool_calls"]
    assert call == {"id": 0, "name": "apply_patch", "arguments": {"operation": patch}}
    assert conversation.prompt[2]["call"] == 0


def test_reading_leaves_the_record_as_it_is() -> None:
    said = {"role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
    reasoning = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
    record = {"output": [{"type": "message", **said}, reasoning, {"type": "message", **said}]}
    before = json.dumps(record)
    assert read(record) == read(record)
    assert json.dumps(record) == before


def test_parts_that_go_on_are_added_to_one_list() -> None:
    chat = ForeignChat()
    chat.add("assistant", given := [{"type": "text", "text": "a"}], "a")
    chat.add_part({"type": "text", "text": "b"}, "b")
    made = chat.messages[0].message["content"]
    chat.add_part({"type": "text", "text": "c"}, "c")
    assert chat.messages[0].message["content"] is made is not given
    assert [part["text"] for part in made] == ["a", "b", "c"]
    assert len(given) == 1


@pytest.mark.parametrize("thoughts", [5, "Hm.", None, [5], {"a": 1}])
def test_thoughts_of_another_type_say_nothing(thoughts: Any) -> None:
    thinking = {"content_type": "thoughts", "thoughts": thoughts}
    nodes = {
        "a": {"message": {"author": {"role": "user"}, "content": {"parts": ["Hello"]}}},
        "b": {"message": {"author": {"role": "assistant"}, "content": thinking}, "parent": "a"},
        "c": {
            "message": {"author": {"role": "assistant"}, "content": {"parts": ["Hi."]}},
            "parent": "b",
        },
    }
    assert read({"mapping": nodes, "current_node": "c"}).response[0]["content"] == "Hi."
