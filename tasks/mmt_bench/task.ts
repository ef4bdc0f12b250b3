import {
  byLetter,
  chosen,
  defineTask,
  Image,
  inferChoice,
  mean,
  Nullable,
  type Output,
  parseChoice,
  type ScoreContext,
  type Scored,
  type Static,
  type Task,
  Type,
  userPrompt,
  vlmEvalKit,
} from "llava-eval";

const text = Type.Optional(Nullable(Type.String()));
const columns = {
  index: Type.Union([Type.String(), Type.Integer()]),
  question: Type.String(),
  ...{ A: text, B: text, C: text, D: text, E: text, F: text, G: text, H: text, I: text },
  answer: text,
  category: Type.String(),
  "l2-category": Type.String(),
};
const row = Type.Object({ ...columns, image: Image() });
const severalRow = Type.Object({ ...columns, image: Type.Array(Image()) });
type Row = Static<typeof row> | Static<typeof severalRow>;

const LETTERS = ["A", "B", "C", "D", "E", "F", "G", "H", "I"] as const;
const optionsOf = (row: Row) =>
  LETTERS.flatMap((letter) => (row[letter]?.trim() ? [[letter, row[letter]?.trim() ?? ""] as const] : []));

function scored(row: Row, output: Output, context: ScoreContext): Scored {
  const answer = output.text;
  const options = optionsOf(row);
  const gold = row.answer?.trim() ?? "";
  if (context.scoring === "official")
    return chosen(inferChoice(answer, Object.fromEntries(options), "vlmevalkit"), gold);
  const letters = options.map(([letter]) => letter);
  return byLetter(parseChoice("mmt", answer, letters), gold, letters, context);
}

const splits = (name: string, rows: { val?: number; test?: number }): Task["splits"] => {
  const split = { sources: [`lmms-lab-encoder/${name}`, `lmms-lab/${name}`], licence: "cc-by-4.0" };
  const counted = (count: number | undefined) => (count === undefined ? {} : { rows: count });
  return {
    val: { ...split, split: "val", ...counted(rows.val), answers: "public" },
    test: { ...split, split: "test", ...counted(rows.test), answers: "secret" },
  };
};

const single: Task<Row> = {
  name: "mmt_bench",
  aliases: ["mmt", "mmt_val@val", "mmt_test@test"],
  version: 1,
  about: "162 subtasks of visual recognition, reasoning and planning (Ying et al. 2024).",
  cite: "https://arxiv.org/abs/2404.16006; official matching is VLMEvalKit's, as the authors' repository uses it",
  splits: splits("MMT-Benchmark", { val: 3127 }),
  tsv: { files: { val: "MMT-Bench_VAL" } },
  row,
  id: ({ index }) => String(index),
  prompt(row) {
    const lines = optionsOf(row).map(([letter, option]) => `${letter}: ${option}`);
    // lmms-eval writes a literal "<image>" after "Question: ", where its LLaVA backend puts the (first) image.
    const last = "Answer the question using a single character from the given options.";
    return userPrompt("Question: ", ...[row.image].flat(), `\n${row.question.trim()}\n${lines.join("\n")}\n${last}`);
  },
  options: { in: LETTERS, right: "answer", as: "letter" },
  generation: { maxNewTokens: 8, temperature: 0 },
  hasReference: (row) => optionsOf(row).some(([letter]) => letter === row.answer?.trim()),
  defects: {
    "lmms-eval": ['an endpoint is sent the mark "<image>" as it stands (here: the image)'],
    vlmevalkit: ["a part of the benchmark cannot be reported there"],
  },
  score: scored,
  answer: (row, output, context) => scored(row, output, context),
  metrics: [mean("accuracy")],
  groups: { category: ({ category }) => category, l2_category: (row) => row["l2-category"] },
  submission: {
    file: "mmt_test_submission.json",
    entry: ({ index }, answer) => ({ [String(index)]: answer }),
    schema: Type.Record(Type.String(), Type.String({ pattern: "^[A-IZ]?$" }), { minProperties: 1, maxProperties: 1 }),
  },
};

const several: Task<Row> = {
  ...single,
  name: "mmt_bench_mi",
  aliases: ["mmt_mi", "mmt_mi_val@val", "mmt_mi_test@test"],
  about: "MMT-Bench's questions over several images (Ying et al. 2024).",
  splits: splits("MMT_MI-Benchmark", {}),
  tsv: { files: { val: "MMT-Bench_VAL_MI" } },
  row: severalRow,
};

/** Its MMT-Bench_VAL and _VAL_MI. */
const asked = (task: Task<Row>) =>
  defineTask(
    vlmEvalKit.choices(task, (row) => ({
      ...{ question: row.question, options: LETTERS.map((letter) => row[letter]) },
      ...{ gold: row.answer?.trim() ?? "", images: [row.image].flat() },
    })),
  );

export default [asked(single), asked(several)];
