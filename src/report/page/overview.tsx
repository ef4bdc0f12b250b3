import type { MetricResult } from "../../core/metric-result.js";
import type { Mark, PageData, PageTask } from "../page-data.js";
import { Comparisons } from "./comparison.js";
import { count, letterOf, scaleOf, shown, withoutJournal } from "./numbers.js";
import type { Route } from "./route.js";
import { Settings, SettingsDifference } from "./settings.js";
import { NameThere, SubScores } from "./sub-scores.js";
import { Trends } from "./trend.js";
import { Usage } from "./usage.js";

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
            <Settings run={run} />
          </article>
        ))}
      </section>
      <Comparisons data={data} />
      {data.comparisons.length > 0 && <h2>Scores</h2>}
      <table class={`scores ${data.runs.length > 1 ? "several" : ""} ${data.runs.length > 2 ? "many" : ""}`}>
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
      <Said data={data} />
      <Legend data={data} />
      <Beside data={data} />
      <Trends tasks={data.tasks} />
      <Usage data={data} />
      {data.tasks.map((task) => (
        <SubScores key={task.task} task={task} />
      ))}
      <SettingsDifference runs={data.runs} />
    </main>
  );
}

/** What runs say that stopped when it was decided how they compare with another. */
function Said({ data }: { data: PageData }) {
  const said = data.tasks.flatMap(({ task, results }) =>
    results.flatMap((result, i) =>
      (result?.compared ?? []).map((line) => `${task}${data.runs.length > 1 ? ` (${letterOf(i)})` : ""}: ${line}`),
    ),
  );
  return said.map((line) => (
    <p class="note" key={line}>
      {line}
    </p>
  ));
}

/** What the runs beside a run say: what the image was worth, how much is owed to the way of asking. */
function Beside({ data }: { data: PageData }) {
  const asked = data.tasks.flatMap(({ task, results }) =>
    results.flatMap((result, run) => (result?.beside ? [{ task, run, lines: result.beside }] : [])),
  );
  if (asked.length === 0) return null;
  return (
    <section class="beside" aria-labelledby="beside">
      <h2 id="beside">Asked in other ways</h2>
      {asked.map(({ task, run, lines }) => (
        <div key={`${task} ${run}`} class={`side-${run}`}>
          <h3>
            {data.runs.length > 1 && (
              <>
                <span class="swatch" aria-hidden="true" />
                {letterOf(run)}{" "}
              </>
            )}
            {task}
          </h3>
          <dl>
            {lines.map(({ name, text }, i) => (
              <div key={i}>
                <dt>{name}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </section>
  );
}

function Legend({ data }: { data: PageData }) {
  return (
    <p class="legend dim">
      <span>
        <svg class="dots" viewBox="0 0 34 10" aria-hidden="true">
          <line class="bar" x1={3} x2={31} y1={5} y2={5} />
          <circle class="dot" cx={17} cy={5} r={4} />
        </svg>
        value and 95 % interval; ± one standard error
      </span>
      {data.tasks.some(({ marks }) => marks.length > 0) && (
        <span>
          <svg class="dots" viewBox="0 0 6 14" aria-hidden="true">
            <line class="mark" x1={3} x2={3} y1={0} y2={14} />
          </svg>
          published by others, for other setups
        </span>
      )}
      {data.runs.length > 1 && <span>A is what the others are compared with</span>}
    </p>
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
      <td class="dim">
        {main?.name ?? "submission"}
        <NameThere metrics={mains} />
      </td>
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

/** Value and interval of each run on an axis that ends where they do, with other people's numbers as marks. */
function DotPlot({ metrics, marks }: { metrics: readonly (MetricResult | undefined)[]; marks: readonly Mark[] }) {
  const known = metrics.filter((metric) => metric !== undefined);
  const unit = known[0]?.unit ?? "fraction";
  const values = [
    ...known.flatMap(({ value, interval = [] }) => [value, ...interval].filter((end) => typeof end === "number")),
    ...marks.map(({ value }) => value),
  ];
  if (values.length === 0) return null;
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
