/**
 * Scores of generated sequences, each as a function of means over the sequences. Where sequences are drawn anew, only these means change, so that
 * `statisticBootstrap` need not score each draw from the start.
 */
import { Matrix } from "ml-matrix";
import { checkAllSeries, checkAsMany, checkWhole } from "../base/check";
import { autocorrelation, checkVaried } from "./autocorrelation";
import { ofMoments } from "./leastSquares";
import { mean } from "./metrics";
import { kernelMeans, kernelMeansWithin, medianDistance } from "./mmd";
import { CELLS, generatedPairs, overlap, type Pairs, score, truePairs } from "./pairs";
import { classified } from "./twoSample";

/** A score of a set of sequences. */
export interface ScoreByMeans {
  /** What the score takes the means of: for each mean an array, which has a number for each sequence. The sequences have one length. */
  parts(sequences: readonly Float32Array[]): ArrayLike<number>[];
  /** The score, from the means of the parts. */
  of(means: readonly number[]): number;
}

/**
 * The scores of the same names, by means. `of` the means of a set's `parts` is the score of the set. What a score compares with, the real series or
 * the real sequences, stays as it is.
 *
 * - `mmd` has one bandwidth for all sets: the median distance of the real sequences. With sequences drawn anew it is exact to first order.
 * - `discriminativeScore` keeps its classifiers: drawn anew are the sequences that they classify, not those that they learned from.
 *
 * @example const { parts, of } = byMeans.transitionOverlap(Float32Array.of(0, 1, 0));
 * of(parts([Float32Array.of(0, 1)]).map((part) => mean(part))) // 0.5
 */
export const byMeans = {
  pooledAutocorrelation(lag: number): ScoreByMeans {
    checkWhole(lag, "lag", 1);
    const { parts, of } = autocorrelations([lag]);
    return { parts, of: (means) => of(means)[0]! };
  },

  autocorrelationDistance(real: Float32Array, lags = 20): ScoreByMeans {
    checkWhole(lags, "lags", 1);
    checkVaried(real, lags);
    const each = Array.from({ length: lags }, (_, i) => i + 1);
    const ofReal = each.map((lag) => autocorrelation(real, lag));
    const { parts, of } = autocorrelations(each);
    return { parts, of: (means) => Math.sqrt(mean(of(means).map((r, i) => (r - ofReal[i]!) ** 2))) };
  },

  transitionOverlap: (truth: Float32Array, lag = 1): ScoreByMeans => transitions(truth, lag, overlap),

  transitionScore: (truth: Float32Array, lag = 1): ScoreByMeans => transitions(truth, lag, score),

  mmd(real: readonly Float32Array[]): ScoreByMeans {
    checkAlike(real, "real", 2);
    const sigma = medianDistance(real);
    const amongReal = mean(kernelMeansWithin(real, sigma));
    return {
      parts(sequences) {
        checkAlike(sequences, "sequences", 2);
        checkAsMany(sequences[0]!, "sequences[0]", real[0]!, "real[0]");
        const among = kernelMeansWithin(sequences, sigma);
        const whole = mean(among);
        return [among, kernelMeans(sequences, real, sigma), among.map(() => whole)];
      },
      // Σ_ij w_i w_j k_ij changes twice as fast with w as Σ_i w_i mean_j k_ij.
      of: ([among, toReal, whole]) => 2 * among! - whole! + amongReal - 2 * toReal!,
    };
  },

  discriminativeScore(real: readonly Float32Array[], length = 5): ScoreByMeans {
    checkWhole(length, "length", 1);
    checkAlike(real, "real", 2, length);
    return {
      parts(sequences) {
        checkAlike(sequences, "sequences", 2, length);
        const { ofReal, ofGenerated } = classified(real, sequences, length);
        const windows = Math.floor(sequences[0]!.length / length);
        const inFold = (fold: number) => sequences.map((_, i) => Number(i % 2 === fold));
        const right = (fold: number) =>
          sequences.map((_, i) => {
            const from = windows * Math.floor(i / 2);
            return i % 2 === fold ? mean(ofGenerated[fold]!.slice(from, from + windows)) : 0;
          });
        const shareOfReal = mean(ofReal.map((fold) => mean(fold)));
        return [sequences.map(() => shareOfReal), right(0), inFold(0), right(1), inFold(1)];
      },
      of: ([ofReal, right0, in0, right1, in1]) => Math.abs(ofReal! / 2 + (right0! / in0! + right1! / in1!) / 4 - 0.5),
    };
  },

  predictiveScore(real: readonly Float32Array[], order = 5): ScoreByMeans {
    checkWhole(order, "order", 1);
    // Of z = (1, v_{t-1} .. v_{t-order}, v_t) the sums of all products over a sequence, the number of z first.
    const size = order + 2;
    const parts = (sequences: readonly Float32Array[], name = "sequences") => {
      checkAlike(sequences, name, 1, order + 1);
      const sums = Array.from({ length: size * size }, () => new Float64Array(sequences.length));
      for (const [i, s] of sequences.entries())
        for (let t = order; t < s.length; t++) {
          const z = [1, ...s.slice(t - order, t).reverse(), s[t]!];
          for (const [a, left] of z.entries()) for (const [b, right] of z.entries()) sums[size * a + b]![i]! += left * right;
        }
      return sums;
    };
    const momentsOf = (means: readonly number[]) => Matrix.from1DArray(size, size, [...means]).div(means[0]!);
    const ofReal = momentsOf(parts(real, "real").map((sums) => mean(sums)));
    return {
      parts: (sequences) => parts(sequences),
      of(means) {
        const moments = momentsOf(means);
        const { intercept, coefficients } = ofMoments(
          moments.subMatrix(0, order, 0, order),
          moments.subMatrix(0, order, order + 1, order + 1),
        );
        const error = Matrix.columnVector([-intercept, ...coefficients.map((a) => -a), 1]);
        return error.transpose().mmul(ofReal).mmul(error).get(0, 0);
      },
    };
  },
};

/** @throws Error unless these are `least` sequences or more, all of one length, `shortest` or longer */
function checkAlike(sequences: readonly Float32Array[], name: string, least: number, shortest = 1): void {
  checkAllSeries(sequences, name, least);
  for (const [i, s] of sequences.entries()) {
    checkAsMany(s, `${name}[${i}]`, sequences[0]!, `${name}[0]`);
    checkWhole(s.length, `${name}[${i}].length`, shortest);
  }
}

/**
 * The pooled autocorrelations at some lags. Of each sequence Σ d_t², 2 Σ d_t, and for each lag Σ d_t d_{t+k} and Σ (d_t + d_{t+k}). d is x less one
 * value of the set, which loses fewer digits and changes no autocorrelation.
 */
function autocorrelations(lags: readonly number[]): Pick<ScoreByMeans, "parts"> & { of(means: readonly number[]): number[] } {
  return {
    parts(sequences) {
      checkAlike(sequences, "sequences", 1, Math.max(...lags) + 1);
      const [c, L] = [sequences[0]![0]!, sequences[0]!.length];
      const sums = (k: number, of: (d: number, later: number) => number) =>
        sequences.map((s) => {
          let sum = 0;
          for (let t = 0; t + k < L; t++) sum += of(s[t]! - c, s[t + k]! - c);
          return sum;
        });
      const both = (k: number) => [sums(k, (d, later) => d * later), sums(k, (d, later) => d + later)];
      return [sequences.map(() => L), ...[0, ...lags].flatMap(both)];
    },
    of([L, squares, twice, ...rest]) {
      const centre = twice! / 2 / L!;
      const about = (products: number, sums: number, pairs: number) => (products - centre * sums) / pairs + centre * centre;
      const variance = about(squares!, twice!, L!);
      const isConstant = variance <= 1e-12 * (squares! / L!); // all but for rounding
      return lags.map((k, i) => (isConstant ? 0 : about(rest[2 * i]!, rest[2 * i + 1]!, L! - k) / variance));
    },
  };
}

/** A score of counts. Its parts are each sequence's numbers of the transitions that the truth has, and of all. */
function transitions(truth: Float32Array, lag: number, of: (truth: Pairs, generated: Pairs) => number): ScoreByMeans {
  const inTruth = truePairs(truth, lag, 11);
  const cells = Array.from({ length: CELLS }, (_, cell) => cell).filter((cell) => inTruth.counts[cell]! > 0);
  return {
    parts(sequences) {
      checkAlike(sequences, "sequences", 1, lag + 1);
      const each = sequences.map((s) => generatedPairs([s], lag, 11));
      return [each.map(({ total }) => total), ...cells.map((cell) => Uint32Array.from(each, ({ counts }) => counts[cell]!))];
    },
    of([total, ...means]) {
      const counts = new Float64Array(CELLS);
      cells.forEach((cell, i) => {
        counts[cell] = means[i]!;
      });
      return of(inTruth, { counts, total: total! });
    },
  };
}
