"""Muon for the matrices of the layers, AdamW for embeddings and norms, and the schedule of both.

Muon: K. Jordan, "Muon: An optimizer for hidden layers in neural networks" (2024): momentum whose update
is brought near to an orthogonal matrix by five Newton-Schulz steps of a quintic polynomial.
"""

import torch

QUINTIC = (3.4445, -4.7750, 2.0315)


def split(model):
    """The parameters for Muon and those for AdamW."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and name.startswith("layers.")]
    chosen = {id(p) for p in matrices}
    return matrices, [p for p in model.parameters() if id(p) not in chosen]


class Muon(torch.optim.Optimizer):
    """Learning rate per update of unit spectral norm; matrices of one shape are updated together."""

    def __init__(self, parameters, lr, momentum=0.95, decay=0.01):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                if p.grad is not None:
                    shapes.setdefault(p.shape, []).append(p)
            for shape, members in shapes.items():
                self.update(group, shape, members)

    def update(self, group, shape, members):
        directions = []
        for p in members:
            held = self.state[p].setdefault("momentum", torch.zeros_like(p))
            held.lerp_(p.grad, 1 - group["momentum"])
            directions.append(p.grad.lerp(held, group["momentum"]))
        steps = orthogonal(torch.stack(directions))
        rate = group["lr"] * max(1.0, shape[0] / shape[1]) ** 0.5
        for p, step in zip(members, steps):
            p.mul_(1 - group["lr"] * group["decay"]).add_(step.to(p.dtype), alpha=-rate)


def orthogonal(stack, rounds=5):
    """Near-orthogonal matrices of the same singular vectors, for a stack (count, rows, columns)."""
    a, b, c = QUINTIC
    x = stack.bfloat16()
    wide = x.shape[1] <= x.shape[2]
    x = x if wide else x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(rounds):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if wide else x.mT


def make(model, config):
    """Both optimisers, their peak rates remembered as `peak`."""
    matrices, rest = split(model)
    made = [
        Muon(matrices, config["muon_rate"]),
        torch.optim.AdamW(rest, config["adam_rate"], betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]
    for optimiser in made:
        for group in optimiser.param_groups:
            group["peak"] = group["lr"]
    return made


def factor(progress, warmup=0.02, hold=0.5, least=0.02):
    """The share of the peak rate at `progress` (0 to 1): warm-up, constant, linear decay over the rest."""
    if progress < warmup:
        return max(least, progress / warmup)
    if progress < hold:
        return 1.0
    return max(least, (1 - progress) / (1 - hold))


def set_rates(optimisers, progress):
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * factor(progress)
