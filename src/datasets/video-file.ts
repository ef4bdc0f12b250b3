import { realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { SampleFailure } from "../core/errors.js";
import type { VideoRef } from "../core/video.js";
import type { VideoReader } from "./columns.js";

/** Endings that are tried, in this order, after a name that has none of its own. */
const endings = ["", ".mp4", ".MP4", ".mkv", ".webm", ".avi", ".mov", ".gif"];

/**
 * Clips that rows name, as files of the data folder: beside the rows, in `videos` or `data` beside them or at the top. The name is hostile until
 * proven otherwise: after resolving links it must lie in `root`.
 * @param rows  the file with the rows
 * @param root  the data folder, already resolved (`realpath`)
 */
export function videoFiles(rows: string, root: string): VideoReader {
  const places = [dirname(rows), dirname(dirname(rows)), root].filter((folder) => isInside(folder, root));
  const folders = [...new Set(places.flatMap((folder) => [folder, join(folder, "videos"), join(folder, "data")]))];
  const clip = (path: string): VideoRef => ({ path, file: () => found(path, root, folders), named: clip });
  return (cell) => {
    // Some name their clips by numbers.
    const name =
      typeof cell === "string" ? cell : typeof cell === "number" || typeof cell === "bigint" ? `${cell}` : "";
    return name === "" ? null : clip(name);
  };
}

async function found(name: string, root: string, folders: readonly string[]): Promise<string> {
  const shown = JSON.stringify(name.slice(0, 200));
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name))
    throw new SampleFailure("data", `the clip ${shown} is a URL; rows never make us fetch one`);
  if (name.includes("\0") || isAbsolute(name))
    throw new SampleFailure("data", `the clip ${shown} is not a relative path`);
  for (const folder of folders) {
    for (const ending of endings) {
      const path = await realpath(join(folder, name + ending)).catch(() => undefined);
      if (path === undefined || (ending === "" && !(await stat(path)).isFile())) continue;
      if (!isInside(path, root) || path === root)
        throw new SampleFailure("data", `the clip ${shown} leads out of the data folder`);
      return path;
    }
  }
  throw new SampleFailure("data", `there is no clip ${shown} in the data folder, nor in its folders videos and data`);
}

function isInside(path: string, root: string): boolean {
  const inside = relative(root, path);
  return inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
