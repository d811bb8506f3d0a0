/** All figures, in the page's order. */
import film from "./figures/film";
import futures from "./figures/futures";
import map from "./figures/map";
import noise from "./figures/noise";
import score from "./figures/score";
import value from "./figures/value";

/** The figures' modules. */
export const FIGURES = [value, noise, map, score, film, futures];
