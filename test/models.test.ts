import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeAtomically } from "../lib/base/files";
import { AbortError } from "../lib/base/interrupt";
import { signed } from "../lib/base/safetensors";
import { loadModel, saveCheckpoint, saveModel } from "../lib/models/checkpoint";
import { createModel, type Model, type WeightedModel } from "../lib/models/model";
import type { ModelConfig } from "../lib/models/registry";
import { generate } from "../lib/training/generation";
import { impute, imputeDraws } from "../lib/training/imputation";
import { train } from "../lib/training/train";
import { chain, distance, held, plainOf } from "./helpers";

const TINY: ModelConfig = { kind: "tdlgm", m: 3, H: 6, K: 2, batch: 8, restartAfter: 0, validateEvery: 5 };
const weightsOf = (model: Model) => plainOf((model as WeightedModel).weights);
const series = chain(300, 4);

let folder: string;
let model: Model;
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "models-test-"));
  model = createModel(TINY, 1);
  await train(model, series, { seed: 1, steps: 30 });
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe("createModel", () => {
  it("gives one seed the same weights and another seed others", () => {
    const [a, b, c] = [createModel(TINY, 1), createModel(TINY, 1), createModel(TINY, 2)];
    expect(weightsOf(a)).toEqual(weightsOf(b));
    for (const [name, values] of Object.entries(weightsOf(a))) {
      if (name.endsWith(".w") || name.endsWith("G")) expect(values, name).not.toEqual(weightsOf(c)[name]);
    }
    expect(a.step).toBe(0);
    for (const m of [a, b, c]) m.dispose();
  });

  it("starts with Glorot's range and a forget bias of 1", () => {
    const big = createModel({ ...TINY, H: 32 }, 5);
    const w = weightsOf(big);
    const limit = Math.sqrt(6 / (33 + 128));
    const [smallest, largest] = [Math.min(...w["k1.w"]), Math.max(...w["k1.w"])];
    expect(largest).toBeLessThanOrEqual(Math.fround(limit));
    expect(largest).toBeGreaterThan(0.95 * limit);
    expect(smallest).toBeLessThan(-0.95 * limit);
    expect(w["k1.b"]).toEqual([...new Array(32).fill(0), ...new Array(32).fill(1), ...new Array(64).fill(0)]);
    big.dispose();
  });

  it("refuses a wrong seed", () => {
    for (const seed of [-1, 1.5, 2 ** 31, Number.NaN, "1", undefined]) expect(() => createModel(TINY, seed as number)).toThrow(/seed/);
  });

  it("gives all back when disposed", () => {
    createModel(TINY, 1).dispose();
    const before = held();
    for (let i = 0; i < 5; i++) createModel(TINY, i).dispose();
    expect(held()).toEqual(before);
  });
});

describe("saveModel and loadModel", () => {
  const save = async (name: string) => {
    const dir = path.join(folder, name);
    await saveModel(model, dir);
    return { dir, file: path.join(dir, fs.readdirSync(dir)[0]) };
  };

  it("give back weights, moments, step, settings and history, bit for bit", async () => {
    const { dir } = await save("round/trip");
    const before = held();
    const other = await loadModel(dir);
    expect(weightsOf(other)).toEqual(weightsOf(model));
    expect(other.config).toEqual(model.config);
    expect(other.step).toBe(30);
    const [a, b] = [model, other].map((m) => m as WeightedModel);
    expect(b.adam.moments()).toEqual(a.adam.moments());
    expect(b.training).toEqual(a.training);
    expect(b.training!.history.length).toBeGreaterThan(0);
    other.dispose();
    expect(held()).toEqual(before);
  });

  it("write a file that follows the safetensors format, and nothing beside it", async () => {
    const { dir, file } = await save("format");
    expect(fs.readdirSync(dir)).toEqual(["weights.safetensors"]);
    const data = fs.readFileSync(file);
    const length = Number(data.readBigUInt64LE(0));
    expect(String.fromCharCode(data[8])).toBe("{");
    const header = JSON.parse(data.subarray(8, 8 + length).toString("utf8"));
    for (const text of Object.values(header.__metadata__)) expect(typeof text).toBe("string");
    const entries = (Object.entries(header) as [string, { dtype: string; shape: number[]; data_offsets: [number, number] }][]).filter(
      ([name]) => name !== "__metadata__",
    );
    let at = 0; // the tensors cover the data without holes or overlap
    for (const [, { dtype, shape, data_offsets }] of entries.sort((a, b) => a[1].data_offsets[0] - b[1].data_offsets[0])) {
      expect(dtype).toBe("F32");
      expect(data_offsets[0]).toBe(at);
      at = data_offsets[1];
      expect(at - data_offsets[0]).toBe(4 * shape.reduce((n, d) => n * d, 1));
    }
    expect(8 + length + at).toBe(data.length);
    const place = header["q.2.w"].data_offsets[0];
    expect(data.readFloatLE(8 + length + place)).toBe(weightsOf(model)["q.2.w"][0]);
    const metadata = header.__metadata__ as Record<string, string>;
    expect(JSON.parse(metadata.config)).toEqual(JSON.parse(JSON.stringify(model.config)));
    expect(JSON.parse(metadata.step)).toBe(30);
    expect(JSON.parse(metadata.versions).tensorflow).toMatch(/^\d+\.\d+/);
  });

  it("replace a file whole, and leave no temporary one, also when writing fails", () => {
    const file = path.join(folder, "atomic", "file");
    writeAtomically(file, "old");
    writeAtomically(file, "new");
    expect(fs.readFileSync(file, "utf8")).toBe("new");
    expect(fs.readdirSync(path.dirname(file))).toEqual(["file"]);
    expect(() => writeAtomically(file, { bad: true } as never)).toThrow();
    expect(fs.readFileSync(file, "utf8")).toBe("new");
    expect(fs.readdirSync(path.dirname(file)), "no temporary file is left").toEqual(["file"]);
  });

  /** The file with its header changed, and with a checksum that fits. */
  const withHeader = (data: Buffer, change: (header: Record<string, never>) => unknown) => {
    const length = Number(data.readBigUInt64LE(0));
    const header = JSON.parse(data.subarray(8, 8 + length).toString("utf8"));
    if (header.__metadata__) header.__metadata__.sha256 = "0".repeat(64);
    const text = Buffer.from(JSON.stringify(change(header) ?? header));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    return signed(Buffer.concat([size, text, data.subarray(8 + length)]));
  };
  type Header = Record<string, Record<string, unknown>>;
  const raw = (text: string) => {
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([size, Buffer.from(text)]);
  };
  const header = (change: (header: Header) => unknown) => (d: Buffer) => withHeader(d, (h) => void change(h as unknown as Header));
  const meta = (values: Record<string, unknown>) => header((h) => Object.assign(h.__metadata__, values));
  const nanAt = (data: Buffer, name: string) =>
    withHeader(data, (h) => {
      const place = (h as unknown as Record<string, { data_offsets: number[] }>)[name].data_offsets[0];
      data.writeFloatLE(Number.NaN, 8 + Number(data.readBigUInt64LE(0)) + place);
    });
  const broken: [string, RegExp, (data: Buffer) => Buffer][] = [
    ["empty", /too short/, () => Buffer.alloc(0)],
    ["five bytes", /too short/, (d) => d.subarray(0, 5)],
    ["cut in the header", /header runs past its end/, (d) => d.subarray(0, 100)],
    ["cut in the data", /tensor .* does not fit/, (d) => d.subarray(0, d.length - 10)],
    ["a text file", /header/, () => Buffer.from("<!DOCTYPE html><html><body>not found</body></html>")],
    ["a header of null", /header is no JSON object/, () => raw("null")],
    ["a header that is a list", /header is no JSON object/, () => raw("[1]")],
    ["a header that is a number", /header is no JSON object/, () => raw("7")],
    ["a header that is not JSON", /header is not JSON/, () => raw("{{{{{{{{")],
    ["an empty header", /format is not named/, () => raw("{}")],
    ["no settings", /format is not named/, header((h) => delete h.__metadata__)],
    ["metadata of null", /metadata is not text/, header((h) => Object.assign(h, { __metadata__: null }))],
    ["metadata that is no text", /metadata is not text/, meta({ step: 30 })],
    ["another format", /format is tdlgm 999/, meta({ format: "tdlgm 999" })],
    ["a format that is too old", /format is "tdlgm 1", not "tdlgm 3"/, meta({ format: '"tdlgm 1"' })],
    ["no checksum", /checksum is missing/, header((h) => delete h.__metadata__.sha256)],
    ["a checksum that is too short", /checksum does not fit/, meta({ sha256: "0" })],
    ["a weight that is no number", /tensor generator\.T0\.2\.b holds a value that is not finite/, (d) => nanAt(d, "generator.T0.2.b")],
    ["no config", /config is missing or not JSON/, header((h) => delete h.__metadata__.config)],
    ["settings that are not JSON", /config is missing or not JSON/, meta({ config: "{" })],
    ["settings of another model", /settings .* config\.kind/, meta({ config: '{"kind":"other"}' })],
    ["settings of null", /settings .* config must be an object with a kind; it is null/, meta({ config: "null" })],
    ["a setting that is unknown", /settings .* config\.constructor/, meta({ config: '{"kind":"tdlgm","constructor":1}' })],
    [
      "other settings than the weights have",
      /tensor k1\.w must be \[8,28\]; it is \[7,24\]/,
      meta({ config: '{"kind":"tdlgm","m":3,"H":7,"K":2}' }),
    ],
    ["no step", /step is missing/, header((h) => delete h.__metadata__.step)],
    ["a step that is no number", /step must be a whole number/, meta({ step: '"many"' })],
    ["a step below 0", /step must be a whole number/, meta({ step: "-1" })],
    ["a step that is not whole", /step must be a whole number/, meta({ step: "1.5" })],
    ["no training", /training is missing/, header((h) => delete h.__metadata__.training)],
    ["a training that is none", /training is no record/, meta({ training: '{"seed":1}' })],
    ["a training that is a number", /training is no record/, meta({ training: "5" })],
    ["a weight too few", /tensor q\.2\.b does not fit/, header((h) => delete h["q.2.w"])],
    ["a weight of another shape", /tensor q\.2\.w must be/, header((h) => Object.assign(h["q.2.w"], { shape: [6, 12] }))],
    ["a tensor of another type", /tensor q\.2\.w has dtype F16/, header((h) => Object.assign(h["q.2.w"], { dtype: "F16" }))],
    ["a tensor without a type", /tensor q\.2\.w has dtype undefined/, header((h) => delete h["q.2.w"].dtype)],
    ["a tensor of null", /tensor q\.2\.w has dtype undefined/, header((h) => Object.assign(h, { "q.2.w": null }))],
    ["a tensor without a shape", /tensor q\.2\.w has no shape/, header((h) => delete h["q.2.w"].shape)],
    ["a shape that is no list of sizes", /tensor q\.2\.w has no shape/, header((h) => Object.assign(h["q.2.w"], { shape: ["2", 6, 6] }))],
    ["a tensor without a place", /tensor q\.2\.w has no two data_offsets/, header((h) => delete h["q.2.w"].data_offsets)],
    [
      "a tensor with half a place",
      /tensor q\.2\.w has no two data_offsets/,
      header((h) => Object.assign(h["q.2.w"], { data_offsets: [0] })),
    ],
    [
      "a tensor at a negative place",
      /tensor generator\.T0\.2\.b has no two/,
      header((h) => Object.assign(h["generator.T0.2.b"], { data_offsets: [-4, 0] })),
    ],
    [
      "a tensor that ends before it starts",
      /tensor q\.2\.w does not fit/,
      header((h) => Object.assign(h["q.2.w"], { data_offsets: [288, 0] })),
    ],
    [
      "moments of another size",
      /tensor adam\.loss\.\w+ does not fit/,
      header((h) => Object.assign(h["adam.loss.first"], { shape: [1], data_offsets: [0, 4] })),
    ],
    ["one of the two moments", /bytes follow its last tensor/, header((h) => delete h["adam.loss.second"])],
    ["moments that are named for another loss", /tensor adam\.loss\.first is none of the model's/, meta({ updates: '{"other":30}' })],
    ["no number of updates", /updates is missing/, header((h) => delete h.__metadata__.updates)],
    ["a number of updates that is none", /updates of loss must be a whole number/, meta({ updates: '{"loss":"30"}' })],
    ["moments without their updates", /tensor adam\.loss\.first is none of the model's/, meta({ updates: "{}" })],
  ];
  for (const [name, what, damage] of broken) {
    it(`name a broken file, what is wrong with it and the fix: ${name}`, async () => {
      const { dir, file } = await save("broken");
      fs.writeFileSync(file, damage(fs.readFileSync(file)));
      const before = held();
      const failure = await loadModel(dir).then(
        (m) => void m.dispose(),
        (e: Error) => e,
      );
      expect(failure, "it is refused").toBeInstanceOf(Error);
      expect(failure!.message.startsWith(`${file}: `), failure!.message).toBe(true);
      expect(failure!.message).toMatch(what);
      expect(failure!.message).toMatch(/train again or take another copy$/);
      expect(failure).not.toBeInstanceOf(TypeError);
      expect(held()).toEqual(before);
    });
  }

  it("find a flipped bit anywhere in the file, and take every file as it was written", async () => {
    const { dir, file } = await save("flipped");
    const whole = fs.readFileSync(file);
    for (let i = 0; i < 300; i++) {
      const at = Math.floor((i * whole.length) / 300);
      const data = Buffer.from(whole);
      data[at] ^= 1 << (i % 8);
      fs.writeFileSync(file, data);
      await expect(loadModel(dir), `byte ${at}, bit ${i % 8}`).rejects.toThrow(file);
    }
    fs.writeFileSync(file, whole);
    (await loadModel(dir)).dispose();
  });

  it("take the format without a checksum", async () => {
    const { dir, file } = await save("unsigned");
    const unsigned = header((h) => {
      h.__metadata__.format = '"tdlgm 2"';
      delete h.__metadata__.sha256;
    });
    fs.writeFileSync(file, unsigned(fs.readFileSync(file)));
    const other = await loadModel(dir);
    expect(weightsOf(other)).toEqual(weightsOf(model));
    other.dispose();
  });

  it("give weights alone when a file was saved without moments and history", async () => {
    const dir = path.join(folder, "bare");
    saveCheckpoint(model as WeightedModel, dir, { resumable: false });
    const other = (await loadModel(dir)) as WeightedModel;
    expect(weightsOf(other)).toEqual(weightsOf(model));
    expect(other.step).toBe(30);
    expect(other.adam.moments()).toEqual({});
    expect(other.training).toEqual({ ...(model as WeightedModel).training, history: [] });
    expect((model as WeightedModel).training!.history.length, "the model keeps its own").toBeGreaterThan(0);
    other.dispose();
  });

  it("name a folder that is not there, and a folder that is no text", async () => {
    await expect(loadModel(path.join(folder, "nowhere"))).rejects.toThrow(/nowhere/);
    fs.mkdirSync(path.join(folder, "hollow", "weights.safetensors"), { recursive: true });
    await expect(loadModel(path.join(folder, "hollow"))).rejects.toThrow(/no such checkpoint/);
    await expect(loadModel(undefined as never)).rejects.toThrow(/dir/);
    await expect(saveModel(model, undefined as never)).rejects.toThrow(/dir/);
    await expect(saveModel(model, "")).rejects.toThrow(/dir/);
    await expect(saveModel({} as Model, folder)).rejects.toThrow(/model/);
  });
});

describe("impute", () => {
  const noisy = chain(60, 9, [0, 0.1, 0.33, 0.7, 1]);
  for (const xi of ["mean", "sample"] as const) {
    it(`looks at noisy[t] and the m values before it alone (ξ: ${xi})`, async () => {
      const t = 30;
      const clean = await impute(model, noisy, { seed: 1, xi });
      expect(clean).toHaveLength(60);
      for (let i = 0; i < 60; i++) {
        const changed = noisy.slice();
        changed[i] = changed[i] > 0.5 ? changed[i] - 0.4 : changed[i] + 0.4;
        const other = await impute(model, changed, { seed: 1, xi });
        if (i >= t - 3 && i <= t) expect(other[t], `noisy[t${i - t || ""}] counts`).not.toBe(clean[t]);
        else expect(other[t], `noisy[t${i - t}] does not`).toBe(clean[t]);
      }
    });
  }

  it("takes zeros for what lies before the start", async () => {
    const clean = await impute(model, noisy, { seed: 1, xi: "mean" });
    const later = await impute(model, Float32Array.of(0, 0, 0, ...noisy), { seed: 1, xi: "mean" });
    expect(distance(later.slice(3), clean)).toBeLessThan(1e-6);
    const cut = await impute(model, noisy.slice(0, 1), { seed: 1, xi: "mean" });
    expect(cut[0]).toBeCloseTo(clean[0], 6);
  });

  it("does not show where one chunk of 1,024 ends and the next begins", async () => {
    const long = chain(1100, 9);
    const whole = await impute(model, long, { seed: 1, xi: "mean" });
    const around = await impute(model, long.slice(1010, 1060), { seed: 1, xi: "mean" });
    expect(distance(whole.slice(1013, 1060), around.slice(3))).toBeLessThan(1e-6);
    const draws = await impute(model, new Float32Array(1100).fill(0.5), { seed: 1, xi: "sample" });
    expect(Array.from(draws.slice(1024, 1100))).not.toEqual(Array.from(draws.slice(0, 76)));
    const sample = await impute(model, long, { seed: 1, xi: "sample" });
    const first = await impute(model, long.slice(0, 500), { seed: 1, xi: "sample" });
    expect(distance(first, sample.slice(0, 500)), "a value's draw does not depend on what follows").toBeLessThan(1e-6);
  });

  it("draws ξ by its seed for a sample, and not at all for the mean", async () => {
    const run = async (xi: "mean" | "sample", seed: number) => Array.from(await impute(model, noisy, { seed, xi }));
    expect(await run("sample", 1)).toEqual(await run("sample", 1));
    expect(await run("sample", 1)).not.toEqual(await run("sample", 2));
    expect(await run("mean", 1)).toEqual(await run("mean", 2));
    expect(await run("mean", 1)).not.toEqual(await run("sample", 1));
  });

  it("by several draws at once has the bits of each by itself, in the last block too", async () => {
    const long = chain(1100, 9);
    const draws = [1, 2].flatMap((seed) => (["sample", "mean"] as const).map((xi) => ({ seed, xi })));
    const together = await imputeDraws(model, long, draws);
    expect(together).toHaveLength(4);
    for (const [i, draw] of draws.entries()) expect(together[i], JSON.stringify(draw)).toEqual(await impute(model, long, draw));
    expect(together[0]).not.toEqual(together[2]);
    expect(await imputeDraws(model, long, [])).toEqual([]);
    await expect(imputeDraws(model, long, [{ seed: 1, xi: "median" as never }])).rejects.toThrow(/xi/);
    await expect(imputeDraws(model, long, [{ seed: -1, xi: "mean" }])).rejects.toThrow(/seed/);
  });

  it("leaves the input as it is, and nothing behind", async () => {
    const copy = noisy.slice();
    await impute(model, noisy, { seed: 1, xi: "sample" });
    const before = held();
    for (let i = 0; i < 5; i++) await impute(model, noisy, { seed: 1, xi: "sample" });
    expect(held()).toEqual(before);
    expect(noisy).toEqual(copy);
  });

  it("names a bad argument", async () => {
    const run = { seed: 1, xi: "mean" } as const;
    await expect(impute({} as Model, noisy, run)).rejects.toThrow(/model/);
    await expect(impute(null as never, noisy, run)).rejects.toThrow(/model/);
    await expect(impute(model, [0.5] as never, run)).rejects.toThrow(/noisy/);
    await expect(impute(model, new Float32Array(0), run)).rejects.toThrow(/noisy/);
    await expect(impute(model, Float32Array.of(0, Number.NaN), run)).rejects.toThrow(/noisy\[1\]/);
    await expect(impute(model, Float32Array.of(Number.POSITIVE_INFINITY), run)).rejects.toThrow(/noisy\[0\]/);
    await expect(impute(model, noisy, { ...run, seed: -1 })).rejects.toThrow(/seed/);
    await expect(impute(model, noisy, { seed: 1 } as never)).rejects.toThrow(/xi/);
    await expect(impute(model, noisy, { seed: 1, xi: "median" } as never)).rejects.toThrow(/xi/);
    await expect(impute(model, noisy, undefined as never)).rejects.toThrow(/options/);
    await expect(impute(model, noisy, { ...run, signal: {} as AbortSignal })).rejects.toThrow(/signal/);
    await expect(impute(model, noisy, { ...run, draws: 3 } as never)).rejects.toThrow(
      /^options must be an object with no keys but seed, signal, xi, clean; it is { draws, seed, xi }$/,
    );
  });
});

describe("generate", () => {
  const histories = [series.slice(0, 50), series.slice(50, 52), new Float32Array(0), series.slice(100, 110)];
  it("gives one sequence of values in [0, 1] for each history", async () => {
    const sequences = await generate(model, histories, 40, { seed: 1 });
    expect(sequences.map((s) => s.length)).toEqual([40, 40, 40, 40]);
    for (const s of sequences) expect(s).toBeInstanceOf(Float32Array);
    const all = sequences.flatMap((s) => Array.from(s));
    expect(all.every((v) => v >= 0 && v <= 1)).toBe(true);
    expect(new Set(all).size).toBeGreaterThan(20);
    expect(await generate(model, [], 3, { seed: 1 })).toEqual([]);
  });

  it("follows from its seed, and differs between sequences", async () => {
    const same = new Array(3).fill(histories[0]);
    const [a, b, c] = [
      await generate(model, same, 20, { seed: 1 }),
      await generate(model, same, 20, { seed: 1 }),
      await generate(model, same, 20, { seed: 2 }),
    ];
    expect(a).toEqual(b);
    expect(a[0]).not.toEqual(c[0]);
    expect(a[0]).not.toEqual(a[1]);
    expect(distance(a[0].slice(0, 8), (await generate(model, same, 8, { seed: 1 }))[0])).toBeLessThan(1e-6);
  });

  it("does not let one history touch another's sequence", async () => {
    const together = await generate(model, histories, 20, { seed: 1 });
    const alone = await generate(model, histories.slice(0, 1), 20, { seed: 1 });
    expect(distance(alone[0], together[0])).toBeLessThan(1e-5);
    const changed = await generate(model, [histories[0], series.slice(200, 240), ...histories.slice(2)], 20, { seed: 1 });
    for (const i of [0, 2, 3]) expect(changed[i]).toEqual(together[i]);
    expect(changed[1]).not.toEqual(together[1]);
  });

  it("looks at the last m values of a history, with zeros before its start", async () => {
    const run = async (h: number[]) => (await generate(model, [Float32Array.from(h)], 10, { seed: 1 }))[0];
    expect(await run([0.9, 0.8, 0.25, 0.5, 1])).toEqual(await run([0.25, 0.5, 1]));
    expect(await run([0.5, 1])).toEqual(await run([0, 0.5, 1]));
    expect(await run([])).toEqual(await run([0, 0, 0]));
    expect(await run([0.25, 0.5, 1])).not.toEqual(await run([1, 0.5, 1]));
  });

  it("draws other values in a second block of 1,024 histories", async () => {
    const many = new Array(1030).fill(histories[0]);
    const sequences = await generate(model, many, 4, { seed: 1 });
    expect(sequences).toHaveLength(1030);
    expect(new Set(sequences.map(String)).size).toBeGreaterThan(1000);
    expect(Array.from(sequences[1024])).not.toEqual(Array.from(sequences[0]));
  });

  for (const kind of ["tdlgm", "dlgm", "rnn"] as const) {
    it(`gives a history the same sequence however many others come after it, across a block's end too (${kind})`, async () => {
      const other = createModel({ kind, m: 3, H: 6 } as ModelConfig, 1);
      const many = Array.from({ length: 1030 }, (_, i) => series.slice(i % 200, (i % 200) + 8));
      const whole = await generate(other, many, 4, { seed: 1 });
      for (const n of [1, 5, 1024, 1026]) {
        const some = await generate(other, many.slice(0, n), 4, { seed: 1 });
        expect(some).toHaveLength(n);
        expect(Math.max(...some.map((sequence, i) => distance(sequence, whole[i])))).toBeLessThan(1e-5);
      }
      other.dispose();
    });
  }

  it("leaves nothing behind, also when it is stopped", async () => {
    await generate(model, histories, 5, { seed: 1 });
    const before = held();
    await generate(model, histories, 30, { seed: 1 });
    const stop = new AbortController();
    stop.abort();
    const failure = await generate(model, histories, 30, { seed: 1, signal: stop.signal }).catch((e) => e);
    expect(failure).toBeInstanceOf(AbortError);
    expect(failure.name).toBe("AbortError");
    expect(held()).toEqual(before);
  });

  it("gives the event loop turns and stops at its signal, not after hours", async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 120);
    const many = new Array(200).fill(histories[0]);
    await expect(generate(model, many, 1_000_000, { seed: 1, signal: stop.signal })).rejects.toThrow(/stopped/);
  });

  it("names a bad argument", async () => {
    const run = { seed: 1 };
    await expect(generate({} as Model, histories, 3, run)).rejects.toThrow(/model/);
    await expect(generate(model, histories[0] as never, 3, run)).rejects.toThrow(/histories/);
    await expect(generate(model, [[0.5]] as never, 3, run)).rejects.toThrow(/histories\[0\]/);
    await expect(generate(model, [histories[0], Float32Array.of(Number.NaN)], 3, run)).rejects.toThrow(/histories\[1\]\[0\]/);
    for (const steps of [0, -1, 1.5, Number.NaN, undefined])
      await expect(generate(model, histories, steps as number, run)).rejects.toThrow(/steps/);
    for (const seed of [-1, 0.5, "a", undefined]) await expect(generate(model, histories, 3, { seed } as never)).rejects.toThrow(/seed/);
    for (const options of [undefined, null, { ...run, xi: "mean" }])
      await expect(generate(model, histories, 3, options as never)).rejects.toThrow(
        /^options must be an object with no keys but seed, signal; it is/,
      );
  });
});

describe("a model", () => {
  const tried = (m: Model): Record<string, () => Promise<unknown>> => ({
    impute: () => impute(m, series.slice(0, 40), { seed: 1, xi: "mean" }),
    generate: () => generate(m, [series], 5, { seed: 1 }),
    train: () => train(m, series, { seed: 1, steps: 5 }),
    saveModel: () => saveModel(m, path.join(folder, "gone")),
  });

  it("that has been disposed of is refused by all, and may be disposed of again", async () => {
    const gone = createModel(TINY, 1);
    gone.dispose();
    const before = held();
    gone.dispose();
    for (const [name, work] of Object.entries(tried(gone))) await expect(work(), name).rejects.toThrow(/^model has been disposed of/);
    expect(held()).toEqual(before);
    expect(fs.existsSync(path.join(folder, "gone"))).toBe(false);
  });

  it("that is in training is refused by all that would use it, at once, and free again when the training ends", async () => {
    const busy = createModel(TINY, 1);
    const stop = new AbortController();
    const training = train(busy, series, { seed: 1, steps: 1_000_000, signal: stop.signal }).catch((e) => e);
    for (const name of ["impute", "generate", "train"]) {
      await expect(tried(busy)[name](), name).rejects.toThrow(`${name} cannot use the model while train runs on it`);
    }
    expect(() => busy.dispose()).toThrow(/cannot be disposed of while train runs on it/);
    stop.abort();
    expect(await training).toBeInstanceOf(AbortError);
    for (const [name, work] of Object.entries(tried(busy)).filter(([name]) => name !== "train"))
      await expect(work(), name).resolves.not.toThrow();
    const steps = busy.step + 1;
    await expect(train(busy, series, { seed: 1, steps })).resolves.toMatchObject({ steps });
    busy.dispose();
  });

  it("may be saved from within its training, which is between two steps then", async () => {
    const dir = path.join(folder, "within");
    const busy = createModel(TINY, 1);
    let saved: Promise<void> | undefined;
    await train(busy, series, {
      seed: 1,
      steps: 20,
      onStep: (step) => {
        if (step === 10) saved = saveModel(busy, dir);
      },
    });
    await saved;
    const half = await loadModel(dir);
    expect(half.step).toBe(10);
    await train(half, series, { seed: 1, steps: 20 });
    expect(weightsOf(half)).toEqual(weightsOf(busy));
    busy.dispose();
    half.dispose();
  });

  it("is read by several at once, but not trained meanwhile", async () => {
    const alone = await generate(model, [series], 400, { seed: 1 });
    const reading = generate(model, [series], 400, { seed: 1 });
    await expect(train(model, series, { seed: 1, steps: 31 })).rejects.toThrow("train cannot use the model while generate runs on it");
    await impute(model, series.slice(0, 40), { seed: 1, xi: "mean" });
    expect(await reading).toEqual(alone);
    expect(model.step).toBe(30);
  });

  it("is free again after work on it has failed", async () => {
    const own = createModel(TINY, 1);
    await expect(train(own, series.slice(0, 8), { seed: 1, steps: 5 })).rejects.toThrow(/too short/);
    const stop = new AbortController();
    stop.abort();
    await expect(impute(own, series, { seed: 1, xi: "mean", signal: stop.signal })).rejects.toThrow(/stopped/);
    await expect(train(own, series, { seed: 1, steps: 2 })).resolves.toMatchObject({ steps: 2 });
    own.dispose();
  });
});

describe("the library", () => {
  it("keeps no tensor in tf.memory() that is not the model's", () => {
    const mine = Object.keys((model as WeightedModel).weights).length;
    expect(tf.memory().numTensors).toBe(mine);
  });
});
