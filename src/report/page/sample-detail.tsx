import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ShownNote } from "../../core/note.js";
import type { PageAnswer, PageData, PageSample, PageTask } from "../page-data.js";
import { imageUrl, loadChunk, renewChunk } from "./chunks.js";
import { CopyButton } from "./copy-button.js";
import { difference } from "./difference.js";
import { markdownOf } from "./export.js";
import { runName } from "./filters.js";
import { NotesOfSample } from "./notes.js";
import { milliseconds } from "./numbers.js";
import { StateMark } from "./state-mark.js";
import { Zoom } from "./zoom.js";

interface Props {
  readonly data: PageData;
  readonly task: PageTask;
  readonly position: number;
  /** Whose sample is copied. */
  readonly run: number;
  close(): void;
  step(by: number): void;
}

/** Longer text is shown in part: a megabyte in one element stops the browser. */
const shownAtFirst = 4000;

export function SampleDetail({ data, task, position, run, close, step }: Props) {
  const [sample, setSample] = useState<PageSample>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let stopped = false;
    loadChunk(data.store, task.task, Math.floor(position / task.chunkSize)).then(
      (chunk) => !stopped && setSample(chunk[position % task.chunkSize]),
      (error: Error) => !stopped && setProblem(error.message),
    );
    return () => {
      stopped = true;
    };
  }, [task.task, position, task.states.join().length]);

  return (
    <aside class="detail" aria-label="Sample">
      <div class="bar">
        <strong>{sample?.id ?? "…"}</strong>
        <span class="dim">
          #{sample?.index}
          {sample?.repeat ? ` repeat ${sample.repeat}` : ""}
          {Object.entries(sample?.groups ?? {}).map(([name, value]) => ` · ${name} ${value}`)}
        </span>
        <span class="spring" />
        <span class="actions">
          {sample && <CopyButton key={sample.id} label="copy as Markdown" text={() => markdownOf(sample, task, run)} />}
          <button type="button" class="quiet" onClick={() => step(-1)} aria-label="Previous sample (k)">
            ↑
          </button>
          <button type="button" class="quiet" onClick={() => step(1)} aria-label="Next sample (j)">
            ↓
          </button>
          <button type="button" class="quiet" onClick={close} aria-label="Close (Esc)">
            ✕
          </button>
        </span>
      </div>
      {problem && <p class="note">{problem}</p>}
      {sample && (
        <>
          <div class="images">
            {sample.images.map((name, i) => (
              <Image key={name + i} data={data} name={name} number={i + 1} />
            ))}
            {sample.frames?.map((frame, i) => (
              <Frame key={frame.image + i} data={data} frame={frame} />
            ))}
          </div>
          {sample.prompt === undefined ? (
            <p class="dim">Nothing was asked: the journal has no prompt of this sample.</p>
          ) : (
            <>
              <h2>Prompt</h2>
              <LongText text={sample.prompt} />
            </>
          )}
          {sample.targets && sample.targets.length > 0 && (
            <>
              <h2>{sample.targets.length === 1 ? "Reference" : "References"}</h2>
              <ul class="targets">
                {tally(sample.targets).map(([target, n]) => (
                  <li key={target}>
                    <LongText text={target} />
                    {n > 1 && <span class="dim"> × {n}</span>}
                  </li>
                ))}
              </ul>
            </>
          )}
          <div class="sides">
            {sample.answers.map((answer, run) => (
              <Answer
                key={run}
                answer={answer}
                model={runName(data, run)}
                side={run}
                first={run === 0 ? undefined : sample.answers[0]?.text}
              >
                <NotesOfSample
                  key={`${sample.index}/${sample.repeat ?? 0}`}
                  task={task.task}
                  sample={sample}
                  run={run}
                  notes={answer?.notes ?? []}
                  by={answer === null ? undefined : data.notesBy}
                  kept={(notes) => {
                    setSample((shown) => (shown === sample ? withNotes(shown, run, notes) : shown));
                    void renewChunk(data.store, task.task, Math.floor(position / task.chunkSize));
                  }}
                />
              </Answer>
            ))}
          </div>
        </>
      )}
    </aside>
  );
}

const withNotes = (sample: PageSample, run: number, notes: readonly ShownNote[]): PageSample => ({
  ...sample,
  answers: sample.answers.map((answer, i) => (answer && i === run ? { ...answer, notes } : answer)),
});

/** The small image; a click shows the original over the whole window. */
function Image({ data, name, number }: { data: PageData; name: string; number: number }) {
  const [open, setOpen] = useState(false);
  const url = imageUrl(data.store, name, true);
  if (!url) return null;
  return (
    <>
      <button type="button" class="image" onClick={() => setOpen(true)} aria-label={`Image ${number}, enlarge`}>
        <img src={url} alt={`Number ${number} of the sample`} />
      </button>
      {open && (
        <Zoom url={imageUrl(data.store, name, false) ?? url} name={`Image ${number}`} close={() => setOpen(false)} />
      )}
    </>
  );
}

/** A frame of a clip with its time; where its thumbnail is not at hand, its place alone. */
function Frame({ data, frame }: { data: PageData; frame: NonNullable<PageSample["frames"]>[number] }) {
  const url = frame.thumbnail && imageUrl(data.store, frame.thumbnail, true);
  const words = `${frame.time.toFixed(2)} s`;
  return (
    <figure class="frame" title={`frame ${frame.frame} of the clip ${frame.file.slice(0, 16)}`}>
      {url && <img src={url} alt={`Frame ${frame.frame}, at ${words}`} loading="lazy" />}
      <figcaption>{url ? words : `frame ${frame.frame}, ${words}`}</figcaption>
    </figure>
  );
}

interface AnswerProps {
  readonly answer: PageAnswer | null;
  readonly model: string;
  readonly side: number;
  /** What the first run said, beside another's answer. */
  readonly first: string | undefined;
  /** What people say of it. */
  readonly children: ComponentChildren;
}

function Answer({ answer, model, side, first, children }: AnswerProps) {
  if (!answer)
    return (
      <section class={`side side-${side}`}>
        <h2>{model}</h2>
        <p class="dim">This run does not have the sample.</p>
      </section>
    );
  const {
    text,
    reasoning,
    answer: extracted,
    value,
    remark,
    unscored,
    warnings = [],
    turns = [],
    judge = [],
    likelihoods = [],
  } = answer;
  const facts = [
    answer.ms === undefined ? "" : milliseconds(answer.ms),
    (answer.attempts ?? 1) > 1 ? `${answer.attempts} attempts` : "",
    answer.tokens === undefined ? "" : `${answer.tokens} token${answer.tokens === 1 ? "" : "s"}`,
  ].filter(Boolean);
  return (
    <section class={`side side-${side}`}>
      <h2>
        {model}{" "}
        <span class={`state state-${answer.state}`}>
          <StateMark state={answer.state} /> {valueText(value)}
        </span>
        {remark && <span class="flag">{remark}</span>}
      </h2>
      {unscored ? <p class="note">Not scored. {unscored}</p> : null}
      {turns.length > 0
        ? turns.map((turn, i) => <LongText key={i} text={turn} />)
        : text !== undefined && <Said text={text} first={first} />}
      {extracted !== undefined && extracted !== text?.trim() && (
        <p>
          <span class="dim">compared: </span>
          <bdi class="extracted">{extracted}</bdi>
        </p>
      )}
      {reasoning && (
        <details>
          <summary>Reasoning</summary>
          <LongText text={reasoning} />
        </details>
      )}
      {likelihoods.length > 0 && (
        <p class="dim">
          log-likelihoods:{" "}
          {likelihoods.map(({ logprob, isGreedy }) => `${logprob.toFixed(2)}${isGreedy ? "*" : ""}`).join("  ")}
        </p>
      )}
      {judge.map((one, i) => (
        <details key={i} open>
          <summary>
            Judge {one.model}: {one.verdict === undefined ? "no verdict" : JSON.stringify(one.verdict)}
          </summary>
          {one.replies.map((reply, k) => (
            <LongText key={k} text={reply} />
          ))}
        </details>
      ))}
      {warnings.map((warning) => (
        <p key={warning} class="note">
          {warning}
        </p>
      ))}
      {facts.length > 0 && <p class="dim">{facts.join(" · ")}</p>}
      {children}
    </section>
  );
}

/** Of longer answers one looks for what differs. */
const longAnswer = 40;

/** An answer, and how it differs from the first run's where both are more than a word or two. */
function Said({ text, first }: { text: string; first: string | undefined }) {
  const comparable = first !== undefined && first !== text && Math.max(first.length, text.length) > longAnswer;
  const [plain, setPlain] = useState(false);
  const pieces = comparable ? difference(first, text) : undefined;
  if (!pieces) return <LongText text={text} />;
  return (
    <>
      {plain ? (
        <LongText text={text} />
      ) : (
        <div class="text">
          <bdi>
            {pieces.map(({ kind, text: words }, i) =>
              kind === "same" ? words : kind === "new" ? <ins key={i}>{words}</ins> : <del key={i}>{words}</del>,
            )}
          </bdi>
        </div>
      )}
      <button type="button" class="quiet" onClick={() => setPlain(!plain)}>
        {plain ? "show what differs from A" : "show the answer as it is"}
      </button>
    </>
  );
}

/** Text from a model: a text node, isolated in direction, and never more than the browser can lay out. */
function LongText({ text }: { text: string }) {
  const [all, setAll] = useState(false);
  const cut = !all && text.length > shownAtFirst;
  return (
    <div class="text">
      <bdi>{cut ? text.slice(0, shownAtFirst) : text}</bdi>
      {cut && (
        <button type="button" class="quiet" onClick={() => setAll(true)}>
          … show all {text.length.toLocaleString("en-US")} characters
        </button>
      )}
    </div>
  );
}

/** Samples that only count together have no value of their own. */
const valueText = (value: PageAnswer["value"]) =>
  value === undefined || typeof value === "number"
    ? value
    : Object.entries(value)
        .map(([name, one]) => `${name} ${one}`)
        .join(", ");

function tally(targets: readonly string[]): [string, number][] {
  const found = new Map<string, number>();
  for (const target of targets) found.set(target, (found.get(target) ?? 0) + 1);
  return [...found];
}
