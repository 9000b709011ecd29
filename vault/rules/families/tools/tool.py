"""TOOL: declared tools, calls of them, and the answers."""

from __future__ import annotations

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
from vault.rules.families.tools import results
from vault.rules.families.tools import tool_checks as checks
from vault.rules.families.tools.padding import (
    padded_arguments,
    without_nulls_in_schemas,
    without_padded_arguments,
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
        code="TOOL001",
        name="tools-invalid",
        severity=Severity.ERROR,
        why="Tools are a list, or for LLaMA-Factory the JSON text of one; with anything else "
        "training stops when the template is applied.",
        check=checks.bad_tools,
        fails=({**PLAIN, "tools": {"name": "weather"}}, {**PLAIN, "tools": "weather"}),
        passes=(TOOL_PLAIN, _SHAREGPT_CALL, {**PLAIN, "tools": []}, {**PLAIN, "tools": None}),
        known_as=("InvalidToolException",),
    ),
    Rule(
        code="TOOL002",
        name="tool-malformed",
        severity=Severity.ERROR,
        why="A tool is a function with a name; templates write its schema into the prompt.",
        check=checks.bad_tool,
        fails=({**PLAIN, "tools": [{"type": "function"}]}, {**PLAIN, "tools": ["weather"]}),
        passes=(TOOL_PLAIN, _SHAREGPT_CALL, _TIME),
        known_as=("InvalidToolException", "FunctionFormatError"),
    ),
    Rule(
        code="TOOL003",
        name="tool-name-invalid",
        severity=Severity.ERROR,
        why="Providers take names of 1 to 64 letters, digits, underscores and dashes.",
        check=checks.bad_tool_name,
        fails=(_declaring({"type": "object"}, name="get weather"), _declaring({}, name="a" * 65)),
        passes=(TOOL_PLAIN, _declaring({"type": "object"}, name="get_weather-2")),
        known_as=("InvalidFunctionCallException",),
    ),
    Rule(
        code="TOOL004",
        name="tool-repeated",
        severity=Severity.ERROR,
        why="Of two tools with one name nobody knows which is called.",
        check=checks.repeated_tool,
        fails=(tooled(*TOOL_PLAIN["messages"], tools=[WEATHER, WEATHER]),),
        passes=(TOOL_PLAIN,),
        known_as=("InvalidToolException",),
    ),
    Rule(
        code="TOOL005",
        name="tool-schema-invalid",
        severity=Severity.ERROR,
        why="Parameters are a JSON Schema of an object. Types such as dict, float or any, taken "
        "from Python, are refused by providers that check.",
        check=checks.bad_schema,
        fails=(
            _declaring({"type": "dict", "properties": {}}),
            _declaring({"type": "object", "properties": {"at": {"type": "float"}}}),
            _declaring({"type": "object", "properties": ["at"]}),
            _declaring({"type": "object", "required": "at"}),
            _declaring({"type": "object", "properties": {"at": None}}),
            _declaring({"type": "string"}),
            _declaring("none"),
        ),
        passes=(
            TOOL_PLAIN,
            _TIME,
            _declaring({"type": "object", "properties": {"at": {"type": ["string", "null"]}}}),
            _declaring({"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}}),
        ),
        known_as=("InvalidToolSchemaException",),
        fix=without_nulls_in_schemas,
    ),
    Rule(
        code="TOOL006",
        name="call-malformed",
        severity=Severity.ERROR,
        why="A call is an object that names a function; LLaMA-Factory stops at a function_call "
        "whose text is not JSON.",
        check=checks.bad_call,
        fails=(
            tooled(WEATHER_ASKED, assistant(None, tool_calls="weather"), WEATHER_TOLD),
            tooled(WEATHER_ASKED, calling("weather"), WEATHER_TOLD),
            tooled(WEATHER_ASKED, calling({"id": "call_1", "type": "function"}), WEATHER_TOLD),
            _SHAREGPT_BROKEN,
        ),
        passes=(TOOL_PLAIN, _SHAREGPT_CALL, _LEGACY),
        known_as=("ToolCallFormatError", "InvalidFunctionCallException"),
    ),
    Rule(
        code="TOOL007",
        name="call-undeclared",
        severity=Severity.ERROR,
        why="A call of a tool that is not declared teaches the model to invent tools.",
        check=checks.undefined_tool,
        fails=(_used(call(name="get_weather")),),
        passes=(TOOL_PLAIN, _SHAREGPT_CALL),
    ),
    Rule(
        code="TOOL008",
        name="tools-undeclared",
        severity=Severity.WARNING,
        why="The model learns to call tools that the prompt never mentions.",
        check=checks.undeclared_tools,
        fails=({"messages": TOOL_PLAIN["messages"]},),
        passes=(TOOL_PLAIN, PLAIN),
    ),
    Rule(
        code="TOOL009",
        name="arguments-not-json",
        severity=Severity.ERROR,
        why="The program that receives the call cannot read it, and the model learns to write it "
        "so.",
        check=checks.arguments_not_json,
        fails=(
            _used(call("{'city': 'Graz'}")),
            _used(call('{"city": "Graz"')),
            _used(call("")),
            _used(call('```json\n{"city": "Graz"}\n```')),
        ),
        passes=(TOOL_PLAIN, _PARSED, _LEGACY),
        known_as=("InvalidFunctionCallException",),
        fix=plain_arguments,
    ),
    Rule(
        code="TOOL010",
        name="arguments-not-object",
        severity=Severity.ERROR,
        why="Arguments have names, so they are an object, and `{}` where there are none.",
        check=checks.arguments_not_object,
        fails=(_used(call('["Graz"]')), _used(call('"Graz"')), _used(call(None))),
        passes=(TOOL_PLAIN, _PARSED, _TIME),
        known_as=("InvalidFunctionCallException",),
    ),
    Rule(
        code="TOOL011",
        name="arguments-off-schema",
        severity=Severity.ERROR,
        why="The call does not satisfy the schema that its own tool declares: a name is missing "
        "or not declared, a type or a value is another. A model that learns it fails in "
        "production.",
        check=checks.arguments_off_schema,
        fails=(
            _used(call("{}")),
            _used(call('{"city": 3}')),
            _used(call('{"city": "Graz", "unit": "kelvin"}')),
            _used(call({"city": "Graz", "unit": None})),
        ),
        passes=(
            TOOL_PLAIN,
            _PARSED,
            _SHAREGPT_CALL,
            _used(call('{"city": "Graz", "unit": "celsius"}')),
        ),
        fix=without_padded_arguments,
    ),
    Rule(
        code="TOOL012",
        name="call-id-missing",
        severity=Severity.ERROR,
        why="This target matches results to calls by their ids.",
        check=checks.call_without_id,
        fails=(_used(call(call_id=None)),),
        passes=(TOOL_PLAIN, _LEGACY),
        targets=_NEEDS_IDS,
        known_as=("InvalidFunctionCallException",),
    ),
    Rule(
        code="TOOL013",
        name="call-id-repeated",
        severity=Severity.ERROR,
        why="With one id for two calls nobody knows which of them a result answers.",
        check=results.repeated_id,
        fails=(_used(call(), call('{"city": "Linz"}')),),
        passes=(TOOL_PLAIN, _used(*_TWO)),
        known_as=("InvalidRequestException",),
    ),
    Rule(
        code="TOOL014",
        name="result-orphan",
        severity=Severity.ERROR,
        why="A result belongs to a call before it; providers refuse one that answers nothing.",
        check=results.orphaned_result,
        fails=(
            tooled(WEATHER_ASKED, result(), WEATHER_TOLD),
            tooled(WEATHER_ASKED, calling(call()), result("call_9"), WEATHER_TOLD),
            tooled(WEATHER_ASKED, result(), calling(call()), WEATHER_TOLD),
        ),
        passes=(TOOL_PLAIN, _SHAREGPT_CALL, _LEGACY, _used(*_TWO)),
        known_as=("InvalidToolMessageException", "InvalidMessageStructureException"),
    ),
    Rule(
        code="TOOL015",
        name="result-missing",
        severity=Severity.ERROR,
        why="Every call is answered before the conversation goes on; only the last message may "
        "leave its calls open.",
        check=results.missing_result,
        fails=(
            tooled(WEATHER_ASKED, calling(call()), WEATHER_TOLD),
            tooled(WEATHER_ASKED, calling(*_TWO), result(), WEATHER_TOLD),
        ),
        passes=(
            TOOL_PLAIN,
            tooled(WEATHER_ASKED, calling(call())),
            _SHAREGPT_CALL,
            _used(*_TWO),
            _JOINED,
        ),
        known_as=("InvalidMessageStructureException",),
    ),
    Rule(
        code="TOOL016",
        name="result-id-missing",
        severity=Severity.ERROR,
        why="This target matches results to calls by their ids.",
        check=results.result_without_id,
        fails=(tooled(WEATHER_ASKED, calling(call()), result(None), WEATHER_TOLD),),
        passes=(TOOL_PLAIN, _SHAREGPT_CALL),
        targets=_NEEDS_IDS,
        known_as=("InvalidToolMessageException",),
    ),
    Rule(
        code="TOOL017",
        name="calls-parallel",
        severity=Severity.ERROR,
        why="The record says that tools are called one at a time, and shows the opposite.",
        check=checks.parallel_calls,
        fails=({**_used(*_TWO), "parallel_tool_calls": False},),
        passes=(_used(*_TWO), {**TOOL_PLAIN, "parallel_tool_calls": False}),
    ),
    Rule(
        code="TOOL018",
        name="call-legacy",
        severity=Severity.WARNING,
        why="Functions were replaced by tools; most templates no longer render function_call, so "
        "the call is silently left out. `vault export --for openai` writes tool calls.",
        check=checks.legacy_call,
        fails=(_LEGACY,),
        passes=(TOOL_PLAIN,),
    ),
    Rule(
        code="TOOL019",
        name="arguments-padded",
        severity=Severity.ERROR,
        why="Loaders that keep records as tables give every call the arguments of all others, as "
        "null: the model learns to write them.",
        check=padded_arguments,
        fix=without_padded_arguments,
        fails=(
            _used(call('{"city": "Graz", "query": null}')),
            _used(call({"city": "Graz", "q": None})),
        ),
        passes=(TOOL_PLAIN, _used(call('{"city": "Graz", "unit": "celsius"}'))),
    ),
    Rule(
        code="TOOL020",
        name="call-by-other",
        severity=Severity.ERROR,
        why="Only the assistant calls tools; others' calls are not learnt, or refused.",
        check=checks.stranger_calls,
        fails=(tooled(user("Go on.", tool_calls=[call()]), WEATHER_TOLD),),
        passes=(TOOL_PLAIN, PLAIN),
    ),
    Rule(
        code="TOOL021",
        name="call-id-mistral",
        severity=Severity.ERROR,
        why="Mistral takes ids of exactly 9 letters and digits. `vault export` writes none of its "
        "own.",
        check=checks.mistral_id,
        fails=(TOOL_PLAIN,),
        passes=(_MISTRAL_CALLS,),
        targets=("mistral",),
        known_as=("InvalidFunctionCallException",),
    ),
    Rule(
        code="TOOL022",
        name="tool-undescribed",
        severity=Severity.ERROR,
        why="Mistral requires a description and parameters of every tool.",
        check=checks.undescribed_tool,
        fails=(_TIME,),
        passes=(TOOL_PLAIN,),
        targets=("mistral",),
        known_as=("InvalidToolException",),
    ),
    Rule(
        code="TOOL023",
        name="call-with-content",
        severity=Severity.ERROR,
        why="Mistral's older tokenizers take content or tool calls in one message, not both.",
        check=checks.content_and_calls,
        fails=(
            tooled(WEATHER_ASKED, calling(call(), content="Let me see."), result(), WEATHER_TOLD),
        ),
        passes=(TOOL_PLAIN,),
        targets=("mistral",),
        known_as=("InvalidAssistantMessageException",),
    ),
    Rule(
        code="TOOL024",
        name="arguments-are-object",
        severity=Severity.ERROR,
        why="This target takes arguments as a JSON text. `vault export --for openai` writes it.",
        check=checks.arguments_as_object,
        fails=(_PARSED,),
        passes=(TOOL_PLAIN,),
        targets=("openai", "azure", "fireworks", "mistral"),
    ),
    Rule(
        code="TOOL025",
        name="arguments-are-text",
        severity=Severity.ERROR,
        why="TRL's templates render arguments as JSON, so that a text comes out quoted twice. "
        "`vault export --for trl` writes objects.",
        check=checks.arguments_as_text,
        fails=(TOOL_PLAIN,),
        passes=(_PARSED,),
        targets=("trl",),
    ),
    Rule(
        code="TOOL026",
        name="tools-are-value",
        severity=Severity.ERROR,
        why="LLaMA-Factory reads tools as a JSON text and stops at a list. `vault export --for "
        "llamafactory` writes the text.",
        check=checks.tools_as_value,
        fails=({**_SHAREGPT_CALL, "tools": [WEATHER]},),
        passes=(_SHAREGPT_CALL, TOOL_PLAIN),
        targets=("llamafactory",),
    ),
)
