/** Answers of models that are clearly different, to multiple-choice items some of which have a wrong reference. Seeded. */
import { seededRandom } from "../../src/statistics/seeded-random.js";
import { type Folder, sample, writeRun } from "./run-fixture.js";

export interface Plant {
  readonly models: number;
  readonly items?: number;
  /** Of the models' abilities, in logits; the items' difficulties have 1. */
  readonly spread?: number;
  /** The mean ability. */
  readonly level?: number;
  /** Share of wrong answers that go to one tempting option of the item; else each wrong option is as likely. */
  readonly tempting?: number;
  /** Who does not know guesses among all four options. */
  readonly guessed?: boolean;
  readonly seed?: number;
}

const letters = ["A", "B", "C", "D"];
const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const wrongReferences = 10;

/** Ten items, evenly: who knows the answer is marked wrong, and all who know give the same. */
export const isMislabelled = (item: number, items = 300) => item % (items / wrongReferences) === 0;

export const truthOf = (item: number) => letters[item % 4] as string;

export interface PlantedAnswers {
  readonly references: readonly string[];
  /** By model, by item. */
  readonly answers: readonly (readonly string[])[];
}

export function plantedAnswers(plant: Plant): PlantedAnswers {
  const { models, items = 300, spread = 1, level = 0, tempting = 0, guessed = false, seed = 0 } = plant;
  const random = seededRandom("items", models, ...(seed === 0 ? [] : [seed]));
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const difficulties = Array.from({ length: items }, normal);
  const after = (item: number, steps: number) => letters[(item + steps) % 4] as string;
  const notKnown = (item: number) => {
    if (guessed && random.next() < 1 / 4) return truthOf(item);
    return after(item, tempting > 0 && random.next() < tempting ? 3 : 1 + random.below(3));
  };
  const answers = Array.from({ length: models }, () => {
    const ability = level + spread * normal();
    return difficulties.map((difficulty, item) =>
      random.next() < logistic(ability - difficulty) ? truthOf(item) : notKnown(item),
    );
  });
  const references = difficulties.map((_, item) => (isMislabelled(item, items) ? after(item, 1) : truthOf(item)));
  return { references, answers };
}

/** @returns the runs' folders */
export async function plantedRuns(folder: Folder, plant: Plant): Promise<string[]> {
  const { references, answers } = plantedAnswers(plant);
  return await Promise.all(
    answers.map((ofModel, model) => {
      const samples = ofModel.map((answer, item) => {
        const reference = references[item] as string;
        const value = answer === reference ? 1 : 0;
        return sample(item, value, { text: answer, score: { status: "scored", value, answer, targets: [reference] } });
      });
      return writeRun(folder.dir, `model-${model}`, { tasks: { quiz: { samples } } });
    }),
  );
}
