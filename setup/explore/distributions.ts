/** What stands for the package `distributions` in a page, whose WebAssembly the page's policy would not run: the normal distribution alone. */

/** erfc(x) with a relative error below 1.2e-7 everywhere (Press et al., Numerical Recipes, "erfcc"). */
function complementaryError(x: number): number {
  const t = 1 / (1 + Math.abs(x) / 2);
  const series = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
  ];
  const tail = t * Math.exp(-x * x + series.reduceRight((sum, c) => c + t * sum, 0));
  return x >= 0 ? tail : 2 - tail;
}

/** N(mean, sd²). */
export const Normal = (mean: number, sd: number) => ({
  cdf: (x: number) => complementaryError((mean - x) / (sd * Math.SQRT2)) / 2,
  pdf: (x: number) => Math.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * Math.sqrt(2 * Math.PI)),
});
