import { defineTask, mean, type Static, type Task, Type, userPrompt, Video } from "llava-eval";
import { domainOf, subjectOf } from "./score.js";
import { videoMmmuHasReference, videoMmmuOptions, videoMmmuScore } from "./video-score.js";

const row = Type.Object({
  id: Video(), // "dev_Music_3" for Art/dev_Music_3.mp4
  question: Type.String(),
  question_type: Type.String(), // multiple-choice, open
  options: Type.Array(Type.String()),
  answer: Type.Union([Type.String(), Type.Array(Type.String())]),
});
type Row = Static<typeof row>;

const folders: Readonly<Record<string, string>> = {
  "Art and Design": "Art",
  Business: "Business",
  Science: "Science",
  "Health and Medicine": "Medicine",
  "Humanities and Social Science": "Humanities",
  "Tech and Engineering": "Engineering",
};
const domain = ({ id }: Row) => domainOf(subjectOf(id.path));
const clip = (row: Row) => row.id.named(`${folders[domain(row) ?? ""] ?? ""}/${row.id.path}`);
const asked = ({ question, options }: Row) => `${question}\n${videoMmmuOptions(options)}`;

const learn = "You should watch and learn the video content. Then apply what you learned to answer the following ";
const shown = "question. The image for this question is at the end of the video.\n";

const task = (track: string, config: string, about: string): Task<Row> => ({
  name: `video_mmmu_${track}`,
  version: 2,
  about: `${about} (Video-MMMU, Hu et al. 2025).`,
  cite: "https://arxiv.org/abs/2501.13826; scoring follows lmms-eval videommmu/utils.py, by the authors; lmms-eval leaves empty open answers out of the average",
  splits: {
    test: {
      sources: ["lmms-eval/VideoMMMU", "lmms-lab/VideoMMMU"],
      ...{ configs: [config], split: "test", rows: 300, licence: "not stated", answers: "public" },
    },
  },
  row,
  id: ({ id }) => id.path,
  prompt: (row) => userPrompt(clip(row), `${asked(row)}\nPlease ignore the Quiz question in last frame of the video.`),
  generation: { maxNewTokens: 1024, temperature: 0 },
  hasReference: videoMmmuHasReference,
  defects: {
    "lmms-eval": ["empty open answers leave the average", "no question of perception is ever right"],
    vlmevalkit: ["empty answers leave the average", 'no question of the type "perception" is ever right'],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: config } },
  score: videoMmmuScore,
  metrics: [mean("accuracy", { of: "accuracy" }), mean("answered", { of: "answered" })],
  groups: { discipline: domain, subject: ({ id }) => subjectOf(id.path) },
});

const adaptation = task("adaptation", "Adaptation", "What a lecture taught, applied to a new question");

export default [
  defineTask(task("perception", "Perception", "What a lecture shows and says")),
  defineTask(task("comprehension", "Comprehension", "What a lecture means")),
  defineTask<Row>({
    ...adaptation,
    prompt: (row) =>
      userPrompt(
        clip(row),
        row.question_type === "multiple-choice"
          ? `${learn}multi-choice ${shown}${asked(row)}`
          : `${learn}open-ended ${shown}${row.question}`,
      ),
  }),
  defineTask<Row>({
    ...adaptation,
    name: "video_mmmu_adaptation_question_only",
    reportedAs: {},
    about: "Video-MMMU's adaptation questions without their lecture: what was known before (Hu et al. 2025).",
    prompt: (row) => userPrompt(row.id.named(`question_only/${row.id.path}_image`), asked(row)),
  }),
];
