/**
 * The only file that knows undici, and it loads what is used: the index of the package brings 110 modules (fetch, WebSocket,
 * caches, mocks) and costs every start 45 CPU-ms more than the client alone.
 */
import { createRequire } from "node:module";
import type { buildConnector, Dispatcher, ProxyAgent, Agent as UndiciAgent } from "undici";

export type { Dispatcher };
/** Makes a connection instead of undici. */
export type AgentConnect = buildConnector.connector;

const load = createRequire(import.meta.url);

export function openAgent(options: UndiciAgent.Options): Dispatcher {
  const Agent = load("undici/lib/dispatcher/agent.js") as typeof UndiciAgent;
  return new Agent(options);
}

/** Tunnels through a proxy. Whole: the proxy's own requests use what the index adds to every dispatcher. */
export function openTunnel(options: ProxyAgent.Options): Dispatcher {
  const undici = load("undici") as typeof import("undici");
  return new undici.ProxyAgent(options);
}

/** `dispatcher.request`, which the package's index puts there. */
export function openResponse(
  dispatcher: Dispatcher,
  options: Dispatcher.RequestOptions,
): Promise<Dispatcher.ResponseData> {
  const request = load("undici/lib/api/api-request.js") as Dispatcher["request"];
  return request.call(dispatcher, options) as Promise<Dispatcher.ResponseData>;
}
