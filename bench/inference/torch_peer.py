#!/usr/bin/env python3
"""The flows of the training benchmark written plainly in PyTorch.

usage: torch_peer.py ROWS.f32 affine|spline SECONDS STEPS

ROWS.f32: rows of 8 + 7 float32, theta then x; the first 18 000 are learnt from. Prints one JSON object: samples per second of CPU
time of one thread, SECONDS each, of forward + backward alone on one batch ("forward_backward") and of a training loop as sbi's
("loop": DataLoader over a shuffled subset, loss, gradient, clipping at 5, Adam at 5e-4), and with STEPS above 0 the mean log density
of the other 2 000 rows after so many steps of that loop. Exit code 2: there is no PyTorch.

affine: masked autoregressive flow (Papamakarios et al. 2017) as in sbi 0.27: 5 transforms, each a MADE of 50 units, 2 tanh layers,
the statistics added to the first layer; 33 830 parameters. spline: the same with residual silu layers and, behind each affine part, a
rational-quadratic spline of 10 bins on (-4, 4) (Durkan et al. 2019): the network that Hillock uses.
"""

import json
import math
import os
import pathlib
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
try:
    import torch
except ImportError:
    sys.exit(2)
import torch.nn.functional as F
from torch import nn
from torch.utils import data

torch.set_num_threads(1)
THETA, X, BATCH, TRAIN, HIDDEN, BLOCKS, STEPS, BINS, BOUND = 8, 7, 200, 18000, 50, 2, 5, 10, 4.0
LEAST = 1e-3


class MaskedLinear(nn.Linear):
    def __init__(self, from_degrees, to_degrees, strict=False):
        super().__init__(len(from_degrees), len(to_degrees))
        seen = to_degrees[:, None] > from_degrees if strict else to_degrees[:, None] >= from_degrees
        self.register_buffer("mask", seen.float())

    def forward(self, inputs):
        return F.linear(inputs, self.weight * self.mask, self.bias)


class Made(nn.Module):
    """`each` numbers for every dimension, from those before it and the statistics."""

    def __init__(self, each, residual):
        super().__init__()
        inputs = torch.arange(1, THETA + 1)
        hidden = torch.arange(HIDDEN) % (THETA - 1) + 1
        self.residual = residual
        self.activation = F.silu if residual else torch.tanh
        self.first = MaskedLinear(inputs, hidden)
        self.context = nn.Linear(X, HIDDEN)
        self.blocks = nn.ModuleList(MaskedLinear(hidden, hidden) for _ in range(BLOCKS))
        self.last = MaskedLinear(hidden, inputs.repeat_interleave(each), strict=True)
        self.each = each

    def forward(self, theta, x):
        h = self.activation(self.first(theta) + self.context(x))
        for block in self.blocks:
            new = self.activation(block(h))
            h = h + new if self.residual else new
        return self.last(h).view(len(theta), THETA, self.each)


def spline(u, p):
    """Monotone rational-quadratic spline, the identity outside its bound: Durkan et al. 2019, eq. 4 and 5."""
    size = 2 * BOUND
    widths = LEAST + (1 - LEAST * BINS) * F.softmax(p[..., :BINS], dim=-1)
    heights = LEAST + (1 - LEAST * BINS) * F.softmax(p[..., BINS : 2 * BINS], dim=-1)
    slopes = F.pad(LEAST + F.softplus(p[..., 2 * BINS :]), (1, 1), value=1.0)
    right, top = size * torch.cumsum(widths, -1) - BOUND, size * torch.cumsum(heights, -1) - BOUND
    inside = (u > -BOUND) & (u < BOUND)
    at = u.clamp(-BOUND, BOUND)
    k = (at.unsqueeze(-1) >= right[..., :-1]).sum(-1, keepdim=True)
    take = lambda values: values.gather(-1, k).squeeze(-1)
    w, h = size * take(widths), size * take(heights)
    d0, d1 = take(slopes[..., :-1]), take(slopes[..., 1:])
    s = h / w
    xi = (at - (take(right) - w)) / w
    mixed = xi * (1 - xi)
    below = s + (d0 + d1 - 2 * s) * mixed
    z = take(top) - h + h * (s * xi * xi + d0 * mixed) / below
    slope = s * s * (d1 * xi * xi + 2 * s * mixed + d0 * (1 - xi) ** 2) / (below * below)
    return torch.where(inside, z, u), torch.where(inside, slope, torch.ones_like(slope)).log()


class Flow(nn.Module):
    def __init__(self, bends):
        super().__init__()
        self.bends = bends
        self.steps = nn.ModuleList(Made(2 + (3 * BINS - 1 if bends else 0), residual=bends) for _ in range(STEPS))
        for k in range(STEPS):
            self.register_buffer(f"order_{k}", torch.arange(THETA) if k == 0 else torch.randperm(THETA))

    def transform(self, theta, x):
        log_slope = 0.0
        for k, step in enumerate(self.steps):
            theta = theta[:, getattr(self, f"order_{k}")]
            p = step(theta, x)
            scale = F.softplus(p[..., 1]) + LEAST
            theta = scale * theta + p[..., 0]
            log_slope = log_slope + scale.log().sum(-1)
            if self.bends:
                theta, more = spline(theta, p[..., 2:])
                log_slope = log_slope + more.sum(-1)
        return theta, log_slope

    def log_prob(self, theta, x):
        z, log_slope = self.transform(theta, x)
        return log_slope - 0.5 * (z * z).sum(-1) - 0.5 * THETA * math.log(2 * math.pi)


def begin_as_identity(flow):
    """Every step leaves what it is given as it is: the same beginning as the other contender's."""
    one = math.log(math.expm1(1 - LEAST))  # softplus(one) + LEAST is 1
    with torch.no_grad():
        for step in flow.steps:
            step.last.weight.zero_()
            bias = step.last.bias.zero_().view(THETA, step.each)
            bias[:, 1] = one
            bias[:, 2 + 2 * BINS :] = one


def check_slopes(flow, theta, x):
    """The log slope is that of the Jacobian, which is what makes it a density. Float64: 1e-8."""
    flow.double()
    for one, given in zip(theta[:3].double(), x[:3].double()):
        jacobian = torch.autograd.functional.jacobian(lambda t: flow.transform(t[None], given[None])[0][0], one)
        found, truth = flow.transform(one[None], given[None])[1].item(), torch.linalg.slogdet(jacobian)[1].item()
        if not abs(found - truth) < 1e-8:
            sys.exit(f"torch_peer.py: a log slope is {found}, its Jacobian says {truth}")
    flow.float()


def rate(step, seconds):
    for _ in range(5):
        step()
    count, begin = 0, time.process_time()
    while time.process_time() - begin < seconds:
        step()
        count += BATCH
    return count / (time.process_time() - begin)


def blas_in_use():
    maps = pathlib.Path("/proc/self/maps").read_text().split()
    found = sorted({pathlib.Path(word).name for word in maps if "blas" in word.lower() or "mkl" in word.lower()})
    places = sorted({str(pathlib.Path(word).parent.name) for word in maps if "libblas" in word or "mkl" in word.lower()})
    return " ".join(places + found) or "built in"


def main():
    rows, kind, seconds, steps = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    torch.manual_seed(1)
    values = torch.frombuffer(bytearray(pathlib.Path(rows).read_bytes()), dtype=torch.float32).view(-1, THETA + X)
    theta, x = values[:, :THETA].contiguous(), values[:, THETA:].contiguous()
    flow = Flow(kind == "spline")
    check_slopes(flow, theta, x)
    begin_as_identity(flow)
    optimiser = torch.optim.Adam(list(flow.parameters()), lr=5e-4)
    sampler = data.SubsetRandomSampler(list(range(TRAIN)))
    loader = data.DataLoader(data.TensorDataset(theta, x), batch_size=BATCH, drop_last=True, sampler=sampler)
    summed = 0.0

    def endless():
        while True:
            yield from loader

    batches = endless()

    def loop_step():
        nonlocal summed
        some_theta, some_x = next(batches)
        optimiser.zero_grad()
        losses = -flow.log_prob(some_theta, some_x)
        losses.mean().backward()
        summed += losses.sum().item()
        nn.utils.clip_grad_norm_(flow.parameters(), max_norm=5.0)
        optimiser.step()

    out = {"torch": torch.__version__, "blas": blas_in_use(), "parameters": sum(p.numel() for p in flow.parameters())}
    if steps > 0:
        for _ in range(steps):
            loop_step()
        with torch.no_grad():
            out["log_density"] = flow.log_prob(theta[TRAIN:], x[TRAIN:]).mean().item()
    if seconds > 0:
        out["loop"] = rate(loop_step, seconds)
        batch_theta, batch_x = theta[:BATCH], x[:BATCH]

        def forward_backward():
            flow.zero_grad()
            (-flow.log_prob(batch_theta, batch_x)).mean().backward()

        out["forward_backward"] = rate(forward_backward, seconds)
    print(json.dumps(out))


if __name__ == "__main__":
    main()
