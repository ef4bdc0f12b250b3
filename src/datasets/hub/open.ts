import type { Dataset } from "../../core/dataset.js";
import { UserError } from "../../core/errors.js";
import type { DatasetRequest } from "../index.js";

export async function openHub(request: DatasetRequest): Promise<Dataset> {
  throw new UserError("hub: being written", request.task, "use --data demo or a folder");
}
