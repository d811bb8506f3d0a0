/// <reference path="../packages.d.ts" />
/**
 * TensorFlow, and the one file that imports it. Models are written against tfjs-core; what tfjs-core lacks (fused kernels, stateless
 * random numbers, resource variables) is reached here through TensorFlow's eager C interface. A browser build swaps this file for one
 * that exports `native = null`, and every block falls back to its op-by-op form.
 */
import "./environment";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as messages from "@tensorflow/tfjs-node-gpu/dist/proto/api_pb";

/** An attribute of a kernel, as the binding wants it. */
export type Attribute = { name: string; type: number; value: unknown };
interface Binding {
  executeOp(name: string, attributes: Attribute[], inputs: number[], outputs: number): Handle[];
  createTensor(shape: number[], dtype: number, values: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  loadSavedModel(folder: string, tags: string): number;
  runSavedModel(model: number, inputs: number[], inputNames: string, outputNames: string): Handle[];
  deleteSavedModel(model: number): void;
  [constant: string]: unknown;
}
interface NodeBackend {
  binding: Binding;
  getInputTensorIds(tensors: Tensor[]): number[];
  createOutputTensor(handle: Handle): Tensor;
  isUsingGpuDevice: boolean;
}

/** An input of a kernel: a tensor of tfjs, or the id of a native handle that tfjs does not manage. */
export type Input = Tensor | number;
/** A native handle: TensorFlow's own tensor, freed by hand. */
export type Handle = { id: number; shape: number[]; dtype: number };

/** One call of a kernel: the ids of its inputs, and its outputs. */
export type Call = { kernel: string; attributes: Attribute[]; inputs: number[]; outputs: Handle[] };
/** What a handle was made of. */
export type Constant = { shape: number[]; dtype: number; values: ArrayBufferView };

// Required, not imported: only tfjs-core's types are used, and the compiler would read those of layers, data and every other backend.
const tfjs: typeof import("@tensorflow/tfjs-core") = require("@tensorflow/tfjs-node-gpu");
const backend = tfjs.backend() as unknown as NodeBackend;
/** The binding itself; calls go through backend.binding, where a recording may listen. */
const { binding } = backend;
const ids = (inputs: Input[]): number[] => inputs.map((x) => (typeof x === "number" ? x : backend.getInputTensorIds([x])[0]));

/** TensorFlow's attribute constructors: the type of an element, a boolean, an integer, a float, a shape, a string. */
const attribute = {
  type: (name: string, value: "float" | "double" | "int32" | "bool"): Attribute => ({
    name,
    type: binding.TF_ATTR_TYPE as number,
    value: dtype[value],
  }),
  bool: (name: string, value: boolean): Attribute => ({ name, type: binding.TF_ATTR_BOOL as number, value }),
  int: (name: string, value: number): Attribute => ({ name, type: binding.TF_ATTR_INT as number, value }),
  float: (name: string, value: number): Attribute => ({ name, type: binding.TF_ATTR_FLOAT as number, value }),
  shape: (name: string, value: number[]): Attribute => ({ name, type: binding.TF_ATTR_SHAPE as number, value }),
  string: (name: string, value: string): Attribute => ({ name, type: binding.TF_ATTR_STRING as number, value }),
};
const dtype = {
  float: binding.TF_FLOAT as number,
  double: 2, // TF_DOUBLE, which the binding does not name
  int32: binding.TF_INT32 as number,
  int64: binding.TF_INT64 as number,
  bool: binding.TF_BOOL as number,
};

/** How many constants are kept, those that were asked for last: more than any one computation holds on to. */
const KEPT = 128;
const constants = new Map<string, number>();
const constantValues = new Map<number, Constant>();

const kernels = {
  attribute,
  /** Runs a kernel; its outputs are ordinary tensors, freed by tf.tidy like any other. A failure throws TensorFlow's message. */
  run(name: string, attributes: Attribute[], inputs: Input[], outputs: number): Tensor[] {
    return backend.binding.executeOp(name, attributes, ids(inputs), outputs).map((m) => backend.createOutputTensor(m));
  },
  /** Runs a kernel for its one native handle (or for its effect): the caller frees it. */
  handle(name: string, attributes: Attribute[], inputs: Input[], outputs: 0 | 1): number {
    return backend.binding.executeOp(name, attributes, ids(inputs), outputs)[0]?.id ?? -1;
  },
  /** A native handle with these values, for one use: the caller frees it. */
  scalar: (value: number): number => binding.createTensor([], dtype.float, new Float32Array([value])),
  /** A native handle with a constant's values: the caller frees it. */
  make: ({ shape, dtype, values }: Constant): number => binding.createTensor(shape, dtype, values as Float32Array),
  free: (handle: number): void => binding.deleteTensor(handle),
  /** The kernel call itself, on ids; the caller frees what it makes. */
  execute: (name: string, attributes: Attribute[], inputs: number[], outputs: number): Handle[] =>
    backend.binding.executeOp(name, attributes, inputs, outputs),
  /** Kernels of one output on bare handles, for types that tfjs does not have: the last one's output becomes a tensor, the others are freed. */
  bare(f: (kernel: (name: string, attributes: Attribute[], inputs: Input[]) => number) => number): Tensor {
    const made: Handle[] = [];
    const last = f((name, attributes, inputs) => {
      made.push(...backend.binding.executeOp(name, attributes, ids(inputs), 1));
      return made[made.length - 1].id;
    });
    for (const { id } of made) if (id !== last) binding.deleteTensor(id);
    return backend.createOutputTensor(made.find(({ id }) => id === last)!);
  },
  /** Hands a native handle over to tfjs. */
  adopt: (handle: Handle): Tensor => backend.createOutputTensor(handle),
  /** The id of a constant, made once for each distinct value while it is in use: a float or an int64 is a scalar, an int32 a vector unless a shape is given. */
  constant(kind: "float" | "int32" | "int64", values: number[], shape = kind === "int32" ? [values.length] : []): number {
    const key = values.length === 1 && shape.length === 0 ? `${kind}${values[0]}` : `${kind} ${shape.join()} ${values.join()}`;
    let id = constants.get(key);
    constants.delete(key); // and back at the end: the first one is the one that was not asked for longest
    if (id === undefined) {
      // The binding takes an int64 as two int32 words, low word first.
      const data = kind === "float" ? Float32Array.from(values) : Int32Array.from(kind === "int64" ? [values[0], 0] : values);
      id = binding.createTensor(shape, dtype[kind], data);
      constantValues.set(id, { shape, dtype: dtype[kind], values: data });
      // A recording, and a tape until its gradient is taken, need all that they have met.
      const isFree = backend.binding === binding && !tfjs.engine().isTapeOn();
      for (const [old, oldId] of [...constants].slice(0, isFree ? Math.max(0, constants.size - KEPT) : 0)) {
        binding.deleteTensor(oldId);
        constants.delete(old);
        constantValues.delete(oldId);
      }
    }
    constants.set(key, id);
    return id;
  },
  /** Runs f; tells what kernels it called, and what values the tensors have that it made of JavaScript's. @throws Error if f looks at a tensor's values */
  record<R>(f: () => R): { result: R; calls: Call[]; values: Map<number, Constant> } {
    const calls: Call[] = [];
    const values = new Map(constantValues);
    const listening = Object.create(binding, {
      executeOp: {
        value: (kernel: string, attributes: Attribute[], inputs: number[], n: number) => {
          const outputs = binding.executeOp(kernel, attributes, inputs, n);
          calls.push({ kernel, attributes, inputs: [...inputs], outputs });
          return outputs;
        },
      },
      createTensor: {
        value: (shape: number[], type: number, data: Float32Array | Int32Array) => {
          const id = binding.createTensor(shape, type, data);
          values.set(id, { shape: [...shape], dtype: type, values: data.slice() });
          return id;
        },
      },
      tensorDataSync: {
        value: () => {
          throw new Error("a recorded function must not look at the values of a tensor: they are those of its first run alone");
        },
      },
    });
    backend.binding = listening;
    try {
      const result = f();
      for (const [id, constant] of constantValues) values.set(id, constant); // those that f was the first to ask for
      return { result, calls, values };
    } finally {
      backend.binding = binding;
    }
  },
  /** Whether a recording is under way. */
  recording: () => backend.binding !== binding,
  /** A graph that lies in a folder as a SavedModel, ready to be run, until it is closed. */
  openGraph: (folder: string): number => binding.loadSavedModel(folder, "serve"),
  runGraph: (graph: number, inputs: number[], inputNames: string, outputNames: string): Handle[] =>
    binding.runSavedModel(graph, inputs, inputNames, outputNames),
  closeGraph: (graph: number): void => binding.deleteSavedModel(graph),
  /** The id and the type of a tensor. */
  idOf: (tensor: Tensor): { id: number; dtype: number } => ({
    id: ids([tensor])[0],
    dtype: tensor.dtype === "int32" ? dtype.int32 : dtype.float,
  }),
  messages,
  attributeTypes: binding as unknown as Record<`TF_ATTR_${"TYPE" | "BOOL" | "INT" | "FLOAT" | "STRING" | "SHAPE"}`, number>,
};

// A kernel that tfjs-core has and its TensorFlow backend lacks: the place of each value among ascending ones, row by row.
tfjs.registerKernel({
  kernelName: "SearchSorted",
  backendName: "tensorflow",
  kernelFunc: ({ inputs, attrs }) => {
    const [sorted, values] = [inputs.sortedSequence, inputs.values] as Tensor[];
    const types = [attribute.type("T", values.dtype === "int32" ? "int32" : "float"), attribute.type("out_type", "int32")];
    return kernels.run(attrs?.side === "right" ? "UpperBound" : "LowerBound", types, [sorted, values], 1)[0];
  },
});

/** TensorFlow's kernels by name; null where there are none, or where TDLGM_OPS=1 asks for the op-by-op forms. */
export const native: typeof kernels | null = process.env.TDLGM_OPS === "1" ? null : kernels;

/** What computes: TensorFlow's version and device ("CPU" or "GPU"), for a result's record. */
export const device = { tensorflow: String(binding.TF_Version), name: backend.isUsingGpuDevice ? "GPU" : "CPU" };
