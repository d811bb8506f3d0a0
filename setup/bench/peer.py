"""The peer that the benchmark times ours against: the same mathematics in PyTorch and numpy, vectorised, one thread.

Commands on standard input, one JSON answer a line; times are milliseconds of each repetition:
  check KIND FILE                 loss and gradients from the weights, windows and draws in a safetensors file
  step KIND BATCH STEPS VARIANT   training steps from the weights of that check (VARIANT: plain or fused Adam)
  check-generator NAME FILE       the same of a generator of generators.py, whose settings the file has too
  step-generator NAME STEPS VARIANT   training steps of it; TimeGAN's are means of two, since its discriminator has every second one
  check-lstm FILE                 the gradients of the LSTM alone, from the weights and inputs in a safetensors file
  lstm ROWS STEPS                 a forward and backward pass of the LSTM alone
  load FILE                       takes a trained tDLGM and a series; what it generates and imputes from the draws given
  generate HOW HISTORIES STEPS    generation (HOW: step, value by value, or sequence, a whole sequence in one call of nn.LSTM; step-folded and
                                  sequence-folded the same with each G multiplied into the weights that it meets)
  impute DRAWS HOW                imputation of the series (HOW: plain, or folded)
  series FILE                     takes a series of float32; its transition cells and lag-1 autocorrelation
  transitions DTYPE, autocorrelation DTYPE   the same, timed, from a series of that type
"""
import json
import struct
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import generators

torch.set_num_threads(1)
M, L, H, K, CLIP, BLOCK = 10, 2, 64, 8, 5.0, 1024
LR = {"tdlgm": 2e-3, "dlgm": 2e-3, "rnn": 1e-3}
WINDOW = {"tdlgm": M + 1, "dlgm": M + 1, "rnn": 21}


def read_safetensors(path):
    data = open(path, "rb").read()
    (n,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + n])
    return {
        name: torch.from_numpy(np.frombuffer(data, np.float32, offset=8 + n + h["data_offsets"][0], count=int(np.prod(h["shape"]))).reshape(h["shape"]).copy())
        for name, h in header.items()
        if name != "__metadata__"
    }


def lstm(inputs, w, b, module=torch.nn.LSTM):
    """nn.LSTM or LSTMCell with the weights of the project's layout, [I+H, 4H] in the same gate order i, f, g, o, and its one bias."""
    made = module(inputs, H)
    suffix = "" if module is torch.nn.LSTMCell else "_l0"
    with torch.no_grad():
        getattr(made, f"weight_ih{suffix}").copy_(w[:inputs].T)
        getattr(made, f"weight_hh{suffix}").copy_(w[inputs:].T)
        getattr(made, f"bias_ih{suffix}").copy_(b)
        getattr(made, f"bias_hh{suffix}").zero_().requires_grad_(False)
    return made


def parameters(w, *prefixes):
    return torch.nn.ParameterDict({n.replace(".", "_"): torch.nn.Parameter(t.clone()) for n, t in w.items() if n.startswith(prefixes)})


def recognise(p, v):
    """q of v [1, B, I]: mean, log d and u, each [L, B, K]."""
    a = torch.tanh(v @ p["q_1_w"] + p["q_1_b"])
    a = torch.tanh(torch.baddbmm(p["q_2_b"], a, p["q_2_w"]))
    mu, log_d, u = torch.baddbmm(p["q_3_b"], a, p["q_3_w"]).split(K, 2)
    return mu, log_d.clamp(-12, 12), u


def spread(log_d, u):
    """What draws share: D^-1/2, u, a D^-1 u."""
    s = torch.exp(-log_d)
    su = s * u
    eta = 1 / (1 + (u * su).sum(2, keepdim=True))
    return torch.exp(-log_d / 2), u, eta / (1 + eta.sqrt()) * su, s, su, eta


def readout(p, o, xi, folded=None):
    """The mean of pi from h_1 = o + xi_1 G_1, o [n, H] and xi_1 [n, K]; folded is [T0; G_1 T0], which takes [o, xi_1]."""
    b, w = p["generator_T0_1_b"], p["generator_T0_1_w"]
    r = torch.tanh(torch.addmm(b, o + xi @ p["generator_G"][0], w) if folded is None else torch.addmm(b, torch.cat([o, xi], 1), folded))
    return torch.sigmoid(torch.addmm(p["generator_T0_2_b"], r, p["generator_T0_2_w"])[:, 0])


class Latent(torch.nn.Module):
    def posterior(self, v, epsilon):
        """xi [L, B, K] and the sum of the layers' KL."""
        mu, log_d, u = recognise(self.p, v)
        r, u, asu, s, su, eta = spread(log_d, u)
        z = r * epsilon
        xi = mu + z - (u * z).sum(2, keepdim=True) * asu
        kl = 0.5 * (mu.square() + s + log_d - 1).sum(2) - 0.5 * (eta * (su * su).sum(2, keepdim=True) + eta.log()).squeeze(2)
        return xi, kl.mean(1).sum()

    def reconstruction(self, o, xi, target):
        mean, sd = readout(self.p, o, xi), self.sd
        return (target - mean).square().mean() / (2 * sd**2) + np.log(sd) + 0.5 * np.log(2 * np.pi)


class Tdlgm(Latent):
    def __init__(self, w):
        super().__init__()
        self.k, self.R = lstm(1, w["k1.w"], w["k1.b"]), lstm(H, w["generator.R1.w"], w["generator.R1.b"])
        self.p, self.sd = parameters(w, "q.", "generator.G", "generator.T0"), w["sd"].item()
        self.lstms = {"k1": self.k, "generator_R1": self.R}

    def loss(self, x, target, epsilon):
        """x [m+1, B], target [B], epsilon [L, B, K]"""
        batch = x.shape[1]
        xi, kl = self.posterior(x[M].reshape(1, batch, 1), epsilon)
        _, (h, c) = self.k(torch.cat([x[:M], x[1:]], 1).unsqueeze(2))
        (h0, h1), (c0, c1) = h.split(batch, 1), c.split(batch, 1)
        out, (hn, cn) = self.R(xi[1:2] @ self.p["generator_G"][1], (h0.contiguous(), c0.contiguous()))
        return self.reconstruction(out[0], xi[0], target) + kl + 0.5 * (F.mse_loss(hn, h1) + F.mse_loss(cn, c1))


class Dlgm(Latent):
    def __init__(self, w):
        super().__init__()
        self.p, self.lstms, self.sd = parameters(w, "q.", "generator."), {}, w["sd"].item()

    def loss(self, x, target, epsilon):
        xi, kl = self.posterior(x.T.unsqueeze(0), epsilon)
        p = self.p
        above = torch.tanh(torch.addmm(p["generator_T1_1_b"], xi[1] @ p["generator_G"][1], p["generator_T1_1_w"]))
        return self.reconstruction(torch.addmm(p["generator_T1_2_b"], above, p["generator_T1_2_w"]), xi[0], target) + kl


class Rnn(torch.nn.Module):
    def __init__(self, w):
        super().__init__()
        self.k, self.p = lstm(1, w["lstm1.w"], w["lstm1.b"]), parameters(w, "out.")
        self.lstms = {"lstm1": self.k}

    def loss(self, x, target, epsilon):
        _, (h, _) = self.k(x[:-1].unsqueeze(2))
        return F.mse_loss(torch.sigmoid(torch.addmm(self.p["out_b"], h[0], self.p["out_w"])[:, 0]), target)


MODELS = {"tdlgm": Tdlgm, "dlgm": Dlgm, "rnn": Rnn}


def lstm_gradients(name, module):
    """By the project's names and layout."""
    return {f"{name}w": torch.cat([module.weight_ih_l0.grad.T, module.weight_hh_l0.grad.T]), f"{name}b": module.bias_ih_l0.grad}


def lists(gradients):
    return {n: g.flatten().tolist() for n, g in gradients.items()}


weights, trainers, made = {}, {}, {}


def timed_steps(kind, batch, steps, variant):
    key = (kind, batch, variant)
    if key not in trainers:
        model = MODELS[kind](weights[kind])
        trained = [p for p in model.parameters() if p.requires_grad]
        trainers[key] = model, trained, torch.optim.Adam(trained, LR[kind], fused=variant == "fused"), torch.rand(7652 + WINDOW[kind])
        timed_steps(kind, batch, 20, variant)
    model, trained, optimizer, series = trainers[key]
    rows = torch.arange(WINDOW[kind]).unsqueeze(1)

    def step():
        x = series[rows + torch.randint(0, 7652, (1, batch))]
        target = x[-1]
        if kind != "tdlgm":  # training noise: with probability .5 by N(0, .1²), clamped
            x = torch.where(torch.rand_like(x) < 0.5, (x + 0.1 * torch.randn_like(x)).clamp(0, 1), x)
        optimizer.zero_grad()
        loss = model.loss(x, target, None if kind == "rnn" else torch.randn(L, batch, K))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, CLIP)
        optimizer.step()
        loss.item()

    return timed(step, steps)


def timed_generator(name, steps, variant):
    key = (name, variant)
    if key not in trainers:
        trainers[key] = generators.stepper(name, made[name], variant)
        timed_generator(name, 20, variant)
    step = trainers[key]
    return [(a + b) / 2 for a, b in (timed(step, 2) for _ in range(steps))] if name == "timegan" else timed(step, steps)


def timed(f, times=1):
    out = []
    for _ in range(times):
        began = time.perf_counter()
        f()
        out.append((time.perf_counter() - began) * 1e3)
    return out


def timed_lstm(rows, steps):
    module, x = torch.nn.LSTM(1, H), torch.rand(M, rows, 1)

    def one():
        module.zero_grad()
        module(x)[1][1].sum().backward()

    return timed(one, steps)


class Trained:
    """A trained tDLGM at work, in blocks of rows."""

    def __init__(self, tensors):
        self.values = tensors.pop("values")
        self.padded = F.pad(self.values, (M, 0))
        self.model = Tdlgm(tensors)
        self.p = {n: t.detach() for n, t in self.model.p.items()}
        w, b = tensors["generator.R1.w"], tensors["generator.R1.b"]
        self.cell = lstm(H, w, b, torch.nn.LSTMCell)
        G, T0 = self.p["generator_G"], self.p["generator_T0_1_w"]
        folded = torch.cat([G[1] @ w[:H], w[H:]])  # (xi_L G_L) W = xi_L (G_L W)
        self.folded, self.folded_cell = lstm(K, folded, b), lstm(K, folded, b, torch.nn.LSTMCell)
        self.folded_readout = torch.cat([T0, G[0] @ T0])  # (o + xi_1 G_1) T0 = [o, xi_1] [T0; G_1 T0]

    def mean(self, o, xi, folded):
        return readout(self.p, o, xi, self.folded_readout if folded else None)

    def states(self, windows):
        _, (h, c) = self.model.k(windows.unsqueeze(2))
        return h[0], c[0]

    def generate(self, history, steps, how, xi=None, noise=None):
        """history [m, n] to [steps, n]; xi [steps, L, n, K] and noise [n, steps] are drawn unless given."""
        n = history.shape[1]
        h, c = self.states(history)
        if how.startswith("sequence"):
            xi = torch.randn(steps, L, n, K) if xi is None else xi
            G, start = self.p["generator_G"], (h.unsqueeze(0), c.unsqueeze(0))
            out, _ = self.folded(xi[:, 1], start) if how == "sequence-folded" else self.model.R(xi[:, 1] @ G[1], start)
            mean = self.mean(out.reshape(-1, H), xi[:, 0].reshape(-1, K), how == "sequence-folded").reshape(steps, n)
            return (mean + self.model.sd * (torch.randn(steps, n) if noise is None else noise.T)).clamp_(0, 1)
        out = torch.empty(steps, n)
        for t in range(steps):
            x, G = torch.randn(L, n, K) if xi is None else xi[t], self.p["generator_G"]
            h, c = self.folded_cell(x[1], (h, c)) if how == "step-folded" else self.cell(x[1] @ G[1], (h, c))
            mean = self.mean(h, x[0], how == "step-folded")
            torch.clamp(mean + self.model.sd * (torch.randn(n) if noise is None else noise[:, t]), 0, 1, out=out[t])
        return out

    def impute(self, begin, n, draws, how, epsilon=None):
        """[draws, n] for the values from `begin` on; what is recognised is shared by the draws."""
        windows = self.padded[begin : begin + n + M].unfold(0, n, 1)
        h, c = self.states(windows[:M].contiguous())
        mu, log_d, u = recognise(self.p, windows[M].reshape(1, n, 1))
        r, u, asu, *_ = spread(log_d, u)
        out = torch.empty(draws, n)
        for d in range(draws):
            z = r * (torch.randn(L, n, K) if epsilon is None else epsilon)
            xi, G = mu + z - (u * z).sum(2, keepdim=True) * asu, self.p["generator_G"]
            o = (self.folded_cell(xi[1], (h, c)) if how == "folded" else self.cell(xi[1] @ G[1], (h, c)))[0]
            out[d] = self.mean(o, xi[0], how == "folded")
        return out


def blocks(n):
    return [(begin, min(BLOCK, n - begin)) for begin in range(0, n, BLOCK)]


def transitions(x):
    y = x.astype(np.float64) * 10  # float64 throughout, as ours
    y += 1e-6
    bins = y.astype(np.int16)
    cells = bins[:-1] * np.int16(11)
    cells += bins[1:]
    return np.bincount(cells, minlength=121)


def autocorrelation(x, lag=1):
    d = x.astype(np.float64)
    d -= d.mean()
    return np.dot(d[:-lag], d[lag:]) / np.dot(d, d)


trained, series = None, {}
print(json.dumps({"torch": torch.__version__, "numpy": np.__version__}), flush=True)
for line in sys.stdin:
    command, *arguments = line.split()
    if command == "check":
        kind, file = arguments
        weights[kind] = tensors = read_safetensors(file)
        model = MODELS[kind](tensors)
        x = tensors["batch.inputs"]
        loss = model.loss(x, x[-1], tensors.get("batch.epsilon"))
        loss.backward()
        gradients = {n: p.grad for n, p in model.p.items()}
        for name, module in model.lstms.items():
            gradients |= lstm_gradients(f"{name}_", module)
        answer = {"loss": loss.item(), "gradients": lists(gradients)}
    elif command == "step":
        answer = timed_steps(arguments[0], int(arguments[1]), int(arguments[2]), arguments[3])
    elif command == "check-generator":
        name, file = arguments
        made[name], answer = generators.checked(name, read_safetensors(file), generators.config_of(file))
    elif command == "step-generator":
        answer = timed_generator(arguments[0], int(arguments[1]), arguments[2])
    elif command == "check-lstm":
        tensors = read_safetensors(arguments[0])
        module = lstm(1, tensors["w"], tensors["b"])
        module(tensors["x"])[1][1].sum().backward()
        answer = lists(lstm_gradients("", module))
    elif command == "lstm":
        answer = timed_lstm(int(arguments[0]), int(arguments[1]))
    elif command == "load":
        tensors = read_safetensors(arguments[0])
        xi, noise, epsilon = (tensors.pop(f"check.{n}") for n in ("xi", "noise", "epsilon"))
        trained = Trained(tensors)
        with torch.inference_mode():
            history = trained.values[: BLOCK + M - 1].unfold(0, BLOCK, 1).contiguous()
            one, *others = (trained.generate(history, xi.shape[0], how, xi, noise) for how in ("step", "step-folded", "sequence", "sequence-folded"))
            imputed, folded = (trained.impute(0, BLOCK, 1, how, epsilon)[0] for how in ("plain", "folded"))
            assert all(torch.allclose(a, b, atol=1e-5) for a, b in [*((one, other) for other in others), (imputed, folded)])
            answer = {"generated": one.tolist(), "imputed": imputed.tolist()}
    elif command == "generate":
        how, n, steps = arguments[0], int(arguments[1]), int(arguments[2])
        with torch.inference_mode():
            answer = timed(lambda: [trained.generate(trained.values[b : b + r + M - 1].unfold(0, r, 1).contiguous(), steps, how) for b, r in blocks(n)])
    elif command == "impute":
        with torch.inference_mode():
            draws, how = int(arguments[0]), arguments[1]
            answer = timed(lambda: [trained.impute(b, r, draws, how) for b, r in blocks(len(trained.values))])
    elif command == "series":
        x = np.fromfile(arguments[0], np.float32)
        series = {"float32": x, "float64": x.astype(np.float64)}
        answer = {"cells": int((transitions(x) > 0).sum()), "autocorrelation": float(autocorrelation(x))}
    elif command == "transitions":
        answer = timed(lambda: transitions(series[arguments[0]]))
    else:
        answer = timed(lambda: autocorrelation(series[arguments[0]]))
    print(json.dumps(answer), flush=True)
