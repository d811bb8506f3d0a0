/** Moving averages of weights along a training. */
import { checkNumber } from "../base/check";
import { type Model, weighted } from "../models/model";

/**
 * Moves a model's weights a towards the weights w of another one, which trains: a ← a + share (w − a). Called again and again it makes a their
 * exponential moving average. Where the networks of a GAN circle about what they tend to, the average lies nearer to it (Yazıcı et al. 2019).
 * @param average of the same settings; it takes the other's number of steps too
 * @param share of the way that it goes, from 0 to 1
 * @throws Error naming the argument that does not fit
 */
export function follow(average: Model, model: Model, share: number): void {
  const [own, other] = [weighted(average), weighted(model)];
  checkNumber(share, "share", 0, 1);
  const [a, w] = [own.adam.values(), other.adam.values()];
  if (a.length !== w.length) throw new Error(`average has ${a.length} weights, and model ${w.length}: they must be of the same settings`);
  own.restart(a.map((x, i) => x + share * (w[i]! - x)));
  own.step = other.step;
}
