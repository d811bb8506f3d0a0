/**
 * What a recorded graph is spared: the same values by fewer or cheaper kernels. Models are written in plain operations, and tfjs writes their
 * gradients in plain operations too; here a sum of a product and a bias becomes one kernel, tanh' and σ' one kernel each, and what has been
 * computed already, or is a copy of it, is not computed again. TensorFlow's own optimiser does the rest when it opens the graph.
 */
import { type Attribute, type Call, type Constant, type Handle, native } from "./backend";
import { type Recorded, reassociated, thinner } from "./products";

/**
 * Fewer calls with the same outputs.
 * @param inputs the handles that come from outside
 * @param outputs those that are asked for
 * @returns the calls, and for each output the handle that holds it
 */
export function rewritten(
  calls: Call[],
  values: Map<number, Constant>,
  inputs: Handle[],
  outputs: number[],
): { calls: Call[]; outputs: number[] } {
  const shapes = new Map([...inputs, ...calls.flatMap((call) => call.outputs)].map(({ id, shape }) => [id, shape]));
  for (const [id, { shape }] of values) shapes.set(id, shape);
  const recorded: Recorded = { shapes, makers: new Map(), values, same: new Map() };
  const held = () => outputs.map((id) => recorded.same.get(id) ?? id);
  const simpler = needed(simplified(calls, recorded), held());
  const fewer = simplified(thinner(reassociated(simpler, recorded, held()), recorded), recorded);
  return { calls: needed(fewer, held()), outputs: held() };
}

/** The calls one by one: copies left out, cheaper kernels where there are any, nothing twice. */
function simplified(calls: Call[], recorded: Recorded): Call[] {
  const { same, makers, values } = recorded;
  const known = new Map<string, Call>(); // calls by what they compute
  const kept: Call[] = [];
  for (const original of calls) {
    const renamed = { ...original, inputs: original.inputs.map((id) => same.get(id) ?? id) };
    const copied = copyOf(renamed, recorded);
    if (copied !== undefined) {
      same.set(original.outputs[0].id, copied);
      continue;
    }
    const call = cheaper(renamed, recorded);
    const key = `${call.kernel} ${JSON.stringify(call.attributes)} ${call.inputs.map((id) => keyOf(id, values))}`;
    const before = STATEFUL.test(call.kernel) ? undefined : known.get(key);
    if (before) {
      call.outputs.forEach(({ id }, i) => {
        same.set(id, before.outputs[i].id);
      });
      continue;
    }
    known.set(key, call);
    kept.push(call);
    for (const { id } of call.outputs) makers.set(id, call);
  }
  return kept;
}

/** The calls that outputs follow from. */
function needed(calls: Call[], outputs: number[]): Call[] {
  const wanted = new Set(outputs);
  const kept: Call[] = [];
  for (const call of [...calls].reverse()) {
    if (!call.outputs.some(({ id }) => wanted.has(id))) continue;
    kept.push(call);
    for (const id of call.inputs) wanted.add(id);
  }
  return kept.reverse();
}

/** Kernels whose outputs do not follow from their inputs alone. */
const STATEFUL = /Variable|^Assign/;

/** Constants count by their values, handles by themselves. */
function keyOf(id: number, values: Map<number, Constant>): string {
  const constant = values.get(id);
  if (!constant || constant.values.byteLength > 64) return `${id}`;
  const exact = (x: number) => (Object.is(x, -0) ? "-0" : String(x));
  return `${constant.dtype}[${constant.shape}]${Array.from(constant.values as unknown as number[], exact)}`;
}

/** The value that a call copies: a cast to the type it has; a reshape to the shape it has or had, and a slice or a padding that keeps it. */
function copyOf({ kernel, attributes, inputs, outputs }: Call, { shapes, makers }: Recorded): number | undefined {
  const before = makers.get(inputs[0]);
  if (kernel === "Reshape" && before?.kernel === "Reshape" && `${shapes.get(before.inputs[0])}` === `${outputs[0].shape}`)
    return before.inputs[0];
  const value = (name: string) => attributes.find((a) => a.name === name)?.value;
  const isCopy =
    kernel === "Identity" ||
    (kernel === "Cast" && value("SrcT") === value("DstT")) ||
    (["Reshape", "Slice", "PadV2"].includes(kernel) && `${shapes.get(inputs[0])}` === `${outputs[0].shape}`);
  return isCopy ? inputs[0] : undefined;
}

/** A call of a cheaper kernel with the same output, or the call itself. */
function cheaper(call: Call, recorded: Recorded): Call {
  if (call.kernel === "BatchMatMulV2") return asMatMul(call, recorded);
  if (call.kernel === "Add" || call.kernel === "AddV2") return asBiasAdd(call, recorded) ?? spread(call, recorded);
  if (call.kernel === "Mul") return asTanhGrad(call, recorded) ?? asSigmoidGrad(call, recorded) ?? spread(call, recorded);
  return call;
}

/** Operands that were spread to the shape of the other one, x times ones, as they were before: the kernel spreads them itself. */
function spread(call: Call, { makers, shapes, values }: Recorded): Call {
  const [a, b] = call.inputs;
  const before = (id: number, other: number): number => {
    const maker = makers.get(id);
    if (maker?.kernel !== "Mul" || `${shapes.get(id)}` !== `${shapes.get(other)}`) return id;
    return (
      either(maker.inputs, (x, ones) => ((values.get(ones)?.values as Float32Array | undefined)?.every((v) => v === 1) ? x : undefined)) ??
      id
    );
  };
  const first = before(a, b);
  return { ...call, inputs: [first, first === a ? before(b, a) : b] };
}

const float = (): Attribute => native!.attribute.type("T", "float");

/** A product of two matrices, for which TensorFlow knows more: it makes one kernel of it and a bias. */
function asMatMul(call: Call, { shapes }: Recorded): Call {
  if (call.inputs.some((id) => shapes.get(id)?.length !== 2)) return call;
  const flag = (from: string, to: string) => native!.attribute.bool(to, call.attributes.find((a) => a.name === from)?.value as boolean);
  return { ...call, kernel: "MatMul", attributes: [flag("adj_x", "transpose_a"), flag("adj_y", "transpose_b"), float()] };
}

/** A product plus a vector along its last axis. */
function asBiasAdd(call: Call, { shapes, makers }: Recorded): Call | undefined {
  const [product, bias] = call.inputs;
  if (makers.get(product)?.kernel !== "MatMul" || shapes.get(bias)?.length !== 1) return undefined;
  if (shapes.get(product)?.[1] !== shapes.get(bias)?.[0]) return undefined; // a bias of one number for all
  return { ...call, kernel: "BiasAdd", attributes: [float(), native!.attribute.string("data_format", "NHWC")] };
}

/** dy (1 − y²) of y = tanh(x). */
function asTanhGrad(call: Call, recorded: Recorded): Call | undefined {
  return either(call.inputs, (slope, dy) => {
    const square = oneMinus(slope, recorded, "Square");
    const y = square?.inputs[0];
    if (y === undefined || recorded.makers.get(y)?.kernel !== "Tanh" || !sameShape(y, dy, recorded)) return undefined;
    return { ...call, kernel: "TanhGrad", attributes: [float()], inputs: [y, dy] };
  });
}

/** dy (y (1 − y)) of y = σ(x). */
function asSigmoidGrad(call: Call, recorded: Recorded): Call | undefined {
  return either(call.inputs, (slope, dy) => {
    const product = recorded.makers.get(slope);
    if (product?.kernel !== "Mul") return undefined;
    return either(product.inputs, (y, rest) => {
      if (oneMinus(rest, recorded, "Sigmoid")?.outputs[0].id !== y || !sameShape(y, dy, recorded)) return undefined;
      return { ...call, kernel: "SigmoidGrad", attributes: [float()], inputs: [y, dy] };
    });
  });
}

/** Both orders of two operands. */
const either = <R>([a, b]: number[], f: (a: number, b: number) => R | undefined): R | undefined => f(a, b) ?? f(b, a);
const sameShape = (a: number, b: number, { shapes }: Recorded) => `${shapes.get(a)}` === `${shapes.get(b)}`;

/** The call of this kernel whose output is taken from 1, if that is what a handle holds. */
function oneMinus(id: number, { makers, values }: Recorded, kernel: string): Call | undefined {
  const difference = makers.get(id);
  if (difference?.kernel !== "Sub") return undefined;
  const [one, x] = difference.inputs;
  const constant = values.get(one)?.values as Float32Array | undefined;
  const maker = makers.get(x);
  return constant?.length === 1 && constant[0] === 1 && maker?.kernel === kernel ? maker : undefined;
}
