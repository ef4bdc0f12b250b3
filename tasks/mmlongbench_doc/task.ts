import {
  defineTask,
  hasText,
  Image,
  type ImageRef,
  ListText,
  mean,
  Nullable,
  notJudged,
  parseIntPython,
  parseStringList,
  rowDigest,
  SampleFailure,
  type Static,
  strip,
  Type,
  userPrompt,
} from "llava-eval";
import { documentF1 } from "./f1.js";
import { extraction, toExtract } from "./judge.js";
import { documentScore, isTarget, isUnanswerable, unanswerable } from "./score.js";
import { vlmEvalKitExtraction, vlmEvalKitToExtract } from "./vlmevalkit.js";

const lists = Type.Optional(Nullable(ListText()));
const row = Type.Object({
  doc_id: Type.String(), // "report.pdf"
  question: Type.String(),
  answer: Type.String(), // "Not answerable" where the document does not say it
  answer_format: Type.Enum(["Int", "Float", "Str", "List", "None"]),
  evidence_pages: lists, // "[3, 5]", from 1
  evidence_sources: lists, // "['Chart']"
  doc_type: Type.Optional(Nullable(Type.String())),
  pages: Type.Optional(Nullable(Type.Array(Image()))),
});
type Row = Static<typeof row>;

/** As many as the authors show. */
const mostPages = 120;
/** Of what is no list nothing: it places a question in a breakdown, and lmms-eval reads it so. */
function listed(cell: string | null | undefined): readonly string[] {
  if (!cell?.startsWith("[")) return [];
  try {
    return parseStringList(cell);
  } catch (error) {
    if (!(error instanceof SampleFailure)) throw error;
    return [];
  }
}
/** Each once, in the order of the row. Some are written as `3.0`. */
const evidence = ({ evidence_pages: cell }: Row): readonly number[] => [
  ...new Set(
    listed(cell)
      .flatMap((page) => parseIntPython(page.replace(/\.0$/, "")) ?? [])
      .filter((page) => page > 0),
  ),
];

function pagesOf({ pages, doc_id: document }: Row): readonly ImageRef[] {
  if (pages && pages.length > 0) return pages;
  const name = JSON.stringify(document.slice(0, 200));
  throw new SampleFailure(
    "data",
    `the row has no pages of ${name}: render them first, llava-eval data pages mmlongbench_doc --data DIR`,
  );
}

/** Where the answer stands: each is a metric over the questions that need it. */
const SOURCES = {
  text: "Pure-text (Plain-text)",
  layout: "Generalized-text (Layout)",
  ...{ chart: "Chart", table: "Table", figure: "Figure" },
};

const shortly = "\nAnswer with a single word or phrase. If the answer is not in the document, answer 'Not answerable'.";

const commas = 'the whole number "1,200" is equal to no answer, itself neither';

export default defineTask<Row>({
  name: "mmlongbench_doc",
  version: 2,
  about: "Questions about PDF documents of many pages, a fifth of them without an answer there (Ma et al. 2024).",
  cite: "https://arxiv.org/abs/2407.01523; official scoring follows mayubo2333/MMLongBench-Doc eval/: a judge takes the answer out of a reply, rules compare it; vlmevalkit scoring asks it in other words; lmms-eval's profile shows the pages that hold the answer and no others, so its numbers are another benchmark's",
  splits: {
    train: {
      ...{ sources: ["yubo2333/MMLongBench-Doc"], split: "train", licence: "Apache-2.0", answers: "public" },
      rows: 1091,
    },
  },
  row,
  id: ({ doc_id: document, question }) => rowDigest(document, question),
  cluster: ({ doc_id: document }) => document,
  profiles: ["default", "vlmevalkit", "lmms-eval"],
  prompt(row, profile) {
    const pages = pagesOf(row).slice(0, mostPages);
    if (profile === "default") return userPrompt(row.question, ...pages);
    if (profile === "vlmevalkit") return userPrompt(...pages, row.question);
    const shown = evidence(row).flatMap((page) => pages[page - 1] ?? []);
    return userPrompt(...shown, `${strip(row.question)}${shortly}`);
  },
  generation: { maxNewTokens: 1024, temperature: 0 },
  judge: {
    model: "gpt-4o",
    template: extraction("{question}", "{reply}"),
    scorings: ["official"],
    ask: ({ question }, { text }, verdicts, scoring) =>
      scoring === "official" && verdicts.length === 0 ? toExtract(question, text) : undefined,
  },
  judgesByScoring: {
    vlmevalkit: {
      model: "gpt-4o",
      template: vlmEvalKitExtraction("{question}", "{reply}"),
      ask: ({ question }, { text }, verdicts) =>
        verdicts.length === 0 ? vlmEvalKitToExtract(question, text) : undefined,
    },
  },
  hasReference: ({ answer, answer_format: format }) => hasText(answer) && isTarget(answer, format),
  defects: {
    official: ['the unit in "5 miles" is taken away, and the result thrown away', commas],
    "lmms-eval": ["only the pages that hold the answer are shown (profile lmms-eval)"],
    vlmevalkit: [
      'the unit in "5 miles" is taken away, and the result thrown away',
      commas,
      "points for questions without an answer count in the precision of f1",
      "a reply of its judge without an extraction is an empty answer (here: asked again, then unscored)",
      "some models see pages joined into one image (here: each alone)",
    ],
  },
  scorings: ["vlmevalkit"],
  reportedAs: {
    vlmevalkit: {
      ...{ accuracy: "avg_score of overall_acc", f1: "avg_score of overall_f1" },
      ...{ accuracy_text: "avg_score of text", accuracy_layout: "avg_score of layout" },
      ...{ accuracy_chart: "avg_score of chart", accuracy_table: "avg_score of table" },
      accuracy_figure: "avg_score of image",
    },
  },
  score({ answer: target, answer_format: format, evidence_sources }, { text }, { scoring, verdicts: [verdict] }) {
    // VLMEvalKit compares as the authors do.
    const rules = scoring === "lmms-eval" ? "lmms-eval" : "official";
    if (rules === "official" && typeof verdict !== "string") return notJudged;
    const answer = rules === "official" ? String(verdict) : strip(text);
    const data = { answerable: !isUnanswerable(target, rules), answered: !isUnanswerable(answer, rules) };
    const accuracy = documentScore(target, answer, format, rules);
    const sources = listed(evidence_sources);
    const named = Object.entries(SOURCES).filter(([, source]) => sources.includes(source));
    const value = { accuracy, ...Object.fromEntries(named.map(([name]) => [name, accuracy])) };
    return { status: "scored", value, answer, targets: [target], data };
  },
  metrics: [
    mean("accuracy", { of: "accuracy" }),
    documentF1,
    ...Object.keys(SOURCES).map((name) => mean(`accuracy_${name}`, { of: name, perGroup: false })),
  ],
  groups: {
    pages: (row) => (row.answer === unanswerable ? "unanswerable" : evidence(row).length === 1 ? "single" : "cross"),
    doc_type: ({ doc_type: type }) => type ?? undefined,
    format: ({ answer_format: format }) => format,
  },
});
