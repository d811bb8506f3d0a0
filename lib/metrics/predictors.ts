/**
 * Predictors that count: after each past they give a probability to every value that may come next. They need no network, and on a series
 * that drifts they are hard to beat.
 */
import { checkFlag, checkList, checkNumber, checkOptions, checkPositive, checkSeries, checkWhole } from "../base/check";
import { distinct, indicesOf } from "../data/values";

/** A predictor of a series of few different values. A state is never changed: many futures can be followed from the same one. */
export interface Predictor<State = unknown> {
  name: string;
  /** The values of the training part, ascending. Any other value is of the rest class, whose index is values.length. */
  values: Float32Array;
  /** The state after a history; after the training part when left out. */
  start(history?: Float32Array): State;
  /** P(next = values[i] | state) at entry i, and the rest class's at the last: values.length + 1 probabilities. */
  next(state: State): Float64Array;
  /** The state after a value, by its index. */
  push(state: State, index: number): State;
}

/**
 * −log p of each value of a series given all before it, in nats: the mean is the held-out negative log-likelihood.
 * @param predictor the series goes on where its training part ended
 * @returns one number a value
 * @example mean(surprisals(cachePredictor(Float32Array.of(0, 1), { tau: 50 }), Float32Array.of(1))) // 0.6943
 */
export function surprisals<State>(predictor: Predictor<State>, series: Float32Array): Float64Array {
  checkPredictor(predictor, "predictor");
  let state = predictor.start();
  return Float64Array.from(indicesOf(predictor.values, series), (index) => {
    const p = predictor.next(state)[index]!;
    state = predictor.push(state, index);
    return -Math.log(p);
  });
}

/** @throws Error unless the value has what a predictor has */
export function checkPredictor(predictor: unknown, name: string): void {
  const { start, next, push } = (predictor ?? {}) as Record<string, unknown>;
  if (![start, next, push].every((f) => typeof f === "function")) throw new Error(`${name} must be a Predictor`);
}

/** @throws Error unless they are predictors, one or more */
function checkExperts(experts: unknown): asserts experts is readonly Predictor[] {
  checkList(experts, "experts", 1);
  for (let i = 0; i < experts.length; i++) checkPredictor(experts[i], `experts[${i}]`);
}

/** What a class has before it is ever met. */
const PSEUDO_COUNT = 0.05;

/** What all predictors share: the values of the training part, and how a history becomes a state, one value after another. */
function predictor<State>(
  name: string,
  train: Float32Array,
  empty: () => State,
  parts: Pick<Predictor<State>, "next" | "push">,
  trained?: () => State,
): Predictor<State> {
  const values = distinct(train);
  const after = (indices: number[]) => indices.reduce((state, index) => parts.push(state, index), empty());
  let end: State | undefined;
  return {
    name,
    values,
    start(history) {
      if (history !== undefined) return after(indicesOf(values, history));
      end ??= trained?.() ?? after(indicesOf(values, train));
      return end;
    },
    ...parts,
  };
}

/** Each value as often as the training part has it, whatever came before. */
export function independentPredictor(train: Float32Array): Predictor<null> {
  checkSeries(train, "train");
  const frequencies = frequenciesOf(train);
  return predictor("independent draws", train, () => null, { next: () => frequencies.slice(), push: () => null });
}

function frequenciesOf(train: Float32Array): Float64Array {
  const values = distinct(train);
  const counts = new Float64Array(values.length + 1).fill(PSEUDO_COUNT);
  for (const index of indicesOf(values, train)) counts[index]! += 1;
  return normalised(counts);
}

/**
 * A cache: a value's probability is the share of it among the past values, one that is k steps back counted e^(−k/τ) times. `prior` values
 * with the training part's frequencies stand before the past.
 * @param options.tau τ, in steps, above 0
 * @param options.prior 1 by default
 */
export function cachePredictor(train: Float32Array, options: { tau: number; prior?: number }): Predictor<Float64Array> {
  checkSeries(train, "train");
  checkOptions(options, "options", ["tau", "prior"]);
  const { tau, prior = 1 } = options;
  checkPositive(tau, "options.tau");
  checkPositive(prior, "options.prior");
  const frequencies = frequenciesOf(train);
  const kept = Math.exp(-1 / tau);
  return predictor(`cache, τ = ${tau}`, train, () => new Float64Array(frequencies.length), {
    next: (counts) => smoothed(counts, frequencies, prior),
    push(counts, index) {
      const after = new Float64Array(counts.length);
      for (let i = 0; i < after.length; i++) after[i] = kept * counts[i]!;
      after[index]! += 1;
      return after;
    },
  });
}

/** How often each class followed a context, and the contexts that are longer by one value, by that value's index. */
interface Context {
  counts: readonly number[];
  longer: readonly (Context | undefined)[];
}
/** The last values as indices, newest first, and the counts from the empty context on: a state's own if the chain learns on, else the training part's. */
interface ChainState {
  recent: readonly number[];
  root: Context;
}

/**
 * A Markov chain of this order that backs off: P_k(v | the last k values) = (n_k(v) + b P_{k−1}(v | the last k−1)) / (n_k + b), where n_k
 * counts what followed these k values, and P_{−1} is uniform with a weight of .05 a class.
 * @param options.order the number of values that it looks back, from 0
 * @param options.online whether it counts what comes after the training part too; false by default
 * @param options.backOff b; 20 by default, of 1, 2, 5, 10, 20 the best on the trace's validation part
 */
export function markovPredictor(
  train: Float32Array,
  options: { order: number; online?: boolean; backOff?: number },
): Predictor<ChainState> {
  checkSeries(train, "train");
  checkOptions(options, "options", ["order", "online", "backOff"]);
  const { order, online = false, backOff = 20 } = options;
  checkWhole(order, "options.order");
  checkFlag(online, "options.online");
  checkPositive(backOff, "options.backOff");
  const n = new Set(train).size + 1;
  const empty: Context = { counts: new Array(n).fill(0), longer: [] };
  /** A copy with one more of a class in the context of the last k values and in all longer ones. */
  const added = (context: Context, recent: readonly number[], index: number, k = 0): Context => {
    const [counts, longer] = [context.counts.slice(), context.longer.slice()];
    counts[index]! += 1;
    if (k < recent.length) longer[recent[k]!] = added(longer[recent[k]!] ?? empty, recent, index, k + 1);
    return { counts, longer };
  };
  const moved = (recent: readonly number[], index: number) => [index, ...recent].slice(0, order);
  const learned = ({ recent, root }: ChainState, index: number): ChainState => ({
    recent: moved(recent, index),
    root: added(root, recent, index),
  });
  let fitted: ChainState | undefined;
  const afterTrain = () => {
    fitted ??= Array.from(indicesOf(distinct(train), train)).reduce(learned, { recent: [], root: empty });
    return fitted;
  };
  return predictor<ChainState>(
    `Markov-${order}${online ? ", online" : ""}`,
    train,
    () => ({ recent: [], root: afterTrain().root }),
    {
      next({ recent, root }) {
        let p = smoothed(root.counts, new Float64Array(n).fill(1 / n), PSEUDO_COUNT * n);
        let context = root;
        for (const value of recent) {
          const longer = context.longer[value];
          if (!longer) break;
          p = smoothed(longer.counts, p, backOff);
          context = longer;
        }
        return p;
      },
      push: (state, index) => (online ? learned(state, index) : { ...state, recent: moved(state.recent, index) }),
    },
    afterTrain,
  );
}

/** The states of a mixture's experts, and the weight of each. */
interface MixtureState {
  states: readonly unknown[];
  weights: Float64Array;
}

/**
 * A linear mixture of predictors, P(v) = Σ_e w_e P_e(v).
 * @param options.weights w, from 0, as many as there are predictors; the same for all by default
 * @param options.online Bayes' rule after each value, w_e ∝ w_e P_e(v), with this share of the weights spread evenly again (fixed share; Herbster &
 * Warmuth 1998), so that an expert that was bad can come back; null: the weights stay
 */
export function mixturePredictor(
  experts: readonly Predictor[],
  options: { weights?: ArrayLike<number>; online?: number | null } = {},
): Predictor<MixtureState> {
  checkExperts(experts);
  checkOptions(options, "options", ["weights", "online"]);
  const { weights = experts.map(() => 1), online = null } = options;
  checkList(weights, "options.weights", experts.length);
  for (const [i, weight] of Array.from(weights).entries()) checkNumber(weight, `options.weights[${i}]`, 0);
  if (online !== null) checkNumber(online, "options.online", 0, 1);
  const [{ values }] = experts as [Predictor];
  const first = normalised(Float64Array.from(weights));
  return {
    name: `mixture of ${experts.length}${online === null ? "" : ", online"}`,
    values,
    start: (history) => ({ states: experts.map((e) => e.start(history)), weights: first }),
    next({ states, weights }) {
      const p = new Float64Array(values.length + 1);
      for (const [e, expert] of experts.entries()) {
        const own = expert.next(states[e]);
        for (let i = 0; i < p.length; i++) p[i]! += weights[e]! * own[i]!;
      }
      return p;
    },
    push({ states, weights }, index) {
      const posterior = online === null ? weights : normalised(weights.map((w, e) => w * experts[e]!.next(states[e])[index]!));
      return {
        states: experts.map((expert, e) => expert.push(states[e], index)),
        weights: online === null ? weights : posterior.map((w) => (1 - online) * w + online / experts.length),
      };
    },
  };
}

/**
 * The weights of a linear mixture under which a series is likeliest, by expectation-maximisation: w_e ← mean of w_e P_e(v_t) / Σ w P(v_t).
 * @param experts predictors that were trained on what comes before the series
 * @param steps iterations, 200 by default
 */
export function mixtureWeights(experts: readonly Predictor[], series: Float32Array, steps = 200): Float64Array {
  checkExperts(experts);
  checkSeries(series, "series");
  checkWhole(steps, "steps", 1);
  const likelihoods = experts.map((expert) => surprisals(expert, series).map((x) => Math.exp(-x)));
  let weights: Float64Array = new Float64Array(experts.length).fill(1 / experts.length);
  for (let i = 0; i < steps; i++) {
    const sums = new Float64Array(experts.length);
    for (let t = 0; t < series.length; t++) {
      const joint = normalised(weights.map((w, e) => w * likelihoods[e]![t]!));
      joint.forEach((r, e) => {
        sums[e]! += r;
      });
    }
    weights = normalised(sums);
  }
  return weights;
}

/** Scales numbers to sum to 1, in place. Plain loops in this file: on arrays this short, typed arrays' own methods take several times as long. */
function normalised(x: Float64Array): Float64Array {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i]!;
  for (let i = 0; i < x.length; i++) x[i]! /= total;
  return x;
}

/** Counts and a prior with this weight, scaled to sum to 1. */
function smoothed(counts: ArrayLike<number>, prior: Float64Array, weight: number): Float64Array {
  const sums = new Float64Array(prior.length);
  for (let i = 0; i < sums.length; i++) sums[i] = counts[i]! + weight * prior[i]!;
  return normalised(sums);
}
