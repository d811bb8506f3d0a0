/** The library without TensorFlow's kernels, as a browser has it, beside the one with them: an LSTM, clipping, every model's loss. */
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { native } from "../lib/tensor/backend";
import { CASES, evaluate, gradientsOf } from "./cases";
import { distance, expectNothingLeft } from "./helpers";

describe("without TensorFlow's kernels", () => {
  type Values = Record<string, { native: boolean; values: number[][]; gradients: number[][] }>;
  let portable: Values;
  beforeAll(() => {
    const script = `
      const { CASES, evaluate } = require("./test/cases");
      const native = require("./lib/tensor/backend").native !== null;
      const all = Object.entries(CASES).map(([name, c]) => [name, { native, ...evaluate(c) }]);
      process.stdout.write("\\n" + JSON.stringify(Object.fromEntries(all)));`;
    const text = execFileSync(process.execPath, ["node_modules/tsx/dist/cli.mjs", "-e", script], {
      cwd: path.resolve(__dirname, ".."),
      env: { ...process.env, TDLGM_OPS: "1", TF_CPP_MIN_LOG_LEVEL: "2" },
      encoding: "utf8",
      maxBuffer: 1e8,
    });
    portable = JSON.parse(text.slice(text.lastIndexOf("\n")));
  });
  for (const [name, c] of Object.entries(CASES)) {
    it(`has the same values and gradients: ${name}`, () => {
      const [mine, theirs] = [evaluate(c), portable[name]];
      expect([native !== null, theirs.native]).toEqual([true, false]);
      for (const kind of ["values", "gradients"] as const) {
        expect(mine[kind]).toHaveLength(theirs[kind].length);
        mine[kind].forEach((x, i) => {
          expect(distance(x, theirs[kind][i]), `${kind} ${i}`).toBeLessThan(1e-5);
        });
      }
      if (c.gradient !== false) expect(mine.gradients.flat().some((g) => g !== 0)).toBe(true);
    });
  }
});

describe("handles", () => {
  for (const [name, c] of Object.entries(CASES).filter(([, c]) => c.gradient !== false)) {
    it(`are all freed under plain tf.grads and without it: ${name}`, () => {
      const inputs = c.inputs();
      expectNothingLeft(
        () =>
          tf.tidy(() => {
            gradientsOf(c, inputs);
            c.f(...inputs);
          }),
        5,
      );
    });
  }
});
