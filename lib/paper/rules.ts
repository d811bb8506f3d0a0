/**
 * The claims of the paper that are weighed, nearly in its words, and what is to decide each: set here, apart from the numbers. A claim of a
 * direction ("more", "better", "facilitates") has the bound 0. A claim of a size ("does not increase", "poorly") has a margin: a
 * tenth, or what the reason says. A number is a share or a score unless it is called an MSE.
 */
import type { Condition, Rule } from "./claims";

const T1 = "Table 1's strongest noise (as sd)";
const T3 = "Table 3's strongest noise (as sd)";
const condition = (what: string, relation: "<" | ">", bound: number, digits?: number): Condition => ({ what, relation, bound, digits });
const of = (section: string, claim: string, decides: readonly Condition[] | string, why: string): Rule => ({
  section,
  claim,
  decides,
  why,
});

/** The rules, by a short name. */
export const RULES = {
  increase: of(
    "abstract",
    "the prediction error does not increase in the presence of additive Gaussian noise",
    [condition(`what ${T1} adds to the MSE, of the clean MSE`, "<", 0.1)],
    "an increase by a tenth still counts as none; the reading of σ² that is milder to the model, at a noise that the paper shows as harmless",
  ),
  regularizer: of(
    "abstract",
    "our regularizer, which accounts for data trends, facilitates robustness to data errors that arise from additive noise",
    [condition(`what ${T3} adds to the MSE without the regularizer, minus with it`, ">", 0, 5)],
    "the same model with α = 0 differs in nothing but the regularizer",
  ),
  LSTMs: of(
    "abstract",
    "LSTMs are inefficient and generalize poorly as they cannot capture complex temporal relationships",
    [condition("test MSE of the RNN minus that of a linear forecast from as many values, of the latter", ">", 0.05, 3)],
    "a linear forecast captures nothing complex; one who generalizes poorly is worse, by a twentieth at least",
  ),
  generate: of(
    "abstract",
    "tDLGM is able to reconstruct and generate complex time-series data",
    [
      condition("reconstruct: clean MSE", "<", 0.0122, 5),
      condition("generate: lag-1 autocorrelation inside generated sequences, of the trace's", ">", 0.5),
    ],
    "the paper's own error is what it calls able to reconstruct; a generated time series has the order of values, not only their mix",
  ),
  capture: of(
    "abstract",
    "it can be trained to capture complex temporal information",
    [condition("lag-1 autocorrelation inside generated sequences, of the trace's", ">", 0.5)],
    "an imputer that sees the value needs no past; a generator has nothing else, so it shows what the model holds of time",
  ),
  overfitting: of(
    "1",
    "RNNs are prone to overfitting, hence not robust to errors in data collection",
    [
      condition("overfitting: test MSE of an RNN trained as long as a rule on the training loss allows, of the training mean's", ">", 1),
      condition(`not robust: what ${T1} adds to the RNN's MSE, of its clean MSE`, ">", 0.1, 3),
    ],
    "prone to it is what overfits if nothing stops it, and the authors' stopping rule looks at the training loss; robust as in the first claim",
  ),
  survey: of(
    "1.1",
    "models have been developed to address the issue of complex time-series data; two notable examples are Time-GAN and VRNN",
    [
      condition("Time-GAN: lag-1 autocorrelation inside generated sequences, of the trace's", ">", 0.5),
      condition("VRNN: the same", ">", 0.5),
    ],
    "tDLGM's own claim to complex time-series data is weighed by the same number and bound",
  ),
  VAE: of(
    "1.1",
    "both Time-GAN and VRNN base their design on Variational Auto-Encoder (VAE)",
    [condition("Time-GAN: KL divergences among the parts of its loss", ">", 0.5, 0), condition("VRNN: the same", ">", 0.5, 0)],
    "the KL divergence from a prior is what makes an autoencoder a variational one",
  ),
  VRNN: of(
    "1.2",
    "a single-layered tDLGM reduces down to a structure similar to that of VRNN",
    [condition("layers with a state in a single-layered tDLGM, from one way of counting layers to the other", ">", 0.5, 1)],
    "without a state nothing resembles VRNN; equations (11) and (12) count a layer more than the authors' grid",
  ),
  asGood: of(
    "1.2",
    "this should be as good, or better than, VRNN at learning temporal information from a dataset",
    [condition("lag-1 autocorrelation inside generated sequences, of the trace's, tDLGM minus VRNN", ">", -0.1)],
    "as good is a tenth of the trace's less at most; the paper's model, with a likelihood of its own",
  ),
  moreComplex: of(
    "1.2",
    "the number of layered samples can vary, allowing for more complex distributions compared to VRNN where there are two layers",
    [condition("Algorithm 1 at 30 steps, a tDLGM with VRNN's likelihood minus VRNN", ">", 0)],
    "the paper's own score of a distribution, and one likelihood for both; said of DLGM, whose layers tDLGM has",
  ),
  layers: of(
    "1.2",
    "sampling in layers should allow it to learn more complex distributions and be more robust",
    [
      condition("more complex: Algorithm 1 at 30 steps, three layers minus one", ">", 0),
      condition(`more robust: what ${T3} adds to the MSE, three layers minus one`, "<", 0, 5),
    ],
    "the paper's own score of a distribution, and the strongest noise of its own",
  ),
  areas: of(
    "1.2",
    "we show that this model is robust and performs well in a multitude of application areas",
    "there is one series, here as in the paper; how the model does elsewhere cannot be read from it",
    "only other data can decide it",
  ),
  cell: of(
    "2",
    "using the cell state instead of the LSTM outputs allows us to utilize the learned temporal information over long horizons",
    [condition("lag-1 autocorrelation inside sequences generated with the cell as state, of the trace's", ">", 0.2)],
    "what is used over a long horizon is used at one step too; a fifth of the trace's is little",
  ),
  degradation: of(
    "3",
    "there was no statistically significant performance degradation due to the presence of noise in the testing phase",
    [condition(`share of runs and noise draws with a significant increase, Welch, p < .05, ${T1}`, "<", 0.5)],
    "the paper's own kind of test, one run and one noise draw at a time; below a half it would sooner find nothing than something",
  ),
  proof: of(
    "3",
    "our tests prove that tDLGM can reconstruct without training on noisy data, validating the claim that tDLGM is robust",
    [condition(`MSE of tDLGM minus that of the noisy value handed back, ${T3}`, "<", 0, 5)],
    "a model that resists noise is better than none",
  ),
  biased: of(
    "3",
    "what if we encounter biased noise? Learning models such as ours are better equipped to handle such scenarios",
    [condition(`MSE of tDLGM minus DLGM, trained with another noise, ${T3} with a mean of .1`, "<", 0, 5)],
    "the paper names the rival: a model trained for one kind of error that meets another",
  ),
  order: of(
    "3",
    "DLGM has the lowest MSE, followed by tDLGM; RNN has significantly worse performance",
    [condition("clean MSE of tDLGM minus DLGM, at equal σ", ">", 0, 5), condition("clean MSE of the RNN minus tDLGM", ">", 0, 4)],
    "the models as the paper trains them, DLGM with noise, tDLGM without; one rule chose σ for both",
  ),
  beats: of(
    "3",
    "with respect to both reconstruction and data generation using noisy test data, it beats the baselines",
    [
      condition(`MSE of tDLGM minus DLGM, ${T1}`, "<", 0, 5),
      condition("MSE of tDLGM minus the RNN, the same noise", "<", 0, 4),
      condition("Algorithm 1 at 30 steps, tDLGM minus DLGM", ">", 0),
      condition("Algorithm 1 at 30 steps, tDLGM minus the RNN", ">", 0),
    ],
    "two tasks and two baselines make four parts",
  ),
  connections: of(
    "3",
    "the dataset has very long-term temporal connections that will probably be missed by the provided historical vector",
    [condition("test MSE that a linear forecast saves with 100 past values instead of 10, of the latter", ">", 0.05, 3)],
    "what lies beyond a history of ten must be worth a twentieth, or there is nothing to miss",
  ),
  similar: of(
    "4",
    "the reconstruction performed more or less similarly without the added noise in training",
    [condition(`MSE of tDLGM trained without noise minus with it, of the latter, ${T3}`, "<", 0.1)],
    "more or less similar is worse by a tenth at most",
  ),
  inherent: of(
    "4",
    "tDLGM is inherently robust, without the need for any standard robustness-inducing techniques",
    [condition(`what ${T3} adds to tDLGM's MSE minus what it adds to DLGM's, both trained without noise`, "<", 0, 5)],
    "what is inherent lies in the architecture, so the control is the other one, with equal σ and equal data",
  ),
  generalizes: of(
    "4",
    "it can generalize better to values outside of the training set",
    [condition("test MSE over training MSE, of the constant's, tDLGM minus DLGM trained with noise", "<", 0)],
    "the loss from seen to unseen data is what generalizing means; DLGM has the technique that tDLGM is to do without",
  ),
  inexact: of(
    "4",
    "it is better to generate similar values, but not exact values; this is also an indication of robustness",
    [condition(`what ${T3} adds to the MSE of an inexact tDLGM (σ = .1) minus of an exact one (σ = .02)`, "<", 0, 5)],
    "two tDLGMs that differ only in how exact they are told to be",
  ),
  DLGM: of(
    "4",
    "DLGM was almost unaffected by the noise",
    [condition(`what ${T1} adds to DLGM's MSE, of its clean MSE`, "<", 0.2)],
    "almost: twice the margin of the first claim, and the paper's own .0001 on .0006 is within",
  ),
  RNN: of(
    "4",
    "RNN is also unaffected; this is because noise was added to the training data",
    [
      condition(`unaffected: what ${T1} adds to the RNN's MSE, of its clean MSE`, "<", 0.1, 3),
      condition("because: the same of an RNN trained without noise", ">", 0.1, 3),
    ],
    "the margin of the first claim; if training noise is the cause, an RNN trained without it must not be within",
  ),
  sensitive: of(
    "4",
    "RNN is much more sensitive to noise as compared to both tDLGM and DLGM (after the filter)",
    [
      condition(`what ${T1} adds to the RNN's MSE minus to tDLGM's`, ">", 0, 5),
      condition("what it adds to the RNN's minus to DLGM's", ">", 0, 5),
    ],
    "sensitivity is what noise adds; the RNN of Table 1, since the filter keeps all of ours or none",
  ),
  overfit: of(
    "4",
    "DLGM can easily overfit; perfect reconstruction is an indication that the model does not generalize well",
    [
      condition("overfit: DLGM's test MSE over its training MSE, of the constant's", ">", 2),
      condition("indication: this ratio of the exact DLGM, trained without noise, minus that of the other", ">", 0),
    ],
    "above 2, more than half of the error on new data is owed to the fit; divided by a constant's, which cannot overfit",
  ),
  looks: of(
    "4",
    "the worse model (by MSE) follows the pattern while the better scoring model does not",
    [condition("correlation with the trace, our worst RNN minus our best", ">", 0, 3)],
    "correlation says how well a line follows another, whatever its level and size",
  ),
  stable: of(
    "4",
    "tDLGM is stable no matter how long the prediction horizon; DLGM too, but with a lower score",
    [
      condition("range of tDLGM's score over the lengths", "<", 2),
      condition("range of DLGM's score over the lengths", "<", 2),
      condition("score at 30 steps, DLGM minus tDLGM", "<", 0),
    ],
    "2 of 80 points; the paper's own columns range over .7 and 1.2",
  ),
  consistent: of(
    "4",
    "tDLGM provides a more consistent data generation as compared to RNN and DLGM",
    [
      condition("range of the score over the lengths, tDLGM minus the RNN", "<", 0),
      condition("range of the score over the lengths, tDLGM minus DLGM", "<", 0),
    ],
    "the paper concludes it from scores that stay close to the same over the horizon",
  ),
  deteriorates: of(
    "4",
    "RNN performs well for shorter prediction horizons, however it quickly deteriorates when generating longer sequences",
    [
      condition("well: score at 2 steps, RNN minus DLGM", ">", 0),
      condition("deteriorates: share of its score at 2 steps that the RNN has lost at 30", ">", 0.05, 3),
    ],
    "well is above the next model; a loss of less than a twentieth is not one",
  ),
  limited: of(
    "4",
    "the data was not very complex (limited long-term temporal dependencies)",
    [condition("test MSE that a linear forecast saves with 100 past values instead of 10, of the latter", "<", 0.05, 3)],
    "the opposite of the claim about connections, so the same number and bound",
  ),
  best: of(
    "4, Table 2",
    "tDLGM was best at generating future values, followed by DLGM and then RNN",
    [condition("score, mean over the lengths, tDLGM minus DLGM", ">", 0), condition("the same, DLGM minus the RNN", ">", 0)],
    "the paper's own score; its mean over the eight lengths of the table",
  ),
  suitable: of(
    "5",
    "tDLGM is a generative model suitable for modeling long-term temporal relationships",
    [condition("lag-1 autocorrelation inside generated sequences, of the trace's", ">", 0.2)],
    "a relation over many steps shows at one step too; a fifth of the trace's is little",
  ),
  data: of(
    "5",
    "due to its inherent complexity, we expect that it requires more data to train when compared to DLGM",
    [condition("log of the factor by which a tenth of the data raises the clean MSE, tDLGM minus DLGM", ">", 0)],
    "a needy model loses a greater factor with little data; five tenths from all over the training part",
  ),
  restarts: of(
    "5",
    "training runs needed to be restarted with a probability of .25",
    [condition("share of tDLGM's runs over the authors' ranges that fail", ">", 0.125)],
    "the paper reports its grid search, so the count is over our grid; half of its share at least",
  ),
} as const satisfies Record<string, Rule>;

/** The short name of a claim. */
export type ClaimName = keyof typeof RULES;
