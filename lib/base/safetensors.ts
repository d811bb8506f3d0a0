/**
 * The safetensors format: 8 bytes of header length, a JSON header with name, dtype, shape and place of each tensor, then the bytes. One file, so
 * that writing is atomic. Text travels as header metadata. The entry "sha256" of the metadata is that of the whole file with zeros in its own place.
 */
import * as fs from "node:fs";
import { writeAtomically } from "./files";
import { sha256 } from "./sha256";

/** Named float32 arrays with their shapes, and text metadata. */
export interface Safetensors {
  /** A tensor of dtype BF16 is rounded to three digits when it is written, and takes half the space. */
  tensors: Record<string, { shape: number[]; values: Float32Array; dtype?: "F32" | "BF16" }>;
  metadata: Record<string, string>;
}

const UNSIGNED = "0".repeat(64);

/** The file's bytes with another text of 64 characters in place of one. */
function replaced(data: Buffer, old: string, text: string): Buffer {
  const copy = Buffer.from(data);
  const at = copy.indexOf(old);
  if (at >= 0) copy.write(text, at, "latin1");
  return copy;
}

/** A file whose metadata has 64 zeros as its sha256, with the sum in their place. */
export const signed = (data: Buffer): Buffer => replaced(data, UNSIGNED, sha256(data));

/** Writes a safetensors file, with its checksum. */
export function writeSafetensors(file: string, { tensors, metadata }: Safetensors): void {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { sha256: UNSIGNED, ...metadata } };
  const bodies: Buffer[] = [];
  for (const [name, { shape, values, dtype = "F32" }] of Object.entries(tensors)) {
    const { buffer, byteOffset, byteLength } = dtype === "BF16" ? toBfloat16(values) : values;
    header[name] = { dtype, shape, data_offsets: [offset, offset + byteLength] };
    offset += byteLength;
    bodies.push(Buffer.from(buffer, byteOffset, byteLength));
  }
  const json = JSON.stringify(header);
  const text = Buffer.from(json + " ".repeat((8 - (Buffer.byteLength(json) % 8)) % 8)); // the data starts on a multiple of 8
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeAtomically(file, signed(Buffer.concat([length, text, ...bodies])));
}

/** The upper halves of float32 numbers, rounded to the nearest. */
function toBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.slice().buffer);
  return Uint16Array.from(bits, (b) => (b + 0x8000) >>> 16);
}
const fromBfloat16 = (bytes: Uint8Array): Float32Array =>
  new Float32Array(Uint32Array.from(new Uint16Array(bytes.slice().buffer), (b) => b << 16).buffer);

/** The error for a checkpoint that cannot be used: the file, what is wrong, and the fix. */
export const brokenCheckpoint = (file: string, what: string) => new Error(`${file}: ${what}; train again or take another copy`);

const isObject = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null && !Array.isArray(x);
const areWhole = (x: unknown): x is number[] => Array.isArray(x) && x.every((n) => Number.isSafeInteger(n) && n >= 0);

/** Reads a safetensors file of float32 and bfloat16 tensors; a checksum that it has must fit. @throws Error naming the file and what is wrong with it */
export function readSafetensors(file: string): Safetensors {
  if (!fs.existsSync(file) || !fs.statSync(file).isFile()) throw new Error(`${file}: there is no such checkpoint; train one first`);
  const data = fs.readFileSync(file);
  const broken = (what: string) => brokenCheckpoint(file, `not a whole safetensors checkpoint (${what})`);
  if (data.length < 8) throw broken("it is too short");
  const length = Number(data.readBigUInt64LE(0));
  if (length > data.length - 8) throw broken("its header runs past its end");
  let header: unknown;
  try {
    header = JSON.parse(data.toString("utf8", 8, 8 + length));
  } catch {
    throw broken("its header is not JSON");
  }
  if (!isObject(header)) throw broken("its header is no JSON object");
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isObject(metadata) || Object.values(metadata).some((text) => typeof text !== "string"))
    throw broken("its metadata is not text by name");
  const tensors: Safetensors["tensors"] = {};
  let next = 8 + length; // tensors follow one another without a gap
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets } = (isObject(entry) ? entry : {}) as Record<string, unknown>;
    if (dtype !== "F32" && dtype !== "BF16") throw broken(`tensor ${name} has dtype ${dtype}, not F32 or BF16`);
    if (!areWhole(shape)) throw broken(`tensor ${name} has no shape`);
    if (!areWhole(data_offsets) || data_offsets.length !== 2) throw broken(`tensor ${name} has no two data_offsets from 0`);
    const [start, end] = data_offsets.map((o) => 8 + length + o);
    if (start !== next || end > data.length || end - start !== (dtype === "F32" ? 4 : 2) * shape.reduce((n, d) => n * d, 1))
      throw broken(`tensor ${name} does not fit`);
    next = end;
    const bytes = new Uint8Array(data.subarray(start, end));
    const values = dtype === "F32" ? new Float32Array(bytes.buffer) : fromBfloat16(bytes);
    tensors[name] = { shape, values };
  }
  if (next !== data.length) throw broken(`${data.length - next} bytes follow its last tensor`);
  const sum = metadata.sha256 as string | undefined;
  if (sum !== undefined && !(sum.length === 64 && sha256(replaced(data, sum, UNSIGNED)) === sum)) throw broken("its checksum does not fit");
  const infinite = Object.keys(tensors).find((name) => !tensors[name].values.every(Number.isFinite));
  if (infinite !== undefined) throw broken(`tensor ${infinite} holds a value that is not finite`);
  return { tensors, metadata: metadata as Record<string, string> };
}
