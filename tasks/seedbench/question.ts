/** What the rows of SEED-Bench, SEED-Bench-2 and K-SEED have alike. */
import { Type } from "llava-eval";

const text = Type.String();

export const question = {
  question_id: Type.Union([Type.String(), Type.Integer()]),
  question: text,
  ...{ choice_a: text, choice_b: text, choice_c: text, choice_d: text },
  answer: text,
};

interface Choices {
  readonly choice_a: string;
  readonly choice_b: string;
  readonly choice_c: string;
  readonly choice_d: string;
}

export const choices = ({ choice_a, choice_b, choice_c, choice_d }: Choices) => [
  choice_a,
  choice_b,
  choice_c,
  choice_d,
];

/** SEED-Bench-2 has options that are images, by their files' names. */
export const isImage = (choice: string): boolean => choice.includes("jpg") || choice.includes("png");
