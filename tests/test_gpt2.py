"""`scripts/gpt2.py`: GPT-2's weights, in the names and the layout of Hugging Face's files, give the logits of PyTorch."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import nn

torch = pytest.importorskip("torch", reason="the twin is written in PyTorch")
SCRIPTS = Path(nn.__file__).parents[1] / "scripts"
F, T = torch.nn.functional, torch.nn


class Conv1D(T.Module):
    """Hugging Face's matrix, (ins, outs)."""

    def __init__(self, ins, outs):
        super().__init__()
        self.weight, self.bias = T.Parameter(torch.randn(ins, outs) * 0.05), T.Parameter(torch.randn(outs) * 0.05)

    def forward(self, x):
        return x @ self.weight + self.bias


class Attention(T.Module):
    def __init__(self, width, places):
        super().__init__()
        self.register_buffer("bias", torch.tril(torch.ones(1, 1, places, places, dtype=torch.bool)))  # as old files have it
        self.c_attn, self.c_proj = Conv1D(width, 3 * width), Conv1D(width, width)

    def forward(self, x):
        n, places, width = x.shape
        q, k, v = (part.view(n, places, width // 64, 64).transpose(1, 2) for part in self.c_attn(x).split(width, dim=2))
        scores = (q @ k.transpose(2, 3) / 8).masked_fill(~self.bias[:, :, :places, :places], float("-inf"))
        return self.c_proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, places, width))


class Perceptron(T.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc, self.c_proj = Conv1D(width, 4 * width), Conv1D(4 * width, width)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(T.Module):
    def __init__(self, width, places):
        super().__init__()
        self.ln_1, self.attn = T.LayerNorm(width), Attention(width, places)
        self.ln_2, self.mlp = T.LayerNorm(width), Perceptron(width)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Twin(T.Module):
    def __init__(self, tokens=70, places=12, width=128, layers=2):
        super().__init__()
        self.wte, self.wpe = T.Embedding(tokens, width), T.Embedding(places, width)
        self.h = T.ModuleList([Block(width, places) for _ in range(layers)])
        self.ln_f = T.LayerNorm(width)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T


@pytest.fixture
def twin():
    torch.manual_seed(0)
    made = Twin()
    with torch.no_grad():
        for p in (*made.ln_f.parameters(), *made.h[0].ln_1.parameters()):
            p += torch.randn_like(p) * 0.1
    return made


@pytest.fixture
def model_file(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import gpt2_model

    return gpt2_model


def save(state, path):
    from safetensors.torch import save_file

    save_file(state, path)
    return path


TOKENS = np.arange(24).reshape(2, 12) * 7 % 70


def with_a_head(twin):
    """As GPT2LMHeadModel stores it: a prefix, and the head once more."""
    state = {f"transformer.{name}": x for name, x in twin.state_dict().items()}
    return {**state, "lm_head.weight": twin.wte.weight.detach().clone()}


@pytest.mark.parametrize("stored", [lambda twin: twin.state_dict(), with_a_head], ids=["without a head", "with a head"])
def test_the_weights_in_a_file_give_pytorchs_logits(stored, twin, model_file, tmp_path):
    model = model_file.load(save(stored(twin), tmp_path / "model.safetensors"))
    np.testing.assert_allclose(model(TOKENS).data, twin(torch.tensor(TOKENS)).detach().numpy(), atol=1e-4)


def test_a_file_of_torch_save_does_too(twin, model_file, tmp_path):
    torch.save(twin.state_dict(), tmp_path / "pytorch_model.bin")
    model = model_file.load(tmp_path / "pytorch_model.bin")
    np.testing.assert_allclose(model(TOKENS[:, :5]).data, twin(torch.tensor(TOKENS[:, :5])).detach().numpy(), atol=1e-4)


def test_a_text_is_continued_by_the_token_of_the_highest_score_beyond_the_places_too(twin, model_file, tmp_path):
    model = model_file.load(save(twin.state_dict(), tmp_path / "model.safetensors"))
    tokens = list(range(3, 13))
    for _ in range(5):
        tokens.append(int(twin(torch.tensor([tokens[-12:]]))[0, -1].argmax()))
    assert model.continued(list(range(3, 13)), 5) == tokens


def test_gpt2_small_has_the_parameters_of_the_paper(model_file):
    small = model_file.GPT2(tokens=100, layers=1)
    others = sum(p.size for p in small.parameters()) - small.wte.weight.size
    block = sum(p.size for p in small.h[0].parameters())
    assert 50257 * 768 + others + 11 * block == 124_439_808


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda state: state.pop("wte.weight"), r"it has no wte\.weight and wpe\.weight"),
        (lambda state: state.update({"lm_head.weight": torch.zeros(70, 128)}), r"its lm_head\.weight is another than its wte\.weight"),
        (lambda state: state.pop("h.1.mlp.c_fc.bias"), r"h\.1\.mlp\.c_fc\.bias"),
    ],
)
def test_a_file_of_something_else_is_refused(change, problem, twin, model_file, tmp_path):
    state = twin.state_dict()
    change(state)
    with pytest.raises(ValueError, match=problem):
        model_file.load(save(state, tmp_path / "model.safetensors"))


def test_the_script_continues_a_prompt_of_token_numbers(twin, tmp_path):
    path = save(twin.state_dict(), tmp_path / "model.safetensors")
    run = [sys.executable, SCRIPTS / "gpt2.py", "--weights", path]
    done = subprocess.run([*run, "--prompt", "5 6 7", "--tokens", "2"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("5 6 7 ")
    assert len(done.stdout.split()) == 5
    wrong = subprocess.run([*run, "--prompt", "5 70"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.endswith("the prompt must have tokens from 0 to 69; got '5 70'.\n")


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import gpt2

    return gpt2


def test_a_text_has_the_tokens_of_a_library_that_is_installed(script, monkeypatch):
    encoding = SimpleNamespace(encode=lambda text: [len(text)], decode=lambda tokens: "text")
    monkeypatch.setitem(sys.modules, "tiktoken", SimpleNamespace(get_encoding=lambda name: encoding))
    assert script.tokens_for("hello").encode("hello") == [5]
    assert script.tokens_for("15496 11").encode("15496 11") == [15496, 11]
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    made = SimpleNamespace(from_pretrained=lambda name: encoding)
    monkeypatch.setitem(sys.modules, "transformers", SimpleNamespace(GPT2TokenizerFast=made))
    assert script.tokens_for("hello").decode([5]) == "text"


def test_a_text_without_such_a_library_and_a_missing_file_are_one_line(script, monkeypatch, capsys):
    for module in ("tiktoken", "transformers"):
        monkeypatch.setitem(sys.modules, module, None)
    for prompt, problem in (("hello", "pip install tiktoken, or give --prompt as numbers of tokens"), ("5", "There is no file nowhere")):
        monkeypatch.setattr(sys, "argv", ["gpt2.py", "--weights", "nowhere", "--prompt", prompt])
        with pytest.raises(SystemExit):
            script.main()
        assert problem in capsys.readouterr().err
