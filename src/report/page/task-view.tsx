import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PageData, PageSample, PageTask } from "../page-data.js";
import { chunkInHand, imageUrl, loadChunk } from "./chunks.js";
import { download } from "./export.js";
import { filtersOf, runName, runOf, select } from "./filters.js";
import { NotedMark } from "./notes.js";
import { count, letterOf, withoutJournal } from "./numbers.js";
import type { Route } from "./route.js";
import { SampleDetail } from "./sample-detail.js";
import { StateMark } from "./state-mark.js";

interface Props {
  readonly data: PageData;
  readonly task: PageTask;
  readonly route: Route;
  go(next: Partial<Route>): void;
}

const rowHeight = 76;

export function TaskView({ data, task, route, go }: Props) {
  const total = task.states[0]?.length ?? 0;
  const chunks = Math.ceil(total / task.chunkSize);
  const [searched, setSearched] = useState(0);
  // A search reads every piece: they are read while nobody waits, in larger runs when the search box is entered.
  const [ready, setReady] = useState(false);
  useEffect(() => {
    if (chunks > readAhead) return;
    const timer = setTimeout(() => setReady(true), 1000);
    return () => clearTimeout(timer);
  }, [chunks]);
  const needsText = route.query !== "" || route.sort !== "order";
  const everything = useEverything(data, task, { chunks, wanted: ready || needsText, progress: setSearched });
  const list = useMemo(
    () => select(task, route, everything),
    [task, route.filter, route.query, route.sort, route.run, route.group, everything],
  );
  const search = useRef<HTMLInputElement>(null);

  const run = runOf(route, task);
  const filters = useMemo(() => filtersOf(task, run), [task, run]);
  /** Another choice of samples: what is not named stays, but the opened sample. */
  const choose = (next: Partial<Route>) => {
    const { sample: _sample, ...kept } = route;
    go({ ...kept, task: task.task, ...next });
  };
  const place = route.sample === undefined ? -1 : list.indexOf(route.sample);
  const step = (by: number) => {
    const next = list[Math.min(list.length - 1, Math.max(0, place + by))];
    if (next !== undefined) go({ ...route, sample: next });
  };
  useKeys({
    j: () => step(1),
    ArrowDown: () => step(1),
    k: () => step(-1),
    ArrowUp: () => step(-1),
    "/": () => search.current?.focus(),
    Escape: () => choose({}),
    w: () => choose({ filter: "w", query: "" }),
    a: () => go({ task: task.task }),
  });

  return (
    <main class={`task ${route.sample === undefined ? "" : "with-sample"}`}>
      <h1 class="hidden">{task.task}</h1>
      <section class="browser" aria-label={`Samples of ${task.task}`}>
        <div class="controls">
          {task.states.length > 1 && (
            <label>
              <span class="hidden">Whose samples are filtered and sorted</span>
              <select value={run} onChange={(event) => choose({ run: Number(event.currentTarget.value) })}>
                {data.runs.map((one, i) => (
                  <option key={one.name} value={i}>
                    {runName(data, i)}
                  </option>
                ))}
              </select>
            </label>
          )}
          <fieldset class="filters" aria-label={`Show${task.states.length > 1 ? ` of ${letterOf(run)}` : ""}`}>
            {filters.map(({ filter, words, n }) => (
              <button
                type="button"
                key={filter}
                aria-pressed={route.filter === filter}
                onClick={() => choose({ filter })}
              >
                {words} <span class="dim">{count(n)}</span>
              </button>
            ))}
          </fieldset>
          <input
            ref={search}
            onFocus={() => setReady(true)}
            type="search"
            placeholder="Search prompts, answers, references ( / )"
            aria-label="Search"
            value={route.query}
            onInput={(event) => choose({ query: event.currentTarget.value })}
          />
          <label>
            <span class="hidden">Sort by</span>
            <select value={route.sort} onChange={(event) => choose({ sort: event.currentTarget.value })}>
              <option value="order">in order</option>
              <option value="value">lowest value first</option>
              <option value="slow">slowest first</option>
              <option value="long">longest answer first</option>
            </select>
          </label>
        </div>
        {route.group !== undefined && (
          <p class="group">
            <button type="button" onClick={() => choose({ group: undefined as never })}>
              {route.group.replace("=", ": ")} <span aria-hidden="true">✕</span>
              <span class="hidden">, show all groups</span>
            </button>
          </p>
        )}
        <div class="tally">
          <p class="found" role="status">
            {needsText && searched < chunks
              ? `Reading ${searched} of ${chunks} …`
              : `${count(list.length)} of ${count(total)} samples`}
          </p>
          {list.length > 0 && <ExportButton data={data} task={task} list={list} run={run} />}
        </div>
        {withoutJournal(task).map((run) => (
          <p key={run} class="note missing">
            {data.runs[run]?.model} has a result of this task and no journal ({task.task}.samples.jsonl): its answers
            cannot be shown.
          </p>
        ))}
        <VirtualList
          data={data}
          task={task}
          list={list}
          run={run}
          chosen={route.sample}
          choose={(sample) => go({ ...route, sample })}
        />
      </section>
      {route.sample !== undefined && (
        <SampleDetail
          data={data}
          task={task}
          position={route.sample}
          run={run}
          close={() => go({ ...route, sample: undefined as never })}
          step={step}
        />
      )}
    </main>
  );
}

/** The samples that fit the filter and the search, as a file; their pieces are read first. */
function ExportButton({ data, task, list, run }: Pick<ListProps, "data" | "task" | "list" | "run">) {
  const [problem, setProblem] = useState("");
  const save = async () => {
    const samples: PageSample[] = [];
    for (const position of list) {
      const chunk = await loadChunk(data.store, task.task, Math.floor(position / task.chunkSize));
      const sample = chunk[position % task.chunkSize];
      if (sample) samples.push(sample);
    }
    download(samples, task, run);
  };
  return (
    <button
      type="button"
      class="quiet export"
      onClick={() =>
        void save().then(
          () => setProblem(""),
          (error: Error) => setProblem(error.message),
        )
      }
    >
      {problem || `export these ${count(list.length)} (JSONL)`}
    </button>
  );
}

/** So many pieces (100,000 samples) are read ahead: a third of a gigabyte in the browser. */
const readAhead = 500;

/** Pieces that are read at once: a disk or a server has each ready while another is parsed. */
const atOnce = 8;

/** Every sample's text, for search and sorting; read piece by piece, only when asked for. */
function useEverything(
  data: PageData,
  task: PageTask,
  { chunks, wanted, progress }: { readonly chunks: number; readonly wanted: boolean; progress(n: number): void },
): readonly PageSample[] | undefined {
  const [samples, set] = useState<readonly PageSample[]>();
  useEffect(() => {
    if (!wanted) return;
    let stopped = false;
    void (async () => {
      const pieces: (readonly PageSample[])[] = [];
      for (let i = 0; i < chunks && !stopped; i += atOnce) {
        const places = Array.from({ length: Math.min(atOnce, chunks - i) }, (_, k) => i + k);
        pieces.push(...(await Promise.all(places.map((place) => loadChunk(data.store, task.task, place)))));
        progress(pieces.length);
      }
      if (!stopped) set(pieces.flat());
    })();
    return () => {
      stopped = true;
    };
  }, [wanted, task.task, chunks, task.states[0]?.length]);
  return samples;
}

interface ListProps {
  readonly data: PageData;
  readonly task: PageTask;
  readonly list: readonly number[];
  /** Whose samples are filtered. */
  readonly run: number;
  readonly chosen: number | undefined;
  choose(position: number): void;
}

/** Rows of one height: only those in sight are in the document. */
function VirtualList({ data, task, list, run, chosen, choose }: ListProps) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [, redraw] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = box.current;
    const place = chosen === undefined ? -1 : list.indexOf(chosen);
    if (!element || place < 0) return;
    if (place * rowHeight < element.scrollTop) element.scrollTop = place * rowHeight;
    else if ((place + 1) * rowHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = (place + 1) * rowHeight - element.clientHeight;
  }, [chosen, list]);

  const first = Math.max(0, Math.floor(top / rowHeight) - 4);
  const last = Math.min(list.length, Math.ceil((top + height) / rowHeight) + 4);
  const inSight = list.slice(first, last);
  const missing = [...new Set(inSight.map((i) => Math.floor(i / task.chunkSize)))].filter(
    (n) => !chunkInHand(task.task, n),
  );
  useEffect(() => {
    for (const n of missing)
      void loadChunk(data.store, task.task, n).then(
        () => redraw((x) => x + 1),
        () => redraw((x) => x + 1),
      );
  }, [missing.join()]);

  return (
    <div
      class="list"
      ref={box}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      role="listbox"
      aria-label="Samples"
      tabIndex={0}
    >
      <div class="tall" style={{ height: `${list.length * rowHeight}px` }}>
        {inSight.map((position, i) => (
          <Row
            key={position}
            data={data}
            task={task}
            position={position}
            run={run}
            top={(first + i) * rowHeight}
            chosen={position === chosen}
            choose={choose}
          />
        ))}
      </div>
    </div>
  );
}

function Row({
  data,
  task,
  position,
  run: chosenRun,
  top,
  chosen,
  choose,
}: {
  data: PageData;
  task: PageTask;
  position: number;
  run: number;
  top: number;
  chosen: boolean;
  choose(position: number): void;
}) {
  const chunk = chunkInHand(task.task, Math.floor(position / task.chunkSize));
  const sample = chunk?.[position % task.chunkSize];
  const lastLine = chunk && sharedLastLine(chunk);
  // Of many runs only the chosen one's words have room.
  const worded = (run: number) => (sample?.answers.length ?? 0) <= 3 || run === chosenRun;
  const image = sample?.images[0] ?? sample?.frames?.[0]?.thumbnail;
  const thumbnail = image && imageUrl(data.store, image, true);
  return (
    <button
      type="button"
      class="row"
      style={{ top: `${top}px`, height: `${rowHeight}px` }}
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      onClick={() => choose(position)}
    >
      {thumbnail ? (
        <img src={thumbnail} alt="" loading="lazy" decoding="async" width={60} height={60} />
      ) : (
        task.images && <span class="no-image" />
      )}
      <span class="words">
        <span class="prompt">{sample ? oneLine(ownWords(sample.prompt ?? sample.id, lastLine)) : "…"}</span>
        <span class="answers">
          {sample?.answers.map((answer, run) => (
            <span key={run} class={`answer side-${run} ${worded(run) ? "" : "mark-alone"}`}>
              {sample.answers.length > 1 && <span class="letter">{letterOf(run)} </span>}
              <StateMark state={answer?.state ?? "-"} />{" "}
              {task.noted[run]?.[position] && <NotedMark flags={task.noted[run][position]} />}
              {worded(run) && oneLine(answer?.unscored ?? answer?.text ?? "")}
            </span>
          ))}
          {sample?.targets && <span class="dim target">{oneLine(mostNamed(sample.targets).join(" / "))}</span>}
        </span>
      </span>
    </button>
  );
}

const lastLines = new WeakMap<readonly PageSample[], string>();

/** What a benchmark says to every question at its end; empty where there is no such line. */
function sharedLastLine(chunk: readonly PageSample[]): string {
  const known = lastLines.get(chunk);
  if (known !== undefined) return known;
  const [first, ...others] = chunk.map(({ prompt = "" }) => lineAtEnd(prompt));
  const shared = first && others.every((line) => line === first) ? first : "";
  lastLines.set(chunk, shared);
  return shared;
}

const lineAtEnd = (prompt: string) => /\n[^\n]+$/.exec(prompt)?.[0] ?? "";

/** The question alone: what is said to all leaves no room for it in a list. */
const ownWords = (prompt: string, lastLine = "") =>
  lastLine !== "" && prompt.endsWith(lastLine) ? prompt.slice(0, -lastLine.length) : prompt;

/** The references that most people gave, each once. */
function mostNamed(targets: readonly string[]): string[] {
  const times = new Map<string, number>();
  for (const target of targets) times.set(target, (times.get(target) ?? 0) + 1);
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([target, n]) => (n > 1 ? `${target} ×${n}` : target));
}

const oneLine = (text: string) =>
  text
    .replace(/<image(?: \d+)?>/g, "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 200);

/** Where a letter is a letter. */
const fields = [HTMLInputElement, HTMLSelectElement, HTMLTextAreaElement];

function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = fields.some((field) => event.target instanceof field);
      if (typing && event.key !== "Escape") return;
      const act = latest.current[event.key];
      if (!act) return;
      event.preventDefault();
      if (typing) (event.target as HTMLElement).blur();
      else act();
    };
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);
}
