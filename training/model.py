"""A llama-architecture decoder: RMSNorm, rotary positions, grouped-query attention, SwiGLU, tied embeddings.

The rotary form is the one of the original release (neighbouring pairs of a head's components), which
is what llama.cpp computes for the `llama` architecture; so Q and K need no permutation on export.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Shape:
    """Sizes of a model; `width` and `hidden` in components, `context` in tokens."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    hidden: int
    context: int = 1024
    rope_base: float = 10_000.0
    epsilon: float = 1e-5

    @property
    def head_width(self):
        return self.width // self.heads

    def as_dict(self):
        return asdict(self)


class Norm(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.width))
        self.epsilon = shape.epsilon

    def forward(self, x):
        wide = x.float()
        scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon)
        return (wide * scale * self.weight).to(x.dtype)


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        kv_width = shape.kv_heads * shape.head_width
        self.attn_norm = Norm(shape)
        self.attn_q = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_k = nn.Linear(shape.width, kv_width, bias=False)
        self.attn_v = nn.Linear(shape.width, kv_width, bias=False)
        self.attn_output = nn.Linear(shape.width, shape.width, bias=False)
        self.ffn_norm = Norm(shape)
        self.ffn_gate = nn.Linear(shape.width, shape.hidden, bias=False)
        self.ffn_up = nn.Linear(shape.width, shape.hidden, bias=False)
        self.ffn_down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x, rope, past=None):
        """One layer; `past` is (keys, values) of earlier positions, and the new ones are returned."""
        rows, length, _ = x.shape
        seen = self.attn_norm(x)

        def heads(linear):
            return linear(seen).view(rows, length, -1, self.shape.head_width).transpose(1, 2)

        q, k, v = rotate(heads(self.attn_q), rope), rotate(heads(self.attn_k), rope), heads(self.attn_v)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        mixed = attend(q, k, v)
        x = x + self.attn_output(mixed.transpose(1, 2).reshape(rows, length, -1))
        seen = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(seen)) * self.ffn_up(seen)), (k, v)


def attend(q, k, v):
    """Causal attention; without a past the lengths are equal, with one the queries are the last positions."""
    groups = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
    if q.shape[2] == k.shape[2]:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    mask = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=q.device).tril(k.shape[2] - q.shape[2])
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def rotate(x, rope):
    """Rotary positions on neighbouring pairs of components; `rope` is (cosines, sines) of the positions."""
    cos, sin = rope
    a, b = x.unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2).to(x.dtype)


class Model(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape)
        half = torch.arange(0, shape.head_width, 2).float() / shape.head_width
        angle = torch.arange(shape.context).float()[:, None] * shape.rope_base**-half
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)
        self.reset()

    def reset(self):
        """Initial weights: matrices by their input width, outputs of the residual branches smaller."""
        nn.init.normal_(self.embedding.weight, std=0.02)
        for layer in self.layers:
            for name, part in layer.named_children():
                if isinstance(part, nn.Linear):
                    scale = (2 * len(self.layers)) ** -0.5 if name in ("attn_output", "ffn_down") else 1.0
                    nn.init.normal_(part.weight, std=part.in_features**-0.5 * scale)

    def hidden(self, tokens):
        """Final hidden states of `tokens` (rows, length), for every position."""
        length = tokens.shape[1]
        rope = self.cos[:length], self.sin[:length]
        x = self.embedding(tokens)
        for layer in self.layers:
            x, _ = layer(x, rope)
        return self.norm(x)

    def loss(self, tokens, weights):
        """The weighted sum of the next tokens' cross-entropies in nats, and four plain sums for the log.

        `weights` (as `tokens`) belongs to the token that is predicted: 1 where it is wanted, less where it is
        source, 0 where it is not learnt; the first column is never predicted. The four sums: loss and number
        of the wanted tokens, loss and number of the source tokens.
        """
        states = self.hidden(tokens[:, :-1])
        wanted, weight = tokens[:, 1:].reshape(-1), weights[:, 1:].reshape(-1)
        places = weight.nonzero().squeeze(1)
        logits = F.linear(states.flatten(0, 1)[places], self.embedding.weight)
        losses = F.cross_entropy(logits.float(), wanted[places], reduction="none")
        with torch.no_grad():
            full = (weight[places] == 1).float()
            sums = torch.stack([(losses * full).sum(), full.sum(), (losses * (1 - full)).sum(), (1 - full).sum()])
        return (losses * weight[places]).sum(), sums

    def step(self, tokens, past=None):
        """Logits after the last of `tokens` and the cache to go on with."""
        begin = past[0][0].shape[2] if past else 0
        rope = self.cos[begin : begin + tokens.shape[1]], self.sin[begin : begin + tokens.shape[1]]
        x, cache = self.embedding(tokens), []
        for index, layer in enumerate(self.layers):
            x, kept = layer(x, rope, past[index] if past else None)
            cache.append(kept)
        return F.linear(self.norm(x[:, -1]), self.embedding.weight), cache
