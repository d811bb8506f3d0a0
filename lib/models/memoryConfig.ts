/** The settings of a tDLGM's memory (memory.ts): what each is, what it must be, and those that were chosen for the trace. */
import { checkChoice, checkFlag, checkNumber, checkOptions, checkPositive, checkWhole, refuse } from "../base/check";
import { type Check, checkPlain, frozen } from "./config";
import { checkDiscrete } from "./likelihood";
import type { TdlgmConfig } from "./tdlgm";

/** The settings of a tDLGM's memory. */
export interface MemoryConfig {
  /** The prior of ξ: learned, p(ξ | s); or N(0, I), as the paper has it. */
  prior: "state" | "standard";
  /** What q sees: v_t and the state; or v_t alone, as the paper has it. */
  recognition: "both" | "value";
  /** ξ as the model has it; or its twin without: ξ = 0. */
  xi: boolean;
  /** The τ of the decayed counts, in steps; none: no counts. */
  taus: number[];
  /** Values in a training sequence, and those before it that only warm the state up. */
  length: number;
  burnIn: number;
  /** The KL's weight rises linearly over this many steps. */
  anneal: number;
  /** Free bits: a layer's KL below this many nats costs no more. */
  freeBits: number;
  /** The share of h_t that training drops. */
  dropout: number;
}

/** A memory's settings. */
export const checkMemory: Check = (x, name) => {
  if (x === null) return;
  checkOptions(x, name, ["prior", "recognition", "xi", "taus", "length", "burnIn", "anneal", "freeBits", "dropout"]);
  const { prior, recognition, xi, taus, length, burnIn, anneal, freeBits, dropout } = x as Record<string, unknown>;
  checkChoice(prior, `${name}.prior`, ["state", "standard"]);
  checkChoice(recognition, `${name}.recognition`, ["both", "value"]);
  checkFlag(xi, `${name}.xi`);
  checkPlain(taus, `${name}.taus`, 0);
  for (let i = 0; i < taus.length; i++) checkPositive(taus[i], `${name}.taus[${i}]`);
  checkWhole(length, `${name}.length`, 1);
  checkWhole(burnIn, `${name}.burnIn`, 1);
  checkWhole(anneal, `${name}.anneal`);
  checkNumber(freeBits, `${name}.freeBits`, 0);
  checkNumber(dropout, `${name}.dropout`, 0, 0.99);
};

/** What the other settings must be where there is a memory. */
const FIXED: Partial<TdlgmConfig> = {
  L: 2,
  alpha: 0,
  transition: "below",
  state: "output",
  run: 1,
  k: "state",
  window: "past",
  mixing: "matrix",
  latents: "one",
  prior: "standard", // a memory has a prior and a q of its own
  recognition: "value",
  trainingNoise: null,
};

/** @throws Error naming the first setting that does not go with a memory */
export function checkFits(config: TdlgmConfig, { burnIn }: MemoryConfig): void {
  for (const [key, value] of Object.entries(FIXED)) {
    const own = config[key as keyof TdlgmConfig];
    if (own !== value) refuse(`config.${key}`, `${JSON.stringify(value)} for a tDLGM with memory`, own);
  }
  const { likelihood, m } = config;
  checkDiscrete(likelihood, "a tDLGM with memory");
  if (m < burnIn) refuse("config.m", `at least config.memory.burnIn, ${burnIn}`, m);
}

/** The settings of `tdlgm-memory`: chosen on the validation part, the dropout, the rate and the steps by `npm run choose`. */
export const TDLGM_MEMORY: Readonly<Partial<TdlgmConfig>> = frozen({
  m: 300,
  H: 32,
  K: 8,
  alpha: 0,
  transition: "below",
  state: "output",
  batch: 32,
  learningRate: 0.004,
  clip: 1,
  steps: 400,
  validateEvery: 50,
  restartAfter: 0,
  memory: {
    prior: "state",
    recognition: "both",
    xi: true,
    taus: [10, 25, 50, 100],
    length: 48,
    burnIn: 16,
    anneal: 100,
    freeBits: 0.02,
    dropout: 0.1,
  },
});
