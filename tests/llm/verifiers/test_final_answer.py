"""The final answer in words around it."""

from __future__ import annotations

import pytest

from pipeline.llm.verifiers.final_answer import final_answer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2 and 2 make 4.\n#### 4", "4"),
        ("So \\boxed{\\frac{1}{2}} it is", "\\frac{1}{2}"),
        ("The answer is: Paris.", "Paris"),
        ("推理……\n答案是：三十二。", "三十二"),
        ("  Lima ", "Lima"),
        ("\\boxed{never closed", "\\boxed{never closed"),
        ("", ""),
        ("the answer is 3. No, the answer is 4.", "4"),
    ],
)
def test_final_answer_is_what_is_marked_last(text, found) -> None:
    assert final_answer(text).endswith(found)
    assert len(final_answer(text)) <= max(len(found), len(text.strip()))
