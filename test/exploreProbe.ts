/** Bundled as the page is, on the JavaScript backend, and run by Node: prints its answers. */
import data from "explore:data";
import { expectations, QUESTIONS } from "./exploreExpected";

const figures = expectations(data);
console.log(JSON.stringify(QUESTIONS.map(([name, settings]) => figures[name](settings))));
