import {
  captionMetrics,
  captionScore,
  defineTask,
  hasCaption,
  Image,
  mean,
  roundHalfEven,
  rowDigest,
  type Static,
  type Task,
  Type,
  userPrompt,
  withMarks,
} from "llava-eval";
import { clickScore, sizeUnknown } from "./click.js";
import { boxOfPixels, clickPrompt } from "./points.js";
import { type Box, screenBoxScore } from "./score.js";

const row = Type.Object({
  file_name: Type.String(),
  bbox: Type.Array(Type.Number(), { minItems: 4, maxItems: 4 }), // corners, in fractions of the image
  in_pixels: Type.Optional(Type.Boolean()), // of VLMEvalKit's files: bbox is x, y, width, height in pixels
  instruction: Type.String(),
  data_type: Type.String(), // text, icon
  data_source: Type.String(), // ios, android, macos, windows, or a kind of web page
  image: Image(),
});
type Row = Static<typeof row>;

const platforms: Readonly<Record<string, string>> = {
  ios: "mobile",
  android: "mobile",
  macos: "desktop",
  windows: "desktop",
};
const platform = ({ data_source }: Row) => platforms[data_source] ?? "web";

const BOX_REQUEST =
  "Bounding box coordinates are specified in the format (top-left x, top-left y, bottom-right x, bottom-right y). All values are floating point numbers bounded between 0 and 1 with two decimal places of precision (e.g., 0.15). Please provide the bounding box coordinates of the region that corresponds to the command: ";

const screens: Omit<Task<Row>, "name" | "about" | "prompt" | "metrics"> = {
  version: 1,
  cite: "https://arxiv.org/abs/2401.10935; scoring follows lmms-eval screenspot/utils_rec.py; the paper's click accuracy is Center_ACC, as is VLMEvalKit's Overall_Accuracy under its scoring, which has no boxes",
  splits: {
    test: {
      sources: ["rootsautomation/ScreenSpot"],
      split: "test",
      rows: 1272,
      licence: "Apache-2.0",
      answers: "public",
    },
  },
  row,
  id: ({ file_name, instruction, bbox }) => rowDigest(file_name, instruction, bbox.join(",")),
  imageKey: ({ file_name }) => file_name,
  generation: { maxNewTokens: 1024, temperature: 0 },
  groups: {
    platform,
    type: ({ data_type }) => data_type,
    platform_type: (row) => `${platform(row)} ${row.data_type}`,
  },
};

export default [
  defineTask<Row>({
    ...screens,
    name: "screenspot",
    aliases: ["screenspot_rec", "screenspot_rec_test@test"],
    about: "Give the box of the screen element that a command means (Cheng et al. 2024).",
    profiles: ["default", "vlmevalkit"],
    prompt: ({ image, instruction }, profile) =>
      profile === "vlmevalkit" ? clickPrompt(image, instruction) : userPrompt(image, BOX_REQUEST + instruction),
    tsv: {
      files: {},
      parts: { test: ["ScreenSpot_Mobile", "ScreenSpot_Desktop", "ScreenSpot_Web"] },
      rows: ({ question, image_path, ...cells }) => [
        { ...cells, instruction: question, file_name: image_path, in_pixels: true },
      ],
    },
    hasReference({ bbox, in_pixels: inPixels }) {
      const [a, b, c, d] = bbox as unknown as Box;
      return inPixels ? c > 0 && d > 0 : c > a && d > b;
    },
    imageSizes: true, // of clicks in pixels
    defects: {
      vlmevalkit: [
        "a reply without a click clicks at the corner",
        "its text, icon and category accuracies weigh some samples n times n (here: not given)",
      ],
    },
    scorings: ["vlmevalkit"],
    score(row, output, { scoring, imageSizes }) {
      const [size] = imageSizes ?? [];
      const own = row.bbox as unknown as Box;
      const box = row.in_pixels ? size && boxOfPixels(own, size, scoring) : own;
      if (scoring === "vlmevalkit") return clickScore(box, output.text, size);
      return box ? screenBoxScore(box, output) : sizeUnknown;
    },
    metrics: [
      mean("Center_ACC", { of: "Center_ACC" }),
      mean("IoU", { of: "IoU" }),
      ...[0.1, 0.3, 0.5, 0.7, 0.9].map((t) => mean(`ACC@${t}`, { of: `ACC@${t}` })),
    ],
  }),
  defineTask<Row>({
    ...screens,
    name: "screenspot_reg",
    aliases: ["screenspot_reg_test@test"],
    about: "Say what a marked screen element does; the reference is the command (Cheng et al. 2024).",
    prompt: ({ image, bbox }) => {
      const corners = bbox as unknown as Box;
      const marked = withMarks(image, { shape: "rectangle", corners, unit: "fraction", colour: [255, 0, 0], width: 3 });
      const numbers = corners.map((value) => roundHalfEven(value, 2).toFixed(2)).join(", ");
      return userPrompt(marked, `Direct a user to interact with the highlighted region [${numbers}].`);
    },
    hasReference: ({ instruction }) => hasCaption([instruction]),
    score: ({ instruction }, output) => captionScore([instruction], output),
    metrics: captionMetrics({ names: ["CIDEr"], perGroup: true }),
  }),
];
