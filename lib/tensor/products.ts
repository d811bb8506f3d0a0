/**
 * Products of several matrices in the order that multiplies the fewest numbers: a thin matrix, such as the G_l between a few latent variables
 * and a wide layer, goes into the weights that follow it, and not a batch of rows through both.
 */
import { type Attribute, type Call, type Constant, native } from "./backend";

/** What is known of a recording as it is gone through. */
export interface Recorded {
  /** The shape of a handle. */
  shapes: Map<number, number[]>;
  /** The call that makes a handle. */
  makers: Map<number, Call>;
  /** The values of a constant handle. */
  values: Map<number, Constant>;
  /** A handle whose value another one holds. */
  same: Map<number, number>;
}

const float = (): Attribute => native!.attribute.type("T", "float");

/** A matrix as a product takes it. */
type Factor = { id: number; transposed: boolean };

const flagOf = ({ attributes }: Call, name: string) => attributes.find((a) => a.name === name)?.value === true;
const factors = (call: Call): Factor[] => [
  { id: call.inputs[0], transposed: flagOf(call, "transpose_a") },
  { id: call.inputs[1], transposed: flagOf(call, "transpose_b") },
];
let added = 0;

/** (A B) C as A (B C) where that takes less: of a product that only other products use, if all of them together then multiply fewer numbers. */
export function reassociated(calls: Call[], recorded: Recorded, outputs: number[]): Call[] {
  const { shapes } = recorded;
  const users = new Map<number, Call[]>();
  for (const call of calls) for (const id of new Set(call.inputs)) users.set(id, [...(users.get(id) ?? []), call]);
  const sizes = ({ id, transposed }: Factor) => (transposed ? [...(shapes.get(id) as number[])].reverse() : (shapes.get(id) as number[]));
  const cost = (a: Factor, b: Factor) => sizes(a)[0] * sizes(a)[1] * sizes(b)[1];
  const product = (a: Factor, b: Factor, id = --added): Call => {
    const shape = [sizes(a)[0], sizes(b)[1]];
    shapes.set(id, shape);
    const { bool } = native!.attribute;
    const attributes = [bool("transpose_a", a.transposed), bool("transpose_b", b.transposed), float()];
    return { kernel: "MatMul", attributes, inputs: [a.id, b.id], outputs: [{ id, shape, dtype: 1 }] };
  };
  const plain = (call: Call): Factor => ({ id: call.outputs[0].id, transposed: false });

  const instead = new Map<Call, Call[]>(); // of a call: those that take its place
  for (const inner of calls) {
    if (inner.kernel !== "MatMul" || instead.has(inner)) continue;
    const { id } = inner.outputs[0];
    const all = users.get(id) ?? [];
    const free = (call: Call) => call.kernel === "MatMul" && !instead.has(call) && call.inputs[0] !== call.inputs[1];
    if (outputs.includes(id) || !all.every(free)) continue;
    let [now, then] = [cost(...(factors(inner) as [Factor, Factor])), 0];
    const made = new Set<string>(); // products that several of the new ones share
    const replacements = all.map((outer): [Call, Call[]] => {
      const [x, y] = factors(outer);
      now += cost(x, y);
      const isLeft = x.id === id;
      const pair = factors(inner);
      const [a, b] = (isLeft ? x : y).transposed ? pair.reverse().map((f) => ({ ...f, transposed: !f.transposed })) : pair;
      const [first, second] = isLeft ? [b, y] : [x, a];
      const key = JSON.stringify([first, second]);
      if (!made.has(key)) then += cost(first, second);
      made.add(key);
      const joined = product(first, second);
      const last: [Factor, Factor] = isLeft ? [a, plain(joined)] : [plain(joined), b];
      then += cost(...last);
      return [outer, [joined, product(...last, outer.outputs[0].id)]];
    });
    if (then < now) for (const [outer, two] of replacements) instead.set(outer, two);
  }
  return calls.flatMap((call) => instead.get(call) ?? [call]);
}

/**
 * [A B, C] W as [A, C] [B W_1; W_2] where A has fewer columns than A B: the first rows of W take B in, and a batch of rows is multiplied once.
 */
export function thinner(calls: Call[], recorded: Recorded): Call[] {
  const { shapes, makers, values } = recorded;
  const { attribute, constant } = native!;
  const int32 = (numbers: number[], shape?: number[]) => {
    const id = constant("int32", numbers, shape);
    values.set(id, { shape: shape ?? [numbers.length], dtype: 3, values: Int32Array.from(numbers) });
    return id;
  };
  const made = (kernel: string, attributes: Attribute[], inputs: number[], outputs: number[][], last?: number): Call => {
    const handles = outputs.map((shape) => ({ id: last ?? --added, shape, dtype: 1 }));
    for (const { id, shape } of handles) shapes.set(id, shape);
    return { kernel, attributes, inputs, outputs: handles };
  };
  const joined = (axis: number, a: number, b: number, shape: number[]) =>
    made("ConcatV2", [float(), attribute.type("Tidx", "int32"), attribute.int("N", 2)], [a, b, int32([axis], [])], [shape]);
  const multiplied = (a: number, b: number, shape: number[], last?: number) =>
    made("MatMul", [attribute.bool("transpose_a", false), attribute.bool("transpose_b", false), float()], [a, b], [shape], last);
  const isPlain = (call: Call | undefined): call is Call => call?.kernel === "MatMul" && factors(call).every((f) => !f.transposed);

  return calls.flatMap((call) => {
    const concat = isPlain(call) ? makers.get(call.inputs[0]) : undefined;
    if (concat?.kernel !== "ConcatV2" || concat.inputs.length !== 3) return [call];
    const [left, C, axis] = concat.inputs;
    const product = makers.get(left);
    if ((values.get(axis)?.values as Int32Array | undefined)?.[0] !== 1 || !isPlain(product)) return [call];
    const [[A, B], W] = [product.inputs, call.inputs[1]];
    const [[m, thin], [, wide], [, rest], [, n]] = [A, B, C, W].map((id) => shapes.get(id) as number[]);
    if (thin >= wide) return [call];
    const types = [float(), attribute.type("Tlen", "int32"), attribute.int("num_split", 2)];
    const cut = made(
      "SplitV",
      types,
      [W, int32([wide, rest]), int32([0], [])],
      [
        [wide, n],
        [rest, n],
      ],
    );
    const [first, second] = cut.outputs.map(({ id }) => id);
    const taken = multiplied(B, first, [thin, n]);
    const rows = joined(1, A, C, [m, thin + rest]);
    const weights = joined(0, taken.outputs[0].id, second, [thin + rest, n]);
    return [cut, taken, rows, weights, multiplied(rows.outputs[0].id, weights.outputs[0].id, [m, n], call.outputs[0].id)];
  });
}
