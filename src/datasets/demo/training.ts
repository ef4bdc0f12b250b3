/**
 * The training format: images with the prompts and answers of all four demo tasks, in two files a script can stream.
 *
 * - `images.bin`: RGB bytes of every image, one after the other, without headers.
 * - `samples.jsonl`: one line an image, in the same order; see `TrainingSample`.
 *
 * The prompts are the words of the default profile, held equal to the tasks' own by a test.
 */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../files/make-folder.js";
import { captionsOf } from "./captions.js";
import { draw } from "./draw.js";
import { choiceOf, existsQuestion, phrase, questionsAbout } from "./questions.js";
import { Random } from "./random.js";
import { anyScene, COLOURS, type Scene, SHAPES } from "./scene.js";

export const SHORT_ANSWER = "\nAnswer the question using a single word or phrase.";
export const LETTER_ANSWER = "\n\nAnswer with the option's letter from the given choices directly.";
export const CAPTION = "Provide a one-sentence caption for the provided image.";

export interface TrainingQuestion {
  /** `letter` = multiple choice, `caption`, or the topic of a short question. */
  readonly kind: string;
  /** The user's text after the image. */
  readonly prompt: string;
  readonly answer: string;
}

/** Something drawn, for the supervision of the vision tower: its class, colour and box in pixels. */
export interface TrainingObject {
  /** A shape's name, `bar`, or a digit. */
  readonly name: string;
  readonly colour: string;
  /** Left, top, right, bottom. */
  readonly box: readonly [number, number, number, number];
}

export interface TrainingSample {
  readonly width: number;
  readonly height: number;
  readonly kind: string;
  readonly objects: readonly TrainingObject[];
  readonly questions: readonly TrainingQuestion[];
}

function objectsOf(scene: Scene): TrainingObject[] {
  const rounded = (...box: [number, number, number, number]): [number, number, number, number] => [
    Math.round(box[0]),
    Math.round(box[1]),
    Math.round(box[2]),
    Math.round(box[3]),
  ];
  switch (scene.kind) {
    case "shapes":
      return scene.things.map(({ shape, colour, x, y, radius }) => ({
        name: shape,
        colour,
        box: rounded(x - radius, y - radius, x + radius, y + radius),
      }));
    case "chart":
      return scene.bars.map(({ colour, box }) => ({ name: "bar", colour, box }));
    case "number":
      return scene.digits.map(({ digit, x, y, dot }) => ({
        name: String(digit),
        colour: scene.colour,
        box: [x, y, x + 5 * dot, y + 7 * dot],
      }));
  }
}

/** The text of a multiple-choice question with its lettered options and the instruction. */
export function choicePrompt(question: string, options: readonly string[]): string {
  return `${question}\n${options.map((option, i) => `${"ABCD"[i]}. ${option}`).join("\n")}${LETTER_ANSWER}`;
}

/** Two POPE-style questions on whole phrases (one present, one absent that shares a word where it can). */
function phraseQuestions(scene: Scene, random: Random): TrainingQuestion[] {
  if (scene.kind !== "shapes") return [];
  const present = scene.things.map(phrase);
  const near = random.pick(scene.things);
  const candidates = random.below(2)
    ? SHAPES.map((shape) => phrase({ colour: near.colour, shape }))
    : COLOURS.map((colour) => phrase({ colour, shape: near.shape }));
  const far = phrase({ colour: random.pick(COLOURS), shape: random.pick(SHAPES) });
  const absent = [random.pick(candidates), far, ...candidates].filter((text) => !present.includes(text));
  return [existsQuestion(random.pick(present), true), existsQuestion(absent[0] ?? "a thing", false)].map(
    ({ text, answer }) => ({ kind: "exists-phrase", prompt: text + SHORT_ANSWER, answer }),
  );
}

/** An image's questions: short answers, one or two multiple-choice forms, existence of phrases, and the caption. */
export function trainingQuestions(scene: Scene, random: Random): TrainingQuestion[] {
  const questions = questionsAbout(scene, random);
  const short = questions
    .slice(0, 6)
    .map(({ topic, text, answer }) => ({ kind: topic, prompt: text + SHORT_ANSWER, answer }));
  const choices = random
    .shuffled(questions)
    .map((question) => choiceOf(question, random))
    .filter((choice) => choice !== undefined)
    .slice(0, 3)
    .map(({ question, options, right }) => ({
      kind: "letter",
      prompt: choicePrompt(question.text, options),
      answer: "ABCD"[right] ?? "A",
    }));
  return [
    ...short,
    ...phraseQuestions(scene, random),
    ...choices,
    { kind: "caption", prompt: CAPTION, answer: captionsOf(scene)[0] ?? "" },
  ];
}

/** Writes `images.bin` and `samples.jsonl` into `folder`. Images of another split or seed never repeat. */
export async function writeTraining(folder: string, split: string, seed: number, count: number): Promise<void> {
  await makeFolder(folder);
  const images = createWriteStream(join(folder, "images.bin"));
  const samples = createWriteStream(join(folder, "samples.jsonl"));
  for (let i = 0; i < count; i++) {
    const random = new Random(`${split}/${seed}/training/${i}`);
    const scene = anyScene(random);
    const sample: TrainingSample = {
      width: scene.width,
      height: scene.height,
      kind: scene.kind,
      objects: objectsOf(scene),
      questions: trainingQuestions(scene, random),
    };
    const room = images.write(draw(scene).rgb);
    if (!samples.write(`${JSON.stringify(sample)}\n`)) await once(samples, "drain");
    if (!room) await once(images, "drain");
  }
  for (const stream of [images, samples]) {
    stream.end();
    await once(stream, "close");
  }
}
