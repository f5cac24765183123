"""What saves memory while a model trains changes no value, and does save."""

import pytest

from pipeline.modeling.heads import memory


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


def test_holes_are_given_back_after_each_large_layer_forward_and_backward(model, monkeypatch):
    import torch

    calls = []
    monkeypatch.setattr(memory, "give_back_holes", lambda: calls.append(1))
    ids = torch.arange(3, 67).reshape(2, 32)
    memory.save(model)
    model.train()
    model(input_ids=ids, labels=ids).loss.backward()
    assert not calls, "small layers are not worth the walk"
    monkeypatch.setattr(memory, "_LARGE", 1)
    model(input_ids=ids, labels=ids).loss.backward()
    assert len(calls) == 2 * len(model.model.layers)
    model.eval()
    model(input_ids=ids)
    assert len(calls) == 2 * len(model.model.layers)


@pytest.mark.skipif(memory._trim() is None, reason="the C library is not glibc")
def test_pages_of_holes_go_back_to_the_system():
    """A process of its own: how much of the heap is free here depends on the tests before."""
    import subprocess
    import sys

    code = """
from pipeline.modeling.heads.memory import give_back_holes
def resident():
    return int(open('/proc/self/statm').read().split()[1]) * 4096
kept = [bytearray(b'x' * 100_000) for _ in range(2000)]
del kept[::2]  # no neighbours: the holes lie between blocks that live on
before = resident()
give_back_holes()
print(before - resident())
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(done.stdout) > 60e6
