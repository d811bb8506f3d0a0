/** What a model draws, from the page's own generator. */
import * as tf from "@tensorflow/tfjs-core";
import type { Random } from "../../../lib/base/random";
import type { Wanted } from "../../../lib/tensor/draws";

/** What is wanted for some rows, from a random stream: normals or uniforms. */
export function drawnFrom(random: Random, wanted: Record<string, Wanted>, B: number): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(wanted).map(([name, { of, shape }]) => {
      const sizes = shape.map((n) => (n === "rows" ? B : n));
      const next = of === "normals" ? () => random.normal() : () => random.uniform();
      return [name, tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape(sizes) }, next), sizes)];
    }),
  );
}
