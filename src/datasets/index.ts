import { join } from "node:path";
import type { Dataset } from "../core/dataset.js";
import { packageRoot } from "../core/package-root.js";
import { hasTheirTsv, openFolder } from "./folder.js";
import type { DatasetRequest } from "./request.js";

/**
 * Opens one split. Nothing but names and a footer is read before `batches`.
 * @throws UserError  no such folder, file, dataset, split or column; the hub cannot be reached
 */
export async function openDataset(request: DatasetRequest): Promise<Dataset> {
  const { images, ...split } = request.split;
  if (images && !hasTheirTsv(request)) return (await import("./joined.js")).openJoined(request, images, openDataset);
  // VLMEvalKit's file has the images in its rows.
  if (images) return openDataset({ ...request, split });
  switch (request.data) {
    case "hub":
      return (await import("./hub.js")).openHub(request);
    case "demo":
      return openFolder(request, join(packageRoot, "configs", "demo"), "demo");
    default:
      return openFolder(request, request.data, "folder");
  }
}
