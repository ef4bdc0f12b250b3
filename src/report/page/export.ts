/** What leaves the page: a sample as Markdown, those in sight as the lines that `llava-eval samples --format jsonl` writes. */
import { type ShownSample, samplesJsonLines, samplesMarkdown } from "../../board/samples/shown-sample.js";
import type { PageAnswer, PageSample, PageTask, SampleState } from "../page-data.js";

const outcomes: Readonly<Record<SampleState, ShownSample["outcome"]>> = {
  c: "right",
  p: "partly",
  w: "wrong",
  n: "none",
  u: "unscored",
  "-": "unscored",
};

/** A run's sample, with the first run's answer beside it where that is another. */
function shownSample(sample: PageSample, task: PageTask, run: number): ShownSample {
  const { index, id, repeat, prompt, targets, groups, images, frames, answers } = sample;
  const answer = answers[run];
  const scoring = task.results[run]?.scoring;
  return {
    ...{ label: task.task, id, index },
    ...(repeat === undefined ? {} : { repeat }),
    outcome: outcomes[answer?.state ?? "-"],
    ...(answer ? said(answer) : {}),
    ...(targets ? { references: targets } : {}),
    ...(prompt === undefined ? {} : { prompt }),
    ...(frames
      ? { images: frames.map(({ image }) => image), frames: frames.map(({ thumbnail: _, ...frame }) => frame) }
      : { images: images.map((name) => name.split(".")[0] ?? name) }),
    ...(answer?.unscored === undefined ? {} : { reason: answer.unscored }),
    ...(groups ? { groups } : {}),
    ...(scoring ? { scoring } : {}),
    ...(answer?.notes?.length ? { notes: answer.notes } : {}),
    ...(run > 0 && answers[0] ? { before: beforeOf(answers[0]) } : {}),
  };
}

function said({ text, answer, value, remark }: PageAnswer) {
  return {
    ...(text === undefined ? {} : { text }),
    ...(answer === undefined ? {} : { answer }),
    ...(value === undefined ? {} : { value }),
    ...(remark === undefined ? {} : { remark: remark as NonNullable<ShownSample["remark"]> }),
  };
}

const beforeOf = ({ text, answer, value }: PageAnswer) => ({
  ...(text === undefined ? {} : { text }),
  ...(answer === undefined ? {} : { answer }),
  ...(typeof value === "number" ? { value } : {}),
});

export const markdownOf = (sample: PageSample, task: PageTask, run: number) =>
  samplesMarkdown([shownSample(sample, task, run)]);

/** @throws Error  the browser lets nobody write to its clipboard */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return await navigator.clipboard.writeText(text);
  // A page from a plain-HTTP address has no clipboard of its own.
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("the browser did not copy it");
}

export function download(samples: readonly PageSample[], task: PageTask, run: number): void {
  const lines = samplesJsonLines(samples.map((sample) => shownSample(sample, task, run)));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines], { type: "application/jsonl" }));
  link.download = `${task.task.replace(/[^\w.-]+/g, "-")}.jsonl`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
