"""Which script a letter belongs to: the one place that lists ranges of code points."""

from __future__ import annotations

#: Letters of scripts that write no spaces between words.
CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
