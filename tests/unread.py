"""An encoder that reads English alone: its tokenizer is all there is of it, so whoever embeds with it fails."""

from __future__ import annotations

from pathlib import Path

from pipeline.modeling.models import Model


def english_only(folder: Path) -> Model:
    """A model whose tokenizer knows the letters and a few words of English, and no Chinese character."""
    from tokenizers import BertWordPieceTokenizer

    letters = " ".join("abcdefghijklmnopqrstuvwxyz0123456789.,!?'")
    tokenizer = BertWordPieceTokenizer(lowercase=True)
    tokenizer.train_from_iterator(["a good film and a bad day", letters], min_frequency=1, show_progress=False)
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return Model(name=str(folder))
