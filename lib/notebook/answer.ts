/** The answer of a live output: what a function shows, gathered, and drawn again in place. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { projectRoot } from "../base/project";
import { layout } from "./controls";
import { jsonable } from "./jsonable";
import { type Bundle, type Kernel, type Output, PLOTLY, type WidgetModel } from "./kernel";
import { asking, moduleState } from "./module";

/** A view that shows a list of outputs. */
export class AnswerView {
  readonly model: WidgetModel;
  private number = 0;

  constructor(kernel: Kernel, outputs: Output[]) {
    const esm = readFileSync(path.join(projectRoot(), "lib/notebook/answer.mjs"), "utf8");
    const state = { outputs: drawn(outputs), number: this.number, layout: layout(kernel, { width: "100%" }) };
    this.model = kernel.widget(moduleState("tdlgm-answer", asking(esm), "", state), {});
  }

  /** Shows these in place of the last ones. */
  show(outputs: Output[]): void {
    this.number++;
    this.model.set({ outputs: drawn(outputs), number: this.number });
  }
}

/** Outputs as the view takes them: of a figure what Plotly draws, without a still image. */
const drawn = (outputs: Output[]): Output[] =>
  outputs.map((output) =>
    output.data && PLOTLY in output.data ? { output_type: output.output_type, data: { [PLOTLY]: output.data[PLOTLY] } } : output,
  );

/**
 * What stands for a list of outputs where nothing is live: the first figure, else the first output, and the text of all. The values of the
 * controls lie in its `metadata.tdlgm.controls`.
 */
export function fallbackOf(outputs: Output[], controls: object): { data: Bundle; metadata: Bundle } {
  const shown = outputs.filter((output) => output.data);
  const { data, metadata = {} } = shown.find((output) => PLOTLY in (output.data as Bundle)) ?? shown[0] ?? {};
  const texts = outputs.map((output) => output.text ?? output.data?.["text/plain"]).filter(Boolean);
  const tdlgm = { ...(metadata.tdlgm as Bundle), controls: jsonable(controls) };
  return { data: { ...data, "text/plain": texts.join("\n") }, metadata: { ...metadata, tdlgm } };
}
