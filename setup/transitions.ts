// npx tsx setup/transitions.ts: computes data/transitions.json, from which the stand-in is drawn, out of the trace.
import { writeFileSync } from "node:fs";
import { split } from "../lib/data/protocol";
import { firstOrderTransitions, transitionsFile } from "../lib/data/standIn";
import { gpuRequests, loadTrace, traceFile } from "../lib/data/trace";

async function main(): Promise<void> {
  const series = gpuRequests(await loadTrace(traceFile()));
  const { train } = split(series);
  const { values, start, transitions } = firstOrderTransitions(Array.from(train, (v) => Math.round(1000 * v)));
  const row = (numbers: number[]) => JSON.stringify(numbers);
  const text = `{
  "description": "First-order transition probabilities of gpu_milli in the training part of the trace (its first ${train.length} values), rounded to .001: row i of transitions says how often each value follows values[i]; start says how often each value occurs. The stand-in is drawn from it.",
  "computedBy": "npx tsx setup/transitions.ts",
  "values": ${row(values)},
  "start": ${row(start)},
  "transitions": [
    ${transitions.map(row).join(",\n    ")}
  ]
}
`;
  writeFileSync(transitionsFile(), text);
  console.log(`${values.length} values, ${train.length - 1} transitions -> data/transitions.json`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
