"""Conversations of every shape, in English and Chinese."""

from typing import Any

from pipeline.core.conversation import Conversation, Message, ToolCall

TOOLS = (
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Weather of a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "description": "Name of the city."}},
                "required": ["city"],
            },
        },
    },
)

_WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "q": ("What is neon?", "Who found it?", "Where is it used?"),
        "a": ("A noble gas.", "Ramsay and Travers, in 1898.", "In signs and in lasers."),
        "system": "Answer like a teacher.",
        "r": ("The user asks for an element.\nNumber ten.", "That was in London."),
        "weather": "What is the weather in Paris and Rome?",
        "cities": ("Paris", "Rome"),
        "results": ('{"sky": "clear", "degrees": 21}', "rain, all day"),
        "sums up": "It is clear in Paris.",
    },
    "zh": {
        "q": ("氖是什么？", "谁发现了它？", "它用在哪里？"),
        "a": ("一种稀有气体。", "拉姆齐和特拉弗斯，在1898年。", "用在霓虹灯和激光器里。"),
        "system": "像老师一样回答。",
        "r": ("用户问的是一种元素。\n第十号。", "那是在伦敦。"),
        "weather": "巴黎和罗马的天气怎么样？",
        "cities": ("巴黎", "罗马"),
        "results": ('{"天气": "晴", "气温": 21}', "整天下雨"),
        "sums up": "巴黎晴朗。",
    },
}


def shapes(language):
    """Name -> conversation."""
    words = _WORDS[language]
    q, a, r = words["q"], words["a"], words["r"]

    def user(n):
        return Message("user", q[n])

    def says(n, **more):
        return Message("assistant", a[n], **more)

    calls = [ToolCall("get_weather", f'{{"city": "{city}"}}', f"call0000{n}") for n, city in enumerate(words["cities"])]
    asked, told = Message("user", words["weather"]), Message("assistant", words["sums up"])
    results = [
        Message("tool", result, tool_call_id=call.id) for result, call in zip(words["results"], calls, strict=True)
    ]
    return {
        "1 turn": Conversation((user(0), says(0))),
        "3 turns": Conversation((user(0), says(0), user(1), says(1), user(2), says(2))),
        "system + 2": Conversation((Message("system", words["system"]), user(0), says(0), user(1), says(1))),
        "thinking 1": Conversation((user(0), says(0, reasoning=r[0]), user(1), says(1))),
        "thinking 2": Conversation((user(0), says(0, reasoning=r[0]), user(1), says(1, reasoning=r[1]))),
        "tool round": Conversation((asked, Message("assistant", tool_calls=(calls[0],)), results[0], told), TOOLS),
        "two calls": Conversation((asked, Message("assistant", tool_calls=tuple(calls)), *results, told), TOOLS),
        "learn off": Conversation((user(0), says(0, learn=False), user(1), says(1))),
    }
