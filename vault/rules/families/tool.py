"""TOOL: declared tools, calls of them, and the answers."""

from __future__ import annotations

from vault.rules.families import tool_checks as checks
from vault.rules.families.fixes import plain_arguments
from vault.rules.families.sample_records import (
    PLAIN,
    TOOL_PLAIN,
    WEATHER,
    WEATHER_ASKED,
    WEATHER_TOLD,
    assistant,
    call,
    calling,
    result,
    tooled,
    user,
)
from vault.rules.kernel.rule import Rule, Severity

_BARE = {"type": "function", "function": {"name": "now"}}
_TIME = tooled(
    WEATHER_ASKED, calling(call("{}", name="now")), result(), WEATHER_TOLD, tools=[_BARE]
)


def _used(*calls: object) -> dict[str, object]:
    """Return a whole use of the tool in which only the calls are as given."""
    results = [result(each["id"]) for each in calls if isinstance(each, dict) and "id" in each]
    return tooled(WEATHER_ASKED, calling(*calls), *results, WEATHER_TOLD)


def _declaring(parameters: object, **others: object) -> dict[str, object]:
    function = {"name": "now", "description": "The time.", "parameters": parameters, **others}
    return {**PLAIN, "tools": [{"type": "function", "function": function}]}


_MISTRAL_CALLS = _used(call(call_id="aB3dE6gH9"))
_TWO = (call(call_id="call_1"), call(call_id="call_2"))
_JOINED = tooled(WEATHER_ASKED, calling(*_TWO), result(None, "18 °C; 20 °C"), WEATHER_TOLD)
_PARSED = _used(call({"city": "Graz"}))
_NEEDS_IDS = ("openai", "azure", "together", "fireworks", "mistral")
_SHAREGPT_CALL = {
    "conversations": [
        {"from": "human", "value": "What is the weather in Graz?"},
        {"from": "function_call", "value": '{"name": "weather", "arguments": {"city": "Graz"}}'},
        {"from": "observation", "value": "18 °C"},
        {"from": "gpt", "value": "It is 18 °C."},
    ],
    "tools": '[{"name": "weather", "description": "", "parameters": {"type": "object"}}]',
}
_SHAREGPT_BROKEN = {
    **_SHAREGPT_CALL,
    "conversations": [
        _SHAREGPT_CALL["conversations"][0],
        {"from": "function_call", "value": "weather(Graz)"},
        *_SHAREGPT_CALL["conversations"][2:],
    ],
}
_LEGACY = tooled(
    WEATHER_ASKED,
    assistant(None, function_call={"name": "weather", "arguments": '{"city": "Graz"}'}),
    {"role": "function", "name": "weather", "content": "18 °C"},
    WEATHER_TOLD,
)

RULES = (
    Rule(
        "TOOL001",
        "tools-invalid",
        Severity.ERROR,
        "Tools are a list, or for LLaMA-Factory the JSON text of one; with anything else training "
        "stops when the template is applied.",
        checks.bad_tools,
        ({**PLAIN, "tools": {"name": "weather"}}, {**PLAIN, "tools": "weather"}),
        (TOOL_PLAIN, _SHAREGPT_CALL, {**PLAIN, "tools": []}, {**PLAIN, "tools": None}),
        known_as=("InvalidToolException",),
    ),
    Rule(
        "TOOL002",
        "tool-malformed",
        Severity.ERROR,
        "A tool is a function with a name; templates write its schema into the prompt.",
        checks.bad_tool,
        ({**PLAIN, "tools": [{"type": "function"}]}, {**PLAIN, "tools": ["weather"]}),
        (TOOL_PLAIN, _SHAREGPT_CALL, _TIME),
        known_as=("InvalidToolException", "FunctionFormatError"),
    ),
    Rule(
        "TOOL003",
        "tool-name-invalid",
        Severity.ERROR,
        "Providers take names of 1 to 64 letters, digits, underscores and dashes.",
        checks.bad_tool_name,
        (_declaring({"type": "object"}, name="get weather"), _declaring({}, name="a" * 65)),
        (TOOL_PLAIN, _declaring({"type": "object"}, name="get_weather-2")),
        known_as=("InvalidFunctionCallException",),
    ),
    Rule(
        "TOOL004",
        "tool-repeated",
        Severity.ERROR,
        "Of two tools with one name nobody knows which is called.",
        checks.repeated_tool,
        (tooled(*TOOL_PLAIN["messages"], tools=[WEATHER, WEATHER]),),
        (TOOL_PLAIN,),
        known_as=("InvalidToolException",),
    ),
    Rule(
        "TOOL005",
        "tool-schema-invalid",
        Severity.ERROR,
        "Parameters are a JSON Schema of an object. Types such as dict, float or any, taken from "
        "Python, are refused by providers that check.",
        checks.bad_schema,
        (
            _declaring({"type": "dict", "properties": {}}),
            _declaring({"type": "object", "properties": {"at": {"type": "float"}}}),
            _declaring({"type": "object", "properties": ["at"]}),
            _declaring({"type": "object", "required": "at"}),
            _declaring({"type": "string"}),
            _declaring("none"),
        ),
        (
            TOOL_PLAIN,
            _TIME,
            _declaring({"type": "object", "properties": {"at": {"type": ["string", "null"]}}}),
            _declaring({"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}}),
        ),
        known_as=("InvalidToolSchemaException",),
    ),
    Rule(
        "TOOL006",
        "call-malformed",
        Severity.ERROR,
        "A call is an object that names a function; LLaMA-Factory stops at a function_call whose "
        "text is not JSON.",
        checks.bad_call,
        (
            tooled(WEATHER_ASKED, assistant(None, tool_calls="weather"), WEATHER_TOLD),
            tooled(WEATHER_ASKED, calling("weather"), WEATHER_TOLD),
            tooled(WEATHER_ASKED, calling({"id": "call_1", "type": "function"}), WEATHER_TOLD),
            _SHAREGPT_BROKEN,
        ),
        (TOOL_PLAIN, _SHAREGPT_CALL, _LEGACY),
        known_as=("ToolCallFormatError", "InvalidFunctionCallException"),
    ),
    Rule(
        "TOOL007",
        "call-undeclared",
        Severity.ERROR,
        "A call of a tool that is not declared teaches the model to invent tools.",
        checks.undefined_tool,
        (_used(call(name="get_weather")),),
        (TOOL_PLAIN, _SHAREGPT_CALL),
    ),
    Rule(
        "TOOL008",
        "tools-undeclared",
        Severity.WARNING,
        "The model learns to call tools that the prompt never mentions.",
        checks.undeclared_tools,
        ({"messages": TOOL_PLAIN["messages"]},),
        (TOOL_PLAIN, PLAIN),
    ),
    Rule(
        "TOOL009",
        "arguments-not-json",
        Severity.ERROR,
        "The program that receives the call cannot read it, and the model learns to write it so.",
        checks.arguments_not_json,
        (
            _used(call("{'city': 'Graz'}")),
            _used(call('{"city": "Graz"')),
            _used(call("")),
            _used(call('```json\n{"city": "Graz"}\n```')),
        ),
        (TOOL_PLAIN, _PARSED, _LEGACY),
        known_as=("InvalidFunctionCallException",),
        fix=plain_arguments,
    ),
    Rule(
        "TOOL010",
        "arguments-not-object",
        Severity.ERROR,
        "Arguments have names, so they are an object, and `{}` where there are none.",
        checks.arguments_not_object,
        (_used(call('["Graz"]')), _used(call('"Graz"')), _used(call(None))),
        (TOOL_PLAIN, _PARSED, _TIME),
        known_as=("InvalidFunctionCallException",),
    ),
    Rule(
        "TOOL011",
        "arguments-off-schema",
        Severity.ERROR,
        "The call does not satisfy the schema that its own tool declares: a name is missing or not "
        "declared, a type or a value is another. A model that learns it fails in production.",
        checks.arguments_off_schema,
        (
            _used(call("{}")),
            _used(call('{"city": 3}')),
            _used(call('{"city": "Graz", "unit": "kelvin"}')),
        ),
        (TOOL_PLAIN, _PARSED, _SHAREGPT_CALL, _used(call('{"city": "Graz", "unit": "celsius"}'))),
    ),
    Rule(
        "TOOL012",
        "call-id-missing",
        Severity.ERROR,
        "This target matches results to calls by their ids.",
        checks.call_without_id,
        (_used(call(call_id=None)),),
        (TOOL_PLAIN, _LEGACY),
        targets=_NEEDS_IDS,
        known_as=("InvalidFunctionCallException",),
    ),
    Rule(
        "TOOL013",
        "call-id-repeated",
        Severity.ERROR,
        "With one id for two calls nobody knows which of them a result answers.",
        checks.repeated_id,
        (_used(call(), call('{"city": "Linz"}')),),
        (TOOL_PLAIN, _used(*_TWO)),
        known_as=("InvalidRequestException",),
    ),
    Rule(
        "TOOL014",
        "result-orphan",
        Severity.ERROR,
        "A result belongs to a call before it; providers refuse one that answers nothing.",
        checks.orphaned_result,
        (
            tooled(WEATHER_ASKED, result(), WEATHER_TOLD),
            tooled(WEATHER_ASKED, calling(call()), result("call_9"), WEATHER_TOLD),
            tooled(WEATHER_ASKED, result(), calling(call()), WEATHER_TOLD),
        ),
        (TOOL_PLAIN, _SHAREGPT_CALL, _LEGACY, _used(*_TWO)),
        known_as=("InvalidToolMessageException", "InvalidMessageStructureException"),
    ),
    Rule(
        "TOOL015",
        "result-missing",
        Severity.ERROR,
        "Every call is answered before the conversation goes on; only the last message may leave "
        "its calls open.",
        checks.missing_result,
        (
            tooled(WEATHER_ASKED, calling(call()), WEATHER_TOLD),
            tooled(WEATHER_ASKED, calling(*_TWO), result(), WEATHER_TOLD),
        ),
        (
            TOOL_PLAIN,
            tooled(WEATHER_ASKED, calling(call())),
            _SHAREGPT_CALL,
            _used(*_TWO),
            _JOINED,
        ),
        known_as=("InvalidMessageStructureException",),
    ),
    Rule(
        "TOOL016",
        "result-id-missing",
        Severity.ERROR,
        "This target matches results to calls by their ids.",
        checks.result_without_id,
        (tooled(WEATHER_ASKED, calling(call()), result(None), WEATHER_TOLD),),
        (TOOL_PLAIN, _SHAREGPT_CALL),
        targets=_NEEDS_IDS,
        known_as=("InvalidToolMessageException",),
    ),
    Rule(
        "TOOL017",
        "calls-parallel",
        Severity.ERROR,
        "The record says that tools are called one at a time, and shows the opposite.",
        checks.parallel_calls,
        ({**_used(*_TWO), "parallel_tool_calls": False},),
        (_used(*_TWO), {**TOOL_PLAIN, "parallel_tool_calls": False}),
    ),
    Rule(
        "TOOL018",
        "call-legacy",
        Severity.WARNING,
        "Functions were replaced by tools; most templates no longer render function_call, so the "
        "call is silently left out. `vault export --format openai` writes tool calls.",
        checks.legacy_call,
        (_LEGACY,),
        (TOOL_PLAIN,),
    ),
    Rule(
        "TOOL019",
        "arguments-padded",
        Severity.ERROR,
        "Loaders that keep records as tables give every call the arguments of all others, as null: "
        "the model learns to write them.",
        checks.padded,
        (_used(call('{"city": "Graz", "query": null}')), _used(call({"city": "Graz", "q": None}))),
        (TOOL_PLAIN, _used(call('{"city": "Graz", "unit": "celsius"}'))),
    ),
    Rule(
        "TOOL020",
        "call-by-other",
        Severity.ERROR,
        "Only the assistant calls tools; others' calls are not learnt, or refused.",
        checks.stranger_calls,
        (tooled(user("Go on.", tool_calls=[call()]), WEATHER_TOLD),),
        (TOOL_PLAIN, PLAIN),
    ),
    Rule(
        "TOOL021",
        "call-id-mistral",
        Severity.ERROR,
        "Mistral takes ids of exactly 9 letters and digits. `vault export` writes none of its own.",
        checks.mistral_id,
        (TOOL_PLAIN,),
        (_MISTRAL_CALLS,),
        targets=("mistral",),
        known_as=("InvalidFunctionCallException",),
    ),
    Rule(
        "TOOL022",
        "tool-undescribed",
        Severity.ERROR,
        "Mistral requires a description and parameters of every tool.",
        checks.undescribed_tool,
        (_TIME,),
        (TOOL_PLAIN,),
        targets=("mistral",),
        known_as=("InvalidToolException",),
    ),
    Rule(
        "TOOL023",
        "call-with-content",
        Severity.ERROR,
        "Mistral's older tokenizers take content or tool calls in one message, not both.",
        checks.content_and_calls,
        (tooled(WEATHER_ASKED, calling(call(), content="Let me see."), result(), WEATHER_TOLD),),
        (TOOL_PLAIN,),
        targets=("mistral",),
        known_as=("InvalidAssistantMessageException",),
    ),
    Rule(
        "TOOL024",
        "arguments-are-object",
        Severity.ERROR,
        "This target takes arguments as a JSON text. `vault export --format openai` writes it.",
        checks.arguments_as_object,
        (_PARSED,),
        (TOOL_PLAIN,),
        targets=("openai", "azure", "fireworks", "mistral"),
    ),
    Rule(
        "TOOL025",
        "arguments-are-text",
        Severity.ERROR,
        "TRL's templates render arguments as JSON, so that a text comes out quoted twice. `vault "
        "export --format trl-chat` writes objects.",
        checks.arguments_as_text,
        (TOOL_PLAIN,),
        (_PARSED,),
        targets=("trl",),
    ),
)
