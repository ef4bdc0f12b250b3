import { join } from "node:path";
import type { Dataset } from "../core/dataset.js";
import { packageRoot } from "../core/package-root.js";
import type { TSchema } from "../core/schema.js";
import type { Split } from "../core/task.js";
import { openFolder } from "./folder.js";
import { openJoined } from "./joined.js";

export interface DatasetRequest {
  /** The task's name: finds its rows in a folder, and stands in messages. */
  readonly task: string;
  /** The name after `@` in `--tasks vqav2@test`. */
  readonly splitName: string;
  readonly split: Split;
  /** Names the columns that are read; every row is checked against it. */
  readonly row: TSchema;
  /** `hub`, `demo` (rows inside the package), or a folder. */
  readonly data: string;
  /** The reader will stop early (`--limit`): rows are fetched by range, whole files are not downloaded. Default false. */
  readonly partial?: boolean;
  /** Told once per fact that a user should know: a fallback source, another row count than published, ... */
  readonly warn?: (message: string) => void;
  /** Told what takes long: a download. */
  readonly say?: (message: string) => void;
  /** Default `process.env`: HF_HOME, HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE, proxies. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

/**
 * Opens one split. Nothing but names and a footer is read before `batches`.
 * @throws UserError  no such folder, file, dataset, split or column; the hub cannot be reached
 */
export async function openDataset(request: DatasetRequest): Promise<Dataset> {
  if (request.split.images) return openJoined(request, request.split.images, openDataset);
  switch (request.data) {
    case "hub":
      return (await import("./hub.js")).openHub(request);
    case "demo":
      return openFolder(request, join(packageRoot, "configs", "demo"), "demo");
    default:
      return openFolder(request, request.data, "folder");
  }
}
