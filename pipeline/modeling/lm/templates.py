"""Chat templates that can take the place of a model's own (`models.generator.chat_template`): by name, or a file.

Small instruct models often know neither tools nor reasoning: their own template would leave both out. A model is
trained, saved and asked with the same template.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.registry import did_you_mean

#: ChatML with tools, calls and results in the tags of Hermes and Qwen, reasoning in <think>; history stays as it is.
HERMES = r"""
{%- set first = messages[0] if messages and messages[0].role in ('system', 'developer') else none %}
{%- if tools %}
    {{- '<|im_start|>system\n' + (first.content + '\n\n' if first else '') }}
    {{- '# Tools\n\nYou may call functions. They are described here, one a line:\n<tools>' }}
    {%- for tool in tools %}{{ '\n' + (tool | tojson) }}{% endfor %}
    {{- '\n</tools>\n\nA call is a JSON object with name and arguments:\n<tool_call>\n' }}
    {{- '{"name": "<function>", "arguments": {<arguments>}}\n</tool_call><|im_end|>\n' }}
{%- elif first %}
    {{- '<|im_start|>system\n' + first.content + '<|im_end|>\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {{- '<|im_start|>assistant\n' }}
        {%- if message.reasoning_content %}{{ '<think>\n' + message.reasoning_content + '\n</think>\n\n' }}{% endif %}
        {{- message.content }}
        {%- for call in message.tool_calls or [] %}
            {{- '\n' if message.content or not loop.first }}
            {{- '<tool_call>\n{"name": ' + (call.function.name | tojson) + ', "arguments": ' }}
            {{- (call.function.arguments | tojson) + '}\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\n' }}
    {%- elif message.role == 'tool' %}
        {{- '<|im_start|>tool\n<tool_response>\n' + message.content + '\n</tool_response><|im_end|>\n' }}
    {%- elif not loop.first or message.role == 'user' %}
        {{- '<|im_start|>' + ('system' if message.role == 'developer' else message.role) + '\n' }}
        {{- message.content + '<|im_end|>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
""".strip()

TEMPLATES = {"hermes": HERMES}


def template_text(name: str, where: str) -> str:
    """The template called `name`, or that of a file. `where` names the setting, for errors."""
    if name in TEMPLATES:
        return TEMPLATES[name]
    file = Path(name)
    if not file.is_file():
        raise PipelineError(
            f"{where}: '{name}' is neither a template nor a file.", did_you_mean(name, TEMPLATES) + " Or name a file."
        )
    text = file.read_text("utf-8")
    _check(text, name, where)
    return text


def _check(text: str, name: str, where: str) -> None:
    from jinja2 import TemplateSyntaxError
    from transformers.utils.chat_template_utils import _compile_jinja_template

    try:
        _compile_jinja_template(text)
    except TemplateSyntaxError as error:
        raise PipelineError(
            f"{where}: {name}:{error.lineno}: {error.message}", "A chat template is written in Jinja."
        ) from None
