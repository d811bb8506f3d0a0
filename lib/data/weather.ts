/** Seattle's weather: a series of several columns that are numbers, where the trace's are few different values. */
import * as path from "node:path";
import { mean, standardDeviation } from "simple-statistics";
import { projectRoot } from "../base/project";
import { generator } from "../base/random";
import { loadSeries } from "./loadSeries";
import { Series } from "./series";

/** The columns: rain in mm, the day's highest and lowest temperature in °C, wind in m/s. */
export const WEATHER_COLUMNS = ["precipitation", "temp_max", "temp_min", "wind"] as const;

/** The file, from the project's root. */
export const WEATHER_FILE = "node_modules/vega-datasets/data/seattle-weather.csv";

/** The year 2015: the test part. */
const TEST_DAYS = 365;
/** The columns that are skewed: they are taken as log(1 + x). */
const SKEWED: readonly string[] = ["precipitation", "wind"];
/** The file has one decimal: what rounding took lies between −.05 and .05. */
const ROUNDING = 0.05;

/** The weather on a model's scale. */
export interface Weather {
  /** A row a day, four columns of mean 0 and sd 1 over the training part. */
  series: Series;
  /** The first day of the test part; the training part lies before it. */
  testFrom: number;
  /** The place of each day in its year, from 0 to 1. */
  season: number[];
  /** On the model's scale: rain above this is a wet day's. */
  wetAbove: number;
  /** Values on the model's scale, row by row, in mm, °C and m/s. */
  own(rows: ArrayLike<number>): number[];
}

/**
 * Seattle's weather, 2012 to 2015 (`vega-datasets`, public domain). Rain and wind are taken as log(1 + x). Each column is centred and scaled by the
 * training part's mean and sd. The file's values are rounded to a tenth, and 57 % of the days have no rain at all, where a density could be as high
 * as one likes. Uniform noise of ±.05, the same in every call, takes the rounding back, so that it can't.
 */
export async function seattleWeather(): Promise<Weather> {
  const file = path.join(projectRoot(), WEATHER_FILE);
  const loaded = await loadSeries(file, { columns: WEATHER_COLUMNS, time: "date" });
  const testFrom = loaded.length - TEST_DAYS;
  const random = generator(0, "weather/rounding");
  const columns = WEATHER_COLUMNS.map((name) => {
    const [there, back] = SKEWED.includes(name) ? [Math.log1p, Math.expm1] : [(x: number) => x, (x: number) => x];
    const values = Array.from(loaded.own(name), (x) => there(x + ROUNDING * (2 * random.uniform() - 1)));
    const [centre, by] = [mean, standardDeviation].map((of) => of(values.slice(0, testFrom))) as [number, number];
    const scaled = (x: number) => (x - centre) / by;
    return { values: values.map(scaled), there: (x: number) => scaled(there(x)), back: (z: number) => back(centre + by * z) };
  });
  const d = columns.length;
  return {
    series: new Series(
      Float32Array.from({ length: loaded.length * d }, (_, i) => columns[i % d]!.values[Math.floor(i / d)]!),
      WEATHER_COLUMNS,
    ),
    testFrom,
    season: Array.from(loaded.times!, (moment) => {
      const [from, to] = [0, 1].map((after) => Date.UTC(new Date(moment).getUTCFullYear() + after, 0)) as [number, number];
      return (moment - from) / (to - from);
    }),
    wetAbove: columns[0]!.there(ROUNDING),
    own: (rows) => Array.from(rows, (z, i) => columns[i % d]!.back(z)),
  };
}
