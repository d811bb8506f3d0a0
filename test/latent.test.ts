/** What DLGM and tDLGM share: the folding of G_l into the maps that h_l goes into. */
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { mixed, whole } from "../lib/models/latent";
import { expectClose, randomTensor } from "./helpers";

describe("mixed", () => {
  const [B, K, H, O] = [3, 2, 4, 5];
  const shapes = { o: [1, B, H], xi: [1, B, K], G: [K, H], W: [H, O], U: [H, O], own: [1, B, H] };
  const inputs = Object.entries(shapes).map(([name, shape]) => randomTensor(shape, name));
  const product = (x: tf.Tensor, w: tf.Tensor) => tf.matMul(tf.reshape(x, [B, -1]), w as tf.Tensor2D);
  for (const [top, lstm] of [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])
    it(`gives ${lstm ? "an LSTM, which takes its own output too," : "a linear map"} what h_l gives it${top ? ", at the top" : ""}, with the same gradients`, () => {
      const h = (o: tf.Tensor, xi: tf.Tensor, G: tf.Tensor) => mixed(top ? null : o, xi, G as tf.Tensor2D);
      const weights = (W: tf.Tensor, U: tf.Tensor) => ({ w: lstm ? tf.concat([W, U], 0) : W, b: tf.zeros([O]) });
      const joined = (x: tf.Tensor, own: tf.Tensor) => (lstm ? tf.concat([x, own], 2) : x);
      const folded = (o: tf.Tensor, xi: tf.Tensor, G: tf.Tensor, W: tf.Tensor, U: tf.Tensor, own: tf.Tensor) => {
        const { x, into } = h(o, xi, G);
        return product(joined(x, own), into(weights(W, U)).w);
      };
      const asWritten = (o: tf.Tensor, xi: tf.Tensor, G: tf.Tensor, W: tf.Tensor, U: tf.Tensor, own: tf.Tensor) => {
        const g = tf.reshape(product(xi, G), [1, B, H]); // G_l ξ_l
        return product(joined(top ? g : tf.add(o, g), own), weights(W, U).w);
      };
      const used = inputs.filter((_, i) => !(top && i === 0) && (lstm || i < 4));
      const full = (given: tf.Tensor[]) => inputs.map((x) => given[used.indexOf(x)] ?? x) as Parameters<typeof folded>;
      expectClose(folded(...full(used)), asWritten(...full(used)), 1e-6);
      const [ours, theirs] = [folded, asWritten].map((f) =>
        tf.grads((...x: tf.Tensor[]) => tf.sum(tf.mul(f(...full(x)), randomTensor([B, O], "by"))) as tf.Scalar)(used),
      );
      expect(ours).toHaveLength(used.length);
      ours.forEach((g, i) => {
        expectClose(g, theirs[i], 1e-5, `input ${i}`);
      });
    });

  it("is h_l itself by value(), as whole is", () => {
    const [o, xi, G] = inputs;
    const sum = tf.add(o, tf.reshape(product(xi, G), [1, B, H]));
    expectClose(mixed(o, xi, G as tf.Tensor2D).value(), sum, 1e-6);
    const { x, into, value } = whole(sum);
    const map = { w: inputs[3], b: tf.zeros([O]) };
    expect([x, value(), into(map)]).toEqual([sum, sum, map]);
  });
});
