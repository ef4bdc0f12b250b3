import { UserError } from "../../core/errors.js";
import { type Static, type TSchema, Type, violationOf } from "../../core/schema.js";
import type { HubRequests } from "./requests.js";

export interface RepositoryId {
  readonly type: "dataset" | "model";
  /** `org/name`. */
  readonly id: string;
}

export interface HubFile {
  /** With `/`; checked to stay inside the repository. */
  readonly path: string;
  readonly size: number;
  /** Git's SHA-1 of the blob; of the pointer for large files. */
  readonly oid: string;
  /** SHA-256 of the content, for large files. */
  readonly sha256?: string;
}

const mostPages = 1000;
const mostListBytes = 64 * 1024 * 1024;

const Revision = Type.Object({ sha: Type.String({ pattern: "^[0-9a-f]{40}$" }) });
const Tree = Type.Array(
  Type.Object({
    type: Type.String(),
    path: Type.String(),
    oid: Type.String({ pattern: "^[0-9a-f]{40}$" }),
    size: Type.Integer({ minimum: 0 }),
    lfs: Type.Optional(Type.Object({ oid: Type.String({ pattern: "^[0-9a-f]{64}$" }) })),
  }),
);

/** The commit that a branch, tag or commit stands for now. @throws NotOnHub; UserError when the hub does not answer */
export async function commitOf(
  hub: HubRequests,
  { type, id }: RepositoryId,
  revision: string,
  signal: AbortSignal,
): Promise<string> {
  const url = `${hub.settings.endpoint}/api/${type}s/${id}/revision/${encodeURIComponent(revision)}`;
  return (await json(hub, url, Revision, signal)).value.sha;
}

/** Every file of a commit. */
export async function listFiles(
  hub: HubRequests,
  { type, id }: RepositoryId,
  commit: string,
  signal: AbortSignal,
): Promise<readonly HubFile[]> {
  const files: HubFile[] = [];
  let next: string | undefined =
    `${hub.settings.endpoint}/api/${type}s/${id}/tree/${commit}?recursive=true&expand=false`;
  for (let page = 0; next !== undefined; page++) {
    const here: string = next;
    if (page >= mostPages)
      throw new UserError(`more than ${mostPages} pages of files`, here, "this repository is too large to be listed");
    const { value, link } = await json(hub, here, Tree, signal);
    for (const { type: kind, path, size, oid, lfs } of value) {
      if (kind !== "file") continue;
      if (!isInside(path)) {
        throw new UserError(
          `the repository lists a file named ${JSON.stringify(path)}`,
          here,
          "such names are not accepted: tell the repository's owner",
        );
      }
      files.push({ path, size, oid, ...(lfs ? { sha256: lfs.oid } : {}) });
    }
    next = nextPage(link, here, hub.settings.endpoint);
  }
  return files;
}

/** Where a file's bytes are (a redirect to storage, usually). */
export function fileUrl(endpoint: string, { type, id }: RepositoryId, commit: string, path: string): string {
  const name = path.split("/").map(encodeURIComponent).join("/");
  return `${endpoint}/${type === "dataset" ? "datasets/" : ""}${id}/resolve/${commit}/${name}`;
}

/** A name from outside that stays inside its root. */
export function isInside(path: string): boolean {
  if (path === "" || path.includes("\\") || path.includes("\0")) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

async function json<T extends TSchema>(
  hub: HubRequests,
  url: string,
  schema: T,
  signal: AbortSignal,
): Promise<{ value: Static<T>; link: string | undefined }> {
  const { body, headers } = await hub.whole(url, mostListBytes, signal);
  const noHub = "check HF_ENDPOINT: this does not answer as a hub does";
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new UserError("the reply is no JSON", url, noHub, { cause: error });
  }
  const violation = violationOf(schema, value);
  if (violation)
    throw new UserError(
      `${violation.pointer} of the reply ${violation.expected} (found ${violation.found})`,
      url,
      noHub,
    );
  return { value: value as Static<T>, link: headers.link };
}

/**
 * The target of `Link: <...>; rel="next"`, asked of this hub. A mirror that passes the hub's replies on names the hub there, which
 * its users cannot reach, and which must not get a token that was set for the mirror: the same list of the same endpoint is asked.
 */
function nextPage(link: string | undefined, here: string, endpoint: string): string | undefined {
  const target = link && /<([^>]+)>\s*;\s*rel="?next"?/.exec(link)?.[1];
  if (!target) return undefined;
  const { pathname, search, host } = new URL(target, here);
  const list = listOf(new URL(here).pathname);
  if (list !== undefined && listOf(pathname) === list) return endpoint + list + search;
  throw new UserError(`the list of files goes on elsewhere (${host}${pathname})`, here, "check HF_ENDPOINT");
}

/** From `/api/` on: what stands before belongs to the endpoint. */
const listOf = (pathname: string): string | undefined => /\/api\/(?:datasets|models)\/.*$/.exec(pathname)?.[0];
