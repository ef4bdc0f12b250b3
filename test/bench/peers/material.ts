/** Questions, options, answers and replies that the rows of every benchmark are made of: plain ones, and what trips a parser. */

/** Twelve questions; none ends in a rotation or holds an image's mark of its own. */
const questions = [
  "What colour is the kite?",
  "How many dogs are there? ",
  "What is left of the bus?",
  "Which number stands on the sign?",
  'What does "Grüße" mean here?',
  "Is it 3 < 4, or 4 > 3?",
  "Was steht auf dem Schild?\nPlease look twice.",
  "图片中有几只狗？",
  "Which option (A or B) fits?",
  "What is 50% of {x}?",
  "Where is it?  Look  well.",
  "What's on the table, a cat or a dog?",
] as const;

const options = [
  ["red", "blue", "a green one", "None of the above"],
  ["1", "2", "3", "4"],
  ["left", "right", "above", "below"],
  ["A", "B", "C", "D"],
  ["Grüße", "ÄÖÜ", "ß", "é"],
  ["yes", "no", "maybe", "both"],
] as const;

const words = [
  ...["red", "Two", "a red bus", "Grüße", "3", "13"],
  ...["STOP", "on the table", "left", "pizza hut", "1/2", "unanswerable"],
] as const;

/** The one at a place; lists go round. */
const at = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

export const question = (n: number): string => at(questions, n);
export const choices = (n: number): readonly string[] => at(options, n);
export const letter = (n: number): string => at(["A", "B", "C", "D"], n);
export const word = (n: number): string => at(words, n);
/** Ten people, of whom three say something else. */
export const people = (n: number): readonly string[] =>
  Array.from({ length: 10 }, (_, person) => word(person < 3 ? n + person + 1 : n));
/** `A. red`, one a line. */
export const lettered = (of: readonly string[], mark = "."): string =>
  of.map((option, i) => `${letter(i)}${mark} ${option}`).join("\n");

export const letterReplies = [
  ...["B", "A.", "(C)", "d", "The answer is B.", "C. something", "Answer: D", "<think>x</think>A"],
  ...[
    "B because A is wrong",
    " C\n",
    "I cannot tell",
    "",
    "Option A",
    "A or B?",
    "**B**",
    "The correct option is (C) red.",
  ],
  ...["b) two", "AB", "none", "D)", "answer: a", "\\boxed{B}", "It must be the blue one, so (B).", "Both A and C; A."],
] as const;

export const wordReplies = [
  ...["red", "2", "The red bus.", "grüße", "three", "13.0", "stop", "On the table\n"],
  ...["it is left", "Pizza Hut", "half", "<think>hm</think>unanswerable", "", "Two", "RED", "a red bus"],
  ...["yes", "No.", "don't know", "1,000", "12%", "Answer: red", '"red"', "red and blue"],
] as const;

export const yesNoReplies = [
  ...["yes", "No", "Yes.", "no, there is none", "YES", " no\n", "It is yes", "not sure"],
  ...["Y", "<think>so</think>No", "", "nope", "Yes, there is a dog.", "no.", "The answer is no.", "true"],
  ...["n", "No, yes?", "Yes\nbecause", "maybe yes", "NO", "I see no dog", "yes yes", "false"],
] as const;

export const numberReplies = [
  ...["3", "three", "There are 4.", "2.0", " 7\n", "13", "", "<think>5</think>6"],
  ...["Answer: 8", "10 objects", "one", "I count 9", "twelve", "0", "5.", "about 6"],
  ...["seven birds", "3, 4", "\\boxed{2}", "4", "nine", "2", "8!", "none"],
] as const;
