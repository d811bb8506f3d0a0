"""tDLGM's training step in PyTorch, the peer that setup/bench.ts is timed against: the same mathematics, vectorised, one thread.

Commands on standard input, one JSON answer a line:
  check FILE        loss and gradients from the weights, windows and draws in a safetensors file
  time BATCH STEPS VARIANT   milliseconds of each step (VARIANT: plain or fused Adam)
  lstm ROWS STEPS   milliseconds of one forward and backward pass of the LSTM alone
"""
import json
import struct
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
M, L, H, K, SD, CLIP, LR = 10, 2, 64, 8, 0.1, 5.0, 2e-3


def read_safetensors(path):
    data = open(path, "rb").read()
    (n,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + n])
    return {
        name: torch.from_numpy(np.frombuffer(data, np.float32, offset=8 + n + h["data_offsets"][0], count=int(np.prod(h["shape"]))).reshape(h["shape"]).copy())
        for name, h in header.items()
        if name != "__metadata__"
    }


def lstm(inputs, w, b):
    """nn.LSTM with the weights of the project's layout, [I+H, 4H] in the same gate order i, f, g, o."""
    module = torch.nn.LSTM(inputs, H)
    with torch.no_grad():
        module.weight_ih_l0.copy_(w[:inputs].T)
        module.weight_hh_l0.copy_(w[inputs:].T)
        module.bias_ih_l0.copy_(b)
        module.bias_hh_l0.zero_()
    return module


class Tdlgm(torch.nn.Module):
    def __init__(self, w):
        super().__init__()
        self.k, self.R = lstm(1, w["k1.w"], w["k1.b"]), lstm(H, w["generator.R1.w"], w["generator.R1.b"])
        for module in (self.k, self.R):  # one bias, as in the project
            module.bias_hh_l0.requires_grad_(False)
        names = [n for n in w if n.startswith(("q.", "generator.G", "generator.T0"))]
        self.p = torch.nn.ParameterDict({n.replace(".", "_"): torch.nn.Parameter(w[n].clone()) for n in names})

    def loss(self, x, epsilon):
        """x [m+1, B], epsilon [L, B, K]"""
        p, batch = self.p, x.shape[1]
        v = x[M].reshape(1, batch, 1)
        a = torch.tanh(v @ p["q_1_w"] + p["q_1_b"])
        a = torch.tanh(torch.baddbmm(p["q_2_b"], a, p["q_2_w"]))
        mu, log_d, u = torch.baddbmm(p["q_3_b"], a, p["q_3_w"]).split(K, 2)
        log_d = log_d.clamp(-12, 12)
        s = torch.exp(-log_d)
        su = s * u
        eta = 1 / (1 + (u * su).sum(2, keepdim=True))
        z = torch.exp(-log_d / 2) * epsilon
        xi = mu + z - eta / (1 + eta.sqrt()) * (u * z).sum(2, keepdim=True) * su
        kl = 0.5 * (mu.square() + s + log_d - 1).sum(2) - 0.5 * (eta * (su * su).sum(2, keepdim=True) + eta.log()).squeeze(2)
        both = torch.cat([x[:M], x[1:]], 1).unsqueeze(2)
        _, (h, c) = self.k(both)
        (h0, h1), (c0, c1) = h.split(batch, 1), c.split(batch, 1)
        g = torch.bmm(xi, p["generator_G"])
        out, (hn, cn) = self.R(g[1:2], (h0.contiguous(), c0.contiguous()))
        h_1 = out[0] + g[0]
        r = torch.tanh(h_1 @ p["generator_T0_1_w"] + p["generator_T0_1_b"]) @ p["generator_T0_2_w"] + p["generator_T0_2_b"]
        mean = torch.sigmoid(r[:, 0])
        reconstruction = (x[M] - mean).square().mean() / (2 * SD**2) + np.log(SD) + 0.5 * np.log(2 * np.pi)
        state = 0.5 * (F.mse_loss(hn, h1) + F.mse_loss(cn, c1))
        return reconstruction + kl.mean(1).sum() + state

    def gradients(self):
        """By the project's names and layout."""
        out = {n: p.grad for n, p in self.p.items()}
        for name, m in (("k1", self.k), ("generator_R1", self.R)):
            out[f"{name}_w"] = torch.cat([m.weight_ih_l0.grad.T, m.weight_hh_l0.grad.T])
            out[f"{name}_b"] = m.bias_ih_l0.grad
        return out


def start_weights():
    g = torch.Generator().manual_seed(0)
    shapes = {"k1.w": [1 + H, 4 * H], "k1.b": [4 * H], "q.1.w": [L, 1, H], "q.1.b": [L, 1, H], "q.2.w": [L, H, H], "q.2.b": [L, 1, H],
              "q.3.w": [L, H, 3 * K], "q.3.b": [L, 1, 3 * K], "generator.G": [L, K, H], "generator.R1.w": [2 * H, 4 * H], "generator.R1.b": [4 * H],
              "generator.T0.1.w": [H, H], "generator.T0.1.b": [H], "generator.T0.2.w": [H, 1], "generator.T0.2.b": [1]}
    return {n: torch.randn(s, generator=g) * 0.1 for n, s in shapes.items()}


trainers = {}


def timed(batch, steps, variant):
    if (batch, variant) not in trainers:
        model = Tdlgm(start_weights())
        parameters = [p for p in model.parameters() if p.requires_grad]
        trainers[batch, variant] = model, parameters, torch.optim.Adam(parameters, LR, fused=variant == "fused"), torch.rand(7662)
        timed(batch, 20, variant)
    model, parameters, optimizer, series = trainers[batch, variant]
    times = []
    for _ in range(steps):
        began = time.perf_counter()
        x = series[torch.arange(M + 1).unsqueeze(1) + torch.randint(0, 7652, (1, batch))]
        optimizer.zero_grad()
        loss = model.loss(x, torch.randn(L, batch, K))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        optimizer.step()
        loss.item()
        times.append((time.perf_counter() - began) * 1e3)
    return times


def timed_lstm(rows, steps):
    module, x = torch.nn.LSTM(1, H), torch.rand(M, rows, 1)
    times = []
    for _ in range(steps):
        began = time.perf_counter()
        module.zero_grad()
        module(x)[1][1].sum().backward()
        times.append((time.perf_counter() - began) * 1e3)
    return times


print(json.dumps({"torch": torch.__version__}), flush=True)
for line in sys.stdin:
    command, *arguments = line.split()
    if command == "check":
        tensors = read_safetensors(arguments[0])
        model = Tdlgm(tensors)
        loss = model.loss(tensors["batch.inputs"], tensors["batch.epsilon"])
        loss.backward()
        answer = {"loss": loss.item(), "gradients": {n: g.flatten().tolist() for n, g in model.gradients().items()}}
    elif command == "time":
        answer = timed(int(arguments[0]), int(arguments[1]), arguments[2])
    else:
        answer = timed_lstm(int(arguments[0]), int(arguments[1]))
    print(json.dumps(answer), flush=True)
