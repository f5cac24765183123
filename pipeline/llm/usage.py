"""What asking costs: counted as the service counts, estimated before anything is asked, held to a budget."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.core.errors import PipelineError
from pipeline.core.json_types import JsonObject
from pipeline.llm.question import Answer, Question
from pipeline.llm.settings import Budget, Prices
from pipeline.text.scripts import CJK

#: Characters of a token, for estimates before a service has counted: English text of usual tokenizers has about four.
#: A guess: not measured.
_CHARACTERS_PER_TOKEN = 4
_CJK_LETTER = re.compile(f"[{CJK}]")


@dataclass
class Usage:
    """Counts of one run against one service. `cached` questions were answered by the cache and cost nothing.

    `cached_money` is what the answers from the cache cost when they were asked, at the prices of now.
    `models` counts answers by the name that the service gave its model: more than one means that it changed.
    """

    prices: Prices = field(default_factory=Prices)
    requests: int = 0
    retries: int = 0
    cached: int = 0
    cached_money: float = 0.0
    prompt_tokens: int = 0
    written_tokens: int = 0
    estimated: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)

    def count(self, answer: Answer) -> None:
        """Add one answer that the service gave."""
        self.requests += 1
        self.prompt_tokens += answer.prompt_tokens
        self.written_tokens += answer.written_tokens
        self.estimated += answer.estimated
        self.models[answer.model] += 1
        if answer.problem:
            self.problems[answer.problem] += 1

    def count_cached(self, answer: Answer) -> None:
        """Add one answer that the cache gave."""
        self.cached += 1
        self.cached_money += cost(self.prices, answer.prompt_tokens, answer.written_tokens)

    @property
    def tokens(self) -> int:
        """Prompt and written tokens."""
        return self.prompt_tokens + self.written_tokens

    @property
    def money(self) -> float:
        """The cost in `prices.currency`."""
        return cost(self.prices, self.prompt_tokens, self.written_tokens)

    def as_notes(self) -> JsonObject:
        """For report.json."""
        return {
            "requests": self.requests,
            "retries": self.retries,
            "cached": self.cached,
            "cached_money": round(self.cached_money, 6),
            "prompt_tokens": self.prompt_tokens,
            "written_tokens": self.written_tokens,
            "answers_with_estimated_tokens": self.estimated,
            "money": round(self.money, 6),
            "currency": self.prices.currency,
            "problems": dict(sorted(self.problems.items())),
            "models": dict(sorted(self.models.items())),
        }


def cost(prices: Prices, prompt_tokens: int, written_tokens: int) -> float:
    """What so many tokens cost."""
    return (prompt_tokens * prices.input + written_tokens * prices.output) / 1_000_000


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has: four letters a token, each CJK character one."""
    characters = len(_CJK_LETTER.findall(text))
    return characters + -(-(len(text) - characters) // _CHARACTERS_PER_TOKEN)


def prompt_tokens(question: Question) -> int:
    """About how many tokens a prompt has, with those that mark its turns."""
    beside = (question.schema, question.tools, *question.beside)
    return sum(estimated_tokens(content) + 4 for _, content in question.turns) + sum(map(estimated_tokens, beside))


def forecast(questions: Sequence[Question], prices: Prices) -> Usage:
    """What asking these questions would cost at most: prompts by estimate, every answer as long as allowed."""
    usage = Usage(prices)
    usage.requests = len(questions)
    usage.prompt_tokens = sum(map(prompt_tokens, questions))
    usage.written_tokens = sum(question.max_tokens for question in questions)
    usage.estimated = len(questions)
    return usage


class Allowance:
    """Holds a run to its budget: a request must be reserved before it is sent, at its worst case."""

    def __init__(self, budget: Budget, usage: Usage, where: str) -> None:
        self._budget, self._usage, self._where = budget, usage, where
        self._under_way = Usage(usage.prices)

    def reserve(self, question: Question) -> bool:
        """Hold what this request may cost; False where requests under way hold it, and it has to wait for them.

        Raises PipelineError where this request alone could go beyond the budget.
        """
        over = self._over(question, Usage(self._usage.prices))
        if over:
            spent = self._usage
            raise PipelineError(
                f"{self._where}: the budget is used up ({over}) after {spent.requests:,} answers, "
                f"{spent.tokens:,} tokens, {spent.money:.4f} {spent.prices.currency}.",
                "Answers so far are kept: raise the budget and run again, and nothing is asked twice.",
            )
        if self._over(question, self._under_way):
            return False
        self._add(question, 1)
        return True

    def release(self, question: Question) -> None:
        """The request is over; what it really cost is in the usage by now."""
        self._add(question, -1)

    def _add(self, question: Question, sign: int) -> None:
        self._under_way.requests += sign
        self._under_way.prompt_tokens += sign * prompt_tokens(question)
        self._under_way.written_tokens += sign * question.max_tokens

    def _over(self, question: Question, held: Usage) -> str:
        """The limit that this request would break beside what is spent and `held`; "" where it breaks none."""
        spent, limits = self._usage, self._budget
        prompt = held.prompt_tokens + prompt_tokens(question)
        written = held.written_tokens + question.max_tokens
        now = {
            "requests": (limits.requests, spent.requests + held.requests + 1),
            "tokens": (limits.tokens, spent.tokens + prompt + written),
            "money": (limits.money, spent.money + cost(spent.prices, prompt, written)),
        }
        return next((f"{name}: {limit:g}" for name, (limit, wanted) in now.items() if limit and wanted > limit), "")
