/** Answers to the notebooks' exercises: right, or what kind of mistake; a hint and the solution when they are asked for. */
import { refuse, shown } from "../base/check";
import { markdown } from "../notebook/display";
import { SHOWN } from "../notebook/kernel";
import type { Exercise, Key } from "./exercise";

/** The exercises of each notebook, loaded when one of them is named. */
const NOTEBOOKS: Record<string, () => Promise<{ exercises: Record<string, Exercise> }>> = {
  "00": () => import("./00.js"),
  "01": () => import("./01.js"),
  "02": () => import("./02.js"),
  "03": () => import("./03.js"),
  "04": () => import("./04.js"),
  "05": () => import("./05.js"),
  "06": () => import("./06.js"),
  "07": () => import("./07.js"),
  "08": () => import("./08.js"),
  "09": () => import("./09.js"),
  "10": () => import("./10.js"),
  "11": () => import("./11.js"),
  "12": () => import("./12.js"),
  "13": () => import("./13.js"),
  "14": () => import("./14.js"),
};

/** The names of all exercises, such as `04.2`, or of one notebook's. */
export async function exerciseNames(notebook?: string): Promise<string[]> {
  const chosen = notebook && NOTEBOOKS[notebook] ? [notebook] : Object.keys(NOTEBOOKS).sort();
  const all = await Promise.all(chosen.map(async (name) => Object.keys((await NOTEBOOKS[name]()).exercises)));
  return all.flat();
}

/** @throws Error that lists the names there are */
async function find(name: unknown): Promise<Exercise> {
  const notebook = typeof name === "string" ? name.slice(0, 2) : "";
  const exercises = Object.hasOwn(NOTEBOOKS, notebook) ? (await NOTEBOOKS[notebook]()).exercises : {};
  if (typeof name === "string" && Object.hasOwn(exercises, name)) return exercises[name];
  return refuse("exercise", `one of ${(await exerciseNames(notebook)).join(", ")}`, name);
}

const keys = new Map<string, Key>();
/** An exercise's key, computed once. */
async function keyOf(name: string, exercise: Exercise): Promise<Key> {
  const key = keys.get(name) ?? (await exercise.key());
  keys.set(name, key);
  return key;
}

/** Why an answer is not right, as far as its value tells. */
function diagnosis(name: string, answer: unknown, key: Key): string {
  const mistake = key.mistakes.find(({ fits }) => fits(answer));
  return mistake ? `not right. ${mistake.says}` : `not right yet. \`check.hint("${name}")\` helps.`;
}

/** An answer as a solution shows it. */
function text(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(4)));
  if (typeof value === "function") return `\`${String(value)}\``;
  return Array.isArray(value) ? `[${value.map(text).join(", ")}]` : shown(value);
}

/** What came of an answer; `right` is undefined without one. */
export interface Verdict {
  right: boolean | undefined;
  says: string;
}

/** What is to be said of an answer. */
async function judge(name: string, answer: unknown): Promise<Verdict> {
  const exercise = await find(name);
  if (answer === undefined) return { right: undefined, says: `waits for an answer. \`check.hint("${name}")\` helps.` };
  if (!exercise.isAnswer(answer)) return { right: false, says: `wants ${exercise.wants}; this is ${shown(answer)}.` };
  const key = await keyOf(name, exercise);
  try {
    const right = key.accepts(answer);
    return { right, says: right ? `right. Accepted: ${key.accepted}.` : diagnosis(name, answer, key) };
  } catch (error) {
    if (typeof answer !== "function") throw error;
    return { right: false, says: `not right yet. The function throws: ${error instanceof Error ? error.message : shown(error)}` };
  }
}

/**
 * Says whether an answer to an exercise is right, or what kind of mistake it looks like. `check.hint("04.2")` helps, `check.solution("04.2")`
 * gives the answer away.
 * @param exercise the notebook's number, a point, and the exercise's: `04.2`
 * @returns the verdict that it shows
 * @throws Error with the names of the exercises if there is none of this name
 */
export const check = Object.assign(
  async (exercise: string, answer?: unknown): Promise<Verdict> => {
    const verdict = await judge(exercise, answer);
    markdown(`**${exercise}** ${verdict.says}`);
    return Object.defineProperty(verdict, SHOWN, { value: () => null });
  },
  {
    /** Shows a hint, and not the answer. */
    hint: async (exercise: string): Promise<void> => markdown(`**${exercise}** ${(await find(exercise)).hint}`),
    /** Shows the answer, and how it comes about. */
    solution: async (exercise: string): Promise<void> => {
      const found = await find(exercise);
      const { right } = await keyOf(exercise, found);
      markdown(`**${exercise}** ${text(right)}\n\n${found.how}`);
    },
  },
);
