/** A sequence that fills the cells of Algorithm 1: what exercise 06.5 asks for. */

const BINS = 11;
/** Algorithm 1's bin of a value, and a value of a bin. */
const binOf = (v: number): number => Math.min(BINS - 1, Math.floor(10 * v + 1e-6));
const middleOf = (bin: number): number => (bin === BINS - 1 ? 1 : (bin + 0.5) / 10);

/** What one more step from bin to bin adds to the score, if `made` of them are there. */
type Gain = (from: number, to: number) => number;

/** The next bin: the one with the greatest gain, of the step to it and of the best step from there. */
function nextBin(from: number, gain: Gain): number {
  const bins = Array.from({ length: BINS }, (_, bin) => bin);
  const worth = (to: number) => gain(from, to) + 0.5 * Math.max(...bins.map((then) => gain(to, then)));
  return bins.reduce((best, bin) => (worth(bin) > worth(best) ? bin : best));
}

/** n values that walk from bin to bin, each time to where Algorithm 1's score against the true series gains most. */
export function fillingSequence(truth: Float32Array, n: number): Float32Array {
  const wanted = new Float64Array(BINS * BINS);
  for (let t = 1; t < truth.length; t++) wanted[BINS * binOf(truth[t - 1]) + binOf(truth[t])]++;
  const c = (truth.length - 1) / (n - 1);
  const made = new Float64Array(BINS * BINS);
  const gain: Gain = (from, to) => {
    const cell = BINS * from + to;
    if (wanted[cell] === 0) return 0;
    return (Math.min(c * (made[cell] + 1), wanted[cell]) - Math.min(c * made[cell], wanted[cell])) / wanted[cell];
  };
  const bins = [BINS - 1];
  while (bins.length < n) {
    const from = bins[bins.length - 1];
    const to = nextBin(from, gain);
    made[BINS * from + to]++;
    bins.push(to);
  }
  return Float32Array.from(bins, middleOf);
}
