/** Methods of arrays of 2023 that Node 20 has and TypeScript 5.0 does not know. */

interface ReadonlyArray<T> {
  /** A copy in reverse order. */
  toReversed(): T[];
  /** A sorted copy. */
  toSorted(compare?: (a: T, b: T) => number): T[];
  /** A copy with some elements removed, and others in their place. */
  toSpliced(start: number, count?: number, ...items: T[]): T[];
  /** A copy with another value at this place. */
  with(index: number, value: T): T[];
}
interface Array<T> {
  /** A copy in reverse order. */
  toReversed(): T[];
  /** A sorted copy. */
  toSorted(compare?: (a: T, b: T) => number): T[];
  /** A copy with some elements removed, and others in their place. */
  toSpliced(start: number, count?: number, ...items: T[]): T[];
  /** A copy with another value at this place. */
  with(index: number, value: T): T[];
}
interface Int8Array {
  toReversed(): Int8Array;
  toSorted(compare?: (a: number, b: number) => number): Int8Array;
  with(index: number, value: number): Int8Array;
}
interface Uint8Array {
  toReversed(): Uint8Array;
  toSorted(compare?: (a: number, b: number) => number): Uint8Array;
  with(index: number, value: number): Uint8Array;
}
interface Uint8ClampedArray {
  toReversed(): Uint8ClampedArray;
  toSorted(compare?: (a: number, b: number) => number): Uint8ClampedArray;
  with(index: number, value: number): Uint8ClampedArray;
}
interface Int16Array {
  toReversed(): Int16Array;
  toSorted(compare?: (a: number, b: number) => number): Int16Array;
  with(index: number, value: number): Int16Array;
}
interface Uint16Array {
  toReversed(): Uint16Array;
  toSorted(compare?: (a: number, b: number) => number): Uint16Array;
  with(index: number, value: number): Uint16Array;
}
interface Int32Array {
  toReversed(): Int32Array;
  toSorted(compare?: (a: number, b: number) => number): Int32Array;
  with(index: number, value: number): Int32Array;
}
interface Uint32Array {
  toReversed(): Uint32Array;
  toSorted(compare?: (a: number, b: number) => number): Uint32Array;
  with(index: number, value: number): Uint32Array;
}
interface Float32Array {
  toReversed(): Float32Array;
  toSorted(compare?: (a: number, b: number) => number): Float32Array;
  with(index: number, value: number): Float32Array;
}
interface Float64Array {
  toReversed(): Float64Array;
  toSorted(compare?: (a: number, b: number) => number): Float64Array;
  with(index: number, value: number): Float64Array;
}
interface BigInt64Array {
  toReversed(): BigInt64Array;
  toSorted(compare?: (a: bigint, b: bigint) => number): BigInt64Array;
  with(index: number, value: bigint): BigInt64Array;
}
interface BigUint64Array {
  toReversed(): BigUint64Array;
  toSorted(compare?: (a: bigint, b: bigint) => number): BigUint64Array;
  with(index: number, value: bigint): BigUint64Array;
}
