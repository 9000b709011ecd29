"""Languages and scripts of texts, and what happens without the library that tells languages."""

from __future__ import annotations

import sys

import pytest

from vault.errors import InvalidInput
from vault.rules.recognisers import languages

SURE = {
    "en": "Where is my parcel? I have been waiting for two weeks and nobody answers the phone.",
    "de": "Wo ist mein Paket? Ich warte seit zwei Wochen, und niemand geht an das Telefon.",
    "fr": "Où est mon colis ? J'attends depuis deux semaines et personne ne répond au téléphone.",
    "ru": "Где моя посылка? Я жду уже две недели, и никто не отвечает на звонки. Пожалуйста, "
    "сообщите, когда она будет доставлена.",
    "zh": "我的包裹在哪里?我已经等了两个星期,没有人接电话。请告诉我什么时候能够送到我的家里,"
    "谢谢你们的帮助。",
}


@pytest.mark.parametrize("language", SURE)
def test_the_language_of_a_sentence_is_told(language: str) -> None:
    pytest.importorskip("py3langid")
    assert languages.language_of(SURE[language]) == language


@pytest.mark.parametrize("text", ["", "12 34", "x", "?!"])
def test_no_language_is_guessed(text: str) -> None:
    pytest.importorskip("py3langid")
    assert languages.language_of(text) is None


def test_without_the_library_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py3langid.langid", None)
    languages._identifier.cache_clear()
    with pytest.raises(InvalidInput) as caught:
        languages.language_of("Where is my parcel?")
    assert caught.value.code == "extra-missing"
    assert caught.value.hint == "pip install 'dataset-vault[language]'"


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Where is it?", "LATIN"),
        ("Где она?", "CYRILLIC"),
        ("荷物はどこですか。", "CJK"),
        ("包裹在哪里?", "CJK"),
        ("أين هي؟", "ARABIC"),
        ("пакет A", "CYRILLIC"),
        ("12 + 3 = 15 👍", None),
        ("", None),
    ],
)
def test_the_script_of_most_letters_is_told(text: str, script: str | None) -> None:
    assert languages.script_of(text) == script
