/** What an exercise is, and its kinds: an answer is a number, several numbers, one of a few words, a function, or anything with a property. */

/** A wrong answer, and the sentence that names the mistake behind it. */
export interface Mistake {
  answer: unknown;
  says: string;
  /** Whether an answer comes from this mistake. */
  fits(answer: unknown): boolean;
}

/** What an answer is compared with. */
export interface Key {
  right: unknown;
  /** What is accepted, in words. */
  accepted: string;
  accepts(answer: unknown): boolean;
  mistakes: readonly Mistake[];
}

/** An exercise of a notebook. Its key is computed when an answer is there. */
export interface Exercise {
  /** What an answer is, after "wants". */
  wants: string;
  hint: string;
  /** How the solution comes about. */
  how: string;
  isAnswer(value: unknown): boolean;
  key(): Promise<Key>;
}

type Words = Pick<Exercise, "wants" | "hint" | "how">;
type Found<T> = { right: T; mistakes: readonly (readonly [answer: T, says: string])[] };
type Later<T> = () => T | Promise<T>;

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const digits = (x: number): string => String(Number(x.toPrecision(2)));

/** The key of a kind whose answers are compared by one function. */
const keyOf = <T>({ right, mistakes }: Found<T>, accepted: string, same: (answer: T, value: T) => boolean): Key => ({
  right,
  accepted,
  accepts: (answer) => same(answer as T, right),
  mistakes: mistakes.map(([answer, says]) => ({ answer, says, fits: (given) => same(given as T, answer) })),
});

/** An exercise whose answer is a number, right within a tolerance. */
export function number(words: Words, key: Later<Found<number> & { tolerance: number }>): Exercise {
  return {
    ...words,
    isAnswer: isNumber,
    key: async () => {
      const found = await key();
      const { tolerance } = found;
      const accepted = tolerance > 0 ? `within ${digits(tolerance)} of the exact number` : "this number alone";
      return keyOf(found, accepted, (answer, value) => Math.abs(answer - value) <= tolerance);
    },
  };
}

/** An exercise whose answer is an array of `count` numbers, each right within a tolerance. */
export function numbers(words: Words, count: number, tolerance: number, key: Later<Found<readonly number[]>>): Exercise {
  const list = (value: unknown) => (Array.isArray(value) || ArrayBuffer.isView(value) ? Array.from(value as ArrayLike<unknown>) : []);
  return {
    ...words,
    isAnswer: (value) => list(value).length === count && list(value).every(isNumber),
    key: async () =>
      keyOf(await key(), `each within ${digits(tolerance)} of the exact number`, (answer, value) =>
        value.every((x, i) => Math.abs(answer[i] - x) <= tolerance),
      ),
  };
}

/** An exercise whose answer is one of a few words; each of the others has its sentence. */
export function choice<T extends string>(
  words: Words,
  options: readonly T[],
  key: Later<{ right: T; mistakes: Partial<Record<T, string>> }>,
): Exercise {
  return {
    ...words,
    wants: `${words.wants}: ${options.map((option) => JSON.stringify(option)).join(", ")}`,
    isAnswer: (value) => options.includes(value as T),
    key: async () => {
      const { right, mistakes } = await key();
      const wrong = Object.entries<string | undefined>(mistakes).filter(([option]) => option !== right) as [T, string][];
      return keyOf({ right, mistakes: wrong }, "this word alone", (answer, value) => answer === value);
    },
  };
}

/** An exercise whose answer is a function of numbers or arrays: it must give what the right one gives for every list of arguments. */
export function formula<A extends unknown[]>(
  words: Words,
  probes: readonly A[],
  { right, mistakes }: Found<(...args: A) => number>,
  tolerance = 1e-6,
): Exercise {
  const same = (f: (...args: A) => number, g: (...args: A) => number): boolean =>
    probes.every((args) => {
      const [a, b] = [f(...structuredClone(args)), g(...args)]; // a copy, which an answer may sort or reverse in place
      return Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
    });
  const accepted = `a function that is right within ${digits(tolerance)} for ${probes.length} arguments`;
  return { ...words, isAnswer: (value) => typeof value === "function", key: async () => keyOf({ right, mistakes }, accepted, same) };
}

/** An exercise with many right answers: whatever has the property. */
export function anything(words: Words, isAnswer: Exercise["isAnswer"], key: Later<Key>): Exercise {
  return { ...words, isAnswer, key: async () => key() };
}
