"""What saves memory while a model trains changes no value, and does save."""

import pytest

from pipeline.modeling.lm.kernels import memory


@pytest.fixture
def model(llama_folder):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(llama_folder)


def trained(model):
    """The loss, all gradients, and the bytes kept for the backward pass that are no weights."""
    import torch

    kept = {}
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    ids = torch.arange(3, 67).reshape(2, 32)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    found = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return float(loss.detach()), found, sum(size for place, size in kept.items() if place not in own)


@pytest.mark.parametrize("adapted", [False, True], ids=["full", "lora"])
def test_saving_memory_keeps_loss_and_gradients_to_the_bit_and_keeps_fewer_bytes(model, adapted):
    import torch

    if adapted:
        from peft import LoraConfig, get_peft_model

        model = get_peft_model(model, LoraConfig(r=2, target_modules="all-linear"))
    model.train()
    loss, gradients, kept = trained(model)
    memory.save(model)
    saving_loss, saving_gradients, saving_kept = trained(model)
    assert saving_loss == loss
    assert gradients.keys() == saving_gradients.keys()
    assert all(torch.equal(gradients[name], saving_gradients[name]) for name in gradients)
    assert saving_kept < 0.9 * kept


def test_saving_memory_leaves_names_and_answers_alone(model):
    import torch

    ids = torch.arange(3, 23)[None]
    model.eval()
    with torch.no_grad():
        names, answers = set(model.state_dict()), model(input_ids=ids).logits
        memory.save(model)
        assert torch.equal(model(input_ids=ids).logits, answers)
    assert set(model.state_dict()) == names


def test_a_block_with_a_formula_of_its_own_is_left_alone(model):
    block = model.model.layers[0].mlp
    plain = block.forward
    block.forward = lambda hidden: 2 * plain(hidden)
    changed = block.forward
    memory.save(model)
    assert block.forward is changed
    assert model.model.layers[1].mlp.forward.__class__.__name__ == "_Gated"


def test_large_layers_look_for_holes_forward_and_backward(model, monkeypatch):
    import torch

    calls = []
    monkeypatch.setattr(memory.Holes, "give_back", lambda holes: calls.append(holes))
    ids = torch.arange(3, 67).reshape(2, 32)
    memory.save(model)
    model.train()
    model(input_ids=ids, labels=ids).loss.backward()
    assert not calls, "small layers leave small holes"
    monkeypatch.setattr(memory, "_LARGE", 1)
    model(input_ids=ids, labels=ids).loss.backward()
    expected = 2 * len(model.model.layers) if memory._libc() else 0
    assert len(calls) == expected
    model.eval()
    model(input_ids=ids)
    assert len(calls) == expected


@pytest.mark.skipif(memory._libc() is None, reason="the C library is not glibc")
@pytest.mark.parametrize(("most", "given_back"), [(20_000_000, True), (2_000_000_000, False)])
def test_pages_of_large_holes_go_back_to_the_system(most, given_back):
    """A process of its own: how much of the heap is free here depends on the tests before."""
    import subprocess
    import sys

    code = f"""
from pipeline.modeling.lm.kernels.memory import Holes, _memory
holes = Holes({most})
holes.give_back()  # what the process holds beside
kept = [bytearray(b"x" * 100_000) for _ in range(500)]
holes.give_back()  # what it needs at once
more = [bytearray(b"x" * 100_000) for _ in range(1000)]
kept += more[1::2]  # no neighbours: the holes lie between blocks that live on
del more
bigger = [bytearray(b"x" * 120_000) for _ in range(500)]  # fit no hole
before = _memory()[0]
holes.give_back()
print(before - _memory()[0])
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert (int(done.stdout) > 40e6) == given_back
