/** The planes on which the page shows ξ: made once, when the page is built. */
import * as tf from "@tensorflow/tfjs-core";
import { Matrix, SVD } from "ml-matrix";
import "../../lib/tensor/backend";
import { recogniseLatent } from "../../lib/models/latent";
import type { TdlgmConfig } from "../../lib/models/tdlgm";
import type { PageModel, Plane } from "./answers/data";
import { placeOn } from "./answers/value";

/** Of each layer the plane in which the means of q of these values differ most. */
export function planesOf({ config, weights }: PageModel<TdlgmConfig>, values: number[]): Plane[] {
  const means = tf.tidy(() => recogniseLatent(config, weights, tf.tensor2d(values, [values.length, 1])).mean.arraySync()) as number[][][];
  return means.map((layer) => {
    const centre = layer[0].map((_, k) => layer.reduce((sum, row) => sum + row[k], 0) / layer.length);
    const centred = new Matrix(layer.map((row) => row.map((x, k) => x - centre[k])));
    const { rightSingularVectors: V, diagonal } = new SVD(centred, { computeLeftSingularVectors: false });
    const axes = [0, 1].map((i) => {
      const axis = V.getColumn(i);
      const largest = axis.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
      return axis.map((x) => x * Math.sign(largest)); // a singular vector's sign is anybody's choice
    }) as [number[], number[]];
    const squares = diagonal.map((s) => s * s);
    const share = (squares[0] + squares[1]) / squares.reduce((a, b) => a + b, 0);
    const dots = layer.map((row) => placeOn({ centre, axes }, row));
    return { centre, axes, share, dots };
  });
}
