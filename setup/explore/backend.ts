/** What stands for lib/tensor/backend.ts in a page: no TensorFlow, so that every block takes its op-by-op form, on tfjs's JavaScript backend. */
import "@tensorflow/tfjs-backend-cpu";
import "./slices";

/** TensorFlow's kernels: there are none. */
export const native = null;

/** What computes. */
export const device = { tensorflow: "none", name: "JavaScript" };
