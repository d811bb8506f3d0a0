/** tDLGM's weights and states: their names, numbers and shapes, and the checks of those that a caller gives. */
import type * as tf from "@tensorflow/tfjs-core";
import { checkObject, refuse } from "../base/check";
import { checkShapes, checkTensors, checkWeights } from "../tensor/check";
import type { State } from "../tensor/lstm";
import type { Layout, Weights } from "../tensor/weights";
import type { Batch, Drawn } from "./kind";
import { readoutLayout } from "./latent";
import { linearLayout, lstmLayout } from "./layers";
import { spreadLayout } from "./stateKl";
import type { Emission, TdlgmConfig } from "./tdlgm";
import { priorLayout } from "./tdlgmPrior";

/** The layers that have a state. */
export const stateful = ({ L }: TdlgmConfig) => Array.from({ length: L - 1 }, (_, i) => i + 1);
/** Latent variables of a value in each layer: one; or m, which go through R_l in turn. */
export const latentsPerValue = ({ latents, m }: TdlgmConfig) => (latents === "one" ? 1 : m);
/** The values that k sees. */
export const seenByK = ({ window, m }: TdlgmConfig) => (window === "past" ? m : m + 1);

/** The weights by name; those of the generator begin with "generator.". */
export function layout(config: TdlgmConfig): Layout {
  return { ...recognitionLayout(config), ...priorLayout(config), ...generatorLayout(config) };
}

/** An LSTM for each layer that has a state. */
const lstms = (config: TdlgmConfig, name: string, inputs: (l: number) => number): Layout =>
  Object.assign({}, ...stateful(config).map((l) => lstmLayout(`${name}${l}`, inputs(l), config.H)));

const recognitionLayout = (config: TdlgmConfig): Layout => ({ ...lstms(config, "k", () => 1), ...spreadLayout(config) });

function generatorLayout(config: TdlgmConfig): Layout {
  const { L, H, K } = config;
  return {
    ...(config.mixing === "matrix"
      ? { "generator.G": { shape: [L, K, H], start: "glorot" as const } }
      : { ...linearLayout("generator.G.1", K, H, L), ...linearLayout("generator.G.2", H, H, L) }),
    ...lstms(config, "generator.R", () => H),
    ...(config.transition !== "above" && !config.memory
      ? lstms(config, "generator.F", (l) => (l === 1 && config.transition !== "apart" ? 1 : H))
      : {}),
    ...readoutLayout(config),
  };
}

/** @throws Error unless these are states of B rows, one for each layer that has one */
function checkStates(config: TdlgmConfig, name: string, s: unknown, B: number): void {
  checkObject(s, name, "states by layer, as recogniseStates gives them");
  const shape = [B, config.H];
  for (const l of stateful(config)) {
    const { h, c } = (s[l] ?? {}) as Partial<State>;
    checkShapes(name, { [`${name}[${l}].h`]: [h, shape], [`${name}[${l}].c`]: [c, shape] });
  }
}

/** @throws Error naming the argument of `emit` that is wrong */
export function checkEmit(config: TdlgmConfig, w: Weights, s: unknown, xis: tf.Tensor): void {
  checkWeights("emit", w, generatorLayout(config));
  checkShapes("emit", { xis: [xis, [config.L, "n B", config.K]] });
  checkStates(config, "s", s, (xis.shape as number[])[1] / latentsPerValue(config));
}

/** @throws Error naming the argument of `advance` that is wrong */
export function checkAdvance(config: TdlgmConfig, w: Weights, s: unknown, emission: Emission, v: tf.Tensor): void {
  checkWeights("advance", w, generatorLayout(config));
  checkObject(emission, "emission", "what emit gives");
  const { h, after } = emission as Emission;
  checkShapes("advance", { v: [v, ["B", 1]] });
  checkStates(config, "s", s, v.shape[0]);
  checkStates(config, "emission.after", after, v.shape[0]);
  checkTensors("advance", Object.fromEntries(stateful(config).map((l) => [`emission.h[${l}]`, h?.[l]])));
}

/** @throws Error naming the argument of `recogniseStates` that is wrong */
export function checkRecognise(config: TdlgmConfig, w: Weights, window: tf.Tensor): void {
  checkWeights("recogniseStates", w, recognitionLayout(config));
  checkShapes("recogniseStates", { window: [window, ["m", "B", 1]] });
}

/** @throws Error naming the argument of `tdlgmLoss` that is wrong */
export function checkLoss(config: TdlgmConfig, w: Weights, batch: Batch, drawn: Drawn): void {
  checkWeights("tdlgmLoss", w, layout(config));
  const [{ seen, clean }, { epsilon }] = [(batch ?? {}) as Batch, drawn ?? {}];
  const windows = [seenByK(config) + 1, "B", 1] as const;
  const shape = [config.L, "B", latentsPerValue(config) * config.K] as const;
  checkShapes("tdlgmLoss", { "batch.seen": [seen, windows], "batch.clean": [clean, windows], "drawn.epsilon": [epsilon, shape] });
  if (seen.shape[1] % config.run !== 0) refuse("batch.seen", `B windows, a multiple of config.run, ${config.run}`, seen.shape[1]);
}
