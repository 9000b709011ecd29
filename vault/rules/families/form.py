"""FORM: the structure of a record, message by message."""

from __future__ import annotations

from vault.rules.families import fixes
from vault.rules.families.form_checks import (
    bad_name,
    bad_part,
    content_type,
    empty_answer,
    empty_message,
    extra_field,
    image_in_answer,
    large_number,
    media_markers,
    missing_content,
    mixed_refusal,
    no_layout,
    told,
    trl_fields,
    two_layouts,
    unknown_key,
    unknown_role,
)
from vault.rules.families.sample_records import ASK, PLAIN, TOLD, TOOL_PLAIN, assistant, chat, user
from vault.rules.kernel.rule import Rule, Severity, Trigger

_BROKEN = {"from": "human", "value": "Hi"}
_IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
_STRICT = ("openai", "azure", "together", "fireworks", "bedrock-claude", "mistral")

RULES = (
    Rule(
        "FORM001",
        "messages-missing",
        Severity.ERROR,
        "A record without a list of messages has nothing to train on; trainers stop or drop it.",
        told("messages-missing"),
        ({"messages": "hello"}, {"messages": []}, {"conversations": {"from": "human"}}),
        (PLAIN,),
        known_as=("missing_messages_list", "ConversationFormatError"),
    ),
    Rule(
        "FORM002",
        "message-not-object",
        Severity.ERROR,
        "Every message is an object with a role; a bare text says nothing about who speaks.",
        told("message-not-object"),
        (chat("Hi", TOLD), {"conversations": [["human", "Hi"]]}),
        (PLAIN,),
        known_as=("data_type", "MessageFormatError"),
    ),
    Rule(
        "FORM003",
        "role-missing",
        Severity.ERROR,
        "Without a role no chat template can place the message.",
        told("role-missing"),
        (chat({"content": "Hi"}, TOLD), chat(ASK, {"role": 1, "content": "x"})),
        (PLAIN,),
        known_as=("message_missing_key", "MessageFormatError"),
    ),
    Rule(
        "FORM004",
        "role-unknown",
        Severity.ERROR,
        "Chat templates raise on roles that they do not know, or leave the message out.",
        unknown_role,
        (
            chat({"role": "bot", "content": "Hi"}, TOLD),
            chat({"role": "User", "content": "Hi"}, TOLD),
            chat({"role": "human", "content": "Hi"}, {"role": "gpt", "content": "Hello."}),
        ),
        (
            PLAIN,
            TOOL_PLAIN,
            chat({"role": "developer", "content": "Be brief."}, ASK, TOLD),
            {"conversations": [_BROKEN, {"from": "gpt", "value": "Hello."}]},
        ),
        known_as=("unrecognized_role", "UnrecognizedRoleError"),
        fix=fixes.usual_roles,
    ),
    Rule(
        "FORM005",
        "content-missing",
        Severity.ERROR,
        "A message that neither says anything nor calls a tool is refused. An assistant that calls "
        "a tool, refuses or speaks may have null for content.",
        missing_content,
        (
            chat({"role": "user"}, TOLD),
            chat(ASK, assistant(None)),
            chat(ASK, assistant(None, tool_calls=[])),
            {"prompt": "Hi", "completion": None},
            {"instruction": "Add 1 and 1.", "output": None},
        ),
        (PLAIN, TOOL_PLAIN, chat(ASK, assistant(None, refusal="I cannot help with that."))),
        known_as=("missing_content", "message_missing_key", "InvalidAssistantMessageException"),
    ),
    Rule(
        "FORM006",
        "content-type",
        Severity.ERROR,
        "Content is a text or a list of parts. LLaMA-Factory silently drops a record whose output "
        "is an object, others write Python's notation of it into the prompt.",
        content_type,
        (
            chat(user({"text": "Hi"}), TOLD),
            chat(ASK, assistant(3)),
            {"instruction": "Answer in JSON.", "output": {"a": 1}},
        ),
        (PLAIN, chat(user([{"type": "text", "text": "Hi"}]), TOLD)),
        known_as=("missing_content", "data_type"),
    ),
    Rule(
        "FORM007",
        "part-invalid",
        Severity.ERROR,
        "Parts of content have a type that says what they hold; unknown ones are refused.",
        bad_part,
        (
            chat(user(["Hi"]), TOLD),
            chat(user([{"type": "txt", "text": "Hi"}]), TOLD),
            chat(user([{"type": "text"}]), TOLD),
        ),
        (PLAIN, chat(user([{"type": "text", "text": "What is this?"}, _IMAGE]), TOLD)),
    ),
    Rule(
        "FORM008",
        "answer-empty",
        Severity.ERROR,
        "An empty answer teaches the model to stop at once.",
        empty_answer,
        (
            chat(ASK, assistant("")),
            chat(ASK, assistant(" \n")),
            {"prompt": "Hi", "completion": ""},
            {"instruction": "Say hi.", "output": " "},
        ),
        (PLAIN, TOOL_PLAIN, chat(ASK, assistant("", refusal="No.")), chat(ASK, assistant("4"))),
        known_as=("missing_content",),
    ),
    Rule(
        "FORM009",
        "message-empty",
        Severity.WARNING,
        "An empty question or instruction usually means that a template was not filled in.",
        empty_message,
        (chat(user(""), TOLD), chat(user([{"type": "text", "text": " "}]), TOLD)),
        (PLAIN, chat(user([_IMAGE]), TOLD)),
    ),
    Rule(
        "FORM010",
        "message-key-unknown",
        Severity.ERROR,
        "These providers refuse messages with keys that they do not know. `vault export --format "
        "openai` writes none.",
        unknown_key,
        (chat(ASK, assistant("Soon.", timestamp=3)),),
        (PLAIN, TOOL_PLAIN, chat(ASK, assistant("Soon.", weight=1, name="bot"))),
        trigger=Trigger.STRUCTURE,
        targets=_STRICT,
        known_as=("message_unrecognized_key",),
    ),
    Rule(
        "FORM011",
        "field-extra",
        Severity.ERROR,
        "These providers refuse records with fields beside the conversation. `vault export "
        "--format openai` leaves them out.",
        extra_field,
        (chat(ASK, TOLD, source="crm"),),
        (PLAIN, TOOL_PLAIN),
        trigger=Trigger.EVERY,
        targets=("together", "bedrock-claude"),
    ),
    Rule(
        "FORM012",
        "fields-unknown-to-trl",
        Severity.ERROR,
        "TRL decides by the exact set of fields what a data set is, and raises KeyError on others. "
        "`vault export --format trl-chat` and its sisters write what it takes.",
        trl_fields,
        (chat(ASK, TOLD, source="crm"), {"instruction": "Say hi.", "output": "Hi."}),
        (PLAIN, TOOL_PLAIN, {"prompt": "Hi", "completion": "Hello."}),
        trigger=Trigger.EVERY,
        targets=("trl",),
        known_as=("Invalid keys",),
    ),
    Rule(
        "FORM013",
        "layout-unknown",
        Severity.WARNING,
        "No trainer can read the record as it is. If fields of it are question and answer, import "
        "it with `--map user=FIELD --map assistant=FIELD`.",
        no_layout,
        ({"question": "What is 1 + 1?", "reply": "2"},),
        (PLAIN, {"text": "Once upon a time."}),
    ),
    Rule(
        "FORM014",
        "layouts-mixed",
        Severity.WARNING,
        "Trainers decide by the fields that are there how to read a record; one that could be read "
        "in two ways is read differently by each.",
        two_layouts,
        (chat(ASK, TOLD, text="Where is my parcel? It arrives on Tuesday."),),
        (PLAIN, {"prompt": "Hi", "completion": "Hello."}),
        trigger=Trigger.STRUCTURE,
        known_as=("InvalidRequestException",),
    ),
    Rule(
        "FORM015",
        "speaker-name-invalid",
        Severity.ERROR,
        "Providers take names of 1 to 64 letters, digits, underscores and dashes.",
        bad_name,
        (chat(user("Hi", name="Ada Lovelace"), TOLD), chat(user("Hi", name=""), TOLD)),
        (PLAIN, chat(user("Hi", name="ada-1"), TOLD), chat(user("Hi", name=None), TOLD)),
    ),
    Rule(
        "FORM016",
        "refusal-mixed",
        Severity.ERROR,
        "An answer in parts is either text, or exactly one refusal.",
        mixed_refusal,
        (
            chat(
                ASK,
                assistant([{"type": "text", "text": "I"}, {"type": "refusal", "refusal": "No"}]),
            ),
        ),
        (PLAIN, chat(ASK, assistant([{"type": "refusal", "refusal": "No"}]))),
    ),
    Rule(
        "FORM017",
        "image-in-answer",
        Severity.ERROR,
        "No provider trains a chat model to say an image; such examples are refused.",
        image_in_answer,
        (chat(ASK, assistant([_IMAGE])),),
        (PLAIN, chat(user([_IMAGE]), TOLD)),
    ),
    Rule(
        "FORM018",
        "media-count",
        Severity.ERROR,
        "LLaMA-Factory pairs each marker in the text with one of the media and stops when the "
        "numbers differ.",
        media_markers,
        (
            {
                "conversations": [
                    {"from": "human", "value": "<image>What is this?"},
                    {"from": "gpt", "value": "A cat."},
                ],
                "images": ["a.png", "b.png"],
            },
        ),
        (
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
        "FORM019",
        "field-type",
        Severity.ERROR,
        "The history of an Alpaca record is a list of pairs of question and answer; LLaMA-Factory "
        "stops at anything else.",
        told("field-type"),
        (
            {"instruction": "Go on.", "output": "Yes.", "history": "Hi"},
            {"instruction": "Go on.", "output": "Yes.", "history": [["Hi"]]},
        ),
        ({"instruction": "Go on.", "output": "Yes.", "history": [["Hi", "Hello."]]},),
    ),
    Rule(
        "FORM020",
        "spellings-mixed",
        Severity.ERROR,
        "A message that has both spellings of the same thing is read differently by each trainer.",
        told("two-spellings"),
        (
            {
                "conversations": [
                    {"from": "human", "role": "user", "value": "Hi"},
                    {"from": "gpt", "value": "Hello."},
                ]
            },
        ),
        ({"conversations": [_BROKEN, {"from": "gpt", "value": "Hello."}]},),
    ),
    Rule(
        "FORM021",
        "number-too-large",
        Severity.WARNING,
        "A number beyond 64 bits is kept as it is written, but loaders read it as the nearest "
        "double, as infinity, or refuse the file.",
        large_number,
        ({**PLAIN, "ticket": 2**64}, {**PLAIN, "scores": [0, -(10**30)]}),
        (
            PLAIN,
            {**PLAIN, "ticket": 2**53, "weight": 1e-9},
            chat(ASK, assistant("It is [2" + "0" * 30 + "]")),
        ),
        trigger=Trigger.RECORD,
        sought=r"[:\[,]\s*-?\d+(?:\.\d+)?(?:[eE]\+?\d{2}|\d{18})",
    ),
)
