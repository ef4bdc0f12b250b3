/** A message to a chat: the JSON that Slack's incoming webhooks read, and those of Mattermost, and of Discord below `/slack`. */
import { messageOf, UserError } from "../core/errors.js";
import { hidden, looksRandom, looksSecret } from "../core/secrets.js";
import { backoffMs, sleep } from "../http/retry.js";
import { Transport } from "../http/transport.js";
import { TransportError } from "../http/transport-error.js";

const attempts = 3;
const timeoutMs = 15_000;
const where = "--notify";

/**
 * Where `--notify` points: a URL, or `env:NAME` of one (a webhook's URL is its key: it does not belong into a log).
 * @throws UserError  neither of them
 */
export function webhookOf(text: string, environment: NodeJS.ProcessEnv = process.env): URL {
  const variable = /^env:(\w+)$/.exec(text)?.[1];
  const value = variable === undefined ? text : environment[variable];
  if (!value) {
    // `env:` with the secret itself after it.
    const shown = variable === undefined || looksSecret(variable) || looksRandom(variable) ? hidden : variable;
    throw new UserError(`${shown} is not set`, where, "set it to the webhook's URL");
  }
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new UserError("this is no URL", where, "write the webhook's URL, or env:NAME of a variable that holds it");
  return new URL(value);
}

/**
 * Posts the text. What was decided stands whether or not somebody could be told of it.
 * @returns why it could not be sent, without the URL; undefined when it was
 */
export async function notify(webhook: URL, text: string): Promise<string | undefined> {
  await using transport = new Transport({ secrets: [webhook.pathname + webhook.search, webhook.password] });
  const body = Buffer.from(JSON.stringify({ text: slackText(text) }));
  const { signal } = new AbortController();
  for (let failures = 1; ; failures++) {
    const failure = await post(transport, { url: webhook.href, body, signal });
    if (failure === undefined) return undefined;
    if (!failure.passing || failures >= attempts) return `${webhook.host}: ${messageOf(failure)}`;
    await sleep(backoffMs(failures, failure.retryAfterMs, { mostMs: 5_000 }));
  }
}

async function post(
  transport: Transport,
  request: { readonly url: string; readonly body: Buffer; readonly signal: AbortSignal },
): Promise<TransportError | undefined> {
  try {
    const { status } = await transport.request({
      ...request,
      method: "POST",
      headers: { "content-type": "application/json" },
      timeoutMs,
    });
    return status < 300 ? undefined : new TransportError("status", `it answered ${status}`, { status });
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  }
}

/** Slack reads `<!channel>` and links out of angle brackets: these three are escaped, and nothing of a model's can call anybody. */
const slackText = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
