"""SETS: what is wrong with a set as a whole, though each example may be in order."""

from __future__ import annotations

from vault.rules.families import set_checks as checks
from vault.rules.families.sample_records import ASK, PLAIN, answered, assistant, chat, system, user
from vault.rules.kernel.rule import Severity
from vault.rules.kernel.set_rule import Records, SetRule

_LONG = "It left the warehouse this morning and arrives {} in the afternoon."


def _many(count: int, opening: str = "") -> Records:
    return tuple(
        answered(f"{opening or f'Parcel {n} now:'} {_LONG.format(n)}", f"Where is parcel {n}?")
        for n in range(count)
    )


def _classes(**counts: int) -> Records:
    return tuple(
        answered(name, f"Which topic has message {name} {n}?")
        for name, count in counts.items()
        for n in range(count)
    )


def _listed(*labels: str) -> Records:
    return tuple(
        answered(label, f"Is payment {n} for rent, food or other things?")
        for n, label in enumerate(labels)
    )


def _pairs(chosen: str, rejected: str) -> Records:
    return tuple(
        {"prompt": f"Where is parcel {n}?", "chosen": chosen, "rejected": rejected}
        for n in range(60)
    )


def _verdicts(good: int, bad: int) -> Records:
    return tuple(
        {"messages": [user(f"Where is parcel {n}?"), assistant("In Graz.")], "label": n < good}
        for n in range(good + bad)
    )


RULES = (
    SetRule(
        code="SETS001",
        name="too-few-examples",
        severity=Severity.ERROR,
        why="The provider refuses a file with fewer examples: OpenAI, Azure and Mistral take 10 or "
        "more, Fireworks 3.",
        check=checks.too_few,
        fails=((PLAIN,) * 2,),
        passes=((PLAIN,) * 10,),
        targets=("openai", "azure", "fireworks", "mistral"),
    ),
    SetRule(
        code="SETS002",
        name="fewer-than-advised",
        severity=Severity.WARNING,
        why="The provider takes the file and advises more: OpenAI to start with 50 examples, "
        "Google with 100 for Gemini.",
        check=checks.fewer_than_advised,
        fails=((PLAIN,) * 49,),
        passes=((PLAIN,) * 100,),
        targets=("openai", "azure", "gemini"),
    ),
    SetRule(
        code="SETS003",
        name="too-many-examples",
        severity=Severity.ERROR,
        why="The provider refuses a file with more examples: Gemini takes 1,000,000, Fireworks "
        "3,000,000, Mistral 10,000,000.",
        check=checks.too_many,
        fails=(),
        passes=((PLAIN,) * 10,),
        targets=("gemini", "fireworks", "mistral"),
    ),
    SetRule(
        code="SETS004",
        name="file-too-large",
        severity=Severity.ERROR,
        why="The provider refuses a larger file: OpenAI and Azure take 512 MB, Gemini 1 GB, "
        "Mistral 10 GB, Together 50.1 GB. The records as JSON Lines are measured; what is "
        "exported with fewer fields is smaller.",
        check=checks.too_large,
        fails=(),
        passes=((PLAIN,) * 10,),
        targets=("openai", "azure", "gemini", "mistral", "together"),
    ),
    SetRule(
        code="SETS005",
        name="layouts-differ",
        severity=Severity.WARNING,
        why="Examples of several layouts stand in one set. Trainers take one, and some decide "
        "which by the first line and drop or misread the others; export with one format instead.",
        check=checks.layouts_differ,
        fails=((PLAIN, {"instruction": "Say hi.", "input": "", "output": "Hi."}),),
        passes=((PLAIN, PLAIN),),
    ),
    SetRule(
        code="SETS006",
        name="answers-contradict",
        severity=Severity.WARNING,
        why="The same question has different short answers: two labels for one text. Whatever the "
        "model learns, one of them is wrong.",
        check=checks.answers_contradict,
        fails=(
            (
                answered("billing", "It was charged twice."),
                answered("refund", "It was charged twice."),
                *_classes(billing=3),
            ),
        ),
        passes=(
            _classes(billing=3, refund=3),
            (answered("Billing", "It was charged."), answered("billing. ", "It was charged.")),
            tuple(
                {"prompt": "Is it late?", "completion": each, "label": each == "Yes."}
                for each in ("Yes.", "No.")
            ),
            (answered(_LONG.format("1")), answered(_LONG.format("2"))),
        ),
    ),
    SetRule(
        code="SETS007",
        name="class-rare",
        severity=Severity.WARNING,
        why="Nearly all answers are labels, and some labels occur less than a tenth as often as "
        "if all were alike: the model will hardly ever say them.",
        check=checks.rare_classes,
        fails=(_classes(billing=60, refund=50, fraud=1),),
        passes=(_classes(billing=60, refund=30, fraud=20), _many(120), _classes(a=1, b=1, c=1)),
        known_as=("class_imbalance",),
    ),
    SetRule(
        code="SETS008",
        name="opening-repeated",
        severity=Severity.WARNING,
        why="Many answers begin with the same three words, and the model will begin nearly every "
        "answer so: a habit of the model that wrote them.",
        check=checks.opening_repeated,
        fails=(_many(30, "Certainly! Here is") + _many(90),),
        passes=(_many(120), _many(40, "Certainly! Here is")),
    ),
    SetRule(
        code="SETS009",
        name="instructions-sometimes",
        severity=Severity.WARNING,
        why="Some examples have a system message and others have none; in use every request has "
        "one or none has.",
        check=checks.instructions_sometimes,
        fails=(
            _many(60) + tuple(chat(system("Be brief."), *each["messages"]) for each in _many(60)),
        ),
        passes=(
            _many(120),
            tuple(chat(system("Be brief."), ASK, assistant(f"{n}")) for n in range(120)),
        ),
    ),
    SetRule(
        code="SETS010",
        name="chosen-longer",
        severity=Severity.WARNING,
        why="The chosen side of nearly all pairs is the longer one, so that the model learns to "
        "say more rather than better.",
        check=checks.chosen_longer,
        fails=(_pairs("It arrives on Tuesday, and you need not be at home.", "On Tuesday."),),
        passes=(_pairs("On Tuesday.", "No idea at all."), _pairs("On Tuesday.", "Tomorrow...")),
        known_as=("length bias",),
    ),
    SetRule(
        code="SETS011",
        name="verdicts-one-sided",
        severity=Severity.WARNING,
        why="Nearly all verdicts are the same, and KTO learns from the difference; it wants both.",
        check=checks.verdicts_one_sided,
        fails=(_verdicts(100, 3), _verdicts(60, 0)),
        passes=(_verdicts(60, 40), _verdicts(2, 0)),
    ),
    SetRule(
        code="SETS012",
        name="label-misspelt",
        severity=Severity.WARNING,
        why="Nearly all answers are labels, and one is written as another is, but for its case, a "
        "sign or a letter: the model learns both, and whoever counts takes them for two.",
        check=checks.near_labels,
        fails=(
            (*_classes(groceries=20, rent=20), *_classes(Groceries=1)),
            (*_classes(bank_fees=20, rent=20), answered("bank fees", "And this one?")),
            (*_classes(insurance=20, rent=20), *_classes(insurence=1)),
        ),
        passes=(
            _classes(groceries=20, rent=20, fees=2),
            _classes(level_1=20, level_2=20, paid=20, unpaid=20),
            _many(120),
        ),
        known_as=("near-duplicate labels",),
    ),
    SetRule(
        code="SETS013",
        name="label-unlisted",
        severity=Severity.WARNING,
        why="The prompts list the labels, and an answer is none of them: the model that wrote it "
        "made one up.",
        check=checks.unlisted_labels,
        fails=((*_listed(*["rent", "food"] * 20), *_listed("travel")),),
        passes=(_listed(*["rent", "food"] * 20), _classes(billing=60, refund=60), _many(120)),
    ),
)
