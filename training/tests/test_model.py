"""Tokenizer, model, optimiser, decoding and export, at toy size."""

import json
import math

import gguf
import pytest
import torch

from training import bpe, data, decode, examples, export, format, optimiser, parity, plot, presets, quantise, train
from training.model import Model, Shape
from training.tests import samples

CONFIG = {**presets.settings("toy"), "vocabulary": 600, "tokenizer_bytes": 100_000, "key": "k"}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A directory with a tokenizer trained on the samples and an untrained model."""
    place = tmp_path_factory.mktemp("out")
    import gzip

    with gzip.open(place / "corpus.deduped.jsonl.gz", "wt") as sink:
        for text in (samples.PYTHON, samples.RUST, samples.JAVASCRIPT):
            sink.write(json.dumps({"role": "train", "text": text}) + "\n")
    bpe.run(CONFIG, place)
    torch.manual_seed(0)
    model = Model(train.shape_of(CONFIG, bpe.Codec(place)))
    torch.save({"shape": model.shape.as_dict(), "weights": model.state_dict()}, place / "model.pt")
    return place


def test_special_tokens_come_first_and_text_survives(out):
    codec = bpe.Codec(out)
    assert [codec.encode(text) for text in format.SPECIAL] == [[index] for index in range(format.RESERVED)]
    for text in [*parity.TEXTS, samples.PYTHON]:
        assert codec.decode(codec.encode(text)) == text
        plain = [token for token in codec.encode(text) if token >= format.RESERVED]
        assert b"".join(map(codec.bytes_of, plain)).decode() == format.ANY_SPECIAL.sub("", text)


def test_digits_are_split(out):
    codec = bpe.Codec(out)
    assert [codec.bytes_of(token) for token in codec.encode("12345")] == [b"1", b"2", b"3", b"4", b"5"]


def test_step_by_step_equals_all_at_once(out):
    model = train.load(out)
    tokens = torch.randint(0, model.shape.vocabulary, (2, 9))
    whole = model.hidden(tokens)[:, -1] @ model.embedding.weight.T
    logits, cache = model.step(tokens[:, :4])
    for at in range(4, 9):
        logits, cache = model.step(tokens[:, at : at + 1], cache)
    assert torch.allclose(whole, logits, atol=1e-4)


def test_training_lowers_the_loss(out):
    torch.manual_seed(1)
    model = Model(Shape(200, 32, 2, 2, 1, 64))
    optimisers = optimiser.make(model, {"muon_rate": 0.02, "adam_rate": 5e-3})
    tokens = torch.arange(64).repeat(4, 1) % 7 + 100
    weights = torch.ones(4, 64)
    losses = []
    for _ in range(50):
        total, _ = model.loss(tokens, weights)
        total.backward()
        losses.append(float(total.detach()) / 252)
        for optimise in optimisers:
            optimise.step()
            optimise.zero_grad()
    assert losses[0] == pytest.approx(math.log(200), rel=0.1) and losses[-1] < 0.5


def test_orthogonal_has_unit_singular_values():
    values = torch.linalg.svdvals(optimiser.orthogonal(torch.randn(2, 24, 48)).float())
    assert values.min() > 0.5 and values.max() < 1.4


def test_the_schedule():
    assert [round(optimiser.factor(p), 3) for p in (0.01, 0.3, 0.5, 0.75, 1.0)] == [0.5, 1.0, 1.0, 0.5, 0.02]


def test_a_checkpoint_goes_on_only_with_its_own_configuration(out):
    model = train.load(out)
    optimisers = optimiser.make(model, CONFIG)
    state = {"seconds": 5.0, "steps": 2, "tokens": 10, "position": 1}
    train.save(CONFIG, out, model, optimisers, state)
    (out / "train.jsonl").write_text('{"steps": 2}\n{"steps": 9}\n')
    assert train.restore(CONFIG, out, model, optimisers, "cpu", 0) == state
    assert (out / "train.jsonl").read_text() == '{"steps": 2}\n'
    other = train.restore({**CONFIG, "key": "other"}, out, model, optimisers, "cpu", 0)
    assert other["steps"] == 0 and (out / "train.jsonl").read_text() == ""


def test_examples_are_learnt_at_their_targets(out):
    codec = bpe.Codec(out)
    case = {"language": "py", "err": "E: x", "at": [1], "before": ["return a < b"], "after": ["return a <= b"]}
    ids, roles = examples.encoded(codec, case)
    wanted = [token for token, role in zip(ids, roles, strict=True) if role == examples.WANTED]
    assert codec.decode(wanted) == "<L1><<rep><=<end>"
    source = [token for token, role in zip(ids, roles, strict=True) if role == examples.SOURCE]
    assert codec.decode(source) == "<L1>return a < b<fix>"


def test_batches_hold_every_example_once(out, tmp_path):
    made = [([5] * n, [examples.WANTED] * n) for n in (10, 40, 33, 64, 100, 7)]
    examples.save(tmp_path / "train-00000.npz", made)
    stream = data.Stream({**CONFIG, "batch_tokens": 256, "trainers": 1}, tmp_path)
    rows = sorted(int(n) for tokens, _ in stream.open(1.0) for n in (tokens == 5).sum(1))
    assert rows == [7, 10, 33, 40, 64, 100]
    assert all(tokens.numel() <= 256 and tokens.shape[1] % data.PAD_TO == 0 for tokens, _ in stream.open(1.0))


def test_beams_can_be_applied(out):
    codec, model = bpe.Codec(out), train.load(out)
    lines = ["def f(x):", "    return x + 1"]
    prompt = codec.encode(format.prompt("py", "", [], lines))
    answers, _ = decode.beams(model, codec, prompt, lines, 6, longest=12)
    for ids, _ in answers:
        format.apply(lines, format.parse(codec.decode(ids)))


def test_the_exported_file_is_complete(out):
    path = out / "model.gguf"
    export.write({**CONFIG, "preset": "toy"}, out, path, "q8_0")
    reader = gguf.GGUFReader(path)
    shape = train.load(out).shape
    names = {tensor.name: tensor for tensor in reader.tensors}
    assert len(names) == 2 + 9 * shape.layers
    assert list(names["token_embd.weight"].shape) == [shape.width, shape.vocabulary]
    assert list(names["blk.1.attn_k.weight"].shape) == [shape.width, shape.kv_heads * shape.head_width]
    assert names["blk.0.ffn_down.weight"].tensor_type == gguf.GGMLQuantizationType.Q8_0
    assert names["output_norm.weight"].tensor_type == gguf.GGMLQuantizationType.F32

    def value(key):
        return reader.get_field(key).contents()

    assert value("slm.format_version") == 1 and value("tokenizer.ggml.pre") == "starcoder"
    assert value("tokenizer.ggml.tokens")[: format.RESERVED] == format.SPECIAL
    fim = [value(f"tokenizer.ggml.fim_{part}_token_id") for part in ("pre", "suf", "mid")]
    assert [format.SPECIAL[token] for token in fim] == ["<fim_prefix>", "<fim_suffix>", "<fim_middle>"]


def test_a_plot_is_made(tmp_path):
    lines = [{"tokens": 1e6, "wanted": 4.0, "source": 3.0}, {"tokens": 2e6, "wanted": 3.0, "held_out": 3.5}]
    plot.losses(lines, tmp_path / "l.svg")
    assert (tmp_path / "l.svg").read_text().startswith("<svg")


def test_what_rounding_costs_is_measured(out):
    case = {
        "language": "py",
        "kind": "off by one",
        "err": "",
        "at": [],
        "before": ["def f(x):", "    return x + 2"],
        "after": ["def f(x):", "    return x + 1"],
    }
    (out / "examples").mkdir(exist_ok=True)
    (out / "examples/test.jsonl").write_text(json.dumps(case) + "\n")
    found = quantise.run(CONFIG, out)
    assert found["bytes"] == (out / quantise.SHIPPED).stat().st_size
    full, coarse = found["loss"], found["loss in q8_0"]
    assert full > 0 and full != coarse and abs(full - coarse) < 0.05
    model, rounded = train.load(out), quantise.rounded(train.load(out))
    assert torch.equal(model.norm.weight, rounded.norm.weight)
    apart = (model.embedding.weight - rounded.embedding.weight).abs().max()
    assert 0 < apart < 0.01 * model.embedding.weight.abs().max()


def test_a_shard_may_be_empty(tmp_path):
    made = [([1, 2, 3], [0, 1, 2]), ([4], [2])]
    for examples_made in ([], made):
        examples.save(tmp_path / "shard.npz", examples_made)
        found = examples.load(tmp_path / "shard.npz")
        assert [(tokens.tolist(), roles.tolist()) for tokens, roles in found] == examples_made
