/**
 * What must be settled in the process before TensorFlow's library is loaded. Imported for its effect by backend.ts alone.
 *
 * - TensorFlow's start-up log stays off unless TF_CPP_MIN_LOG_LEVEL is set.
 * - oneDNN's variants are off unless TF_ENABLE_ONEDNN_OPTS is set: they change the order of sums from one processor to another, and gain
 *   nothing at this size.
 * - Kernels run one after the other, each on one thread, unless TF_NUM_INTEROP_THREADS or TF_NUM_INTRAOP_THREADS is set: at these sizes
 *   that is fastest, and it leaves the other cores to other runs.
 * - The CPU is the default device, also where a GPU and the CUDA build are present. TDLGM_DEVICE=gpu asks for the GPU.
 * - Node 23 and later have dropped two functions of `util` that @tensorflow/tfjs-node-gpu still calls.
 */
import util from "node:util";

process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
process.env.TF_ENABLE_ONEDNN_OPTS ??= "0";
process.env.TF_NUM_INTEROP_THREADS ??= "1";
process.env.TF_NUM_INTRAOP_THREADS ??= "1";
if (process.env.TDLGM_DEVICE !== "gpu") process.env.CUDA_VISIBLE_DEVICES = "-1";

const old = util as unknown as Record<string, unknown>;
old.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
old.isArray = Array.isArray;
