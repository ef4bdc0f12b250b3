import {
  chosen,
  defineTask,
  Image,
  lower,
  mean,
  meanOfGroups,
  rightOrWrong,
  rowDigest,
  type Static,
  strip,
  Type,
  userPrompt,
} from "llava-eval";
import { blindAnswer, blindRight } from "./score.js";

const row = Type.Object({
  image: Image(),
  task: Type.String(), // nine: Touching Circles, Counting Grid - Blank Grids, ...
  prompt: Type.String(),
  groundtruth: Type.String(), // "3,4" for grids
});
type Row = Static<typeof row>;

/** Both kinds of grids count as one task. */
const taskOf = ({ task }: Row): string => lower(task).replace(/^counting grid - .*/, "counting grid");

export default defineTask<Row>({
  name: "vlmsareblind",
  version: 1,
  about: "Do the circles touch, how many lines cross: seven easy tasks for eyes (Rahmanzadehgervi et al. 2024).",
  cite: "https://arxiv.org/abs/2407.06581; the authors have no script: both scorings are lmms-eval's vlmsareblind/utils.py",
  splits: { valid: { sources: ["XAI/vlmsareblind"], split: "valid", licence: "not stated", answers: "public" } },
  tsv: {
    files: { valid: "VLMBlind" },
    rows: ({ question, answers, ...cells }) => [{ ...cells, prompt: question, groundtruth: answers }],
  },
  row,
  id: ({ image, task, prompt, groundtruth }) => rowDigest(image.path, task, prompt, groundtruth), // the rows have no id
  profiles: ["default", "official", "vlmevalkit"],
  prompt({ image, prompt }, profile) {
    if (profile === "official") return userPrompt(image, prompt);
    if (profile === "vlmevalkit") return userPrompt(image, `Question: ${prompt}\n`);
    return userPrompt(image, `${prompt}\nAnswer only in the required format.`);
  },
  generation: { maxNewTokens: 32, temperature: 0 },
  hasReference: ({ groundtruth }) => strip(groundtruth) !== "",
  defects: {
    official: ['the first letter of all counts: "the answer is b" is a t'],
    "lmms-eval": [
      'the first letter of all counts: "the answer is b" is a t',
      "a task without a right answer leaves the mean (here: it is 0)",
    ],
    vlmevalkit: ['"15" has a 5'],
  },
  scorings: ["vlmevalkit"],
  score({ task, groundtruth: target }, { text }, { scoring }) {
    if (scoring === "vlmevalkit") return rightOrWrong(blindRight(text, target, task), strip(text), target);
    return chosen(blindAnswer(text, task), lower(strip(target)));
  },
  metrics: [meanOfGroups("mean_of_tasks", { group: "task", perGroup: false }), mean("accuracy")],
  groups: { task: taskOf },
});
