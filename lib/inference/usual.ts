/** The usual repairs of a real-valued series, to compare with. */
import { checkSeen, refuse } from "../base/check";
import { minimise } from "../metrics/minimise";
import { collapsedEvidence } from "./estimate";
import { kalman, localLevel } from "./stateSpace";

/** The upper median of values that are there. */
export const median = (values: Float64Array): number => values.slice().sort()[Math.floor(values.length / 2)]!;

/** The root mean square of what values lie away from a centre. */
export const spreadOf = (values: Float64Array, centre: number): number =>
  Math.sqrt(values.reduce((sum, v) => sum + (v - centre) ** 2, 0) / values.length);

/**
 * Gaps (NaN) filled by straight lines between their neighbours; before the first value and after the last by that value.
 * @throws Error if all values are missing
 */
export function interpolated(values: Float64Array): Float64Array {
  checkSeen(values, "values", [Float64Array]);
  const there = Array.from(values.keys()).filter((t) => !Number.isNaN(values[t]!));
  if (there.length === 0) refuse("values", "not all missing", values);
  let next = 0;
  return values.map((v, t) => {
    while (next < there.length && there[next]! < t) next++;
    if (!Number.isNaN(v)) return v;
    const [before, after] = [there[next - 1], there[next]];
    if (before === undefined) return values[after!]!;
    if (after === undefined) return values[before]!;
    return values[before]! + ((values[after]! - values[before]!) * (t - before)) / (after - before);
  });
}

/**
 * The usual repair to compare with: a local level seen through Gaussian noise on all values alike, both spreads by maximum likelihood, and the
 * Kalman smoother.
 * @throws Error if all values are missing, or equal
 */
export function localLevelSmoother(values: Float64Array): Float64Array {
  checkSeen(values, "values", [Float64Array]);
  const there = values.filter((v) => !Number.isNaN(v));
  if (there.length === 0) refuse("values", "not all missing", values);
  const centre = median(there);
  const scale = spreadOf(there, centre);
  if (scale === 0) refuse("values", "not all equal", values);
  const scaled = values.map((v) => (v - centre) / scale);
  const first = { mean: scaled.find((v) => !Number.isNaN(v))!, sd: 1 };
  const build = (x: number[]) => localLevel({ level: Math.exp(x[0]!), irregular: 0 }, first);
  const loss = (x: number[]) => -collapsedEvidence(build(x), scaled, { probability: 1, sd: Math.exp(x[1]!) });
  const { at } = [-3, -1].map((x) => minimise(loss, [x, -1], [1, 1])).reduce((a, b) => (b.value < a.value ? b : a));
  return kalman(build(at), scaled, Math.exp(at[1]!)).smoother.mean.map((z) => centre + scale * z);
}
