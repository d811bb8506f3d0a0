/** A page of HTML on one repair: a figure, what was found, and how much to trust it. It needs nothing beside itself. */
import type { LoadedSeries } from "../lib/data/loadSeries";
import type { OwnRepair } from "../lib/inference/ownSeries";

const [WIDTH, HEIGHT] = [960, 320];
/** A longer series is drawn in its last so many values. */
const DRAWN = 1500;

const escaped = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
const number = (x: number) => (Number.isFinite(x) ? String(Number(x.toPrecision(4))) : "none");

/** The page, as text. */
export function repairPage(loaded: LoadedSeries, column: string, repaired: OwnRepair): string {
  const values = loaded.own(column);
  const { smoother, noise } = repaired;
  const moved = values.filter((v, t) => !Number.isNaN(v) && Math.abs(v - smoother.mean[t]!) > 1e-9 * Math.max(1, Math.abs(v))).length;
  const { missing, sentence } = loaded.describe(column);
  const rows = (cells: string[][]) => cells.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("");
  const facts = [
    ["values", String(values.length)],
    ["missing, filled", String(missing)],
    ["seen, and moved", String(moved)],
    ["prior", escaped(repaired.prior)],
    ["noise: share of values changed", number(noise.probability)],
    ["noise: standard deviation", number(noise.sd)],
    ["log evidence, nats", number(repaired.logEvidence)],
    ["least effective particles", number(repaired.ess)],
    ["least surviving ancestors", String(repaired.survivors)],
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(column)}, repaired</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.15rem .8rem;border-bottom:1px solid #ddd;text-align:left}svg{width:100%;height:auto}
.note{color:#555}</style></head><body>
<h1>${escaped(column)}, repaired</h1>
<p>${escaped(sentence)}</p>
${repaired.warnings.map((warning) => `<p><strong>${escaped(warning)}</strong></p>`).join("\n")}
${picture(values, repaired)}
<p class="note">Points: the values in the file. Line: the repaired ones. Band: where a value lies with 90 %, if prior and noise are right.${values.length > DRAWN ? ` The last ${DRAWN} values are drawn.` : ""}</p>
<table>${rows(facts)}</table>
<h2>Which prior, and why</h2>
<p>Each prior was fitted with some values hidden that look whole, every tenth one, and was scored by how well it found them: the mean CRPS in the data's units, the worst tenth left out. Less is better.</p>
<table><tr><th>prior</th><th>CRPS</th></tr>${rows(repaired.candidates.map(({ name, score }) => [escaped(name), number(score)]))}</table>
<h2>What this rests on</h2>
<p>Some of the values were changed by Gaussian noise, y = v + bσε with b = 1 for a share of them, and the rest were left alone. Share and σ are the likeliest ones. If noise of another kind is on the series, or on all values, the intervals are not to be trusted. The repaired value is the mean of a particle smoother that waits for 10 later values.</p>
</body></html>
`;
}

function picture(all: Float64Array, { smoother }: OwnRepair): string {
  const from = Math.max(0, all.length - DRAWN);
  const [values, mean, low, high] = [all, smoother.mean, smoother.low, smoother.high].map((part) => part.slice(from)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const seen = [...values, ...low, ...high].filter((v) => Number.isFinite(v));
  const [least, most] = [seen.reduce((a, b) => Math.min(a, b)), seen.reduce((a, b) => Math.max(a, b))];
  const x = (t: number) => (50 + ((WIDTH - 60) * t) / Math.max(1, values.length - 1)).toFixed(1);
  const y = (v: number) => (10 + ((HEIGHT - 40) * (most - v)) / (most - least || 1)).toFixed(1);
  const line = (part: Float64Array) => Array.from(part, (v, t) => `${x(t)},${y(v)}`);
  const points = Array.from(values, (v, t) => (Number.isNaN(v) ? "" : `<circle cx="${x(t)}" cy="${y(v)}" r="1.6"/>`)).join("");
  const label = (v: number) => `<text x="44" y="${Number(y(v)) + 4}" text-anchor="end">${number(v)}</text>`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="The values in the file as points, the repaired series as a line in its 90 % band, from ${number(least)} to ${number(most)}." font-size="12" fill="#444">
<polygon points="${[...line(low), ...line(high).reverse()].join(" ")}" fill="#fdae6b" opacity=".5"/>
<polyline points="${line(mean).join(" ")}" fill="none" stroke="#d94801" stroke-width="1.2"/>
<g fill="#1f77b4">${points}</g>${label(least)}${label(most)}
<text x="50" y="${HEIGHT - 8}">row ${from + 1}</text><text x="${WIDTH - 10}" y="${HEIGHT - 8}" text-anchor="end">row ${all.length}</text></svg>`;
}
