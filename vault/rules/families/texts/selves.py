"""TEXT003 to TEXT005: the model that wrote an answer refuses, or speaks of itself."""

from __future__ import annotations

from vault.rules.families.sample_records import PLAIN, answered
from vault.rules.families.texts import checks
from vault.rules.kernel.rule import Rule, Severity, Trigger
from vault.rules.recognisers.identity import HINT as IDENTITY_HINT
from vault.rules.recognisers.identity import IDENTITY
from vault.rules.recognisers.refusals import DIRECT, INDIRECT, OPENING
from vault.rules.recognisers.refusals import HINT as REFUSAL_HINT

_HEAD = 400
_REFUSAL = f"{OPENING}|{DIRECT}|{INDIRECT}"
_CUTOFF = (
    r"\bknowledge cut-?off\b|\bas of my (?:last|latest|most recent)\b"
    r"|\bmy (?:last|latest) (?:knowledge |training )?update\b"
    r"|\bmy training data (?:only )?(?:cuts|ends|goes|extends|stops|includes|was|is)\b"
)

RULES = (
    Rule(
        code="TEXT003",
        name="refusal",
        severity=Severity.WARNING,
        why="The answer is a refusal of the model that wrote it, straight out or in other words. "
        "Where refusals are not what is to be learnt, they spread to questions that deserve an "
        "answer. Told in the most used languages; of others the language is not known.",
        check=checks.found(
            _REFUSAL,
            "the answer refuses: {}",
            others=False,
            within=_HEAD,
            answers_a_question=True,
        ),
        fails=(
            answered("I'm sorry, but I cannot assist with that request."),
            answered("I can't help with that one."),
            answered("Unfortunately, I am unable to provide medical advice."),
            answered("I understand that you are upset, but that is not something I can discuss."),
            answered("It would not be appropriate for me to judge your neighbour."),
            answered("Let's talk about something else."),
            answered("很抱歉，我无法提供这些信息。"),
            answered("Lo siento, pero no puedo ayudarte con eso."),
            answered("Es tut mir leid, aber ich kann Ihnen dabei nicht helfen."),
            answered("क्षमा करें, मैं इसमें आपकी मदद नहीं कर सकता।"),
            answered("عذراً، لا أستطيع مساعدتك في ذلك."),
        ),
        passes=(
            {"text": "I cannot do anything with my card since I came home."},
            PLAIN,
            answered("I cannot wait to see you."),
            answered("I'm sorry to hear that."),
            answered("Es tut mir leid, dass Ihr Paket so spät kam."),
            answered("Lo siento mucho, su paquete llega el martes."),
        ),
        trigger=Trigger.ANSWER,
        sought=rf"(?i:{_REFUSAL})",
        hint=rf"(?i:{REFUSAL_HINT})",
    ),
    Rule(
        code="TEXT004",
        name="identity-leak",
        severity=Severity.WARNING,
        why="The answer says that it was written by a model: its name, its maker, that it is an "
        "AI, or what it lacks as one. The model that learns it will claim to be that one.",
        check=checks.found(IDENTITY, "the answer says {}", others=False),
        fails=(
            answered("As an AI language model, I have no parcels."),
            answered("I am ChatGPT, a helpful assistant."),
            answered("I was trained by OpenAI to help you."),
            answered("I'm Claude, made by Anthropic."),
            answered("As an AI, I love parcels in my own way."),
            answered("I don't have personal experiences with parcels."),
            answered("作为一个人工智能，我没有包裹。"),
            answered("Als KI-Sprachmodell habe ich keine Pakete."),
        ),
        passes=(
            PLAIN,
            answered("ChatGPT is a chatbot that was developed by OpenAI."),
            answered("I am Claudette, your agent."),
            answered("As an AI engineer, you will sort parcels."),
        ),
        trigger=Trigger.ANSWER,
        sought=rf"(?i:{IDENTITY})",
        hint=rf"(?i:{IDENTITY_HINT})",
    ),
    Rule(
        code="TEXT005",
        name="cutoff-mention",
        severity=Severity.WARNING,
        why="The answer speaks of the knowledge cutoff of the model that wrote it, not of the one "
        "that learns it.",
        check=checks.found(_CUTOFF, "the answer says {}", others=False),
        fails=(
            answered("As of my last update in 2023, parcels took two days."),
            answered("My knowledge cutoff is September 2021."),
        ),
        passes=(PLAIN, answered("The last update of the tracker was at noon.")),
        trigger=Trigger.ANSWER,
        sought=rf"(?i:{_CUTOFF})",
    ),
)
