/**
 * What Algorithm 1 counts and what the autocorrelation sums, over long series by TensorFlow's kernels. They take one block of values after
 * another: memory stays small, and a kernel finds in the cache what the one before it has made.
 */
import { type Attribute, device, native } from "../tensor/backend";

/** The values of a block, 1 MB of float32. For a shorter series the plain loop is faster. */
const BLOCK = 2 ** 18;
/** TensorFlow's numbers of types. */
const TYPE = { float: 1, double: 2, int32: 3, uint32: 22 };
/** The bits of float32's 1. Read as whole numbers without a sign, those of greater and of negative numbers and of NaN are greater. */
const ONE = 0x3f800000;
/** float32 holds the differences to their last digit if the mean of their squares is above this. */
const SMALLEST = 1e-60;

/** Whether the kernels take a series of n values at this lag. They are made for the CPU. */
const taken = (n: number, lag: number): boolean =>
  native !== null && device.name === "CPU" && !native.recording() && lag <= BLOCK && n - lag >= BLOCK;

/**
 * Counts of the pairs of bins at a lag, by the rule of `binOf` in pairs.ts: entry 11 i + j for a value in bin i, then one in bin j.
 *
 * @returns null where the loop is to do it: the series is short, or a value may lie outside [0, 1]
 */
export function countPairs(values: Float32Array, lag: number): Float64Array | null {
  if (!taken(values.length, lag)) return null;
  const { constant } = native!;
  const [start, none] = [constant("int32", [0]), constant("int32", [])];
  const [eleven, cells] = [constant("int32", [11], []), constant("int32", [121], [])];
  const counts = new Float64Array(121);
  const inside = everyBlock(values.length - lag, (block, from, to) => {
    const v = block.hold(block.vector(values.subarray(from, to + lag)));
    const [largest] = block.words(block.run("Max", block.bitcast(v, "uint32"), start));
    if (largest! >>> 0 > ONE) return false;
    // In float64, as the loop does it: float32 would round other values over the edges of bins.
    const scaled = block.run("AddV2", block.run("Mul", block.cast(v, "double"), block.double(10)), block.double(1e-6));
    const bins = block.hold(block.cast(scaled, "int32"));
    const size = block.hold(block.vector(Int32Array.of(to - from)));
    const first = block.run("Slice", bins, start, size);
    const second = block.run("Slice", bins, block.vector(Int32Array.of(lag)), size);
    const codes = block.run("AddV2", block.run("Mul", first, eleven), second);
    block.words(block.run("Bincount", codes, cells, none)).forEach((count, cell) => {
      counts[cell]! += count;
    });
    return true;
  });
  return inside ? counts : null;
}

/** Sums over d_t = x_t - c, with a number c near the mean. */
export interface Moments {
  /** Σ d_t. */
  sum: number;
  /** Σ d_t². */
  squares: number;
  /** Σ d_t d_{t+lag}. */
  products: number;
}

/**
 * The sums of a series. Differences are rounded to float32, all else is float64. The products come from
 * 2 d_t d_{t+lag} = d_t² + d_{t+lag}² - (x_t - x_{t+lag})².
 *
 * @returns null where the loop is to do it: the series is short, or these sums are not exact enough
 */
export function moments(series: Float32Array, lag: number, c: number): Moments | null {
  const n = series.length;
  if (!taken(n, lag)) return null;
  const start = native!.constant("int32", [0]);
  let [sum, squares, steps] = [0, 0, 0];
  everyBlock(n - lag, (block, from, to) => {
    const x = block.hold(block.vector(series.subarray(from, to)));
    const step = block.run("Sub", x, block.vector(series.subarray(from + lag, to + lag)));
    steps += 2 * block.number(block.run("L2Loss", block.cast(step, "double")));
    const d = block.hold(block.cast(block.run("Sub", x, block.vector(Float32Array.of(c))), "double"));
    sum += block.number(block.run("Sum", d, start));
    squares += 2 * block.number(block.run("L2Loss", d));
    return Number.isFinite(squares);
  });
  const square = (t: number) => (series[t]! - c) ** 2;
  let products = 2 * squares - steps;
  for (let t = 0; t < lag; t++) products += square(n - lag + t) - square(t);
  for (let t = n - lag; t < n; t++) {
    sum += series[t]! - c;
    squares += square(t);
  }
  // Far from the mean, or between numbers too small for float32, the differences have lost digits that count.
  const exact = squares / n > Math.max(SMALLEST, 9 * (sum / n) ** 2);
  return exact && Number.isFinite(squares) ? { sum, squares, products: products / 2 } : null;
}

/** Calls f for the blocks of 0 .. n-1, one after another, as long as it says true. */
function everyBlock(n: number, f: (block: Block, from: number, to: number) => boolean): boolean {
  for (let from = 0; from < n; from += BLOCK) {
    const block = new Block();
    try {
      if (!f(block, from, Math.min(n, from + BLOCK))) return false;
    } finally {
      block.free();
    }
  }
  return true;
}

/**
 * The work on a block: kernels on TensorFlow's own handles. A handle goes with the first kernel that takes it, so that the next output finds
 * its memory still in the cache; a held one stays until the end. The types of its inputs say which kernel of a name is meant.
 */
class Block {
  private readonly passing = new Set<number>();
  private readonly held = new Set<number>();

  vector(values: Float32Array | Int32Array): number {
    return this.made(native!.make({ shape: [values.length], dtype: values instanceof Float32Array ? TYPE.float : TYPE.int32, values }));
  }
  /** A float64, from its bits: the binding makes float32 and int32 alone. */
  double(value: number): number {
    return this.bitcast(this.vector(new Int32Array(Float64Array.of(value).buffer)), "double");
  }
  run(kernel: string, ...inputs: number[]): number {
    return this.made(native!.handle(kernel, [], inputs, 1), inputs);
  }
  cast(input: number, type: keyof typeof TYPE): number {
    return this.made(native!.handle("Cast", [typeAttribute("DstT", type)], [input], 1), [input]);
  }
  /** The same bits read as another type. */
  bitcast(input: number, type: keyof typeof TYPE): number {
    return this.made(native!.handle("Bitcast", [typeAttribute("type", type)], [input], 1), [input]);
  }
  hold(handle: number): number {
    this.passing.delete(handle);
    this.held.add(handle);
    return handle;
  }
  /** The values as int32, or the two halves of each float64. */
  words(handle: number): Int32Array {
    const [tensor] = native!.run("Bitcast", [typeAttribute("type", "int32")], [handle], 1);
    const words = Int32Array.from(tensor!.dataSync());
    tensor!.dispose();
    this.spend([handle]);
    return words;
  }
  /** The value of a float64. */
  number(handle: number): number {
    return new Float64Array(this.words(handle).buffer)[0]!;
  }
  free(): void {
    for (const handle of [...this.passing, ...this.held]) native!.free(handle);
  }

  private made(handle: number, inputs: number[] = []): number {
    this.spend(inputs);
    this.passing.add(handle);
    return handle;
  }
  private spend(inputs: number[]): void {
    for (const input of inputs) if (this.passing.delete(input)) native!.free(input);
  }
}

const typeAttribute = (name: string, type: keyof typeof TYPE): Attribute => ({
  ...native!.attribute.type(name, "float"),
  value: TYPE[type],
});
