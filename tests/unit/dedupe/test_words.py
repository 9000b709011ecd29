"""What a word is."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.dedupe.words import words_of


def same(first: str, second: str) -> bool:
    """Tell whether two texts have the same words."""
    words = words_of(pa.array([first, second]))
    one, other = np.split(words.hashes, [words.offsets[1]])
    return np.array_equal(one, other)


def count(text: str) -> int:
    """Return how many words a text has."""
    return len(words_of(pa.array([text])).hashes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        (" \n\t", 0),
        ("?!…", 0),
        ("👍🏽 🎉", 0),
        ("one", 1),
        ("one, two", 2),
        ("snake_case_name", 1),
        ("for (i = 0; i < n; i++) {", 6),
        ("état naïve Größe", 3),
        ("今天天气很好。", 6),
        ("東京タワーに行きました", 11),
        ("中abc文", 3),
        ("你好, world", 3),
        ("안녕하세요 세계", 2),
        ("привет, мир", 2),
        ("m² and ½", 4),  # m2 and 1⁄2
        ("it´s", 2),
        ("soft\u00adware", 1),
        ("１２ ３４", 2),
        ("a\x00b", 2),
        ("𠮷野家", 3),
        ("nice👍work", 2),
    ],
)
def test_words_are_counted_as_people_would(text: str, words: int) -> None:
    assert count(text) == words


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Hello, World!", "hello world"),
        ("ÉTAT", "état"),
        ("a\n\n- b", "a b"),
        ("你好！世界", "你好世界"),
        ("«Привет»", "привет"),
    ],
)
def test_case_and_punctuation_make_no_difference(first: str, second: str) -> None:
    assert same(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("one two", "onetwo"),
        ("x1", "x2"),
        ("internationalisation", "internationalization"),
        ("abcdefgh", "abcdefghh"),
        ("１２", "３４"),
        ("日本", "本日"),
        ("m²", "m³"),
    ],
)
def test_other_words_are_other_words(first: str, second: str) -> None:
    assert not same(first, second)


def test_the_words_of_a_text_do_not_depend_on_what_stands_beside_it() -> None:
    texts = ["ab", "", "中文", None, "cd ef", "👍", "one_very_long_word_of_many_bytes"]
    together = words_of(pa.array(texts))
    for row, text in enumerate(texts):
        alone = words_of(pa.array([text], pa.string())).hashes
        own = together.hashes[together.offsets[row] : together.offsets[row + 1]]
        assert np.array_equal(own, alone), text


def test_a_slice_has_the_words_of_its_texts() -> None:
    texts = pa.array(["a b", "ü c", "d", "e f g"])
    assert np.array_equal(
        words_of(texts.slice(1, 2)).hashes, words_of(pa.array(["ü c", "d"])).hashes
    )


@pytest.mark.parametrize(
    "text",
    [
        "The café is naïve: Größe, ÉTAT",
        "안녕하세요 세계",
        "がぎぐ パピプ",
        "किताब क़लम",
        "שָׁלוֹם",
    ],
)
def test_forms_of_unicode_have_the_same_words(text: str) -> None:
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert all(same(forms[0], form) for form in forms[1:])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ＦＵＬＬ　ｗｉｄｔｈ １２", "full width 12"),
        ("the ﬁrst oﬃce", "the first office"),
        ("hy\u00adphen\u00adated words", "hyphenated words"),
        ("ﾊﾝｶｸ", "ハンカク"),
        ("it´s", "it's"),
    ],
)
def test_compatible_characters_have_the_same_words(first: str, second: str) -> None:
    assert same(first, second)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_normalised_text_has_the_same_words_but_for_spacing_marks(text: str) -> None:
    plain = text.translate(dict.fromkeys([0xA8, 0xAF, 0xB4, 0xB8, *range(0x2D8, 0x2DE)], " "))
    plain = "".join(each for each in plain if not 0x1F00 <= ord(each) < 0x2000)
    assert same(plain, pc.utf8_normalize(pa.array([plain]), form="NFKC")[0].as_py())
