/** Questions about a scene with the answers that follow from it. The words are American, as in the benchmarks they imitate. */
import type { Random } from "./random.js";
import {
  BACKGROUNDS,
  type ChartScene,
  COLOURS,
  type NumberScene,
  type Scene,
  SHAPES,
  type ShapesScene,
  type Thing,
} from "./scene.js";

/** What a question asks for; also the key of the per-kind accuracies in the model card. */
export type Topic =
  | "color"
  | "shape"
  | "count"
  | "place"
  | "exists"
  | "background"
  | "bars"
  | "bar-color"
  | "number"
  | "number-color";

export interface Question {
  readonly topic: Topic;
  readonly text: string;
  readonly answer: string;
  /** VQAv2's three answer types. */
  readonly answerType: "yes/no" | "number" | "other";
  /** VQAv2's question type: the words the question opens with. */
  readonly questionType: string;
  /** Wrong answers of the same sort, for a multiple-choice form; absent where there is none. */
  readonly distractors?: readonly string[];
}

/** `a red star`. */
export function phrase(thing: { readonly colour: string; readonly shape: string }): string {
  return `a ${thing.colour} ${thing.shape}`;
}

function others(all: readonly string[], answer: string): readonly string[] {
  return all.filter((item) => item !== answer);
}

function yesNo(topic: Topic, text: string, answer: boolean): Question {
  return { topic, text, answer: answer ? "yes" : "no", answerType: "yes/no", questionType: "is there a" };
}

function backgroundQuestion(scene: Scene): Question {
  return {
    topic: "background",
    text: "What color is the background?",
    answer: scene.background,
    answerType: "other",
    questionType: "what color is the",
    distractors: others([...BACKGROUNDS, "blue", "green"], scene.background),
  };
}

/** Things whose shape (or colour) no other thing of the scene has, so that it names them. */
function named(scene: ShapesScene, by: "shape" | "colour"): Thing[] {
  return scene.things.filter((thing) => scene.things.every((other) => other === thing || other[by] !== thing[by]));
}

function shapesQuestions(scene: ShapesScene): Question[] {
  const out: Question[] = [];
  for (const thing of named(scene, "shape")) {
    out.push({
      topic: "color",
      text: `What color is the ${thing.shape}?`,
      answer: thing.colour,
      answerType: "other",
      questionType: "what color is the",
      distractors: others(COLOURS, thing.colour),
    });
    const right = thing.cell % 2 === 1;
    const bottom = thing.cell >= 2;
    out.push({
      topic: "place",
      text: `Is the ${thing.shape} on the left or on the right?`,
      answer: right ? "right" : "left",
      answerType: "other",
      questionType: "is the",
    });
    out.push({
      topic: "place",
      text: `Is the ${thing.shape} at the top or at the bottom?`,
      answer: bottom ? "bottom" : "top",
      answerType: "other",
      questionType: "is the",
    });
  }
  for (const thing of named(scene, "colour")) {
    out.push({
      topic: "shape",
      text: `What shape is ${thing.colour}?`,
      answer: thing.shape,
      answerType: "other",
      questionType: "what",
      distractors: others(SHAPES, thing.shape),
    });
  }
  out.push({
    topic: "count",
    text: "How many shapes are there?",
    answer: String(scene.things.length),
    answerType: "number",
    questionType: "how many",
    distractors: others(["1", "2", "3", "4"], String(scene.things.length)),
  });
  return out;
}

/** Pairs of questions of existence, one with yes and one with no, about a single word. */
function existsQuestions(scene: ShapesScene, random: Random): Question[] {
  const by = random.pick(["shape", "colour"] as const);
  const all: readonly string[] = by === "shape" ? SHAPES : COLOURS;
  const present = new Set<string>(scene.things.map((thing) => thing[by]));
  const ask = (word: string): string =>
    by === "shape" ? `Is there a ${word} in the image?` : `Is there a ${word} shape in the image?`;
  const absent = all.filter((word) => !present.has(word));
  return [yesNo("exists", ask(random.pick([...present])), true), yesNo("exists", ask(random.pick(absent)), false)];
}

/** `Is there a red star in the image?`, the form of the POPE-style rows. */
export function existsQuestion(phraseWithArticle: string, answer: boolean): Question {
  return yesNo("exists", `Is there ${phraseWithArticle} in the image?`, answer);
}

function chartQuestions(scene: ChartScene): Question[] {
  const count = String(scene.bars.length);
  const tallest = scene.bars.find((bar) => bar.rank === scene.bars.length - 1)?.colour ?? "";
  const shortest = scene.bars.find((bar) => bar.rank === 0)?.colour ?? "";
  const barColour = (which: string, answer: string): Question => ({
    topic: "bar-color",
    text: `What color is the ${which} bar?`,
    answer,
    answerType: "other",
    questionType: "what color is the",
    distractors: others(COLOURS, answer),
  });
  return [
    {
      topic: "bars",
      text: "How many bars are there?",
      answer: count,
      answerType: "number",
      questionType: "how many",
      distractors: others(["1", "2", "3", "4", "5"], count),
    },
    barColour("tallest", tallest),
    barColour("shortest", shortest),
  ];
}

function numberQuestions(scene: NumberScene, random: Random): Question[] {
  const value = scene.digits.map(({ digit }) => digit).join("");
  const wrong = new Set<string>();
  while (wrong.size < 4) {
    const near = String(value.length === 1 ? 1 + random.below(9) : 10 + random.below(90));
    if (near !== value) wrong.add(near);
  }
  return [
    {
      topic: "number",
      text: "What number is shown?",
      answer: value,
      answerType: "number",
      questionType: "what number is",
      distractors: [...wrong],
    },
    {
      topic: "number-color",
      text: "What color is the number?",
      answer: scene.colour,
      answerType: "other",
      questionType: "what color is the",
      distractors: others(COLOURS, scene.colour),
    },
  ];
}

/** Every question the scene answers, in random order. */
export function questionsAbout(scene: Scene, random: Random): Question[] {
  const about =
    scene.kind === "shapes"
      ? [...shapesQuestions(scene), ...existsQuestions(scene, random)]
      : scene.kind === "chart"
        ? chartQuestions(scene)
        : numberQuestions(scene, random);
  return random.shuffled([...about, backgroundQuestion(scene)]);
}

export interface Choice {
  readonly question: Question;
  readonly options: readonly string[];
  /** The index of the right option. */
  readonly right: number;
}

/** The question with `count` options in random order, or undefined when it has too few wrong answers. */
export function choiceOf(question: Question, random: Random, count = 4): Choice | undefined {
  const wrong = question.distractors ?? [];
  if (wrong.length < count - 1) return undefined;
  const options = random.shuffled([question.answer, ...random.sample(wrong, count - 1)]);
  return { question, options, right: options.indexOf(question.answer) };
}
