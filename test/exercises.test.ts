/** Every exercise of the notebooks: its solution is right, each named mistake is told as that mistake, and a wrong kind of answer is told what is wanted. */
import * as fs from "node:fs";
import * as path from "node:path";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { isStandIn } from "../lib/data/trace";
import { check, exerciseNames } from "../lib/exercises/check";
import { table } from "../lib/exercises/data";
import type { Exercise, Key } from "../lib/exercises/exercise";
import { notebookNames } from "../setup/notebooks.mjs";

const said = vi.spyOn(console, "log").mockImplementation(() => {});
afterEach(() => void said.mockClear());
/** What `check` says of an answer. */
async function answered(name: string, answer?: unknown): Promise<string> {
  said.mockClear();
  const { right, says } = await check(name, answer);
  expect(said.mock.calls.flat()).toEqual([`**${name}** ${says}`]);
  expect(right).toBe(answer === undefined ? undefined : says.startsWith("right."));
  return `**${name}** ${says}`;
}

/** The numbers of the notebooks. */
const notebooks = notebookNames().flatMap((name) => name.match(/^\d\d/) ?? []);
const root = path.resolve(__dirname, "..");

describe.each(notebooks)("notebook %s", (notebook) => {
  let exercises: [string, Exercise, Key | string][];
  beforeAll(async () => {
    const module = (await import(`../lib/exercises/${notebook}.ts`)) as { exercises: Record<string, Exercise> };
    exercises = [];
    for (const [name, exercise] of Object.entries(module.exercises))
      exercises.push([name, exercise, await exercise.key().catch((error: Error) => error.message)]);
  });
  const keys = () => {
    // Without the trace and its runs an exercise says that it needs them.
    for (const [name, , key] of exercises) if (typeof key === "string") expect(key, name).toMatch(/^This exercise needs the /);
    return exercises.filter((one): one is [string, Exercise, Key] => typeof one[2] !== "string");
  };

  test("has four exercises or more, with numbers that go up", () => {
    expect(exercises.length).toBeGreaterThanOrEqual(4);
    expect(exercises.map(([name]) => name)).toEqual(exercises.map((_, i) => `${notebook}.${i + 1}`));
  });

  test("asks each of them in its text, and checks it in a cell that holds no answer", () => {
    const [file] = fs.readdirSync(path.join(root, "notebooks")).filter((name) => name.startsWith(notebook));
    const { cells } = JSON.parse(fs.readFileSync(path.join(root, "notebooks", file), "utf8"));
    const textOf = (kind: string) =>
      cells.filter((cell: { cell_type: string }) => cell.cell_type === kind).map(({ source }: { source: string[] }) => source.join(""));
    const [prose, code] = [textOf("markdown").join("\n"), textOf("code").join("\n")];
    for (const [name] of exercises) {
      expect(prose.includes(`**${name}`), `${name} in the text`).toBe(true);
      expect(new RegExp(`await check\\("${name}"(, (undefined|[a-zA-Z]+))?\\)`).test(code), `${name} in a cell`).toBe(true);
    }
  });

  test("every solution is right, and says what is accepted", async () => {
    for (const [name, , { right, accepted }] of keys())
      expect(await answered(name, right), name).toBe(`**${name}** right. Accepted: ${accepted}.`);
  });

  test("every named mistake is told as that mistake", async () => {
    const standIn = isStandIn(await table()); // whose two parts are so alike that a mistake may be right by chance
    for (const [name, , { mistakes, accepts }] of keys()) {
      expect(mistakes.length, name).toBeGreaterThan(0);
      for (const { answer, says } of mistakes)
        if (!standIn || !accepts(answer)) expect(await answered(name, answer), name).toBe(`**${name}** not right. ${says}`);
    }
  });

  test("another answer is not right yet; a wrong kind of answer is told what is wanted; none is waited for", async () => {
    for (const [name, { wants, isAnswer }, { mistakes }] of keys()) {
      const other = [12345.678, [7, 8, 9], () => -77].filter((answer) => isAnswer(answer) && !mistakes.some(({ fits }) => fits(answer)));
      for (const answer of other) expect(await answered(name, answer), name).toMatch(/not right yet\. `check\.hint/);
      for (const answer of ["some text", Number.NaN, null, {}, true, [Number.NaN]])
        expect(await answered(name, answer), name).toContain(`**${name}** wants ${wants}; this is `);
      expect(await answered(name)).toBe(`**${name}** waits for an answer. \`check.hint("${name}")\` helps.`);
    }
  });

  test("a hint does not give the answer away; a solution does", async () => {
    for (const [name, { hint, how }, { right }] of keys()) {
      said.mockClear();
      await check.hint(name);
      expect(said.mock.calls.flat().join()).toBe(`**${name}** ${hint}`);
      if (typeof right === "number" && !Number.isInteger(right))
        expect(hint.match(/[\d.]+/g)?.map(Number) ?? []).not.toContain(Number(right.toPrecision(4)));
      said.mockClear();
      await check.solution(name);
      expect(said.mock.calls.flat().join()).toContain(how);
      if (typeof right === "number") expect(said.mock.calls.flat().join()).toContain(String(Number(right.toPrecision(4))));
    }
  });
});

test("a function that throws is not right yet, and its error is shown", async () => {
  const throws = () => {
    throw new Error("no such thing");
  };
  expect(await answered("03.6", throws)).toBe("**03.6** not right yet. The function throws: no such thing");
});

test("a function that changes its arguments is judged by what it gives", async () => {
  const fades = (past: number[], v: number, tau: number) => {
    const weights = past.reverse().map((_, i) => Math.exp(-i / tau));
    const sum = (of: number[]) => of.reduce((a, b) => a + b, 0);
    return sum(weights.filter((_, i) => past[i] === v)) / sum(weights);
  };
  expect(await answered("12.2", fades)).toMatch(/^\*\*12\.2\*\* right\./);
  expect(await answered("12.2", fades)).toMatch(/^\*\*12\.2\*\* right\./);
});

test("an unknown exercise lists those of its notebook, or all", async () => {
  const of04 = await exerciseNames("04");
  await expect(check("04.77", 1)).rejects.toThrow(`exercise must be one of ${of04.join(", ")}; it is "04.77"`);
  const all = await exerciseNames();
  expect(all.length).toBeGreaterThanOrEqual(40);
  for (const name of ["4.2", "", "constructor", "00.toString"])
    await expect(check(name)).rejects.toThrow(/^exercise must be one of 00\.1, /);
  await expect(check.hint("nothing")).rejects.toThrow(all.join(", "));
  await expect(check.solution("nothing")).rejects.toThrow(all.join(", "));
});

test("a notebook's outputs don't follow from the exercises' files, since none is answered there", async () => {
  const { reach } = await import("../setup/code.mjs");
  const files = reach('import { check } from "./lib/index";', root, [root]).map(([file]) => file);
  expect(files).toContain("lib/exercises/check.ts");
  expect(files.filter((file) => /exercises\/\d/.test(file))).toEqual([]);
});
