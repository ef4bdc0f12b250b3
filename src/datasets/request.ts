import type { TSchema } from "../core/schema.js";
import type { Split, TsvRows } from "../core/task.js";

/** Which rows are wanted, from where, and who hears about it. */
export interface DatasetRequest {
  /** The task's name: finds its rows in a folder, and stands in messages. */
  readonly task: string;
  /** The name after `@` in `--tasks vqav2@test`. */
  readonly splitName: string;
  readonly split: Split;
  readonly tsv?: TsvRows | undefined;
  /** Names the columns that are read; every row is checked against it. */
  readonly row: TSchema;
  /** `hub`, `demo` (rows inside the package), or a folder. */
  readonly data: string;
  /** The reader will stop early (`--limit`): rows are fetched by range, whole files are not downloaded. Default false. */
  readonly partial?: boolean;
  /** Bytes of clips from the hub that may lie on disk at once. Default: 20 GB. */
  readonly clipBytes?: number;
  /** Told once per fact that a user should know: a fallback source, another row count than published, ... */
  readonly warn?: (message: string) => void;
  /** Told what takes long: a download. */
  readonly say?: (message: string) => void;
  /** Default `process.env`: HF_HOME, HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE, proxies. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

/** VLMEvalKit's file of the split, and what may stand in its place: files that are the split together. */
export function theirFiles({ tsv, splitName }: Pick<DatasetRequest, "tsv" | "splitName">): readonly string[] {
  const [file, parts] = [tsv?.files[splitName], tsv?.parts?.[splitName]];
  return [file ? [file] : [], parts ?? []].flatMap((names) =>
    names.length === 0 ? [] : [names.map((name) => (name.endsWith(".jsonl") ? name : `${name}.tsv`)).join(" and ")],
  );
}
