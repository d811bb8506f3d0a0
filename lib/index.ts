/** The public API: what notebooks and programs import. Each name is explained where it is defined. */
export { projectRoot } from "./base/project";
export { generator, shuffled } from "./base/random";
export { type ColumnSeries, REST, rowTypes, traceColumns } from "./data/columns";
export type { Description } from "./data/describe";
export { type LoadedSeries, loadSeries } from "./data/loadSeries";
export { autoregressive, switching } from "./data/memory";
export { addNoise } from "./data/noise";
export {
  corruptTest,
  HISTORY,
  NOISE_SEEDS,
  type NoiseReading,
  noiseOf,
  split,
  stretch,
  testPart,
  validationSplit,
} from "./data/protocol";
export { Series, type SeriesLike, seriesColumn } from "./data/series";
export { sines } from "./data/sines";
export { gpuRequests, isStandIn, loadTrace, requestSeries } from "./data/trace";
export { indicesOf } from "./data/values";
export { seattleWeather, type Weather } from "./data/weather";
export { padded, row, rows, windows } from "./data/windows";
export { check } from "./exercises/check";
export { type CountingOptions, countingPrior } from "./inference/counting";
export { type EstimatedNoise, estimateNoise } from "./inference/estimate";
export { jointDraws } from "./inference/joint";
export type { Mixture } from "./inference/mixture";
export { type OwnRepair, repairOwn } from "./inference/ownSeries";
export { type ParticleFilter, particleFilter } from "./inference/particles";
export { chainPrior, type Prior, priorOf } from "./inference/prior";
export { type Repaired, repair, repairTogether } from "./inference/repair";
export { autoregression, kalman, localLevel, localLinearTrend, type StateSpace } from "./inference/stateSpace";
export { interpolated, localLevelSmoother } from "./inference/usual";
export { autocorrelation, autocorrelationDistance, pooledAutocorrelation } from "./metrics/autocorrelation";
export { baselines, fitAutoregression, identityMse } from "./metrics/baselines";
export { byMeans, type ScoreByMeans } from "./metrics/byMeans";
export { type Bounds, type Chain, fitChain, forwardBackward, logLikelihood, NO_BOUNDS } from "./metrics/filters";
export { correlation, mean, mse, sd, transitionCeiling, transitionOverlap, transitionScore } from "./metrics/metrics";
export { mmd } from "./metrics/mmd";
export {
  cachePredictor,
  independentPredictor,
  markovPredictor,
  mixturePredictor,
  mixtureWeights,
  type Predictor,
  surprisals,
} from "./metrics/predictors";
export { coverage, crps, energyScore, pitUniformity, quantileCrps, quantileLosses, randomisedPit } from "./metrics/probabilistic";
export { type LinearForecast, linearForecaster, type RowForecast } from "./metrics/rowForecasts";
export { predictorPaths, predictorSampler } from "./metrics/samplers";
export {
  blockBootstrap,
  differenceInterval,
  estimate,
  holm,
  type Interval,
  logMeanExp,
  meanInterval,
  pairedTest,
  statisticBootstrap,
  summary,
  welchTest,
} from "./metrics/statistics";
export { discriminativeScore, predictiveScore } from "./metrics/twoSample";
export { loadModel, saveModel } from "./models/checkpoint";
export { DLGM, type DlgmConfig, generator as dlgmGenerator } from "./models/dlgm";
export { type Gaussian, gaussian, klToPrior, logDeterminant, rankOneKl, sample, traceOf } from "./models/gaussian";
export type { Batch, Kind, Loss } from "./models/kind";
export { type ByLayer, byLayer, klByLayer, latentsOf, readout, recogniseLatent, weightPrior } from "./models/latent";
export { linear, perceptron as mlp } from "./models/layers";
export { draw, type LikelihoodConfig, logDensity, mean as meanOfPi } from "./models/likelihood";
export { LSTM, type LstmConfig } from "./models/lstm";
export { type MemoryConfig, TDLGM_MEMORY } from "./models/memoryConfig";
export { createModel, type HistoryRow, type Model, weighted } from "./models/model";
export { completeConfig, type FullConfig, KINDS, kindOf, type ModelConfig } from "./models/registry";
export { RNN, type RnnConfig } from "./models/rnn";
export { advance, emit, recogniseStates, type States, TDLGM, type TdlgmConfig, tdlgmLoss } from "./models/tdlgm";
export { TIMEGAN, type TimeganConfig } from "./models/timegan";
export { VRNN, type VrnnConfig } from "./models/vrnn";
export { agree } from "./notebook/checks";
export { type Comparison, comparisons, intervalText, small, testsTable } from "./notebook/comparisons";
export { button, type Control, checkbox, menu, play, slider, text, type Values } from "./notebook/controls";
export { densityContours } from "./notebook/densities";
export { generatorDiagram, recognitionDiagram } from "./notebook/diagrams";
export { budget, counting, figure, markdown, progress, standInBanner, table, trainingProgress } from "./notebook/display";
export { EXPLORABLE, explore } from "./notebook/explore";
export {
  autocorrelationBars,
  COLOURS,
  comparison,
  PALETTE,
  scatter,
  seriesSegment,
  style,
  valueFrequencies,
} from "./notebook/figures";
export { type Answer, interact, type Live } from "./notebook/interact";
export { type Band, type Line, learningCurves, meanLine } from "./notebook/lines";
export { trainLive } from "./notebook/liveTraining";
export { type ModuleView, showModule } from "./notebook/module";
export { dot, gaussianPosterior, lstmCell, negativeLog, perceptron, piece, plus, sigmoid, times, zeroCell } from "./notebook/plain";
export { type StepTimes, stepTimes } from "./notebook/profile";
export { axis, logNormal, walkDown } from "./notebook/quadrature";
export { inLib } from "./notebook/source";
export {
  type Conditions,
  type Entry,
  fixed,
  type Group,
  type Pivot,
  pivot,
  records,
  select,
  significant,
  spread,
  stack,
  summarise,
  valuesOf,
} from "./notebook/tidy";
export { chosen, shippedTrials, TUNED } from "./paper/choice";
export {
  type Claim,
  type Condition,
  changeByPast,
  claimsTables,
  decide,
  exact,
  type Quantity,
  type Rule,
  rulesTable,
  type Verdict,
  verdictOf,
  weigh,
} from "./paper/claims";
export { columnModel, columnScores, columnTuning, REQUEST_COLUMNS } from "./paper/columns";
export { imputeTest, type Xi } from "./paper/errors";
export { type RunMetrics, STEPS, scoreImputation } from "./paper/evaluate";
export { evidence } from "./paper/evidence";
export { baselineSquares, bySeed, less, minus, over, overBoth, squaresOf } from "./paper/intervals";
export { atLevel, levelName, NO_NOISE, NOISE_LEVELS, type NoiseLevel, noiseLevel, noiseName, noisySeries } from "./paper/levels";
export {
  ABLATION,
  ABLATION_CONTROLS,
  familiesOf,
  GENERATOR_FAMILIES,
  LEARNING_CURVE,
  labelOf,
  NAMED_CONFIGS,
  type PlannedRun,
  plannedRuns,
  READINGS,
  stretchName,
  TABLE_FAMILIES,
} from "./paper/plan";
export { AUTHORS_NOTEBOOKS, paperTable } from "./paper/printed";
export { obtainErrors, obtainModel, QUICK, type Quick, type RunErrors } from "./paper/results";
export { RNN_FILTER } from "./paper/rnnFilter";
export { choosePrior, cleanPart, noisePrior, PRIORS, type RepairScores, scoreRepair, scoreRepairs } from "./paper/robust";
export { type ClaimName, RULES } from "./paper/rules";
export { findRun, finishedRuns, obtainRun } from "./paper/runs";
export { COLUMNS, filteredRnns, obtainScores, RNN_POPULATION, type ScoreOptions, variantName } from "./paper/scores";
export { PUBLISHED_SINES, SINES_CONFIG, type SinesScore, shippedSines } from "./paper/sines";
export { frame, shortTables, tableErrors, tableScores } from "./paper/tables";
export { imputerScores, samplerScores, samplers, trainMeanValidation } from "./paper/trivial";
export { BLOCK, blockDraws, draws, normals, uniforms } from "./tensor/draws";
export { type LstmWeights, lstm, type State, zeroState } from "./tensor/lstm";
export { initialise, type Layout, unpack, type Weights } from "./tensor/weights";
export { generate } from "./training/generation";
export { type HeldOutOptions, hasHeldOut, heldOutSurprisals } from "./training/heldOut";
export { impute } from "./training/imputation";
export { modelPrior } from "./training/modelPrior";
export { nextRows } from "./training/nextRows";
export { type RecurrentScoreOptions, recurrentDiscriminativeScore, recurrentPredictiveScore } from "./training/recurrentScores";
export { AbortError, train } from "./training/train";
