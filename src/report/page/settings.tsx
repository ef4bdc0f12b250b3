import type { PageData, PageRun } from "../page-data.js";
import { CopyButton } from "./copy-button.js";
import { letterOf } from "./numbers.js";

/** The command that repeats a run, and everything that was set. */
export function Settings({ run }: { run: PageRun }) {
  const { line, modelFile } = run.command;
  return (
    <details>
      <summary>Command, settings and fingerprint</summary>
      <div class="command">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must be able to scroll it */}
        <pre tabIndex={0}>{line}</pre>
        <CopyButton label="copy" text={() => line} />
      </div>
      {modelFile && (
        <>
          <p class="dim">with this in model.yaml:</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must be able to scroll it */}
          <pre tabIndex={0}>{modelFile.trimEnd()}</pre>
        </>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must be able to scroll it */}
      <pre tabIndex={0}>{JSON.stringify({ config: run.config, fingerprint: run.fingerprint }, null, 2)}</pre>
    </details>
  );
}

/** Only what the runs do not have in common. */
export function SettingsDifference({ runs }: { runs: PageData["runs"] }) {
  if (runs.length < 2) return null;
  const tables = runs.map((run) => new Map(leaves({ ...run.config, fingerprint: run.fingerprint }, "")));
  const names = [...new Set(tables.flatMap((table) => [...table.keys()]))].filter(
    (name) => new Set(tables.map((table) => table.get(name))).size > 1,
  );
  return (
    <details class="details settings">
      <summary>
        {names.length === 0
          ? "The runs have the same settings and fingerprint"
          : `${names.length} settings differ between the runs`}
      </summary>
      {names.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must be able to scroll it
        <section class="wide" tabIndex={0} aria-label="Settings that differ">
          <table class="metrics">
            <thead>
              <tr>
                <th scope="col">setting</th>
                {runs.map((run, i) => (
                  <th scope="col" key={run.name}>
                    {letterOf(i)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {names.map((name) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {tables.map((table, i) => (
                    <td key={i}>{table.get(name) ?? <span class="dim">not set</span>}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}

/** `model.checkpoint` and its value, for every value that is not made of others. */
function leaves(value: unknown, path: string): [string, string][] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return [[path, typeof value === "string" ? value : (JSON.stringify(value) ?? "")]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
}
