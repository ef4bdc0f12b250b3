import type { MetricResult } from "../../core/result.js";
import type { Mark, PageData, PageTask } from "../page-data.js";
import { count, letterOf, scaleOf, shown, signedShown, withoutJournal } from "./numbers.js";
import type { Route } from "./route.js";
import { Trends } from "./trend.js";

export function Overview({ data, go }: { data: PageData; go: (next: Partial<Route>) => void }) {
  return (
    <main class="overview">
      <section class="runs" aria-label="Runs">
        {data.runs.map((run, i) => (
          <article key={run.name} class={`run side-${i}`}>
            <h1>
              <span class="swatch" aria-hidden="true" />
              {data.runs.length > 1 && <span class="letter">{letterOf(i)} </span>}
              {run.model}
            </h1>
            <p class="dim">
              {run.name} · {run.status} · {run.startedAt.slice(0, 16).replace("T", " ")} UTC
            </p>
            <details>
              <summary>Settings and fingerprint</summary>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must be able to scroll it */}
              <pre tabIndex={0}>{JSON.stringify({ config: run.config, fingerprint: run.fingerprint }, null, 2)}</pre>
            </details>
          </article>
        ))}
      </section>
      <table class={`scores ${data.runs.length > 1 ? "several" : ""}`}>
        <caption class="hidden">Main metric of every task with its 95 % interval</caption>
        <thead>
          <tr>
            <th scope="col">task</th>
            <th scope="col">metric</th>
            {data.runs.map((run, i) => (
              <th scope="col" class={`number side-${i}`} key={run.name} title={run.model}>
                {data.runs.length > 1 ? (
                  <>
                    <span class="swatch" aria-hidden="true" />
                    {letterOf(i)}
                    <span class="hidden"> {run.model}</span>
                  </>
                ) : (
                  "score"
                )}
              </th>
            ))}
            <th scope="col" class="plot">
              95 % interval
            </th>
            <th scope="col" class="number">
              scored
            </th>
            <th scope="col">
              <span class="hidden">flags and samples without a score</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {data.tasks.map((task) => (
            <TaskRow key={task.task} task={task} go={go} />
          ))}
        </tbody>
      </table>
      <Trends tasks={data.tasks} />
      {data.tasks.map((task) => (
        <Details key={task.task} task={task} />
      ))}
    </main>
  );
}

function TaskRow({ task, go }: { task: PageTask; go: (next: Partial<Route>) => void }) {
  const mains = task.results.map((result, i) => result?.metrics[0] ?? asMetric(task.soFar[i]));
  const main = mains.find((metric) => metric !== undefined);
  const result = task.results.findLast((one) => one !== null);
  const unscored = result ? Object.entries(result.n.unscored).filter(([, n]) => n > 0) : [];
  return (
    <tr>
      <th scope="row">
        <a
          href={`#task=${encodeURIComponent(task.task)}`}
          onClick={(event) => {
            event.preventDefault();
            go({ task: task.task });
          }}
        >
          {task.task}
        </a>
      </th>
      <td class="dim">{main?.name ?? "submission"}</td>
      {mains.map((metric, i) => (
        <td class={`number figure side-${i}`} key={i}>
          {mains.length > 1 && <span class="letter dim">{letterOf(i)} </span>}
          <strong>{metric ? shown(metric.value, metric.unit) : "–"}</strong>
          {metric?.stderr !== undefined && <span class="dim"> ±{shown(metric.stderr, metric.unit)}</span>}
        </td>
      ))}
      <td class="plot">{main && <DotPlot metrics={mains} marks={task.marks} />}</td>
      <td class="number scored">
        {result
          ? `${count(result.n.scored)}${result.n.scored === result.n.total ? "" : ` of ${count(result.n.total)}`}`
          : count(task.soFar.at(-1)?.n ?? 0)}
      </td>
      <td>
        {!result && <Flag text="running" />}
        {result?.flags.map((flag) => (
          <Flag key={flag} text={flag} />
        ))}
        {withoutJournal(task).map((run) => (
          <Flag key={run} text={`no journal${task.results.length > 1 ? ` (${letterOf(run)})` : ""}`} />
        ))}
        {unscored.map(([reason, n]) => (
          <Flag key={reason} text={`${reason} ${n}`} />
        ))}
      </td>
    </tr>
  );
}

function asMetric(soFar: PageTask["soFar"][number] | undefined): MetricResult | undefined {
  return soFar ? { ...soFar, direction: "higher" } : undefined;
}

export const Flag = ({ text }: { text: string }) => <span class={`flag flag-${text.split(" ")[0]}`}>{text}</span>;

/** Value and interval of each run on the unit's whole scale, with other people's numbers as marks. */
function DotPlot({ metrics, marks }: { metrics: readonly (MetricResult | undefined)[]; marks: readonly Mark[] }) {
  const known = metrics.filter((metric) => metric !== undefined);
  const unit = known[0]?.unit ?? "fraction";
  const values = [
    ...known.flatMap(({ value, interval }) => [value ?? 0, interval?.[1] ?? 0]),
    ...marks.map(({ value }) => value),
  ];
  const [low, high] = scaleOf(unit, values);
  const width = 320;
  const height = 28 + 14 * metrics.length;
  const x = (value: number) => 8 + ((width - 16) * (Math.min(high, Math.max(low, value)) - low)) / (high - low);
  const words = metrics.map((metric) =>
    metric
      ? `${shown(metric.value, unit)}${metric.interval ? ` from ${shown(metric.interval[0], unit)} to ${shown(metric.interval[1], unit)}` : ""}`
      : "no score",
  );
  return (
    <svg class="dots" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={words.join("; ")}>
      <line class="axis" x1={x(low)} x2={x(high)} y1={height - 20} y2={height - 20} />
      {[0, 0.25, 0.5, 0.75, 1].map((part) => (
        <line
          key={part}
          class="axis"
          x1={x(low + part * (high - low))}
          x2={x(low + part * (high - low))}
          y1={height - 23}
          y2={height - 17}
        />
      ))}
      {[0, 0.5, 1].map((part) => (
        <text
          key={part}
          class="tick"
          x={x(low + part * (high - low))}
          y={height - 4}
          text-anchor={part === 0 ? "start" : part === 1 ? "end" : "middle"}
        >
          {shown(low + part * (high - low), unit).replace(/\.0+$/, "")}
        </text>
      ))}
      {marks.map(({ label, value, source }) => (
        <g key={label}>
          <title>{`${label}: ${shown(value, unit)} (${source})`}</title>
          <line class="mark" x1={x(value)} x2={x(value)} y1={2} y2={height - 20} />
        </g>
      ))}
      {metrics.map((metric, i) =>
        metric?.value === null || metric === undefined ? null : (
          <g key={i} class={`side-${i}`}>
            <title>{words[i]}</title>
            {metric.interval && (
              <line class="bar" x1={x(metric.interval[0])} x2={x(metric.interval[1])} y1={9 + 14 * i} y2={9 + 14 * i} />
            )}
            <circle class="dot" cx={x(metric.value)} cy={9 + 14 * i} r={4} />
          </g>
        ),
      )}
    </svg>
  );
}

/** All metrics and sub-scores of a task, of every run. */
function Details({ task }: { task: PageTask }) {
  const result = task.results.findLast((one) => one !== null);
  if (!result) return null;
  const groups = [...new Set(task.results.flatMap((one) => Object.keys(one?.groups ?? {})))];
  return (
    <details class="details">
      <summary>
        {task.task} v{result.version}: all metrics{groups.length > 0 ? " and sub-scores" : ""}
      </summary>
      {task.results.map(
        (one, i) => one && <Facts key={i} result={one} letter={task.results.length > 1 ? letterOf(i) : ""} />,
      )}
      {task.marks.length > 0 && (
        <p class="dim">
          Published, for other setups:{" "}
          {task.marks
            .map(
              ({ label, value, source }) =>
                `${label} ${shown(value, result.metrics[0]?.unit ?? "percent")} (${source})`,
            )
            .join(" · ")}
        </p>
      )}
      <MetricTable
        name="metric"
        rows={rowsOf(task.results.map((one) => one?.metrics.map((metric) => [metric.name, metric])))}
      />
      {groups.map((group) => (
        <section key={group}>
          <h2>{group}</h2>
          <MetricTable
            name={group}
            rows={rowsOf(
              task.results.map((one) =>
                Object.entries(one?.groups[group] ?? {}).flatMap(([value, metrics]) =>
                  metrics.slice(0, 1).map((metric): [string, MetricResult] => [value, metric]),
                ),
              ),
            )}
          />
        </section>
      ))}
    </details>
  );
}

/** What a run's numbers depend on. */
function Facts({ result, letter }: { result: NonNullable<PageTask["results"][number]>; letter: string }) {
  const { dataset, judge } = result;
  return (
    <>
      <p class="dim">
        {letter && <strong>{letter} </strong>}
        {dataset.source} ({dataset.split}
        {dataset.revision ? ` @ ${dataset.revision.slice(0, 12)}` : ""}) · {dataset.licence} · scoring {result.scoring}{" "}
        · prompt profile {result.promptProfile} · {JSON.stringify(result.generation)}
        {judge ? ` · judge ${judge.model}` : ""}
      </p>
      {result.notes.map((note) => (
        <p key={note} class="note">
          {letter} {note}
        </p>
      ))}
    </>
  );
}

interface MetricRow {
  readonly name: string;
  readonly metrics: readonly (MetricResult | undefined)[];
}

/** One row for each name that any run has, in the order of the last run. */
function rowsOf(runs: readonly (readonly (readonly [string, MetricResult])[] | undefined)[]): MetricRow[] {
  const tables = runs.map((rows) => new Map(rows ?? []));
  const names = new Set([...tables].reverse().flatMap((table) => [...table.keys()]));
  return [...names].map((name) => ({ name, metrics: tables.map((table) => table.get(name)) }));
}

function MetricTable({ name, rows }: { name: string; rows: readonly MetricRow[] }) {
  const several = (rows[0]?.metrics.length ?? 0) > 1;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must be able to scroll it
    <section class="wide" tabIndex={0} aria-label={name}>
      <table class="metrics">
        {several && (
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">{name}</span>
              </th>
              {rows[0]?.metrics.map((_, i) => (
                <th scope="col" key={i} colSpan={2} class="number">
                  {letterOf(i)}
                </th>
              ))}
              <th scope="col" class="number">
                B − A
              </th>
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              {row.metrics.map((metric, i) => (
                <MetricCells key={i} metric={metric} alone={!several} />
              ))}
              {several && <td class="number">{difference(row.metrics)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function MetricCells({ metric, alone }: { metric: MetricResult | undefined; alone: boolean }) {
  const interval = metric?.interval ? `[${metric.interval.map((end) => shown(end, metric.unit)).join(", ")}]` : "";
  return (
    <>
      <td class="number">
        <strong>{metric ? shown(metric.value, metric.unit) : "–"}</strong>
      </td>
      <td class="number dim">{interval}</td>
      {alone && <td class="number dim">{metric ? `n = ${count(metric.n)}` : ""}</td>}
      {alone && <td class="dim">{metric?.note}</td>}
    </>
  );
}

/** Of the last run against the first; empty where one has no value. */
function difference(metrics: readonly (MetricResult | undefined)[]): string {
  const [first, last] = [metrics[0], metrics.at(-1)];
  if (typeof first?.value !== "number" || typeof last?.value !== "number" || first.unit !== last.unit) return "";
  return signedShown(last.value - first.value, last.unit);
}
