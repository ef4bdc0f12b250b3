/**
 * Demo rows of four benchmarks, in the schemas of the official files (column names and types as the Hub has them).
 * Row i is the same for every `count`: the generator of each image is seeded by split, seed, task and image number.
 */
import { captionsOf } from "./captions.js";
import { draw, type Image } from "./draw.js";
import { choiceOf, existsQuestion, phrase, type Question, questionsAbout, type Topic } from "./questions.js";
import { Random } from "./random.js";
import { anyScene, COLOURS, chartScene, numberScene, type Scene, SHAPES, shapesScene } from "./scene.js";

export const DEMO_TASKS = ["vqav2", "mmmu", "pope", "coco2017_cap"] as const;
export type DemoTask = (typeof DEMO_TASKS)[number];

/** The split that a task's rows are written as when none is named: the benchmark's own. */
export const DEMO_SPLITS: Readonly<Record<DemoTask, string>> = {
  vqav2: "validation",
  mmmu: "validation",
  pope: "test",
  coco2017_cap: "val",
};

/** A row before its image is encoded: the image stands where the file has bytes. */
export type DemoRow = Readonly<Record<string, unknown>> & { readonly image: Image };

/** The first `count` rows of a task. */
export function demoRows(task: DemoTask, split: string, seed: number, count: number): DemoRow[] {
  const rows: DemoRow[] = [];
  for (let image = 0; rows.length < count; image++) {
    const random = new Random(`${split}/${seed}/${task}/${image}`);
    rows.push(...ROWS[task]({ random, split, image, seed, start: rows.length }));
  }
  return rows.slice(0, count);
}

interface Place {
  readonly random: Random;
  readonly split: string;
  readonly seed: number;
  readonly image: number;
  /** Number of the first row that is made here. */
  readonly start: number;
}

const ROWS: Readonly<Record<DemoTask, (place: Place) => DemoRow[]>> = {
  vqav2: vqaRows,
  mmmu: mmmuRows,
  pope: popeRows,
  coco2017_cap: captionRows,
};

/** Unique over images and seeds, and far from the real ids. */
function imageId({ seed, image }: Place): number {
  return 900_000_000 + (seed % 1000) * 100_000 + image + 1;
}

/** Up to five questions on one image, each with ten annotators who mostly agree. */
function vqaRows(place: Place): DemoRow[] {
  const scene = anyScene(place.random);
  const image = draw(scene);
  const id = imageId(place);
  return questionsAbout(scene, place.random)
    .slice(0, 5)
    .map((question, k) => ({
      question_type: question.questionType,
      multiple_choice_answer: question.answer,
      answers: annotators(question, place.random),
      image_id: id,
      answer_type: question.answerType,
      question_id: id * 1000 + k,
      question: question.text,
      image,
    }));
}

/** Other words that people use for the same answer. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  purple: ["violet"],
  gray: ["grey"],
  black: ["dark"],
  yellow: ["gold"],
  red: ["crimson"],
  ring: ["circle"],
  cross: ["plus"],
  square: ["rectangle"],
  left: ["left side"],
  right: ["right side"],
  top: ["above"],
  bottom: ["below"],
  "1": ["one"],
  "2": ["two"],
  "3": ["three"],
  "4": ["four"],
};

function annotators(question: Question, random: Random) {
  const variants = VARIANTS[question.answer] ?? [];
  const dissenters = variants.length > 0 ? random.weighted([6, 3, 1]) : 0;
  const answers = random.shuffled(Array.from({ length: 10 }, (_, i) => (i < dissenters ? (variants[0] ?? "") : "")));
  return answers.map((variant, i) => ({
    answer: variant || question.answer,
    answer_confidence: variant ? "maybe" : "yes",
    answer_id: i + 1,
  }));
}

/** Subjects of MMMU that stand for what is asked, so that sub-scores by subject and domain are seen at work. */
const SUBJECTS: readonly (readonly [string, string, readonly Topic[], (random: Random) => Scene])[] = [
  ["Art", "Colors", ["color", "background"], shapesScene],
  ["Design", "Shapes", ["shape"], shapesScene],
  ["Math", "Counting", ["count"], shapesScene],
  ["Economics", "Bar charts", ["bars", "bar-color"], chartScene],
  ["Accounting", "Numbers", ["number", "number-color"], numberScene],
];

/** One multiple-choice question with four options in random order on one image; the subjects take turns. */
function mmmuRows({ random, split, image, start }: Place): DemoRow[] {
  const [subject, subfield, topics, sceneOf] = SUBJECTS[image % SUBJECTS.length] ?? SUBJECTS[0] ?? [];
  if (!subject || !topics || !sceneOf) return [];
  const scene = sceneOf(random);
  const question = questionsAbout(scene, random).find(({ topic }) => topics.includes(topic));
  // An image may not answer its subject's question (two red shapes: none can be named by colour): the next one is taken.
  const choice = question && choiceOf(question, random);
  if (!choice) return [];
  const row = {
    id: `${split}_${subject}_${start + 1}`,
    question: `<image 1> ${choice.question.text}`,
    options: `[${choice.options.map((option) => `'${option}'`).join(", ")}]`,
    explanation: "A demo question about a drawn picture; not a row of MMMU.",
    img_type: "['Drawings']",
    answer: "ABCD"[choice.right] ?? "A",
    topic_difficulty: "Easy",
    question_type: "multiple-choice",
    subfield: subfield ?? "",
    image: draw(scene),
  };
  return [row];
}

/** Phrases by how often they are drawn, most frequent first: what POPE calls popular objects. */
const POPULAR: readonly string[] = ["circle", "square"].flatMap((shape) =>
  ["red", "blue", "green", "yellow"].map((colour) => phrase({ colour, shape })),
);

/** Three present and three absent phrases of one image: absent at random, from the popular ones, and akin to what is there. */
function popeRows(place: Place): DemoRow[] {
  const { random, start } = place;
  const scene = shapesScene(random, 3 + random.below(2));
  const present = random.shuffled(scene.things.map(phrase));
  const every = COLOURS.flatMap((colour) => SHAPES.map((shape) => phrase({ colour, shape })));
  const akin = scene.things.flatMap(({ colour, shape }) => [
    ...SHAPES.map((other) => phrase({ colour, shape: other })),
    ...COLOURS.map((other) => phrase({ colour: other, shape })),
  ]);
  const used = new Set(present);
  const image = draw(scene);
  const source = `llava_eval_demo_${imageId(place)}`;
  const pools = { random: every, popular: POPULAR, adversarial: akin };
  const rows: DemoRow[] = [];
  for (const [k, [category, pool]] of Object.entries(pools).entries()) {
    const absent = random.pick(pool.filter((text) => !used.has(text)));
    used.add(absent);
    const pair = [existsQuestion(present[k] ?? "", true), existsQuestion(absent, false)];
    for (const { text, answer } of pair) {
      const number = start + rows.length;
      rows.push({
        id: String(number),
        question_id: String(number + 1),
        question: text,
        answer,
        image_source: source,
        image,
        category,
      });
    }
  }
  return rows;
}

/** One image with five captions. */
function captionRows(place: Place): DemoRow[] {
  const scene = anyScene(place.random);
  const id = imageId(place);
  const file = `${String(id).padStart(12, "0")}.png`;
  const row = {
    question_id: file,
    question: "Please carefully observe the image and come up with a caption for the image.",
    answer: captionsOf(scene),
    id,
    license: 0,
    file_name: file,
    coco_url: "",
    height: scene.height,
    width: scene.width,
    date_captured: "",
    image: draw(scene),
  };
  return [row];
}
