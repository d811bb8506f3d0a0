"""The generators beyond the paper in PyTorch, for peer.py: tdlgm-memory, VRNN, TimeGAN and the LSTM, as lib/models has them.

Sequences whose state follows from what was seen run through nn.GRU in one call; VRNN's, which hears its own draws, through a loop of GRUCell.
Values are given as their numbers among the likelihood's, TimeGAN's as they are.
"""
import json
import struct

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def config_of(path):
    """The settings that a safetensors file has in its metadata."""
    with open(path, "rb") as file:
        (n,) = struct.unpack("<Q", file.read(8))
        return json.loads(json.loads(file.read(n))["__metadata__"]["config"])


class Model(nn.Module):
    """Modules by name, and how to give their gradients by the project's names and layout."""

    def __init__(self, w):
        super().__init__()
        self.w, self.told = w, {}

    def parameter(self, name):
        made = nn.Parameter(self.w[name].clone())
        self.told[name] = lambda: made.grad
        self.register_parameter(name.replace(".", "_"), made)
        return made

    def linear(self, *names):
        """One layer, or several that see what is concatenated; only the first one has a bias."""
        w = torch.cat([self.w[f"{n}.w"] for n in names])
        made = nn.Linear(*w.shape)
        with torch.no_grad():
            made.weight.copy_(w.T)
            made.bias.copy_(self.w[f"{names[0]}.b"])
        at = 0
        for n in names:
            size = len(self.w[f"{n}.w"])
            self.told[f"{n}.w"] = lambda at=at, size=size: made.weight.grad[:, at : at + size].T
            at += size
        self.told[f"{names[0]}.b"] = lambda: made.bias.grad
        return made

    def recurrent(self, made, name, suffix="_l0", inputs=None):
        """Fills a GRU or a GRUCell. @param inputs the names of the matrices and the bias that its inputs meet"""
        matrices, bias = inputs or ([f"{name}.w"], f"{name}.b")
        values = {"weight_ih": torch.cat([self.w[n] for n in matrices]).T, "weight_hh": self.w[f"{name}.u"].T, "bias_ih": self.w[bias], "bias_hh": self.w[f"{name}.c"]}
        with torch.no_grad():
            for part, value in values.items():
                getattr(made, part + suffix).copy_(value)
        at = 0
        for n in matrices:
            size = len(self.w[n])
            self.told[n] = lambda at=at, size=size: getattr(made, f"weight_ih{suffix}").grad[:, at : at + size].T
            at += size
        self.told[f"{name}.u"] = lambda: getattr(made, f"weight_hh{suffix}").grad.T
        self.told[bias] = lambda: getattr(made, f"bias_ih{suffix}").grad
        self.told[f"{name}.c"] = lambda: getattr(made, f"bias_hh{suffix}").grad
        return made

    def gradients(self, owners=None):
        """@param owners first parts of the names that are asked for; all when left out"""
        return {name: grad().flatten().tolist() for name, grad in self.told.items() if owners is None or name.split(".")[0] in owners}


class Vrnn(Model):
    def __init__(self, w, config):
        super().__init__(w)
        self.config, self.V, H = config, len(config["likelihood"]["values"]), config["H"]
        self.x, self.z = self.linear("x"), self.linear("z")
        self.prior = nn.Sequential(self.linear("prior.1"), nn.Tanh(), self.linear("prior.2"))
        self.dec = nn.Sequential(self.linear("dec.1"), nn.Tanh(), self.linear("dec.2"))
        self.enc_x, self.enc_h, self.enc_2 = self.linear("enc.x"), self.parameter("enc.h.w"), self.linear("enc.2")
        self.cell = self.recurrent(nn.GRUCell(2 * H, H), "gru", "", (["gru.x.w", "gru.z.w"], "gru.x.b"))

    def loss(self, v, share, draws):
        """v [T, B], numbers of values; share, how far the KL's weight has risen"""
        c = self.config
        T, B = v.shape
        n = c["length"]
        x = torch.tanh(self.x(F.one_hot(v, self.V).float()))
        of_x = self.enc_x(x)
        masks = (draws["kept"] >= c["dropout"]).float() / (1 - c["dropout"])
        h = x.new_zeros(B, c["H"])
        before, q, zs = [], [], []
        for t in range(T):
            dropped = h * masks[t]
            out = self.enc_2(torch.tanh(of_x[t] + dropped @ self.enc_h))
            mean, log_sd = out.chunk(2, 1)
            z = torch.tanh(self.z(mean + log_sd.clamp(-6, 4).exp() * draws["epsilon"][t]))
            if t >= T - n:
                before.append(dropped)
                q.append(out)
                zs.append(z)
            if t < T - 1:
                h = self.cell(torch.cat([x[t], z], 1), h)
        h, (q_mean, q_sd), (p_mean, p_sd) = torch.cat(before), torch.cat(q).chunk(2, 1), self.prior(torch.cat(before)).chunk(2, 1)
        q_sd, p_sd = q_sd.clamp(-6, 4), p_sd.clamp(-6, 4)
        reconstruction = F.cross_entropy(self.dec(torch.cat([torch.cat(zs), h], 1)), v[T - n :].flatten())
        ratio = q_sd - p_sd
        kl = (0.5 * ((2 * ratio).exp() + ((q_mean - p_mean) / p_sd.exp()).square() - 1) - ratio).sum(1).mean()
        return reconstruction + c["beta"] * share * kl


class Memory(Model):
    def __init__(self, w, config):
        super().__init__(w)
        self.config, self.V, H = config, len(config["likelihood"]["values"]), config["H"]
        self.gru = self.recurrent(nn.GRU(self.V, H), "generator.F1")
        self.q = [(self.parameter(f"q.{i}.w"), self.parameter(f"q.{i}.b")) for i in (1, 2, 3)]
        self.prior = nn.Sequential(self.linear("generator.prior.1"), nn.Tanh(), self.linear("generator.prior.2"))
        self.readout = nn.Sequential(self.linear("generator.T0.1"), nn.Tanh(), self.linear("generator.T0.2"))
        self.gates, self.unseen, self.G = self.linear("generator.gates"), self.parameter("generator.unseen"), self.parameter("generator.G")
        self.R = nn.LSTMCell(H, H)
        w_ = w["generator.R1.w"]
        with torch.no_grad():
            self.R.weight_ih.copy_(w_[:H].T)
            self.R.weight_hh.copy_(w_[H:].T)
            self.R.bias_ih.copy_(w["generator.R1.b"])
            self.R.bias_hh.zero_().requires_grad_(False)
        self.told["generator.R1.w"] = lambda: torch.cat([self.R.weight_ih.grad.T, self.R.weight_hh.grad.T])
        self.told["generator.R1.b"] = lambda: self.R.bias_ih.grad
        # Row (place, tau): the weight of each value before the place.
        memory, n = config["memory"], config["m"] + config["memory"]["length"] - 1
        ages = n - memory["length"] + np.arange(memory["length"])[:, None, None] - np.arange(n)
        decay = np.where(ages >= 0, np.exp(-np.maximum(ages, 0) / np.array(memory["taus"])[:, None]), 0)
        self.decay = torch.tensor(decay.reshape(-1, n), dtype=torch.float32)

    def loss(self, v, share, draws):
        c, memory = self.config, self.config["memory"]
        m, H, K, length, J = c["m"], c["H"], c["K"], memory["length"], len(memory["taus"])
        B = v.shape[1]
        N = length * B
        x = F.one_hot(v, self.V).float()
        seen = x[: m + length - 1]
        h = self.gru(seen[-(memory["burnIn"] + length - 1) :])[0][-length:].reshape(N, H)
        counts = (self.decay @ seen.reshape(len(seen), -1)).reshape(length, J, B, self.V).transpose(1, 2).reshape(N, J, self.V)
        h = h * (draws["kept"].reshape(N, H) >= memory["dropout"]) / (1 - memory["dropout"])
        state = torch.cat([h, (counts / (1 + counts.sum(2, keepdim=True))).reshape(N, -1)], 1)
        a = torch.cat([x[m : m + length].reshape(N, -1), state], 1).expand(2, -1, -1)
        for i, (weight, bias) in enumerate(self.q):
            a = torch.baddbmm(bias, torch.tanh(a) if i > 0 else a, weight)
        mean, log_d, u = a.split(K, 2)
        log_d = log_d.clamp(-12, 12)
        s = torch.exp(-log_d)
        su = s * u
        eta = 1 / (1 + (u * su).sum(2, keepdim=True))
        z = torch.exp(-log_d / 2) * draws["epsilon"].reshape(2, N, K)
        zeta = mean + z - (u * z).sum(2, keepdim=True) * (eta / (1 + eta.sqrt()) * su)
        kl = 0.5 * (mean.square() + s + log_d - 1).sum(2) - 0.5 * (eta * (su * su).sum(2, keepdim=True) + eta.log()).squeeze(2)
        mu, log_sd = self.prior(state).reshape(N, 2, 2 * K).transpose(0, 1).chunk(2, 2)
        xi = mu + log_sd.clamp(-5, 3).exp() * zeta
        o, _ = self.R(xi[1] @ self.G[1], (h, torch.zeros_like(h)))
        h1 = o + xi[0] @ self.G[0]
        logits = self.readout(h1) + (F.softplus(self.gates(h1)).unsqueeze(2) * (counts + self.unseen.exp()).log()).sum(1)
        return F.cross_entropy(logits, v[m : m + length].flatten()) + c["beta"] * share * kl.mean(1).clamp(min=memory["freeBits"]).sum()


class Network(nn.Module):
    def __init__(self, gru, linear):
        super().__init__()
        self.gru, self.out = gru, linear

    def forward(self, x):
        return torch.sigmoid(self.out(self.gru(x)[0]))


class Timegan(Model):
    FOLLOWERS = {"generator": ["generator", "supervisor"], "embedder": ["embedder", "recovery"], "discriminator": ["discriminator"]}

    def __init__(self, w, config):
        super().__init__(w)
        self.config, H = config, config["H"]
        for name, inputs in {"embedder": config["d"], "recovery": H, "generator": config["Z"], "supervisor": H}.items():
            self.add_module(name, Network(self.recurrent(nn.GRU(inputs, H), f"{name}.gru"), self.linear(f"{name}.out")))
        judge = nn.GRU(H, H, bidirectional=True)
        self.recurrent(judge, "discriminator.forth")
        self.recurrent(judge, "discriminator.back", "_l0_reverse")
        self.discriminator = Network(judge, self.linear("discriminator.out"))

    def follow(self, loss):
        """Only the weights that follow a loss have gradients."""
        for name, module in self.named_children():
            module.requires_grad_(name in self.FOLLOWERS[loss])

    def judge(self, h):
        return self.discriminator.out(self.discriminator.gru(h)[0])

    def foretold(self, h):
        return F.mse_loss(self.supervisor(h)[:-1], h[1:])

    def loss(self, x, of, draws):
        """x [T, B, d]; of: which of the losses"""
        c = self.config
        taken = lambda logits, real: F.softplus(-logits if real else logits).mean()
        if of == "embedder":
            h = self.embedder(x)
            return 10 * (F.mse_loss(self.recovery(h), x) + 1e-12).sqrt() + 0.1 * self.foretold(h)
        e = self.generator(draws["z"])
        h = self.supervisor(e)
        if of == "discriminator":
            total = taken(self.judge(self.embedder(x)), True) + taken(self.judge(h), False) + c["gamma"] * taken(self.judge(e), False)
            return (total > 0.15).float() * total
        made = self.recovery(h)
        sd = lambda y: (y.var(1, unbiased=False) + 1e-6).sqrt()
        moments = (sd(made) - sd(x)).abs().mean() + (made.mean(1) - x.mean(1)).abs().mean()
        adversarial = taken(self.judge(h), True) + c["gamma"] * taken(self.judge(e), True)
        return adversarial + c["supervision"] * (self.foretold(self.embedder(x)) + 1e-12).sqrt() + c["moments"] * moments


class Lstm(Model):
    def __init__(self, w, config):
        super().__init__(w)
        self.config, self.V, H = config, len(config["likelihood"]["values"]), config["H"]
        self.lstm, self.out = nn.LSTM(self.V, H), self.linear("out")
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(w["lstm.w"][: self.V].T)
            self.lstm.weight_hh_l0.copy_(w["lstm.w"][self.V :].T)
            self.lstm.bias_ih_l0.copy_(w["lstm.b"])
            self.lstm.bias_hh_l0.zero_().requires_grad_(False)
        self.told["lstm.w"] = lambda: torch.cat([self.lstm.weight_ih_l0.grad.T, self.lstm.weight_hh_l0.grad.T])
        self.told["lstm.b"] = lambda: self.lstm.bias_ih_l0.grad

    def loss(self, v, share, draws):
        """v [T, B], numbers of values"""
        c = self.config
        n = c["length"]
        outputs, _ = self.lstm(F.one_hot(v[:-1], self.V).float())
        h = outputs[-n:] * (draws["kept"] >= c["dropout"]).float() / (1 - c["dropout"])
        return F.cross_entropy(self.out(h).flatten(0, 1), v[-n:].flatten())


KINDS = {"tdlgm-memory": Memory, "vrnn": Vrnn, "timegan": Timegan, "lstm": Lstm}


def checked(name, tensors, config):
    """The model; its losses and their gradients from the batch and the draws of the file."""
    draws = {n[len("batch.") :]: tensors.pop(n) for n in list(tensors) if n.startswith("batch.")}
    x = draws.pop("inputs")
    model = KINDS[name](tensors, config)
    answer = {}
    for of in ["generator", "embedder", "discriminator"] if name == "timegan" else ["loss"]:
        if name == "timegan":
            model.follow(of)
            model.zero_grad()
            loss = model.loss(x.unsqueeze(2), of, draws)
        else:
            loss = model.loss(x.long(), 1, draws)
        loss.backward()
        answer[of] = {"loss": loss.item(), "gradients": model.gradients(Timegan.FOLLOWERS.get(of))}
    return model, answer


def stepper(name, model, variant):
    """A function that trains a step: windows, draws, losses, clipping, Adam."""
    c = model.config
    groups = [(of, [p for m in names for p in model.get_submodule(m).parameters()]) for of, names in Timegan.FOLLOWERS.items()] if name == "timegan" else [("loss", [p for p in model.parameters() if p.requires_grad])]
    adams = {of: torch.optim.Adam(p, c["learningRate"], fused=variant == "fused") for of, p in groups}
    length = c["m"] + (1 if name == "timegan" else c["memory"]["length"] if name == "tdlgm-memory" else c["length"])
    series = torch.rand(7652 + length, 1) if name == "timegan" else torch.randint(0, model.V, (7652 + length,))
    rows, B, done = torch.arange(length).unsqueeze(1), c["batch"], 0

    def draws():
        if name == "timegan":
            return {"z": torch.rand(length, B, c["Z"])}
        if name == "vrnn":
            return {"epsilon": torch.randn(length, B, c["K"]), "kept": torch.rand(length, B, c["H"])}
        if name == "lstm":
            return {"kept": torch.rand(c["length"], B, c["H"])}
        n = c["memory"]["length"]
        return {"epsilon": torch.randn(2, n, B, c["K"]), "kept": torch.rand(n, B, c["H"])}

    def step():
        nonlocal done
        done += 1
        x, drawn = series[rows + torch.randint(0, 7652, (1, B))], draws()
        for of, trained in groups:
            if of == "discriminator" and done % 2 == 1:
                continue
            if name == "timegan":
                model.follow(of)
            adams[of].zero_grad()
            loss = model.loss(x, of if name == "timegan" else 1, drawn)
            loss.backward()
            nn.utils.clip_grad_norm_(trained, c["clip"])
            adams[of].step()
        loss.item()

    return step
