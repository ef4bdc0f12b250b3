import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PageData, PageSample, PageTask } from "../page-data.js";
import { chunkInHand, imageUrl, loadChunk } from "./chunks.js";
import { download } from "./export.js";
import { count, letterOf, withoutJournal } from "./numbers.js";
import type { Route } from "./route.js";
import { SampleDetail } from "./sample-detail.js";

interface Props {
  readonly data: PageData;
  readonly task: PageTask;
  readonly route: Route;
  go(next: Partial<Route>): void;
}

const rowHeight = 76;
const stateWords: Readonly<Record<string, string>> = {
  c: "correct",
  w: "wrong",
  p: "partly",
  n: "no value of its own",
  u: "not scored",
  "-": "not there",
};
const remarkWords: Readonly<Record<string, string>> = { e: "empty", t: "truncated", u: "unparsable" };

export function TaskView({ data, task, route, go }: Props) {
  const total = task.states[0]?.length ?? 0;
  const chunks = Math.ceil(total / task.chunkSize);
  const [searched, setSearched] = useState(0);
  const needsText = route.query !== "" || route.sort !== "order";
  const everything = useEverything(data, task, { chunks, wanted: needsText, progress: setSearched });
  const list = useMemo(
    () => select(task, route, everything),
    [task, route.filter, route.query, route.sort, everything],
  );
  const search = useRef<HTMLInputElement>(null);

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
    Escape: () => go({ task: task.task, filter: route.filter, query: route.query, sort: route.sort }),
    w: () => go({ task: task.task, filter: "w" }),
    a: () => go({ task: task.task }),
  });

  return (
    <main class={`task ${route.sample === undefined ? "" : "with-sample"}`}>
      <section class="browser" aria-label={`Samples of ${task.task}`}>
        <h1 class="hidden">{task.task}</h1>
        <div class="controls">
          <fieldset class="filters" aria-label="Show">
            {filtersOf(task).map(({ filter, words, n }) => (
              <button
                type="button"
                key={filter}
                aria-pressed={route.filter === filter}
                onClick={() => go({ task: task.task, filter, query: route.query, sort: route.sort })}
              >
                {words} <span class="dim">{count(n)}</span>
              </button>
            ))}
          </fieldset>
          <input
            ref={search}
            type="search"
            placeholder="Search prompts, answers, references ( / )"
            aria-label="Search"
            value={route.query}
            onInput={(event) =>
              go({ task: task.task, filter: route.filter, sort: route.sort, query: event.currentTarget.value })
            }
          />
          <label>
            <span class="hidden">Sort by</span>
            <select
              value={route.sort}
              onChange={(event) =>
                go({ task: task.task, filter: route.filter, query: route.query, sort: event.currentTarget.value })
              }
            >
              <option value="order">in order</option>
              <option value="value">lowest value first</option>
              <option value="slow">slowest first</option>
              <option value="long">longest answer first</option>
            </select>
          </label>
        </div>
        <p class="found" role="status">
          {needsText && searched < chunks
            ? `Reading ${searched} of ${chunks} …`
            : `${count(list.length)} of ${count(total)} samples`}
        </p>
        {list.length > 0 && <ExportButton data={data} task={task} list={list} />}
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
          chosen={route.sample}
          choose={(sample) => go({ ...route, sample })}
        />
      </section>
      {route.sample !== undefined && (
        <SampleDetail
          data={data}
          task={task}
          position={route.sample}
          close={() => go({ ...route, sample: undefined as never })}
          step={step}
        />
      )}
    </main>
  );
}

/** The samples that fit the filter and the search, as a file; their pieces are read first. */
function ExportButton({ data, task, list }: { data: PageData; task: PageTask; list: readonly number[] }) {
  const [problem, setProblem] = useState("");
  const save = async () => {
    const samples: PageSample[] = [];
    for (const position of list) {
      const chunk = await loadChunk(data.store, task.task, Math.floor(position / task.chunkSize));
      const sample = chunk[position % task.chunkSize];
      if (sample) samples.push(sample);
    }
    download(samples, task);
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
      const all: PageSample[] = [];
      for (let i = 0; i < chunks && !stopped; i++) {
        all.push(...(await loadChunk(data.store, task.task, i)));
        progress(i + 1);
      }
      if (!stopped) set(all);
    })();
    return () => {
      stopped = true;
    };
  }, [wanted, task.task, chunks, task.states[0]?.length]);
  return samples;
}

/** Positions that fit the filter and the search, sorted. */
function select(task: PageTask, route: Route, everything: readonly PageSample[] | undefined): readonly number[] {
  const total = task.states[0]?.length ?? 0;
  let list = Array.from({ length: total }, (_, i) => i).filter((i) => fits(task, route.filter, i));
  if (route.query !== "") {
    if (!everything) return [];
    const wanted = route.query.toLowerCase();
    list = list.filter((i) => textOf(everything[i]).includes(wanted));
  }
  if (route.sort !== "order" && everything) {
    const rank = rankOf(route.sort, everything);
    list.sort((a, b) => rank(a) - rank(b) || a - b);
  }
  return list;
}

function fits(task: PageTask, filter: string, i: number): boolean {
  if (filter === "all") return true;
  if (filter === "flip") return task.states[0]?.[i] !== task.states[1]?.[i];
  if (filter.startsWith("remark:")) return task.remarks[i] === filter.slice(6);
  return task.states.at(-1)?.[i] === filter;
}

function textOf(sample: PageSample | undefined): string {
  if (!sample) return "";
  const answers = sample.answers.flatMap((answer) => [
    answer?.text ?? "",
    answer?.answer ?? "",
    answer?.unscored ?? "",
  ]);
  return [sample.id, sample.prompt ?? "", ...(sample.targets ?? []), ...answers].join("\n").toLowerCase();
}

function rankOf(sort: string, everything: readonly PageSample[]): (i: number) => number {
  const last = (i: number) => everything[i]?.answers.at(-1);
  if (sort === "slow") return (i) => -(last(i)?.ms ?? 0);
  if (sort === "long") return (i) => -(last(i)?.text?.length ?? 0);
  return (i) => {
    const value = last(i)?.value;
    return typeof value === "number" ? value : value ? Math.min(...Object.values(value)) : -1;
  };
}

function filtersOf(task: PageTask): { filter: string; words: string; n: number }[] {
  const states = task.states.at(-1) ?? "";
  const amount = (text: string, wanted: string) => [...text].filter((c) => c === wanted).length;
  // With two runs these are the second one's samples, and say so.
  const ofLast = task.states.length > 1 ? ` (${letterOf(task.states.length - 1)})` : "";
  const found = [{ filter: "all", words: "all", n: states.length }];
  for (const state of ["c", "p", "w", "n", "u"]) {
    const n = amount(states, state);
    if (n > 0) found.push({ filter: state, words: `${stateWords[state] ?? state}${ofLast}`, n });
  }
  for (const remark of ["e", "t", "u"]) {
    const n = amount(task.remarks, remark);
    if (n > 0) found.push({ filter: `remark:${remark}`, words: `${remarkWords[remark] ?? remark}${ofLast}`, n });
  }
  // Samples that a run has no journal of have not changed: nobody knows.
  if (task.states.length > 1 && withoutJournal(task).length === 0) {
    const n = [...states].filter((c, i) => c !== task.states[0]?.[i]).length;
    found.push({ filter: "flip", words: "changed", n });
  }
  return found;
}

interface ListProps {
  readonly data: PageData;
  readonly task: PageTask;
  readonly list: readonly number[];
  readonly chosen: number | undefined;
  choose(position: number): void;
}

/** Rows of one height: only those in sight are in the document. */
function VirtualList({ data, task, list, chosen, choose }: ListProps) {
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
  top,
  chosen,
  choose,
}: {
  data: PageData;
  task: PageTask;
  position: number;
  top: number;
  chosen: boolean;
  choose(position: number): void;
}) {
  const sample = chunkInHand(task.task, Math.floor(position / task.chunkSize))?.[position % task.chunkSize];
  const [image] = sample?.images ?? [];
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
        <span class="prompt">{sample ? oneLine(sample.prompt ?? sample.id) : "…"}</span>
        <span class="answers">
          {sample?.answers.map((answer, run) => (
            <span key={run} class={`answer state-${answer?.state ?? "-"}`}>
              <span
                class="mark"
                role="img"
                title={stateWords[answer?.state ?? "-"]}
                aria-label={stateWords[answer?.state ?? "-"]}
              />
              {answer?.unscored ? oneLine(answer.unscored) : oneLine(answer?.text ?? "")}
            </span>
          ))}
          {sample?.targets && <span class="dim target">{oneLine(sample.targets.slice(0, 3).join(" / "))}</span>}
        </span>
      </span>
    </button>
  );
}

const oneLine = (text: string) =>
  text
    .replace(/<image>/g, "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 200);

function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
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
