"""Lines of batches hold bodies as they are, and give them back byte for byte."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.generate.batch_lines import BatchedAnswer, input_line, read_output

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=9,
)


@given(body=st.dictionaries(st.text(), JSON, max_size=4), is_plain=st.booleans())
def test_a_body_comes_back_as_it_was_written(body: dict[str, object], is_plain: bool) -> None:
    text = json.dumps(body, ensure_ascii=is_plain, indent=None if is_plain else 1)
    line = (
        f'{{ "id": "x", "custom_id" :"7","error":null, "response" : {{"body":{{}},'
        f'"status_code":200 , "body" : {text} }}}}'
    ).encode("utf-8", "surrogatepass")
    found = read_output(line)
    if any("\ud800" <= each <= "\udfff" for each in text):
        return
    assert found == BatchedAnswer(7, 200, text.encode())


def test_a_request_is_one_line_with_its_body() -> None:
    line = input_line(12, '{"model":"m","messages":[]}')
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert json.loads(line) == {
        "custom_id": "12",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": []},
    }


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"", None),
        (b"\xff", None),
        (b'{"custom_id": "' + b"9" * 5_000 + b'"}', None),
        (b'{"custom_id": "03", "response": {"status_code": 200, "body": {}}}', None),
        (b"[]", None),
        (b'{"custom_id": 3}', None),
        (b'{"custom_id": "x"}', None),
        (b'{"custom_id": "3", "error": {"code": "batch_expired"}}', BatchedAnswer(3, 0, b"")),
        (
            b'{"custom_id": "3", "response": {"status_code": 400, "body": {"a": 1 }}}',
            BatchedAnswer(3, 400, b'{"a": 1 }'),
        ),
    ],
)
def test_other_lines_are_told_apart(line: bytes, found: BatchedAnswer | None) -> None:
    assert read_output(line) == found


@pytest.mark.parametrize(
    "line",
    [
        b'{"custom_id": "3", "response": {"status_code": 200, "body": {"a": 1',
        b'{"custom_id": "3", "response": {"body": {"a": ' + b"1" * 5_000 + b"}}}",
        b'{"custom_id": "3", "response": {"body": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    ],
)
def test_an_answer_that_cannot_be_read_is_kept(line: bytes) -> None:
    assert read_output(line) == BatchedAnswer(3, 200, line)


def test_bytes_that_are_no_text_come_back() -> None:
    line = (
        b'\xef\xbb\xbf{"custom_id":"3","response":{"status_code":200,"body":{"a":"\xff\xc3\xa9"}}}'
    )
    assert read_output(line) == BatchedAnswer(3, 200, b'{"a":"\xff\xc3\xa9"}')


@pytest.mark.parametrize("status", ["200.0", '"200"', "0", "null", '"x"', "1e999", "-1"])
def test_a_body_is_an_answer_whatever_its_status(status: str) -> None:
    line = f'{{"custom_id":"3","response":{{"status_code":{status},"body":{{}}}}}}'
    assert read_output(line.encode()) == BatchedAnswer(3, 200, b"{}")
