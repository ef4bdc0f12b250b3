import type { Json } from "../../core/json.js";
import type { RemoteParts } from "./parts.js";
import { at, listAt, modelsPath, textAt } from "./protocol.js";
import { type Server, urlOf } from "./servers.js";

/** A server that has something to say of itself says it at once. */
const timeoutMs = 2_000;
const mostModels = 20;
/** Where servers that people run tell their version: vLLM and others, Ollama, llama.cpp. */
const versionPaths = ["/version", "/api/version", "/props"] as const;
/** Where SGLang, and a vLLM that was started for development, tell how they were started. */
const settingPaths = ["/server_info", "/get_server_info"] as const;

/**
 * The models that a server lists, and its version where it tells: recorded beside a run, since two servers of one model may answer
 * differently. Nothing depends on it, so whatever is wrong here is only missing there.
 */
export async function serverFacts(parts: RemoteParts, server: Server, signal: AbortSignal): Promise<Json | undefined> {
  const get = async (url: string): Promise<unknown> => {
    try {
      const { transport, headers } = parts;
      const response = await transport.request({ method: "GET", url, headers, timeoutMs, signal });
      return response.status === 200 ? JSON.parse(response.body.toString("utf8")) : undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      return undefined;
    }
  };
  const { origin } = new URL(server.url);
  const [listed, ...told] = await Promise.all([
    parts.protocol.modelIds ? get(urlOf(server, modelsPath)) : undefined,
    ...[...versionPaths, ...settingPaths].map((path) => get(`${origin}${path}`)),
  ]);
  const models = listAt(listed, "data").slice(0, mostModels);
  const [version] = told.flatMap((reply) => textAt(reply, "version") ?? textAt(reply, "build_info") ?? []);
  const [batchInvariant] = told.flatMap((reply) => isBatchInvariant(reply) ?? []);
  if (models.length === 0 && version === undefined && batchInvariant === undefined) return undefined;
  return {
    url: parts.transport.redact(server.url),
    ...(version === undefined ? {} : { version: parts.transport.redact(version).slice(0, 200) }),
    ...(batchInvariant === undefined ? {} : { batchInvariant }),
    // As listed, so that a checkpoint's path or a quantisation that a server names is in the record.
    ...(models.length === 0 ? {} : { models: models.map((model) => facts(model, parts)) }),
  };
}

/** Whether it was asked to answer alike however busy it is: SGLang's `--enable-deterministic-inference`, vLLM's VLLM_BATCH_INVARIANT. */
function isBatchInvariant(reply: unknown): boolean | undefined {
  const told = at(reply, "enable_deterministic_inference") ?? at(reply, "vllm_env", "VLLM_BATCH_INVARIANT");
  return told === undefined || told === null ? undefined : told === true || told === 1 || told === "1";
}

function facts(model: unknown, { transport }: RemoteParts): Json {
  const told: Record<string, Json> = {};
  for (const name of ["id", "root", "owned_by", "max_model_len", "created"]) {
    const value = at(model, name);
    if (typeof value === "string") told[name] = transport.redact(value).slice(0, 200);
    if (typeof value === "number") told[name] = value;
  }
  return told;
}
