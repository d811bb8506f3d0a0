/** Gathers what the page carries, from the shipped runs, data/explore/, data/transitions.json and the sources. */
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../lib/base/project";
import { readSafetensors } from "../../lib/base/safetensors";
import { transitionsFile } from "../../lib/data/standIn";
import { WEIGHTS_FILE } from "../../lib/models/checkpoint";
import { completeConfig } from "../../lib/models/registry";
import type { TdlgmConfig } from "../../lib/models/tdlgm";
import { type CodeLine, type Packed, type PageData, unpacked } from "./answers/data";
import { planesOf } from "./planes";

/** The runs whose weights are in the page. */
const RUNS = {
  tdlgm: "data/runs/tdlgm-seed-0",
  dlgm: "data/runs/dlgm-seed-0",
  above: "data/explore/switching-above",
  below: "data/explore/switching-below",
};

/** Shipped runs whose histories the film shows. */
const HISTORIES: [name: string, label: string][] = [
  ["tdlgm-seed-0", "tDLGM as in the tables"],
  ["tdlgm-seed-1", "another seed"],
  ["tdlgm-constant-rate-seed-0", "σ = .03, constant learning rate"],
  ["dlgm-seed-0", "DLGM, trained on noise"],
];

/** The files in which the equations' lines are looked up. */
const SOURCES = ["lib/models/tdlgm.ts", "lib/models/latent.ts", "lib/models/gaussian.ts"];
/** Lines that compute no numbered equation: a part of them, and the name under which the page asks for them. */
const UNNUMBERED: [file: string, part: string, name: string][] = [
  ["lib/models/gaussian.ts", "return tf.add(mean, tf.sub(z", "xi"],
  ["lib/models/likelihood.ts", "if (!isDiscrete(config)) return tf.sigmoid(r)", "pi"],
];

function packed(folder: string): Packed {
  const { tensors, metadata } = readSafetensors(path.join(projectRoot(), folder, WEIGHTS_FILE));
  const parts = Object.values(tensors).map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  return {
    config: completeConfig(JSON.parse(metadata.config)),
    shapes: Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape])),
    base64: Buffer.concat(parts).toString("base64"),
  };
}

const json = (...file: string[]) => JSON.parse(fs.readFileSync(path.join(...file), "utf8"));

/** The lines below each comment "// Eq. (n)", up to the end of the statement, by the equation's number. */
function codeLines(): Record<string, CodeLine[]> {
  const found: Record<string, CodeLine[]> = {};
  const add = (name: string, line: CodeLine) => {
    found[name] ??= [];
    found[name].push(line);
  };
  for (const file of SOURCES) {
    const lines = fs.readFileSync(path.join(projectRoot(), file), "utf8").split("\n");
    for (const [i, text] of lines.entries()) {
      const equation = /^\s*\/\/ Eq\. \((\d+)\)(?!, q)/.exec(text)?.[1];
      if (!equation) continue;
      let next = i + 1;
      while (lines[next].trim().startsWith("//")) next++;
      let end = next;
      while (!/[;{]$/.test(lines[end].trim()) && end < lines.length - 1) end++;
      const code = lines.slice(next, end + 1).map((line) => line.trim());
      add(equation, { file, line: next + 1, code: code.join("\n") });
    }
  }
  for (const [file, part, name] of UNNUMBERED) {
    const lines = fs.readFileSync(path.join(projectRoot(), file), "utf8").split("\n");
    const at = lines.findIndex((line) => line.includes(part));
    if (at < 0) throw new Error(`${file} has no line with ${part}, which the explorable page shows`);
    add(name, { file, line: at + 1, code: lines[at].trim() });
  }
  return found;
}

/** All that the page carries. */
export function pageData(): PageData {
  const { values, start, transitions } = json(transitionsFile());
  const { window, values: learnt, runs } = json(projectRoot(), "data", "explore", "maps.json");
  const tdlgm = packed(RUNS.tdlgm);
  return {
    transitions: { values, start, transitions },
    planes: planesOf(
      unpacked<TdlgmConfig>(tdlgm),
      (values as number[]).map((v) => v / 1000),
    ),
    models: { tdlgm, dlgm: packed(RUNS.dlgm), above: packed(RUNS.above), below: packed(RUNS.below) },
    small: { values: learnt, window, runs },
    histories: HISTORIES.map(([name, label]) => ({
      name,
      label,
      history: json(projectRoot(), "data", "runs", name, "result.json").history,
    })),
    code: codeLines(),
  };
}
