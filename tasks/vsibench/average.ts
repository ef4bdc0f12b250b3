/** VSI-Bench's overall value: the unweighted mean of eight types, the three levels of relative direction being one. */

import { type Metric, meanOfGroups } from "llava-eval";
import { choiceTypes, numberTypes } from "./score.js";

const types = [...choiceTypes, ...numberTypes];
const isDirection = (type: string): boolean => type.startsWith("object_rel_direction");
const options = { group: "question_type", perGroup: false } as const;

/** Over the types that are there; the levels of direction must be there together, or not at all. */
const eight = meanOfGroups("vsibench_overall", {
  ...options,
  weights: Object.fromEntries(types.map((type) => [type, isDirection(type) ? 1 / 3 : 1])),
  missing(absent, scoring) {
    const directions = absent.filter(isDirection).length;
    // lmms-eval ends with a KeyError without them.
    return directions === 0 || (directions === 3 && scoring !== "lmms-eval") ? "left out" : "undefined";
  },
});

const ten = meanOfGroups("vsibench_overall", {
  ...options,
  weights: Object.fromEntries(types.map((type) => [type, 1])),
  missing: () => "left out",
});

/**
 * The authors' script pools the levels when it sees an easy question; without one, medium and hard count as types of their own. VLMEvalKit
 * pools them when it sees all three.
 */
export const vsiAverage: Metric = {
  ...eight,
  start(context) {
    const folds = [eight.start(context), ten.start(context)] as const;
    const levels = new Set<string>();
    const isPooled = () => {
      if (context.scoring === "lmms-eval") return true;
      return context.scoring === "vlmevalkit" ? levels.size === 3 : levels.has("object_rel_direction_easy");
    };
    return {
      add(sample) {
        const { question_type: type = "" } = sample.groups;
        if (isDirection(type) && sample.score.status === "scored") levels.add(type);
        for (const fold of folds) fold.add(sample);
      },
      finish: () => folds[isPooled() ? 0 : 1].finish(),
    };
  },
};
