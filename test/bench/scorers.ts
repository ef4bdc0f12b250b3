/**
 * npm run bench -- scorers: scoring at the real sizes, on generated data, one core, without any model.
 * References measured on this kind of machine: official VQA evaluation of 214,354 questions 27-39 s and 1.2 GB; pycocoevalcap
 * without METEOR on 5,000 / 40,504 images x 5 references 5.8 / 52 s and 1.4 GB.
 */
import { rawCaptionScores } from "../../src/metrics/caption-scores.js";
import { anls } from "../../src/scorers/anls.js";
import { seededRandom } from "../../src/statistics/seeded-random.js";
import { officialVqaAccuracy } from "../../tasks/vqa/accuracy.js";

const random = seededRandom("bench", "scorers");

/** Words with the frequencies of natural text: the n-th most frequent one has probability ~ 1 / n. */
const syllables = ["ba", "ke", "lo", "mi", "nu", "pra", "ski", "tor", "van", "zel", "dra", "fen", "gus", "hip"];
const vocabulary = Array.from({ length: 12_000 }, (_, i) => {
  let word = "";
  for (let rest = i + 1; rest > 0; rest = Math.floor(rest / syllables.length))
    word += syllables[rest % syllables.length];
  return word;
});
const zipfWord = () =>
  vocabulary[Math.min(vocabulary.length - 1, Math.floor(vocabulary.length ** random.next()))] as string;
const phrase = (words: number) => Array.from({ length: words }, zipfWord).join(" ");

// Captions repeat themselves: the same things do the same in the same places. Zipf's law over words in a frame gives what
// COCO's captions have: of 10,000 captions' bigrams, trigrams and 4-grams 28, 57 and 78 % are distinct (COCO: 29, 59, 81 %).
const nouns = vocabulary.slice(0, 2500);
const adjectives = vocabulary.slice(2500, 3100);
const verbs = vocabulary.slice(3100, 3500);
const zipf = (words: readonly string[]) => words[Math.floor(words.length ** random.next()) - 1] as string;
const article = () => random.pick(["a", "a", "a", "the", "two", "some"]);
const thing = () =>
  random.next() < 0.4 ? `${article()} ${zipf(adjectives)} ${zipf(nouns)}` : `${article()} ${zipf(nouns)}`;
const place = () => `${random.pick(["on", "in", "on top of", "next to", "with", "in front of", "near"])} ${thing()}`;

/** A caption as people write them: a capital, commas now and then, a possessive, a number, a full stop. */
function caption(): string {
  let text = `${thing()} ${zipf(verbs)} ${place()}`;
  if (random.next() < 0.55) text += ` ${place()}`;
  const words = text.split(" ");
  if (random.next() < 0.04) words.splice(2, 0, `${words[1]}'s`);
  if (random.next() < 0.02) words.splice(1, 0, String(random.below(20)));
  if (random.next() < 0.1) words[3] = `${words[3]},`;
  const sentence = words.join(" ");
  return sentence.charAt(0).toUpperCase() + sentence.slice(1) + (random.next() < 0.8 ? "." : "");
}

interface Row {
  readonly name: string;
  readonly samples: number;
  readonly seconds: number;
  readonly cpu: number;
  readonly megabytes: number;
}

const rows: Row[] = [];

function measure(name: string, samples: number, run: () => unknown): void {
  const before = process.cpuUsage();
  const began = performance.now();
  run();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(before);
  rows.push({ name, samples, seconds, cpu: (user + system) / 1e6, megabytes: process.memoryUsage.rss() / 1e6 });
}

function captions(images: number): void {
  const references = Array.from({ length: images }, () => Array.from({ length: 5 }, caption));
  const predictions = Array.from({ length: images }, caption);
  const all = predictions.map((prediction, i) => ({ prediction, references: references[i] as string[] }));
  measure("captions, 5 references (tokenizer, BLEU, ROUGE-L, CIDEr-D)", images, () => rawCaptionScores(all));
}

function vqa(questions: number): void {
  const common = ["yes", "no", "2", "1", "white", "3", "red", "blue", "on the table", "left", "a man", "skateboard"];
  const answer = () => (random.next() < 0.7 ? random.pick(common) : phrase(1 + random.below(3)));
  const people = Array.from({ length: questions }, () => {
    const main = answer();
    return Array.from({ length: 10 }, () => (random.next() < 0.75 ? main : answer()));
  });
  const said = people.map((answers) => (random.next() < 0.6 ? (answers[0] as string) : answer()));
  measure("VQA accuracy, official, ten people", questions, () => {
    let sum = 0;
    people.forEach((answers, i) => {
      sum += officialVqaAccuracy(said[i] as string, answers).accuracy ?? 0;
    });
    return sum / questions;
  });
}

function documents(questions: number): void {
  const targets = Array.from({ length: questions }, () => [phrase(1 + random.below(4)), phrase(2)]);
  const said = targets.map(([first]) => (random.next() < 0.5 ? (first as string) : phrase(3)));
  measure("ANLS, two references", questions, () => targets.map((references, i) => anls(references, said[i] as string)));
}

documents(5349);
captions(5000);
vqa(214_354);
captions(40_504);

process.stdout.write(
  "scorer                                                        samples        s    CPU s   RSS MB\n",
);
for (const { name, samples, seconds, cpu, megabytes } of rows)
  process.stdout.write(
    `${name.padEnd(58)} ${String(samples).padStart(9)} ${seconds.toFixed(2).padStart(8)} ${cpu.toFixed(2).padStart(8)} ${megabytes.toFixed(0).padStart(8)}\n`,
  );
process.stdout.write("RSS includes the generated data.\n");
