/** What a judge's verdicts are worth, by people's labels of some of them, and the score corrected by these. */
import { defined } from "../../core/defined.js";
import type { MetricResult } from "../../core/metric-result.js";
import type { PersonLabel } from "../../record/labels.js";
import { agreementOf } from "../../statistics/agreement.js";
import {
  type Calibration,
  correctedShare,
  type JudgedCluster,
  type LabelledVerdict,
  labelsNeeded,
  roganGladen,
} from "../../statistics/corrected-share.js";
import { intervalOf, wilsonInterval } from "../../statistics/intervals.js";
import { Moments } from "../../statistics/moments.js";
import { predictionPoweredMean } from "../../statistics/prediction-powered.js";
import { type Judged, type JudgedTask, strataOf } from "./strata.js";

interface Estimate {
  readonly value: number;
  readonly interval?: readonly [low: number, high: number];
}

/** People's labels of one verdict. */
export interface VerdictWorth {
  readonly verdict: "right" | "wrong";
  readonly judged: number;
  readonly labelled: number;
  /** Labels that say the same. */
  readonly confirmed: number;
  /** Of the share confirmed. */
  readonly interval?: readonly [low: number, high: number];
}

export interface Worth {
  readonly task: string;
  readonly metric: string;
  readonly unit: MetricResult["unit"];
  /** Samples that were scored, and what the judge makes of them: the share right, or the mean of graded scores. */
  readonly samples: number;
  readonly raw: number;
  readonly labels: number;
  readonly unsure: number;
  /** The first to label. */
  readonly by?: string;
  /** By people's labels alone, each verdict weighed as often as it was given. */
  readonly corrected?: Estimate & {
    readonly method: "stratified" | "prediction-powered" | "labels alone";
    readonly benchmark?: readonly [number, number];
  };
  readonly verdicts: readonly VerdictWorth[];
  /** With labels of another run by the same judge. */
  readonly calibrated?: Estimate & { readonly sensitivity: number; readonly specificity: number };
  /** Of the first two people, on what both labelled. */
  readonly people?: { readonly n: number; readonly agreement: number | null; readonly kappa: number | null };
  /** Labels all in all until the interval is `halfWidth` to each side; null: no number is enough. */
  readonly needed?: { readonly halfWidth: number; readonly labels: number | null };
  readonly notes: readonly string[];
}

export interface WorthOptions {
  /** In points of a percentage. */
  readonly halfWidth?: number;
  readonly calibration?: Calibration;
}

/** Below it a normal interval of graded labels covers too little. */
const fewestGraded = 100;
const fewestDisagreements = 5;

export function worthOf(
  task: string,
  judged: JudgedTask,
  labels: readonly PersonLabel[],
  options: WorthOptions = {},
): Worth {
  const { main, samples } = judged;
  const people = [...new Set(labels.map(({ by }) => by))];
  const [first, second] = people;
  const own = new Map(labels.filter(({ by }) => by === first).map((label) => [label.index, label]));
  const said = new Map([...own].flatMap(([index, { value }]) => (value === null ? [] : [[index, value] as const])));
  const labelled = samples.filter(({ index }) => said.has(index));
  const shareRight = samples.filter(({ value }) => isRight(value, judged)).length / samples.length;
  const mean = samples.reduce((sum, { value }) => sum + value, 0) / samples.length;
  const isShare = judged.isRightOrWrong || (judged.range[0] === 0 && judged.range[1] === 1);
  const facts = {
    ...{ task, metric: main.name, unit: isShare ? ("fraction" as const) : main.unit, samples: samples.length },
    raw: judged.isRightOrWrong ? shareRight : mean,
    ...{ labels: labelled.length, unsure: own.size - said.size },
    ...defined({ by: first }),
    ...defined({ people: second === undefined ? undefined : agreementBetween(labels, [first as string, second]) }),
  };
  const common = [...unsureNotes(own.size - said.size), ...drawnNotes([...own.values()], samples.length)];
  if (!judged.isRightOrWrong) {
    const found = graded(judged, labelled, said);
    return { ...facts, ...found, verdicts: [], notes: [...gradedNotes(judged, found), ...common] };
  }
  const strata = strataOf(judged).map((stratum) => labelledOf(stratum, said, judged));
  const clusters = clustersOf(judged);
  const share = correctedShare(strata, { clusters });
  const { halfWidth, calibration } = options;
  return {
    ...facts,
    ...(share
      ? {
          corrected: {
            value: share.estimate,
            interval: share.population,
            benchmark: share.benchmark,
            method: "stratified" as const,
          },
        }
      : {}),
    verdicts: verdictsOf(judged, said),
    ...(calibration ? calibratedOf(judged, calibration) : {}),
    ...(halfWidth === undefined
      ? {}
      : { needed: { halfWidth, labels: labelsNeeded(strata, halfWidth / 100, { clusters }) ?? null } }),
    notes: [...common, ...(share ? [] : ["a verdict has no label yet: nothing says how often it is wrong"])],
  };
}

const isRight = (value: number, { right }: JudgedTask) => value === right;

function labelledOf(
  stratum: readonly Judged[],
  said: ReadonlyMap<number, number>,
  judged: JudgedTask,
): LabelledVerdict & { readonly isRight: boolean } {
  const known = stratum.filter(({ index }) => said.has(index));
  const right = known.filter(({ index }) => isRight(said.get(index) as number, judged)).length;
  const isRightStratum = stratum.some(({ value }) => isRight(value, judged));
  return { judged: stratum.length, labelled: known.length, right, isRight: isRightStratum };
}

/** Samples by the image that they are about. */
function clustersOf(judged: JudgedTask): readonly JudgedCluster[] {
  const clusters = new Map<string, { samples: number; right: number }>();
  for (const { cluster, value } of judged.samples) {
    const known = clusters.get(cluster) ?? { samples: 0, right: 0 };
    clusters.set(cluster, known);
    known.samples++;
    if (isRight(value, judged)) known.right++;
  }
  return [...clusters.values()];
}

function verdictsOf(judged: JudgedTask, said: ReadonlyMap<number, number>): readonly VerdictWorth[] {
  return (["right", "wrong"] as const).map((verdict) => {
    const of = judged.samples.filter(({ value }) => isRight(value, judged) === (verdict === "right"));
    const known = of.filter(({ index }) => said.has(index));
    const confirmed = known.filter(({ index, value }) => said.get(index) === value).length;
    return {
      ...{ verdict, judged: of.length, labelled: known.length, confirmed },
      ...(known.length === 0 ? {} : { interval: wilsonInterval(confirmed, known.length) }),
    };
  });
}

/** What this run's labels say of its judge, for another run: shares among what people call right and wrong, each verdict weighed as given. */
export function calibrationOf(judged: JudgedTask, labels: readonly PersonLabel[]): Calibration | undefined {
  const worth = worthOf("", judged, labels);
  const [right, wrong] = worth.verdicts;
  if (!right || !wrong || right.labelled === 0 || wrong.labelled === 0) return undefined;
  const [shareRight, shareWrong] = [right.judged / worth.samples, wrong.judged / worth.samples];
  const [trueRight, falseWrong] = [right.confirmed / right.labelled, 1 - wrong.confirmed / wrong.labelled];
  const sensitivity = (shareRight * trueRight) / (shareRight * trueRight + shareWrong * falseWrong);
  const specificity = (shareWrong * (1 - falseWrong)) / (shareWrong * (1 - falseWrong) + shareRight * (1 - trueRight));
  // As many as people called so: what the shares rest on.
  const positive = right.confirmed + wrong.labelled - wrong.confirmed;
  const negative = wrong.confirmed + right.labelled - right.confirmed;
  if (positive === 0 || negative === 0) return undefined;
  return { positive, truePositive: sensitivity * positive, negative, trueNegative: specificity * negative };
}

function calibratedOf(judged: JudgedTask, calibration: Calibration): Pick<Worth, "calibrated"> {
  const right = judged.samples.filter(({ value }) => isRight(value, judged)).length;
  const found = roganGladen({ n: judged.samples.length, right }, calibration);
  if (!found) return {};
  const { estimate, interval, sensitivity, specificity } = found;
  return { calibrated: { value: estimate, interval, sensitivity, specificity } };
}

function graded(
  judged: JudgedTask,
  labelled: readonly Judged[],
  said: ReadonlyMap<number, number>,
): Pick<Worth, "corrected"> {
  if (labelled.length < 2) return {};
  const labels = labelled.map(({ index }) => said.get(index) as number);
  const disagreements = labelled.filter(({ index, value }) => said.get(index) !== value).length;
  if (labels.length < fewestGraded || disagreements < fewestDisagreements) {
    const moments = new Moments();
    for (const [i, { cluster }] of labelled.entries()) moments.add(labels[i] as number, cluster);
    return {
      corrected: {
        value: moments.mean,
        ...defined({ interval: intervalOf(moments)?.interval }),
        method: "labels alone",
      },
    };
  }
  const others = judged.samples.filter(({ index }) => !said.has(index)).map(({ value }) => value);
  if (others.length === 0)
    return { corrected: { value: labels.reduce((sum, x) => sum + x, 0) / labels.length, method: "labels alone" } };
  const { estimate, interval } = predictionPoweredMean({
    labels,
    verdicts: labelled.map(({ value }) => value),
    otherVerdicts: others,
  });
  return { corrected: { value: estimate, interval, method: "prediction-powered" } };
}

function agreementBetween(labels: readonly PersonLabel[], [a, b]: readonly [string, string]): Worth["people"] {
  const of = (who: string) =>
    new Map(labels.flatMap(({ by, index, value }) => (by === who && value !== null ? [[index, value] as const] : [])));
  const [first, second] = [of(a), of(b)];
  return agreementOf(
    [...first].flatMap(([index, value]) => (second.has(index) ? [[value, second.get(index) as number] as const] : [])),
  );
}

/** Of an interval that knows of no images. */
function gradedNotes({ samples }: JudgedTask, { corrected }: Pick<Worth, "corrected">): string[] {
  const clusters = new Set(samples.map(({ cluster }) => cluster)).size;
  return corrected?.method === "prediction-powered" && clusters < samples.length
    ? [
        `${samples.length} samples are about ${clusters} images: the interval takes them for independent, and is too narrow`,
      ]
    : [];
}

/** What was drawn from fewer samples than there are now is no drawn part of them: the run went on since. */
function drawnNotes(labels: readonly PersonLabel[], samples: number): string[] {
  const before = labels.filter(({ of = samples }) => of < samples);
  const [first] = before;
  return first === undefined
    ? []
    : [
        `${before.length} labels were drawn when ${first.of} samples had a score, of the ${samples} that have one now: they say nothing of the others`,
      ];
}

const unsureNotes = (unsure: number) =>
  unsure > 0
    ? [`${unsure} could not be told and are left out: if they are the hard ones, the correction is too mild`]
    : [];
