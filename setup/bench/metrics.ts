/** Algorithm 1 and the autocorrelation of 10 million values beside numpy, both in float64. */
import * as fs from "node:fs";
import * as path from "node:path";
import { generator } from "../../lib/base/random";
import { autocorrelation } from "../../lib/metrics/autocorrelation";
import { transitionCeiling } from "../../lib/metrics/metrics";
import { inTurns, type Part, repeated, type Worker } from "./turns";

const VALUES = 10_000_000;

export async function metricsPart(torch: Worker | null, folder: string): Promise<Part> {
  const g = generator(0, "bench/metrics");
  const values = new Float32Array(VALUES); // half of them 1.0, as in the trace
  for (let t = 0; t < VALUES; t++) {
    const u = g.uniform();
    values[t] = u < 0.5 ? 1 : u < 0.6 ? 0 : u;
  }
  const notes: Part["notes"] = {};
  if (torch) {
    const file = path.join(folder, "values.f32");
    fs.writeFileSync(file, new Uint8Array(values.buffer));
    const theirs = await torch.ask<{ cells: number; autocorrelation: number }>(`series ${file}`);
    const difference = Math.abs(theirs.autocorrelation - autocorrelation(values, 1));
    if (theirs.cells !== transitionCeiling(values) || !(difference < 1e-9)) throw new Error("metrics: ours and numpy's differ");
    notes["autocorrelations differ by"] = difference;
  }
  const once = (ours: () => unknown, command: string) =>
    inTurns(
      {
        ours: () => repeated(1, ours),
        ...(torch && {
          numpy: () => torch.ask<number[]>(`${command} float32`),
          "numpy, given float64": () => torch.ask<number[]>(`${command} float64`),
        }),
      },
      15,
    );
  const rows = {
    "transition matrix (Alg. 1)": await once(() => transitionCeiling(values), "transitions"),
    "autocorrelation at lag 1": await once(() => autocorrelation(values, 1), "autocorrelation"),
  };
  return { title: "metrics of 10 million values", rows, notes };
}
