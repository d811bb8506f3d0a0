/**
 * Slice and SplitV for tfjs's JavaScript backend, which copies one element after another by its coordinates: an LSTM that cuts its weights
 * into gates takes most of its time in it. Here whole rows are copied; the values are the same.
 */
import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import {
  backend_util,
  getKernel,
  type KernelFunc,
  registerKernel,
  slice_util,
  type Tensor,
  type TensorInfo,
  unregisterKernel,
  util,
} from "@tensorflow/tfjs-core";

/** The part of a tensor that begins somewhere and has this size, a run of its last axis at a time. */
function slice(backend: MathBackendCPU, x: TensorInfo, begin: number[], size: number[]): TensorInfo {
  const values = backend.data.get(x.dataId).values as Float32Array;
  const out = util.getTypedArrayFromDType(x.dtype as "float32", util.sizeFromShape(size));
  const run = size.length === 0 ? 1 : size[size.length - 1];
  const strides = util.computeStrides(x.shape);
  const at = size.map(() => 0);
  for (let to = 0; to < out.length; to += run) {
    const from = begin.reduce((sum, b, axis) => sum + (b + at[axis]) * (strides[axis] ?? 1), 0);
    out.set(values.subarray(from, from + run), to);
    for (let axis = size.length - 2; axis >= 0 && ++at[axis] === size[axis]; axis--) at[axis] = 0;
  }
  return backend.makeTensorInfo(size, x.dtype, out);
}

const isPlain = ({ dtype }: TensorInfo): boolean => dtype === "float32" || dtype === "int32";

/** Puts a kernel in the place of tfjs's, which goes on with other types. */
function replace(name: string, make: (former: KernelFunc) => KernelFunc): void {
  const former = getKernel(name, "cpu");
  unregisterKernel(name, "cpu");
  registerKernel({ ...former, kernelFunc: make(former.kernelFunc) });
}

replace("Slice", (former) => (call) => {
  const { x } = call.inputs as { x: TensorInfo };
  if (!isPlain(x)) return former(call);
  const { begin, size } = call.attrs as unknown as { begin: number[]; size: number[] };
  return slice(call.backend as MathBackendCPU, x, ...(slice_util.parseSliceParams(x, begin, size) as [number[], number[]]));
});

replace("SplitV", (former) => (call) => {
  const { x } = call.inputs as { x: TensorInfo };
  if (!isPlain(x)) return former(call);
  const { numOrSizeSplits, axis } = call.attrs as unknown as { numOrSizeSplits: number | number[]; axis: number };
  const [along] = util.parseAxisParam(axis, x.shape);
  const begin = x.shape.map(() => 0);
  return backend_util.prepareSplitSize(x as Tensor, numOrSizeSplits, along).map((length) => {
    const part = slice(
      call.backend as MathBackendCPU,
      x,
      begin,
      x.shape.map((n, i) => (i === along ? length : n)),
    );
    begin[along] += length;
    return part;
  });
});
