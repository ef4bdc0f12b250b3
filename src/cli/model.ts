import pc from "picocolors";
import type { CommandModule } from "yargs";
import { describeModel, type ModelReport, readingFlags } from "../api/model.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { count } from "./number-format.js";

export const command: CommandModule = {
  builder: (yargs) =>
    yargs
      .options(
        Object.fromEntries(
          Object.entries(readingFlags).map(([flag, { type, describe, choices }]) => [
            flag,
            {
              type: type === "integer" ? ("number" as const) : ("string" as const),
              requiresArg: true,
              describe,
              ...(choices === undefined ? {} : { choices }),
            },
          ]),
        ),
      )
      .positional("checkpoint", { type: "string", demandOption: true, describe: "a folder, a hub id, or a preset" })
      .option("json", { type: "boolean", describe: "print as JSON" }),
  handler: async ({ checkpoint, json, ...given }) => {
    const report = await describeModel(String(checkpoint), given, (message) => process.stderr.write(`${message}\n`));
    const quantisation = typeof given.quantisation === "string" ? given.quantisation : "none";
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${reportText(report, quantisation)}\n`);
  },
};

const unknown = "unknown";
/** Null: it follows from something unsupported. */
const known = <T>(value: T | null, write: (value: T) => string | number = String): string =>
  value === null ? unknown : String(write(value));

function reportText(report: ModelReport, quantisation: string): string {
  const { parameters } = report;
  const stored = quantisation === "none" ? known(report.dtype) : `${quantisation}, the rest ${known(report.dtype)}`;
  const lines: [string, string][] = [
    ...report.unsupported.map(({ field, value, reason }, i): [string, string] => [
      i === 0 ? "unsupported" : "",
      pc.red(terminalSafe(`${field} = ${value}: ${reason}`)),
    ]),
    ...textLines(report),
    ["vision", known(report.vision, visionText)],
    ["projector", known(report.projector)],
    ["images", imagesText(report)],
    ["frames", report.clipAs === "clip" ? known(report.clips, clipsText) : framesText[report.clipAs]],
    [
      "parameters",
      `${known(parameters.total, (total) => `${count(total)} (${billions(total)})`)}: text ${known(parameters.text, count)}, vision ${known(parameters.vision, count)}, projector ${known(parameters.projector, count)}`,
    ],
    [
      "weights",
      `${known(report.weightBytes, gib)} as ${stored} (stored ${known(report.storedDtype)}); KV cache ${known(report.kvBytesPerToken, count)} bytes per token`,
    ],
    ["answers", report.text === null ? unknown : answersText(report)],
    [
      "prompts",
      report.tokenizer
        ? `${report.template ?? "no template"}; ${report.tokenizer.source}, ${count(report.tokenizer.tokens)} tokens`
        : report.text === null
          ? unknown
          : "no tokenizer",
    ],
    ...report.memoryPlan.map((plan, i): [string, string] => [i === 0 ? "memory" : "", memoryText(plan)]),
    ...(report.memoryPlan.length === 0 ? [["memory", unknown] as [string, string]] : []),
    ...report.problems.map((problem): [string, string] => ["problem", pc.yellow(terminalSafe(problem))]),
    ...report.notes.map((note): [string, string] => ["note", terminalSafe(note)]),
    ...(report.unknown.length > 0
      ? [["unknown", pc.yellow(terminalSafe(report.unknown.join(", ")))] as [string, string]]
      : []),
    ...(report.ignored.length > 0
      ? [["ignored", pc.dim(terminalSafe(report.ignored.join(", ")))] as [string, string]]
      : []),
  ];
  const kind = report.family === null ? terminalSafe(report.modelType || "no class") : report.family;
  const layout = report.layout === null ? "unknown layout" : `${report.layout} layout`;
  const head = `${pc.bold(terminalSafe(report.name))}${report.revision ? ` @ ${report.revision.slice(0, 12)}` : ""} · ${kind}, ${layout}`;
  return [head, ...lines.map(([name, value]) => `  ${name.padEnd(12)}${value}`)].join("\n");
}

function textLines({ text, logitRows }: ModelReport): [string, string][] {
  if (text === null) return [["text", unknown]];
  return [
    [
      "text",
      `${text.type}: ${text.layers} layers, hidden ${text.hidden}, ${text.heads}/${text.kvHeads} heads of ${text.headSize}, MLP ${text.intermediate}`,
    ],
    [
      "",
      `${count(text.vocabularyRows)} vocabulary rows${text.tiedEmbeddings ? " (tied)" : ""}, ${known(logitRows, count)} in the softmax; context ${count(text.context)}`,
    ],
    [
      "",
      `rope theta ${text.ropeTheta}, scaling ${text.ropeScaling}; norm eps ${text.normEps.toExponential()}; ${text.qkvBias ? "biases on q, k, v" : "no biases"}${text.queryKeyNorm ? ", q and k normed by head" : ""}; ${text.slidingWindow > 0 ? `sliding window ${text.slidingWindow}` : "full attention"}`,
    ],
  ];
}

const framesText = {
  images: "as so many images",
  "timed-images": "as so many images, each with its time",
};

const clipsText = ({ pool, place, newline, refusal }: NonNullable<ModelReport["clips"]>): string =>
  refusal === null
    ? `${pool} pooling ${place.replace("-", " the ")}, newlines: ${newline}`
    : `none: ${terminalSafe(refusal)}`;

function imagesText({ pixels, resizer, images, mostImageTokens, ...report }: ModelReport): string {
  const shape = pixels
    ? `any size: multiples of ${pixels.factor}, ${count(pixels.least)} to ${count(pixels.most)} pixels${pixels.resizedFirst ? ", resized by qwen_vl_utils first" : ""}`
    : `${known(report.aspectRatio)}, ${known(report.mergeType)}; grid (${known(report.gridOrder)}) ${known(report.grid, gridText)}`;
  const by = resizer === null || resizer === "pillow" ? "" : ` by ${resizer}`;
  return `${shape}${by}; up to ${known(mostImageTokens, count)} tokens an image; several: ${known(images)}`;
}

const visionText = (vision: NonNullable<ModelReport["vision"]>): string =>
  vision.mergeSize > 1
    ? `${vision.type} ViT of patches of ${vision.patchSize}, ${vision.mergeSize}x${vision.mergeSize} a token: ${vision.layers} layers, hidden ${vision.hidden}, ${vision.heads} heads`
    : `${vision.type} ViT ${vision.imageSize}/${vision.patchSize}: ${vision.layersUsed} of ${vision.layers} layers, hidden ${vision.hidden}, ${vision.heads} heads; state ${vision.selectLayer}, ${vision.selectFeature}`;

function answersText({ stopTokens, eosTokenIds, repetitionPenalty, penalizePrompt }: ModelReport): string {
  const penalty =
    repetitionPenalty === 1
      ? "no repetition penalty"
      : `repetition penalty ${repetitionPenalty} over ${penalizePrompt ? "prompt and generated" : "generated"} ids`;
  return `end at ids ${(stopTokens ?? eosTokenIds).join(", ") || "none"}; ${penalty}`;
}

function memoryText({ device, weights, scratch, free, kvTokens, fits }: ModelReport["memoryPlan"][number]): string {
  const need = `weights ${gib(weights)} + scratch ${gib(scratch)} of ${gib(free)} free`;
  return `${device}: ${need}: ${fits ? `room for ${count(kvTokens)} tokens of KV cache` : pc.red("does not fit")}`;
}

const gib = (bytes: number): string =>
  bytes < 2 ** 28 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
const billions = (parameters: number): string =>
  parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)}B` : `${(parameters / 1e6).toFixed(1)}M`;

const shownPairs = 8;
function gridText(grid: NonNullable<ModelReport["grid"]>): string {
  if (grid.length === 0) return "none";
  const shown = grid.slice(0, shownPairs).map(([a, b]) => `${a}x${b}`);
  return `${shown.join(" ")}${grid.length > shownPairs ? ` and ${grid.length - shownPairs} more` : ""}`;
}
