// npx tsx setup/transitions.ts: computes data/transitions.json, from which the stand-in is drawn, out of the trace.
import { writeAtomically } from "../lib/base/files";
import { split } from "../lib/data/protocol";
import { firstOrderTransitions, transitionsFile } from "../lib/data/standIn";
import { gpuRequests, loadTrace, traceFile } from "../lib/data/trace";
import { program, readArguments } from "./arguments";

program(async () => {
  readArguments("npx tsx setup/transitions.ts", { options: {} });
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
  writeAtomically(transitionsFile(), text);
  console.log(`${values.length} values, ${train.length - 1} transitions -> data/transitions.json`);
});
