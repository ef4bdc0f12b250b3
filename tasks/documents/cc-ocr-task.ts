import {
  defineTask,
  folded,
  hasText,
  Image,
  type Metric,
  Moments,
  mean,
  meanOfGroups,
  Nullable,
  python,
  rowDigest,
  type Scoring,
  type Split,
  type Static,
  sampleValue,
  strip,
  type Task,
  Type,
  userPrompt,
} from "llava-eval";
import { compareKeys, valueIn } from "./cc-ocr-keys.js";
import {
  countTokens,
  formulaLikeness,
  harmonic,
  moleculeLikeness,
  pageLikeness,
  tableLikeness,
  tokensOf,
} from "./cc-ocr-text.js";
import { pooledF1 } from "./pooled-f1.js";

const row = Type.Object({
  image: Image(), // base64 text
  image_name: Type.String(),
  question: Type.String(),
  answer: Type.String(), // of keys JSON
  "l2-category": Type.String(), // of pages doc, table, formula, molecular
  split: Type.String(), // the subset
  category: Type.Optional(Nullable(Type.String())), // the track
});
type Row = Static<typeof row>;

const split = (config: string, rows: number): Readonly<Record<string, Split>> => ({
  test: {
    sources: ["wulipc/CC-OCR"],
    configs: [config],
    split: "test",
    rows,
    licence: "not stated",
    answers: "public",
  },
});

const CITE =
  "https://arxiv.org/abs/2412.02210; scoring follows AlibabaResearch/AdvancedLiterateMachinery Benchmarks/CC-OCR/evaluation, whose results are means of a track's subsets";

const TRACKS = ["multi_scene_ocr", "multi_lan_ocr", "doc_parsing", "kie"] as const;
type Track = (typeof TRACKS)[number];

const setsOf = (track: string, names: string): readonly string[] =>
  names.split(" ").map((name) => `CCOCR_${track}_${name}`);

/** VLMEvalKit's files of single sets; those of a track together are the track. */
const SETS: Readonly<Record<Track, readonly string[]>> = {
  multi_scene_ocr: setsOf(
    "MultiSceneOcr",
    "Cord Funsd Iam ZhDoc ZhHandwriting Hieragent Ic15 Inversetext Totaltext ZhScene UgcLaion ZhDense ZhVertical",
  ),
  multi_lan_ocr: setsOf(
    "MultiLanOcr",
    "Arabic French German Italian Japanese Korean Portuguese Russian Spanish Vietnamese",
  ),
  doc_parsing: setsOf(
    "DocParsing",
    "DocPhotoChn DocPhotoEng DocScanChn DocScanEng TablePhotoChn TablePhotoEng TableScanChn TableScanEng MolecularHandwriting FormulaHandwriting",
  ),
  kie: setsOf("Kie", "Sroie2019Word Cord EphoieScut Poie ColdSibr ColdCell"),
};

/** VLMEvalKit's one file has all tracks in the benchmark's columns: a task leaves out what is of another. */
const of = (track: Track): Pick<Task<Row>, "tsv" | "expand"> => ({
  tsv: { files: { test: "CCOCR" }, parts: { test: SETS[track] } },
  expand: (row) => (TRACKS.some((one) => one !== track && one === row.category) ? [] : [row]),
});

const shared = {
  version: 2,
  row,
  id: ({ image_name, split, question }: Row) => rowDigest(image_name, split, question),
  prompt: ({ image, question }: Row) => userPrompt(image, question),
  generation: { maxNewTokens: 4096, temperature: 0 },
  scorings: ["vlmevalkit"],
  groups: { subset: ({ split }: Row) => split },
} as const satisfies Partial<Task<Row>>;

const bySubset = { group: "subset", perGroup: false } as const;

/** Read as characters, not words. */
function isCharacters({ split: name }: Row, scoring: Scoring): boolean {
  if (["Arabic", "Japanese", "Korean"].includes(name)) return true;
  return scoring === "lmms-eval" ? name.startsWith("zh") : name.includes("zh");
}

/** @param plain  words keep ASCII letters and digits alone */
function readingTask(
  name: string,
  { about, config, rows, plain }: { about: string; config: Track; rows: number; plain: boolean },
) {
  return defineTask<Row>({
    ...shared,
    name,
    about,
    cite: CITE,
    splits: split(config, rows),
    ...of(config),
    hasReference: (row) => tokensOf(strip(row.answer), formOf(row, "official")).length > 0,
    score(row, { text }, { scoring }) {
      const form = formOf(row, scoring);
      const counts = countTokens(tokensOf(strip(text), form), tokensOf(strip(row.answer), form));
      return {
        status: "scored",
        value: harmonic(counts),
        answer: text,
        targets: [row.answer],
        data: { counts: { ...counts } },
      };
    },
    reportedAs: { vlmevalkit: { macro_f1: config.replace("multi_", "") } },
    metrics: [meanOfGroups("macro_f1", bySubset), pooledF1("micro_f1"), mean("f1_mean")],
  });

  function formOf(row: Row, scoring: Scoring) {
    const words = !isCharacters(row, scoring);
    return { words, plain: plain && words };
  }
}

const scenes = readingTask("cc_ocr_multi_scene_ocr", {
  about:
    "All text of photographs, documents and screens: words that are right, in any order (CC-OCR; Yang et al. 2024).",
  config: "multi_scene_ocr",
  rows: 2750,
  plain: true,
});

const languages = readingTask("cc_ocr_multi_lan_ocr", {
  about:
    "All text of images in ten languages: words or characters that are right, in any order (CC-OCR; Yang et al. 2024).",
  config: "multi_lan_ocr",
  rows: 1500,
  plain: false,
});

const likenesses: Readonly<Record<string, (text: string, reference: string, scoring: Scoring) => number | undefined>> =
  {
    doc: pageLikeness,
    table: tableLikeness,
    formula: formulaLikeness,
    molecular: moleculeLikeness,
  };
const kindOf = (row: Row): string => strip(row["l2-category"]);

/** lmms-eval's whole: the mean over subsets of a kind, over kinds. */
function meanOfKinds(name: string): Metric {
  return {
    ...{ name, unit: "fraction", direction: "higher", range: [-1, 1], perGroup: false, of: "score" },
    start(context) {
      const kinds = new Map<string, Map<string, Moments>>();
      const average = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
      return folded(
        {
          scored(sample) {
            const value = sampleValue(sample, "score");
            const { kind = "", subset = "" } = sample.groups;
            if (value === undefined) return;
            const subsets = kinds.get(kind) ?? new Map<string, Moments>();
            kinds.set(kind, subsets);
            const moments = subsets.get(subset) ?? new Moments();
            subsets.set(subset, moments);
            moments.add(value, sample.cluster);
          },
          value() {
            const all = [...kinds.values()].map((subsets) => [...subsets.values()]);
            const n = all.flat().reduce((sum, moments) => sum + moments.n, 0);
            return { value: n === 0 ? null : average(all.map((one) => average(one.map(({ mean }) => mean)))), n };
          },
        },
        context,
      );
    },
  };
}

/** The likeness of two tables ends below 0 where one has little in common with the other. */
const range = [-1, 1] as const;

const pages = defineTask<Row>({
  ...shared,
  name: "cc_ocr_doc_parsing",
  about: "Pages in LaTeX, tables in HTML, formulas and molecules, by their edit distances (CC-OCR; Yang et al. 2024).",
  cite: `${CITE}; VLMEvalKit has an older rule for pages and tables`,
  splits: split("doc_parsing", 800),
  ...of("doc_parsing"),
  hasReference: (row) => kindOf(row) in likenesses && hasText(row.answer),
  score(row, { text }, { scoring }) {
    const value = likenesses[kindOf(row)]?.(text, row.answer, scoring);
    if (value === undefined)
      return { status: "unscored", reason: "data", detail: `no rule for "${kindOf(row)}", or nothing to compare` };
    return { status: "scored", value: { score: value, [kindOf(row)]: value }, answer: text, targets: [row.answer] };
  },
  reportedAs: { vlmevalkit: { score: "doc_parsing" } },
  metrics: [
    meanOfGroups("score", { ...bySubset, of: "score", range }),
    meanOfGroups("doc_score", { ...bySubset, of: "doc" }),
    meanOfGroups("table_teds", { ...bySubset, of: "table", range }),
    meanOfGroups("formula_score", { ...bySubset, of: "formula" }),
    meanOfGroups("molecular_score", { ...bySubset, of: "molecular" }),
    meanOfKinds("overall_score"),
    mean("score_mean", { of: "score", range }),
  ],
  groups: { ...shared.groups, kind: kindOf },
});

const keys = defineTask<Row>({
  ...shared,
  name: "cc_ocr_kie",
  about: "Keys and values of receipts, forms and cards as JSON (CC-OCR; Yang et al. 2024).",
  cite: CITE,
  splits: split("kie", 2008),
  ...of("kie"),
  hasReference(row) {
    const wanted = python.json(row.answer);
    return wanted !== undefined && compareKeys(undefined, wanted, "official").counts.wanted > 0;
  },
  defects: {
    official: [
      "an open ```json is never closed: the reply is no JSON",
      "texts in lists are compared as they are written",
    ],
    vlmevalkit: ["an open ```json is never closed: the reply is no JSON"],
  },
  score(row, { text }, { scoring }) {
    const wanted = python.json(row.answer);
    const said = valueIn(text, scoring);
    const { counts, acc } = compareKeys(said, wanted ?? null, scoring);
    const score = {
      status: "scored",
      value: { acc, f1: harmonic(counts) },
      answer: text,
      targets: [row.answer],
      data: { counts: { ...counts } },
    } as const;
    return said === undefined ? { ...score, remark: "unparsable" } : score;
  },
  reportedAs: { vlmevalkit: { acc: "kie" } },
  metrics: [pooledF1("f1_score"), meanOfGroups("acc", { ...bySubset, of: "acc" }), mean("f1_mean", { of: "f1" })],
});

export default [scenes, languages, pages, keys];
