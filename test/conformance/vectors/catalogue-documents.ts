/** Vector files of the benchmarks that read whole documents. */

import type { Scored, Scoring } from "../../../src/core/score.js";
import { roundHalfEven } from "../../../src/text/python-numbers.js";
import { python } from "../../../src/text/python-values.js";
import { normalText } from "../../../tasks/documents/cc-ocr-keys.js";
import { tokensOf } from "../../../tasks/documents/cc-ocr-text.js";
import { chineseWords } from "../../../tasks/documents/chinese-words.js";
import { lastBox, spottedIn } from "../../../tasks/documents/ocrbench-v2-boxes.js";
import { chartIn, chartTable, keysIn } from "../../../tasks/documents/ocrbench-v2-keys.js";
import { documentTree, markdownTable } from "../../../tasks/documents/ocrbench-v2-pages.js";
import { meteor, textLikeness } from "../../../tasks/documents/page-text.js";
import { teds } from "../../../tasks/documents/teds.js";
import type { Tree } from "../../../tasks/documents/tree-distance.js";
import { isChangedBefore, taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, lmms, vlmevalkit } from "./catalogue-metrics.js";

/** The harnesses take thoughts out before a task sees a reply; these went to the tasks' functions as they are. */
const untouched = (text: string): string => text.replace(/<(?=\/?think>)/g, "＜");

/** lmms-eval takes outer blanks away, too: its value of such a reply is another one's in a run. */
const isStripped = (replies: readonly string[]): boolean => replies.some((reply) => isChangedBefore(untouched(reply)));

const withoutLmms = (expected: object): object =>
  Object.fromEntries(Object.entries(expected).filter(([name]) => name !== "lmms"));

const official = { scoring: "official" } as const;
const byName: Readonly<Record<string, { readonly scoring: Scoring }>> = { official, lmms, vek: vlmevalkit };

/** Once for each implementation; undefined where it leaves the row unscored. */
function each<T>(of: (rules: { readonly scoring: Scoring }) => T): Readonly<Record<string, T | undefined>> {
  return Object.fromEntries(
    Object.entries(byName).map(([name, rules]) => {
      try {
        return [name, of(rules)];
      } catch (error) {
        if (error instanceof RangeError) return [name, undefined];
        throw error;
      }
    }),
  );
}

interface Row {
  readonly type: string;
  readonly question: string;
  readonly answers: unknown;
  readonly predict: string;
}

const namedValue = ({ value }: Pick<Scored, "value">, name: string): number => {
  const found = (value as Readonly<Record<string, number>>)[name];
  if (found === undefined) throw new RangeError(`no value "${name}"`);
  return found;
};

function ocrScore(row: Row): Readonly<Record<string, number | undefined>> {
  return each((rules) => namedValue(taskScore("ocrbench_v2", row, untouched(row.predict), rules), "all"));
}

const ocrbenchTypes = [
  ...["APP agent en", "ASCII art classification en", "VQA with position en", "chart parsing en", "cognition VQA cn"],
  ...["cognition VQA en", "diagram QA en", "document classification en", "document parsing cn", "document parsing en"],
  ...["fine-grained text recognition en", "formula recognition cn", "formula recognition en", "full-page OCR cn"],
  ...["full-page OCR en", "handwritten answer extraction cn", "key information extraction cn"],
  ...["key information extraction en", "key information mapping en", "math QA en", "reasoning VQA cn"],
  ...["reasoning VQA en", "science QA en", "table parsing cn", "table parsing en", "text counting en"],
  ...["text grounding en", "text recognition en", "text spotting en", "text translation cn"],
];

/** A row whose answer is one text has another value in each implementation; elsewhere one value is all of theirs. */
const ocrbench: VectorFile = {
  setAside: ({ predict }: { predict?: unknown }) =>
    predict === null ? "a reply that is no text, which no run has" : undefined,
  // A row whose own value is one for all has it in each.
  compare: { extraKeys: true },
  functions: {
    ...Object.fromEntries(ocrbenchTypes.map((type) => [`ocrbench_v2.${type.replaceAll(" ", "_")}`, ocrScore])),
    "ocrbench_v2.aggregate": ({ rows }: { rows: { type: string; score: number }[] }) => {
      const scored = rows.map(({ type, score }) => ({
        row: { type },
        value: { all: score, [type.endsWith(" cn") ? "cn" : "en"]: score },
      }));
      const of = (metric: string, { scoring }: { scoring: Scoring } = official) =>
        fold("ocrbench_v2", metric, scored, scoring);
      const [en, cn] = [of("en_overall"), of("cn_overall")];
      const isWhole = en !== null && cn !== null;
      return {
        official: isWhole ? { en: roundHalfEven(en, 3), cn: roundHalfEven(cn, 3) } : undefined,
        lmms: { en: of("accuracy_en", lmms) ?? 0, cn: of("accuracy_cn", lmms) ?? 0, final: of("accuracy", lmms) },
        vek: isWhole ? { en_overall: en, cn_overall: cn } : undefined,
      };
    },
  },
  reference: (expected, fn, { predict = "" }: { predict?: string }) => {
    if (fn !== "ocrbench_v2.aggregate") {
      const all = typeof expected === "number" ? { official: expected, lmms: expected, vek: expected } : expected;
      return isStripped([predict]) ? withoutLmms(all as object) : all;
    }
    const { official, lmms, vek } = expected as Record<"official" | "lmms" | "vek", Record<string, unknown>>;
    if ("$error" in official) return { lmms };
    return {
      official: { en: official["English Overall Score"], cn: official["Chinese Overall Score"] },
      lmms,
      vek: { en_overall: vek.en_overall, cn_overall: vek.cn_overall },
    };
  },
};

/** As the vectors write a tree. */
const listed = ({ node, children }: Tree<string>): unknown => [node, children.map(listed)];

const parts: VectorFile = {
  part: "the parsers and measures that OCRBench v2's rules are made of",
  functions: {
    cal_per_metrics({ pred, gt }: { pred: string; gt: string }) {
      const { bleu, meteor, f, distance } = textLikeness(pred, gt);
      return { bleu, meteor, f_measure: f, edit_dist: distance };
    },
    "jieba.lcut": ({ text }: { text: string }) => chineseWords(text),
    meteor: ({ reference, hypothesis }: { reference: string[]; hypothesis: string[] }) => meteor(hypothesis, reference),
    convert_str_to_dict: ({ text }: { text: string }) => Object.fromEntries(keysIn(text)),
    convert_str_to_multi_dict: ({ text }: { text: string }) => plain(chartIn(text)),
    convert_markdown_table_to_html: ({ text }: { text: string }) => markdownTable(text),
    dict_to_html: ({ data }: { data: object }) => chartTable(new Map(Object.entries(data))),
    get_tree: ({ text }: { text: string }) => listed(documentTree(text)),
    teds: ({ pred, true: reference }: { pred: string; true: string }) => ({
      content: teds(pred, reference),
      structure: teds(pred, reference, { structureOnly: true }),
    }),
    extract_coordinates: ({ text }: { text: string }) => lastBox(text),
    extract_bounding_boxes({ text }: { text: string }) {
      const found = spottedIn(text);
      return found.length === 0 ? null : found.map(({ box, text: word }) => [...box, word]);
    },
  },
  reference: (expected, fn) => {
    if (fn !== "cal_per_metrics") return expected;
    const { precision: _, recall: __, ...rest } = expected as Record<string, unknown>;
    return rest;
  },
};

/** A dictionary of Python's as JSON has it. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, own]) => [python.str(key), plain(own)]));
  if (value instanceof python.Float) return value.value;
  return Array.isArray(value) ? value.map(plain) : value;
}

type Texts = Readonly<Record<string, string>>;

/** One subset: its images' scores, folded. A reply that is missing is an empty one. */
function ccOcr(task: string, { subset, gt, pred }: { subset: string; gt: Texts; pred: Texts }, scoring: Scoring) {
  const rows = Object.entries(gt).map(([name, answer]) => {
    const row = { split: subset, answer, image_name: name };
    const { value, data } = taskScore(task, row, untouched(pred[name] ?? ""), { scoring });
    return { row, value, ...(data === undefined ? {} : { data }) };
  });
  return (metric: string) => fold(task, metric, rows, scoring);
}

const reading = (task: string) => (input: { subset: string; gt: Texts; pred: Texts }) =>
  each(({ scoring }) => {
    const of = ccOcr(task, input, scoring);
    return { macro: of("macro_f1"), micro: of("micro_f1") };
  });

const keysOf = (input: { gt: Texts; pred: Texts }) =>
  each(({ scoring }) => {
    const of = ccOcr("cc_ocr_kie", { subset: "", ...input }, scoring);
    return { f1_score: of("f1_score"), acc: of("acc") };
  });

const likeness =
  (kind: string) =>
  ({ gt, pred }: { gt: string; pred: string }) =>
    each((rules) =>
      namedValue(taskScore("cc_ocr_doc_parsing", { "l2-category": kind, answer: gt }, untouched(pred), rules), kind),
    );

interface PageRow {
  readonly pred: string;
  readonly gt: string;
  readonly subset: string;
  readonly op: string;
}

const ccOcrFile: VectorFile = {
  unsupported: { "lmms.cc_ocr.track": "here a row's track is its configuration, each a task of its own" },
  // The scripts keep their means from a division by nothing by a thousand millionth here and a millionth there.
  compare: { tolerance: { absolute: 2e-6 }, extraKeys: true },
  functions: {
    "cc_ocr.multi_scene_ocr": reading("cc_ocr_multi_scene_ocr"),
    "cc_ocr.multi_lan_ocr": reading("cc_ocr_multi_lan_ocr"),
    "cc_ocr.tokenize": ({ text, words, alphanumeric }: { text: string; words: boolean; alphanumeric: boolean }) =>
      tokensOf(text, { words, plain: alphanumeric }),
    "cc_ocr.doc": likeness("doc"),
    "cc_ocr.formula": likeness("formula"),
    "cc_ocr.molecular": likeness("molecular"),
    "cc_ocr.table": likeness("table"),
    "cc_ocr.kie": ({ gt, pred }: { gt: string; pred: string }) => keysOf({ gt: { image: gt }, pred: { image: pred } }),
    "cc_ocr.kie_normalize": ({ text }: { text: string }) => normalText(text),
    "cc_ocr.kie_set": keysOf,
    "lmms.cc_ocr.doc_parsing.aggregate": ({ rows }: { rows: PageRow[] }) => {
      const scored = rows.map(({ pred, gt, subset, op }) => {
        const row = { "l2-category": op, answer: gt, split: subset };
        return { row, value: taskScore("cc_ocr_doc_parsing", row, untouched(pred), lmms).value };
      });
      const of = (metric: string) => fold("cc_ocr_doc_parsing", metric, scored, "lmms-eval") ?? 0;
      return {
        ...{ overall: of("overall_score"), doc: of("doc_score"), table: of("table_teds") },
        ...{ formula: of("formula_score"), molecular: of("molecular_score") },
      };
    },
  },
  reference(expected, fn, { pred }: { pred?: string | Texts }) {
    if (typeof expected === "object" && isStripped(typeof pred === "string" ? [pred] : Object.values(pred ?? {})))
      return this.reference?.(withoutLmms(expected as object), fn, {} as never);
    if (!/multi_|kie$|kie_set/.test(fn)) return expected;
    const values = expected as Readonly<Record<string, Readonly<Record<string, number>>>>;
    return Object.fromEntries(
      Object.entries(values).map(([name, of]) => [
        name,
        fn.includes("kie")
          ? { f1_score: of.f1_score, acc: of.acc }
          : { macro: of.macro_f1_score ?? of.macro_f1, micro: of.mirco_f1_score ?? of.micro_f1 },
      ]),
    );
  },
};

export const catalogueDocumentVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/ocrbench_v2": ocrbench,
  "catalogue/ocrbench_v2_parts": parts,
  "catalogue/cc_ocr": ccOcrFile,
};
