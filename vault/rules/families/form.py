"""FORM: the structure of a record, message by message."""

from __future__ import annotations

import json

from vault.rules.families import fixes
from vault.rules.families.form_checks import (
    bad_name,
    bad_part,
    content_type,
    empty_answer,
    empty_message,
    extra_field,
    foreign_parts,
    image_in_answer,
    large_number,
    missing_content,
    mixed_refusal,
    no_layout,
    told,
    trl_fields,
    two_layouts,
    unknown_key,
    unknown_role,
)
from vault.rules.families.media_checks import media_count, missing_media
from vault.rules.families.sample_records import ASK, PLAIN, TOLD, TOOL_PLAIN, assistant, chat, user
from vault.rules.kernel.rule import Rule, Severity, Trigger

_BROKEN = {"from": "human", "value": "Hi"}
_IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
_STRICT = ("openai", "azure", "together", "fireworks", "bedrock-claude", "mistral")

RULES = (
    Rule(
        code="FORM001",
        name="messages-missing",
        severity=Severity.ERROR,
        why="A record without a list of messages has nothing to train on; trainers stop or drop "
        "it.",
        check=told("messages-missing"),
        fails=({"messages": "hello"}, {"messages": []}, {"conversations": {"from": "human"}}),
        passes=(PLAIN,),
        known_as=("missing_messages_list", "ConversationFormatError"),
    ),
    Rule(
        code="FORM002",
        name="message-not-object",
        severity=Severity.ERROR,
        why="Every message is an object with a role; a bare text says nothing about who speaks.",
        check=told("message-not-object"),
        fails=(chat("Hi", TOLD), {"conversations": [["human", "Hi"]]}),
        passes=(PLAIN,),
        known_as=("data_type", "MessageFormatError"),
    ),
    Rule(
        code="FORM003",
        name="role-missing",
        severity=Severity.ERROR,
        why="Without a role no chat template can place the message.",
        check=told("role-missing"),
        fails=(chat({"content": "Hi"}, TOLD), chat(ASK, {"role": 1, "content": "x"})),
        passes=(PLAIN,),
        known_as=("message_missing_key", "MessageFormatError"),
    ),
    Rule(
        code="FORM004",
        name="role-unknown",
        severity=Severity.ERROR,
        why="Chat templates raise on roles that they do not know, or leave the message out.",
        check=unknown_role,
        fails=(
            chat({"role": "bot", "content": "Hi"}, TOLD),
            chat({"role": "User", "content": "Hi"}, TOLD),
            chat({"role": "human", "content": "Hi"}, {"role": "gpt", "content": "Hello."}),
        ),
        passes=(
            PLAIN,
            TOOL_PLAIN,
            chat({"role": "developer", "content": "Be brief."}, ASK, TOLD),
            {"conversations": [_BROKEN, {"from": "gpt", "value": "Hello."}]},
        ),
        known_as=("unrecognized_role", "UnrecognizedRoleError"),
        fix=fixes.usual_roles,
    ),
    Rule(
        code="FORM005",
        name="content-missing",
        severity=Severity.ERROR,
        why="A message that neither says anything nor calls a tool is refused. An assistant that "
        "calls a tool, refuses or speaks may have null for content.",
        check=missing_content,
        fails=(
            chat({"role": "user"}, TOLD),
            chat(ASK, assistant(None)),
            chat(ASK, assistant(None, tool_calls=[])),
            {"prompt": "Hi", "completion": None},
            {"instruction": "Add 1 and 1.", "output": None},
        ),
        passes=(PLAIN, TOOL_PLAIN, chat(ASK, assistant(None, refusal="I cannot help with that."))),
        known_as=("missing_content", "message_missing_key", "InvalidAssistantMessageException"),
    ),
    Rule(
        code="FORM006",
        name="content-type",
        severity=Severity.ERROR,
        why="Content is a text or a list of parts. LLaMA-Factory silently drops a record whose "
        "output is an object, others write Python's notation of it into the prompt.",
        check=content_type,
        fails=(
            chat(user({"text": "Hi"}), TOLD),
            chat(ASK, assistant(3)),
            {"instruction": "Answer in JSON.", "output": {"a": 1}},
        ),
        passes=(PLAIN, chat(user([{"type": "text", "text": "Hi"}]), TOLD)),
        known_as=("missing_content", "data_type"),
    ),
    Rule(
        code="FORM007",
        name="part-invalid",
        severity=Severity.ERROR,
        why="Parts of content have a type that says what they hold; unknown ones are refused.",
        check=bad_part,
        fails=(
            chat(user(["Hi"]), TOLD),
            chat(user([{"type": "txt", "text": "Hi"}]), TOLD),
            chat(user([{"type": "text"}]), TOLD),
            chat(user([{"text": "Hi"}]), TOLD),
        ),
        passes=(
            PLAIN,
            chat(user([{"type": "text", "text": "What is this?"}, _IMAGE]), TOLD),
            chat(user([{"text": "Hi"}]), TOLD, schemaVersion="bedrock-conversation-2024"),
        ),
        fix=fixes.parts_typed,
    ),
    Rule(
        code="FORM008",
        name="answer-empty",
        severity=Severity.ERROR,
        why="An empty answer teaches the model to stop at once.",
        check=empty_answer,
        fails=(
            chat(ASK, assistant("")),
            chat(ASK, assistant(" \n")),
            {"prompt": "Hi", "completion": ""},
            {"instruction": "Say hi.", "output": " "},
        ),
        passes=(
            PLAIN,
            TOOL_PLAIN,
            chat(ASK, assistant("", refusal="No.")),
            chat(ASK, assistant("4")),
        ),
        known_as=("missing_content",),
    ),
    Rule(
        code="FORM009",
        name="message-empty",
        severity=Severity.WARNING,
        why="An empty question or instruction usually means that a template was not filled in.",
        check=empty_message,
        fails=(chat(user(""), TOLD), chat(user([{"type": "text", "text": " "}]), TOLD)),
        passes=(PLAIN, chat(user([_IMAGE]), TOLD)),
    ),
    Rule(
        code="FORM010",
        name="message-key-unknown",
        severity=Severity.ERROR,
        why="These providers refuse messages with keys that they do not know. `vault export "
        "--for openai` writes none.",
        check=unknown_key,
        fails=(chat(ASK, assistant("Soon.", timestamp=3)),),
        passes=(PLAIN, TOOL_PLAIN, chat(ASK, assistant("Soon.", weight=1, name="bot"))),
        trigger=Trigger.STRUCTURE,
        targets=_STRICT,
        known_as=("message_unrecognized_key",),
    ),
    Rule(
        code="FORM011",
        name="field-extra",
        severity=Severity.ERROR,
        why="These providers refuse records with fields beside the conversation. `vault export "
        "--for openai` leaves them out.",
        check=extra_field,
        fails=(chat(ASK, TOLD, source="crm"),),
        passes=(PLAIN, TOOL_PLAIN),
        trigger=Trigger.EVERY,
        targets=("together", "bedrock-claude"),
    ),
    Rule(
        code="FORM012",
        name="fields-unknown-to-trl",
        severity=Severity.ERROR,
        why="TRL decides by the exact set of fields what a data set is, and raises KeyError on "
        "others. `vault export --for trl` writes what it takes.",
        check=trl_fields,
        fails=(chat(ASK, TOLD, source="crm"), {"instruction": "Say hi.", "output": "Hi."}),
        passes=(PLAIN, TOOL_PLAIN, {"prompt": "Hi", "completion": "Hello."}),
        trigger=Trigger.EVERY,
        targets=("trl",),
        known_as=("Invalid keys",),
    ),
    Rule(
        code="FORM013",
        name="layout-unknown",
        severity=Severity.WARNING,
        why="No trainer can read the record as it is. If fields of it are question and answer, "
        "import it with `--map user=FIELD --map assistant=FIELD`.",
        check=no_layout,
        fails=({"question": "What is 1 + 1?", "reply": "2"},),
        passes=(PLAIN, {"text": "Once upon a time."}),
    ),
    Rule(
        code="FORM014",
        name="layouts-mixed",
        severity=Severity.WARNING,
        why="Trainers decide by the fields that are there how to read a record; one that could be "
        "read in two ways is read differently by each.",
        check=two_layouts,
        fails=(chat(ASK, TOLD, text="Where is my parcel? It arrives on Tuesday."),),
        passes=(PLAIN, {"prompt": "Hi", "completion": "Hello."}),
        trigger=Trigger.STRUCTURE,
        known_as=("InvalidRequestException",),
    ),
    Rule(
        code="FORM015",
        name="speaker-name-invalid",
        severity=Severity.ERROR,
        why="Providers take names of 1 to 64 letters, digits, underscores and dashes.",
        check=bad_name,
        fails=(chat(user("Hi", name="Ada Lovelace"), TOLD), chat(user("Hi", name=""), TOLD)),
        passes=(PLAIN, chat(user("Hi", name="ada-1"), TOLD), chat(user("Hi", name=None), TOLD)),
    ),
    Rule(
        code="FORM016",
        name="refusal-mixed",
        severity=Severity.ERROR,
        why="An answer in parts is either text, or exactly one refusal.",
        check=mixed_refusal,
        fails=(
            chat(
                ASK,
                assistant([{"type": "text", "text": "I"}, {"type": "refusal", "refusal": "No"}]),
            ),
        ),
        passes=(PLAIN, chat(ASK, assistant([{"type": "refusal", "refusal": "No"}]))),
    ),
    Rule(
        code="FORM017",
        name="image-in-answer",
        severity=Severity.ERROR,
        why="No provider trains a chat model to say an image; such examples are refused.",
        check=image_in_answer,
        fails=(chat(ASK, assistant([_IMAGE])),),
        passes=(PLAIN, chat(user([_IMAGE]), TOLD)),
    ),
    Rule(
        code="FORM018",
        name="media-count",
        severity=Severity.ERROR,
        why="LLaMA-Factory pairs each marker in the text with one of the media and stops when the "
        "numbers differ.",
        check=media_count,
        fails=(
            {
                "conversations": [
                    {"from": "human", "value": "<image>What is this?"},
                    {"from": "gpt", "value": "A cat."},
                ],
                "images": ["a.png", "b.png"],
            },
        ),
        passes=(
            {
                "conversations": [
                    {"from": "human", "value": "<image>What is this?"},
                    {"from": "gpt", "value": "A cat."},
                ],
                "images": ["a.png"],
            },
        ),
    ),
    Rule(
        code="FORM019",
        name="field-type",
        severity=Severity.ERROR,
        why="A field of the conversation has a type that trainers do not read: the history of an "
        "Alpaca record, for one, is a list of pairs of question and answer.",
        check=told("field-type"),
        fails=(
            {"instruction": "Go on.", "output": "Yes.", "history": "Hi"},
            {"instruction": "Go on.", "output": "Yes.", "history": [["Hi"]]},
            {"instruction": ["Go on."], "output": "Yes."},
            {"text": ["Once upon a time."]},
            {**PLAIN, "parallel_tool_calls": "no"},
        ),
        passes=({"instruction": "Go on.", "output": "Yes.", "history": [["Hi", "Hello."]]},),
    ),
    Rule(
        code="FORM020",
        name="spellings-mixed",
        severity=Severity.ERROR,
        why="A message that has both spellings of the same thing is read differently by each "
        "trainer.",
        check=told("two-spellings"),
        fails=(
            {
                "conversations": [
                    {"from": "human", "role": "user", "value": "Hi"},
                    {"from": "gpt", "value": "Hello."},
                ]
            },
        ),
        passes=({"conversations": [_BROKEN, {"from": "gpt", "value": "Hello."}]},),
    ),
    Rule(
        code="FORM021",
        name="number-too-large",
        severity=Severity.WARNING,
        why="A number beyond 64 bits is kept as it is written, but loaders read it as the nearest "
        "double, as infinity, or refuse the file.",
        check=large_number,
        fails=({**PLAIN, "ticket": 2**64}, {**PLAIN, "scores": [0, -(10**30)]}),
        passes=(
            PLAIN,
            {**PLAIN, "ticket": 2**53, "weight": 1e-9},
            chat(ASK, assistant("It is [2" + "0" * 30 + "]")),
        ),
        trigger=Trigger.RECORD,
        sought=r"[:\[,]\s*-?\d+(?:\.\d+)?(?:[eE]\+?\d{2}|\d{18})",
    ),
    Rule(
        code="FORM022",
        name="messages-encoded",
        severity=Severity.ERROR,
        why="The messages are written as JSON text, or as an object of lists, because a table was "
        "between. vault reads them; trainers stop or see an empty conversation.",
        check=told("messages-encoded"),
        fails=(
            {"messages": json.dumps(PLAIN["messages"])},
            {"conversations": {"from": ["human", "gpt"], "value": ["Hi", "Hello."]}},
            {"prompt": json.dumps([ASK]), "completion": "It arrives on Tuesday."},
        ),
        passes=(PLAIN, {"prompt": "[1, 2]", "completion": "A list."}),
        fix=fixes.lists_decoded,
    ),
    Rule(
        code="FORM023",
        name="parts-foreign",
        severity=Severity.WARNING,
        why="Calls, answers of tools and reasoning stand among the parts of content, as in the API "
        "of another maker. vault reads them; a trainer that is given the record as it is does not. "
        "`vault export --for TRAINER` writes what that reads.",
        check=foreign_parts,
        fails=(
            chat(
                ASK,
                assistant([{"type": "tool_use", "id": "t1", "name": "track", "input": {}}]),
                user([{"type": "tool_result", "tool_use_id": "t1", "content": "Graz"}]),
                TOLD,
            ),
            chat(user([{"text": "Where is it?"}]), TOLD, schemaVersion="bedrock-conversation-2024"),
        ),
        passes=(PLAIN, TOOL_PLAIN, chat(user([{"type": "text", "text": "Hi"}, _IMAGE]), TOLD)),
    ),
    Rule(
        code="FORM024",
        name="media-missing",
        severity=Severity.ERROR,
        why="The text has a place for an image, a video or a sound that the record does not carry: "
        "the model would learn to answer about nothing.",
        check=missing_media,
        fails=(
            chat(user("<image>What is this?"), assistant("A cat.")),
            chat(user("What is this?\n<image>"), assistant("A cat."), images=None),
        ),
        passes=(
            PLAIN,
            chat(user("<image>What is this?"), assistant("A cat."), images=["a.png"]),
            chat(user([_IMAGE, {"type": "text", "text": "What?"}]), TOLD),
            chat(user("What does the <image> element of SVG do?"), assistant("It shows one.")),
            chat(user("<image>a.png</image> What is missing?"), assistant("Nothing.")),
        ),
        trigger=Trigger.TEXT,
        sought="<(?:image|video|audio)>",
    ),
)
