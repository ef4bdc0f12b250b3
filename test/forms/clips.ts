/** Questions about clips, in the form that the tests of videos need. */

import { defineTask, mean, type Static, Type, userPrompt, Video } from "llava-eval";

const row = Type.Object({ id: Type.String(), video: Video(), question: Type.String(), answer: Type.String() });
type Row = Static<typeof row>;

export default defineTask<Row>({
  name: "clips",
  version: 1,
  about: "a form for tests: questions about clips",
  cite: "none",
  splits: { test: { sources: ["llava-eval/clips"], split: "test", licence: "Apache-2.0", answers: "public" } },
  row,
  id: ({ id }) => id,
  imageKey: ({ video }) => video.path,
  prompt: ({ video, question }) => userPrompt(video, question),
  generation: { maxNewTokens: 8, temperature: 0 },
  score: ({ answer }, { text }) => ({ status: "scored", value: text === answer ? 1 : 0, answer: text }),
  metrics: [mean("accuracy")],
});
