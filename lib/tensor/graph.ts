/**
 * A function of tensors as one TensorFlow graph. Its kernels are recorded while it runs once, op by op, with whatever gradients it takes;
 * from then on TensorFlow runs them all in one call, by the fewer kernels that rewrite.ts makes of them. A kernel then costs some 1 µs. Op by
 * op it costs 5-10 µs and its share of the tape, which together are most of a training step of small batches.
 *
 * What is recorded is what the kernels do to the inputs. So all that changes from call to call must be an input: the step's number, from
 * which its draws follow, too.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { type Attribute, type Call, type Constant, native } from "./backend";
import { rewritten } from "./rewrite";

/** How many shapes of inputs a graph is kept for. */
const KEPT = 8;

/** A recorded function: anew for other shapes of its inputs. Without TensorFlow it is the function as it stands. */
export class Graph {
  private readonly sessions = new Map<string, { id: number; inputs: string; outputs: string }>();

  constructor(private readonly f: (...inputs: tf.Tensor[]) => tf.Tensor[]) {}

  /**
   * The function's outputs, tensors of the caller's.
   * @throws Error if f uses a tensor that is neither an input nor made within, or looks at a tensor's values
   */
  run(...inputs: tf.Tensor[]): tf.Tensor[] {
    if (!native || native.recording()) return this.opByOp(...inputs);
    const { idOf, runGraph, adopt } = native;
    const shapes = inputs.map((x) => `${x.dtype} ${x.shape}`).join("; ");
    let session = this.sessions.get(shapes);
    if (!session) {
      session = record(this.f, inputs);
      this.sessions.set(shapes, session);
      if (this.sessions.size > KEPT) this.close([...this.sessions.keys()][0]);
    }
    if (session.outputs === "") return []; // a function of no outputs
    const ids = inputs.map((x) => idOf(x).id);
    return runGraph(session.id, ids, session.inputs, session.outputs).map(adopt);
  }

  /** The same by the function as it stands. */
  opByOp(...inputs: tf.Tensor[]): tf.Tensor[] {
    return tf.tidy(() => this.f(...inputs));
  }

  dispose(): void {
    for (const shapes of [...this.sessions.keys()]) this.close(shapes);
  }

  private close(shapes: string): void {
    native?.closeGraph((this.sessions.get(shapes) as { id: number }).id);
    this.sessions.delete(shapes);
  }
}

/** Runs f once and opens what it did as a graph. */
function record(f: (...inputs: tf.Tensor[]) => tf.Tensor[], inputs: tf.Tensor[]): { id: number; inputs: string; outputs: string } {
  const { record, idOf, openGraph, messages } = native!;
  const graph = new messages.GraphDef();
  const places = new Map<number, string>(); // of a handle: the node that makes it, and which of its outputs it is
  inputs.forEach((x, i) => {
    const { id, dtype } = idOf(x);
    graph.addNode(node(`input${i}`, "Placeholder", [], { dtype: typeValue(dtype), shape: shapeValue(x.shape) }));
    places.set(id, `input${i}:0`);
  });
  const outputs = tf.tidy(() => {
    const handles = (tensors: tf.Tensor[]) => tensors.map((x) => ({ ...idOf(x), shape: x.shape }));
    const { result: asked, calls, values } = record(() => handles(f(...inputs))); // a constant gets its handle when it is first asked for
    const given = handles(inputs);
    const fewer = rewritten(
      calls,
      values,
      given,
      asked.map(({ id }) => id),
    );
    for (const [i, call] of fewer.calls.entries()) addCall(graph, places, values, call, `kernel${i}`);
    return fewer.outputs.map((id, i) => {
      const { dtype } = asked[i];
      const place = placeOf(graph, places, values, id);
      if (place === undefined) throw new Error(`output ${i} of a recorded function is a tensor from outside: give it as an input`);
      if (!place.startsWith("input")) return place;
      graph.addNode(node(`output${i}`, "Identity", [place], { T: typeValue(dtype) })); // TensorFlow gives no input back as it came
      return `output${i}:0`;
    });
  });
  const versions = new messages.VersionDef();
  versions.setProducer(GRAPH_VERSION);
  graph.setVersions(versions);
  return { id: inFolder(graph, openGraph), inputs: inputs.map((_, i) => `input${i}:0`).join(), outputs: outputs.join() };
}

/** Of TensorFlow 2.21: which defaults and which checks hold for the graph. */
const GRAPH_VERSION = 2000;

/** Where a handle is in the graph, into which a constant comes when it is first asked for; undefined for a handle from outside. */
function placeOf(graph: Message, places: Map<number, string>, values: Map<number, Constant>, id: number): string | undefined {
  const constant = values.get(id);
  if (places.has(id) || !constant) return places.get(id);
  const name = `constant${places.size}`;
  graph.addNode(node(name, "Const", [], { dtype: typeValue(constant.dtype), value: tensorValue(constant) }));
  places.set(id, `${name}:0`);
  return `${name}:0`;
}

function addCall(graph: Message, places: Map<number, string>, values: Map<number, Constant>, call: Call, name: string): void {
  const inputs = call.inputs.map((id) => {
    const place = placeOf(graph, places, values, id);
    if (place === undefined) throw new Error(`a recorded function uses a tensor from outside in ${call.kernel}: give it as an input`);
    return place;
  });
  graph.addNode(node(name, call.kernel, inputs, Object.fromEntries(call.attributes.map((a) => [a.name, attributeValue(a)]))));
  call.outputs.forEach(({ id }, i) => {
    places.set(id, `${name}:${i}`);
  });
}

/** Writes the graph as a SavedModel, has it read, and removes it again. */
function inFolder(graph: Message, read: (folder: string) => number): number {
  const { SavedModel, MetaGraphDef } = native!.messages;
  const meta = new MetaGraphDef();
  const info = new MetaGraphDef.MetaInfoDef();
  info.addTags("serve");
  meta.setMetaInfoDef(info);
  meta.setGraphDef(graph);
  const model = new SavedModel();
  model.setSavedModelSchemaVersion(1);
  model.addMetaGraphs(meta);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tdlgm-graph-"));
  try {
    fs.writeFileSync(path.join(folder, "saved_model.pb"), model.serializeBinary());
    return read(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** A message of TensorFlow's, with the accessors that its compiler wrote. */
// biome-ignore lint/suspicious/noExplicitAny: the package declares none of them
type Message = any;

function node(name: string, kernel: string, inputs: string[], attributes: Record<string, Message>): Message {
  const made = new native!.messages.NodeDef();
  made.setName(name);
  made.setOp(kernel);
  made.setInputList(inputs);
  for (const [key, value] of Object.entries(attributes)) made.getAttrMap().set(key, value);
  return made;
}

/** An attribute with one of its fields set. */
function value(field: string, x: unknown): Message {
  const made = new native!.messages.AttrValue();
  made[`set${field}`](x);
  return made;
}

const typeValue = (dtype: number) => value("Type", dtype);
const shapeValue = (shape: number[]) => value("Shape", shapeMessage(shape));

function shapeMessage(shape: number[]): Message {
  const { TensorShape } = native!.messages;
  const made = new TensorShape();
  for (const size of shape) {
    const dimension = new TensorShape.Dim();
    dimension.setSize(size);
    made.addDim(dimension);
  }
  return made;
}

function tensorValue({ shape, dtype, values }: Constant): Message {
  const made = new native!.messages.Tensor();
  made.setDtype(dtype);
  made.setTensorShape(shapeMessage(shape));
  made.setTensorContent(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return value("Tensor", made);
}

function attributeValue({ type, value: x, name }: Attribute): Message {
  const { messages, attributeTypes: t } = native!;
  if (Array.isArray(x) && type === t.TF_ATTR_INT) {
    const list = new messages.AttrValue.ListValue();
    list.setIList(x);
    return value("List", list);
  }
  if (type === t.TF_ATTR_TYPE) return typeValue(x as number);
  if (type === t.TF_ATTR_SHAPE) return shapeValue(x as number[]);
  if (type === t.TF_ATTR_BOOL) return value("B", x);
  if (type === t.TF_ATTR_INT) return value("I", x);
  if (type === t.TF_ATTR_FLOAT) return value("F", x);
  if (type === t.TF_ATTR_STRING) return value("S", Buffer.from(x as string));
  throw new Error(`attribute ${name} is of a type that a graph does not take`);
}
