/** One sample as a person is asked about it: everything that the score rests on, and not the verdict. */
import { htmlPage, htmlText } from "../board/format/html.js";

export interface AskedPerson {
  readonly index: number;
  readonly prompt: string;
  /** As data URIs. */
  readonly images: readonly string[];
  /** Of its clips, in their order. */
  readonly frames?: readonly LabelFrame[];
  readonly targets: readonly string[];
  readonly text: string;
  /** What of it is not shown here. */
  readonly note?: string;
}

export interface LabelFrame {
  /** A data URI. */
  readonly image: string;
  /** After the clip's first frame. */
  readonly seconds: number;
}

/** How a person answers: with a word, or with a number of the metric's range. */
export type Answering =
  | { readonly by: "verdict" }
  | { readonly by: "number"; readonly range: readonly [number, number] };

export interface LabelProgress {
  readonly task: string;
  readonly done: number;
  readonly of: number;
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 52rem; padding: 1rem; }
h1 { font-size: 1.1rem; font-weight: 600; }
h2 { font-size: .9rem; margin: 1.2rem 0 .2rem; opacity: .75; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: .6rem .8rem; border: 1px solid #8886; border-radius: .4rem; font: inherit; }
img { max-width: 100%; max-height: 26rem; border-radius: .4rem; margin: .3rem .3rem 0 0; }
.frames { display: flex; flex-wrap: wrap; gap: .4rem; }
figure { margin: 0; }
figure img { height: 9rem; margin: 0; }
figcaption { font-size: .8rem; opacity: .75; }
form { display: flex; gap: .6rem; flex-wrap: wrap; margin: 1.2rem 0; align-items: center; }
button, input { font: inherit; padding: .5rem 1.1rem; border-radius: .4rem; border: 1px solid #888a; }
button { cursor: pointer; }
`;

/** @param sample  undefined: all are labelled */
export function labelPage(
  { task, done, of }: LabelProgress,
  sample: AskedPerson | undefined,
  answering: Answering,
): string {
  const title = sample ? `${task}: ${done + 1} of ${of}` : `${task}: all ${of} are labelled`;
  const back = done > 0 ? `<form method="post" action="back"><button>Back to the last one</button></form>` : "";
  if (!sample)
    return htmlPage(
      title,
      style,
      `<p>Thank you. <code>llava-eval judge worth</code> says what they come to.</p>${back}`,
    );
  const { index, prompt, images, frames = [], targets, text, note } = sample;
  const shown = images.map((uri, i) => `<img alt="image ${i + 1}" src="${htmlText(uri)}">`).join("");
  const body = `
${shown}
${frames.length === 0 ? "" : `<div class="frames">${frames.map(frameFigure).join("")}</div>`}
${note === undefined ? "" : `<p>${htmlText(note)}</p>`}
<h2>Question</h2><pre>${htmlText(prompt)}</pre>
${targets.length === 0 ? "" : `<h2>Reference</h2><pre>${htmlText([...new Set(targets)].join("\n"))}</pre>`}
<h2>Answer</h2><pre>${htmlText(text)}</pre>
<form method="post" action="label"><input type="hidden" name="index" value="${index}">${inputs(answering)}</form>
${back}`;
  return htmlPage(title, style, body, { images: true });
}

function frameFigure({ image, seconds }: LabelFrame): string {
  const words = `${seconds.toFixed(2)} s`;
  return `<figure><img alt="frame at ${words}" src="${htmlText(image)}"><figcaption>${words}</figcaption></figure>`;
}

function inputs(answering: Answering): string {
  const unsure = `<button name="value" value="unsure" accesskey="u">Cannot tell</button>`;
  if (answering.by === "verdict")
    return `<button name="value" value="right" accesskey="r">Right</button><button name="value" value="wrong" accesskey="w">Wrong</button>${unsure}`;
  const [low, high] = answering.range;
  return `<label>Score <input type="number" name="score" min="${low}" max="${high}" step="any" autofocus></label><button name="value" value="score">Give it</button>${unsure}`;
}
