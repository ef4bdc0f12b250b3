import { useEffect, useState } from "preact/hooks";
import type { PageAnswer, PageData, PageSample, PageTask } from "../page-data.js";
import { imageUrl, loadChunk } from "./chunks.js";
import { copyText, markdownOf } from "./export.js";
import { letterOf, milliseconds } from "./numbers.js";

interface Props {
  readonly data: PageData;
  readonly task: PageTask;
  readonly position: number;
  close(): void;
  step(by: number): void;
}

/** Longer text is shown in part: a megabyte in one element stops the browser. */
const shownAtFirst = 4000;

export function SampleDetail({ data, task, position, close, step }: Props) {
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
        {sample && <CopyButton key={sample.id} text={() => markdownOf(sample, task)} />}
        <button type="button" class="quiet" onClick={() => step(-1)} aria-label="Previous sample (k)">
          ↑
        </button>
        <button type="button" class="quiet" onClick={() => step(1)} aria-label="Next sample (j)">
          ↓
        </button>
        <button type="button" class="quiet" onClick={close} aria-label="Close (Esc)">
          ✕
        </button>
      </div>
      {problem && <p class="note">{problem}</p>}
      {sample && (
        <>
          <div class="images">
            {sample.images.map((name, i) => (
              <Image key={name + i} data={data} name={name} number={i + 1} />
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
              <Answer key={run} answer={answer} model={nameOf(data, run)} side={run} />
            ))}
          </div>
        </>
      )}
    </aside>
  );
}

/** Says for a moment whether it is done. */
function CopyButton({ text }: { text(): string }) {
  const [word, setWord] = useState("copy as Markdown");
  const copy = () =>
    copyText(text()).then(
      () => setWord("copied"),
      (error: Error) => setWord(error.message),
    );
  useEffect(() => {
    if (word === "copy as Markdown") return;
    const timer = setTimeout(() => setWord("copy as Markdown"), 2000);
    return () => clearTimeout(timer);
  }, [word]);
  return (
    <button type="button" class="quiet" onClick={() => void copy()} aria-live="polite">
      {word}
    </button>
  );
}

/** `B llava-next-7b`: the letter that the overview and the filters use. */
const nameOf = ({ runs }: PageData, run: number) =>
  `${runs.length > 1 ? `${letterOf(run)} ` : ""}${runs[run]?.model ?? ""}`;

/** The small image first; the original when it is asked for. */
function Image({ data, name, number }: { data: PageData; name: string; number: number }) {
  const [whole, setWhole] = useState(false);
  const url = imageUrl(data.store, name, !whole);
  if (!url) return null;
  return (
    <button
      type="button"
      class="image"
      onClick={() => setWhole(!whole)}
      aria-label={`Image ${number}, ${whole ? "small" : "original"}`}
    >
      <img src={url} alt={`Number ${number} of the sample`} class={whole ? "whole" : ""} />
    </button>
  );
}

function Answer({ answer, model, side }: { answer: PageAnswer | null; model: string; side: number }) {
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
    answer.tokens === undefined ? "" : `${answer.tokens} tokens`,
  ].filter(Boolean);
  return (
    <section class={`side side-${side}`}>
      <h2>
        {model}{" "}
        <span class={`state state-${answer.state}`}>
          {value === undefined ? "" : typeof value === "number" ? value : JSON.stringify(value)}
        </span>
        {remark && <span class="flag">{remark}</span>}
      </h2>
      {unscored ? <p class="note">Not scored. {unscored}</p> : null}
      {turns.length > 0
        ? turns.map((turn, i) => <LongText key={i} text={turn} />)
        : text !== undefined && <LongText text={text} />}
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
    </section>
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

function tally(targets: readonly string[]): [string, number][] {
  const found = new Map<string, number>();
  for (const target of targets) found.set(target, (found.get(target) ?? 0) + 1);
  return [...found];
}
