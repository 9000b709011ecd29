"""Prompts that are there and are to be answered: what is sent for each, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vault.dataset.choosing.where import matching_keys
from vault.dataset.reading.compared_texts import read_records_with_kinds
from vault.dataset.reading.conversations import read_conversation
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.errors import InvalidInput
from vault.formats.layouts.registry import conversation_fields
from vault.formats.trainers.message_writer import MessageStyle, MessageWriter
from vault.formats.trainers.output import Carried, Reasoning, Unsupported, Weights
from vault.generate.recipe.quota_plan import QuotaPlan
from vault.generate.recipe.recipe import Each, Recipe
from vault.generate.recipe.render import EACH, answering_body
from vault.objects.conversation import SYSTEM_ROLES, Conversation, Kind
from vault.operations.duplicates.plan.reference import ReadAs, open_reference
from vault.operations.generating.goal import Goal
from vault.operations.generating.open_acceptance import without
from vault.operations.generating.options import GenerateOptions
from vault.operations.generating.planner import (
    Drawn,
    Planned,
    Planner,
    Plans,
    key_of_body,
    stepped_down,
)
from vault.operations.generating.report import DONE
from vault.operations.generating.seeds import Seed, file_inside, may_be_shown
from vault.session.context import Context

_PROMPTS = f"kind = '{Kind.PROMPT}'"
_STYLE = MessageStyle(arguments_as_text=True, has_call_ids=True)
# Servers refuse members that they do not know, and the reasoning of earlier answers.
_SENT = Carried(
    roles=None,
    members=frozenset({"name", "refusal", "audio"}),
    reasoning=(Reasoning.DROP,),
    parts=True,
)
_KEPT = Carried(
    Weights.PER_MESSAGE, roles=None, members=None, reasoning=(Reasoning.FIELD,), parts=True
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt to be answered: the id of its example, the messages that are sent, and the draw.

    `beside` is what the prompt declares beside them. The draw has the messages and fields of the
    record, for `[example]`.
    """

    id: str
    messages: Sequence[dict[str, Any]]
    beside: Mapping[str, Any]
    drawn: Drawn


def read_prompts(
    context: Context, stage: Dataset, recipe: Recipe, own: Collection[str] | None = None
) -> list[Prompt]:
    """Return the prompts that a recipe answers, in dataset order.

    Examples of `own`, which the run made itself, are none; a run that goes on (`own` is not None)
    may have answers to prompts that were all removed since. What a chat completion cannot ask is
    passed over: plain text, prompts that do not end with a question, and media beside messages.
    Raises InvalidInput (`prompts-missing`, `expression-invalid` …), and what importing the file of
    the recipe raises.
    """
    each = recipe.each
    assert each is not None, "the recipe has prompts of its own"
    dataset, keys = _chosen(context, stage, each, own or ())
    found: list[Prompt] = []
    count = 0
    if len(keys):
        ids = iter(ids_of(dataset.columns(keys, ["id"])).tolist())
        for records, kinds, roles in read_records_with_kinds(dataset, keys):
            for at, (record, kind) in enumerate(zip(records, kinds, strict=True)):
                count += 1
                example = next(ids).hex()
                conversation = read_conversation(record, kind, roles.get(at))
                if conversation is not None and _asks(conversation):
                    used = (conversation_fields(Kind(kind)) or frozenset()).union(
                        roles.get(at, {}).values()
                    )
                    fields = tuple(name for name in record if name not in used)
                    found += _prompt_of(example, record, fields, conversation)
    if not found and own is None:
        raise InvalidInput(
            f"none of {count:,} examples has a prompt to answer" if count else "no prompt is there",
            code="prompts-missing",
            hint=f"`vault import --dry-run {each.file}` tells how the file is read"
            if each.file
            else f'`vault query --where "{each.where or _PROMPTS}"` shows what [each] chooses',
        )
    return found


def with_count(
    context: Context, stage: Dataset, recipe: Recipe, options: GenerateOptions
) -> GenerateOptions:
    """Return the options of a new run, where every prompt is to have its answers unless they say.

    More answers than the prompts are to have are not asked for. Raises what `read_prompts` raises.
    """
    if recipe.each is None:
        return options
    most = len(read_prompts(context, stage, recipe)) * recipe.each.samples
    return replace(options, count=most if options.count is None else min(options.count, most))


def _chosen(
    context: Context, stage: Dataset, each: Each, own: Collection[str]
) -> tuple[Dataset, Any]:
    if each.file is not None:
        read_as = ReadAs(mapping=each.mapping or None)
        dataset = open_reference(context, file_inside(context, each.file), read_as=read_as).dataset
        return dataset, dataset.keys()
    dataset = without(stage, own)
    keys = dataset.keys()
    if len(keys):
        keys = matching_keys(context, dataset, each.where or _PROMPTS)
    if len(keys) and not each.held_out:
        keys = keys[may_be_shown(dataset, keys)]
    return dataset, keys


def _asks(conversation: Conversation) -> bool:
    """Return whether a model can be asked for the next message of a prompt."""
    prompt = conversation.prompt
    if not prompt or conversation.media is not None:
        return False
    return prompt[-1]["role"] not in SYSTEM_ROLES and prompt[-1]["role"] != "assistant"


def _prompt_of(
    example: str,
    record: dict[str, Any],
    fields: tuple[str, ...],
    conversation: Conversation,
) -> Iterator[Prompt]:
    """Yield the prompt of a record, nothing where no chat completion can ask it.

    `fields` of the record are no part of its conversation.
    """
    beside: dict[str, Any] = {}
    if conversation.tools is not None:
        beside["tools"] = conversation.tools
    if conversation.parallel_tool_calls is not None:
        beside["parallel_tool_calls"] = conversation.parallel_tool_calls
    try:
        sent = MessageWriter(_STYLE, _SENT).write(conversation.prompt)
        kept = MessageWriter(_STYLE, _KEPT).write(conversation.prompt)
    except Unsupported:
        return
    values = {EACH: {**record, **beside, "messages": kept}}
    yield Prompt(example, sent, beside, Drawn(values, fields=fields, answers=example))


class PromptPlanner:
    """Plans the requests of a run that answers prompts: a round of them in dataset order.

    A prompt is asked until it has its samples, or so many requests were in vain that it is given
    up. A round depends on what was planned and accepted by then, and on nothing else.
    """

    at_end = DONE
    cells = (None,)
    """Prompts are no cells."""
    missing = None

    def __init__(self, prompts: Sequence[Prompt], recipe: Recipe) -> None:
        assert recipe.each is not None, "the recipe has prompts of its own"
        self._each = recipe.each
        self._recipe = recipe
        self._prompts = {prompt.id: prompt for prompt in prompts}
        self._planned: Counter[str] = Counter()
        self._accepted: Counter[str] = Counter()
        self._samples: Counter[int] = Counter()
        self._number = 0

    def note_request(self, number: int, body: str, drawn: Drawn) -> None:
        """Take note of a request that was planned before."""
        self._number = max(self._number, number)
        self._samples[key_of_body(body)] += 1
        self._planned[drawn.answers or ""] += 1

    def may_show(self, drawn: Drawn) -> bool:
        """Return whether a prompt is still there: what was removed is not sent."""
        return drawn.answers in self._prompts

    def note_accepted(self, drawn: Drawn) -> None:
        """Take note of an answer that was accepted."""
        self._accepted[drawn.answers or ""] += 1

    def again(self, drawn: Drawn, body: str) -> Planned:
        """Return a request with another body for a prompt."""
        sample = self._samples[key_of_body(body)]
        self.note_request(self._number + 1, body, drawn)
        return Planned(self._number, sample, body, drawn)

    def step_down(self) -> None:
        """Ask for JSON by the next step of the ladder from now on."""
        self._recipe = stepped_down(self._recipe)

    def round(self, most: int, waiting: Sequence[Drawn] = ()) -> list[Planned]:
        """Return the next requests, at most so many; none where every prompt is done with.

        No prompt is asked for more answers than it lacks, with those that wait to be asked for.
        """
        asked = Counter(each.answers for each in waiting)
        planned: list[Planned] = []
        for prompt in self._prompts.values():
            missing = self._open(prompt.id, asked[prompt.id])
            for _ in range(min(missing, most - len(planned))):
                body = answering_body(self._recipe, list(prompt.messages), prompt.beside)
                planned.append(self.again(prompt.drawn, body))
            if len(planned) >= most:
                break
        return planned

    def _open(self, prompt: str, waiting: int) -> int:
        accepted = self._accepted[prompt]
        in_vain = self._planned[prompt] - accepted
        missing = self._each.samples - accepted - waiting
        return max(min(missing, self._each.most_in_vain - in_vain), 0)


def planner_of(
    context: Context,
    stage: Dataset,
    recipe: Recipe,
    goal: Goal,
    seeds: Sequence[Seed],
    *,
    plan: QuotaPlan | None,
    own: Collection[str] | None = None,
) -> Plans:
    """Return what plans the requests of a run: by its recipe, or by the prompts that are there.

    `own` are examples that a run made which goes on. Raises what `read_prompts` raises.
    """
    if recipe.each is None:
        return Planner(recipe, seeds, goal.count, goal.ordinal, plan=plan)
    return PromptPlanner(read_prompts(context, stage, recipe, own), recipe)
