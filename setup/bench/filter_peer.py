"""The peer that the benchmark times our particle filter against: PyPI's `particles`, vectorised, one thread.

Commands on standard input, one JSON answer a line:
  load FILE      takes {values, start, step, likelihood}: a chain's, and the likelihood of each noisy value given each of the chain's
  check HOW N LAG   what a filter of N particles finds: log evidence, the filter's means, the smoother's (none without a lag)
  time HOW N LAG    the same, timed: milliseconds
HOW is bootstrap, or adapted: the auxiliary filter with the exact proposal, which weighs a particle before its value is drawn, as ours does.
"""
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")  # the library's own, of its syntax

from importlib.metadata import version

import numba
import numpy as np
import particles
from particles import distributions as D
from particles import state_space_models as ssm
from particles.collectors import ESSs, Fixed_lag_smooth, Moments

numba.set_num_threads(1)


class Rows(D.DiscreteDist):
    """A row of probabilities for each particle, as cumulative sums."""

    def __init__(self, cumulative, rows):
        self.cumulative, self.rows = cumulative, rows

    def rvs(self, size=None):
        rows = self.cumulative[self.rows]
        return (rows[:, :-1] < np.random.rand(len(rows), 1) * rows[:, -1:]).sum(1)


class Seen(D.ProbDist):
    """What is seen of the particles' values: a time's number stands for y."""

    def __init__(self, log, x):
        self.log, self.x = log, x

    def logpdf(self, t):
        return self.log[t][self.x]


class Chain(ssm.StateSpaceModel):
    """The state is a value's number. Row K of the matrices is the start."""

    def PX0(self):
        return D.Categorical(p=self.start)

    def PX(self, t, xp):
        return Rows(self.cumulative, xp)

    def PY(self, t, xp, x):
        return Seen(self.log, x)


class Adapted(ssm.AuxiliaryPF):
    """M draws from P(v_t | v_{t-1}, y_t); the weight is P(y_t | v_{t-1})."""

    def joint(self, t):
        return self.ssm.rows * self.ssm.likelihood[t]

    def M0(self, N):
        return Rows(self.joint(0).cumsum(1), np.full(N, len(self.ssm.start))).rvs()

    def M(self, t, xp):
        return Rows(self.now.cumsum(1), xp).rvs()

    def logeta(self, t, x):
        self.now = self.joint(t + 1)
        return np.log(self.now.sum(1))[x]

    def logG(self, t, xp, x):
        return np.full(len(x), np.log(self.joint(0)[-1].sum())) if t == 0 else np.log(self.now.sum(1))[xp]


def run(how, n, lag):
    fk = (ssm.Bootstrap if how == "bootstrap" else Adapted)(ssm=model, data=data)
    collect = [ESSs(), Moments(mom_func=lambda W, X: np.dot(W, values[X]))]
    if lag > 0:
        collect.append(Fixed_lag_smooth(phi=lambda X: values[X[0]]))
    pf = particles.SMC(fk=fk, N=n, resampling="systematic", ESSrmin=0.5, collect=collect, store_history=lag + 1 if lag > 0 else False)
    pf.run()
    return pf


print(json.dumps({"particles": version("particles")}), flush=True)
for line in sys.stdin:
    command, *arguments = line.split()
    if command == "load":
        told = json.load(open(arguments[0]))
        values, start = np.array(told["values"]), np.array(told["start"])
        rows = np.vstack([np.array(told["step"]).reshape(len(start), -1), start])
        likelihood = np.array(told["likelihood"])
        data = list(range(len(likelihood)))
        model = Chain()
        model.start, model.rows, model.cumulative = start, rows, rows.cumsum(1)
        model.likelihood, model.log = likelihood, np.log(likelihood)
        answer = True
    else:
        how, n, lag = arguments[0], int(arguments[1]), int(arguments[2])
        began = time.perf_counter()
        pf = run(how, n, lag)
        answer = [(time.perf_counter() - began) * 1e3]
        if command == "check":
            smoother = list(map(float, pf.summaries.fixed_lag_smooth[lag:])) if lag > 0 else []
            answer = {"logEvidence": float(pf.logLt), "filter": list(map(float, pf.summaries.moments)), "smoother": smoother}
    print(json.dumps(answer), flush=True)
