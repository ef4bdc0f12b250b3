/** What people meet on their first day with an endpoint: exit code and words. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type Question, type ScriptedReply, seeing, startScripted } from "../fakes/scripted.js";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const single = join(root, "test", "forms", "single-image.ts");

interface Day {
  readonly name: string;
  readonly reply: (question: Question) => ScriptedReply | undefined;
  /** After the server's address. Default /v1. */
  readonly path?: string;
  readonly yaml?: string;
  readonly exitCode: number;
  readonly says?: RegExp;
}

const yes = (question: Question) => seeing("yes", question);
const page = (status: number, body: string, headers: Record<string, string> = {}) => ({
  status,
  headers: { "content-type": "text/html", ...headers },
  body,
});

const days: readonly Day[] = [
  {
    name: "a server that moved",
    reply: () => page(308, "<html>308</html>", { location: "https://new.example/v1/chat/completions" }),
    exitCode: 1,
    says: /HTTP 308: moved to https:\/\/new\.example[\s\S]*use that URL: --model openai:m@https:\/\/new\.example\/v1\n/,
  },
  {
    // nginx with `absolute_redirect off`, and every framework that adds or takes a slash.
    name: "a server that moved, and says so by the path alone",
    reply: ({ path }) => page(307, "<html>307</html>", { location: `/elsewhere${path}` }),
    exitCode: 1,
    says: /HTTP 307: moved to http:\/\/127[\s\S]*use that URL: --model openai:m@http:\/\/127\.0\.0\.1:\d+\/elsewhere\/v1\n/,
  },
  {
    name: "a server that redirects to itself",
    reply: ({ path }) => page(307, "<html>307</html>", { location: path }),
    exitCode: 1,
    says: /redirects to itself/,
  },
  {
    name: "a gateway that wants people to sign in first",
    reply: () => page(302, "<html>302</html>", { location: "https://login.example/sso?to=v1" }),
    exitCode: 1,
    says: /moved to https:\/\/login\.example[\s\S]*perhaps a page to sign in/,
  },
  {
    name: "a redirect to no web address",
    reply: () => page(302, "", { location: "file:///v1/chat/completions" }),
    exitCode: 1,
    says: /no address of the API/,
  },
  {
    name: "a model that is still being loaded when it is asked for the first time",
    yaml: "timeoutSeconds: 2\n",
    reply: (question) => (question.before === 0 ? undefined : yes(question)),
    exitCode: 0,
  },
  {
    name: "a gateway that compresses unasked",
    reply: (question) => {
      const { body } = yes(question);
      return { headers: { "content-encoding": "gzip" }, body: gzipSync(JSON.stringify(body)) };
    },
    exitCode: 0,
  },
  {
    name: "a URL with the path of a request in it",
    path: "/v1/chat/completions",
    reply: ({ path }) =>
      path === "/v1/chat/completions/chat/completions" ? page(404, "404 page not found") : { status: 500, body: {} },
    exitCode: 1,
    says: /leave \/chat\/completions out of the URL/,
  },
  {
    name: "a URL without /v1",
    path: "",
    reply: () => page(404, "<html><head><title>404 Not Found</title></head><h1>404 Not Found</h1></html>"),
    exitCode: 1,
    says: /HTTP 404: 404 Not Found\n[\s\S]*it usually ends in \/v1/,
  },
  {
    name: "a header whose name has a blank",
    yaml: 'headers: {"x extra": "1"}\n',
    reply: yes,
    exitCode: 1,
    says: /"x extra" is no name of a header/,
  },
  {
    name: "http to a port that speaks https",
    reply: () => page(400, "<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>"),
    exitCode: 1,
    says: /use https:\/\/ in the URL/,
  },
  {
    name: "basic authentication",
    reply: () => page(401, "<html><title>401 Authorization Required</title></html>", { "www-authenticate": "Basic" }),
    exitCode: 1,
    says: /the server wants a key[\s\S]*headers: \{authorization: env:NAME\}/,
  },
  {
    name: "LiteLLM with a wrong key for its provider",
    reply: () => ({
      status: 401,
      body: {
        error: {
          message:
            "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided\nLiteLLM: model group 'm' failed with the error above.",
          type: "authentication_error",
          param: null,
          code: "401",
        },
      },
    }),
    exitCode: 1,
    says: /Incorrect API key provided[\s\S]*the gateway's own key for its provider/,
  },
  {
    name: "a sign-in page",
    reply: () => page(200, "<!doctype html><title>Sign in</title>"),
    exitCode: 1,
    says: /HTML instead of JSON[\s\S]*answers, but not as the API does/,
  },
  {
    name: "a field that the server does not know",
    yaml: "topK: true\n",
    reply: () => ({ status: 422, body: { detail: "Unexpected fields in the request: {'top_k'}" } }),
    exitCode: 1,
    says: /Unexpected fields in the request[\s\S]*remove topK/,
  },
  {
    name: "a prompt that the few-shot template of the server fills",
    reply: () => ({
      status: 400,
      body: { error: { message: "This model's maximum context length is 1024 tokens, you requested 1616" } },
    }),
    exitCode: 1,
    says: /start it with a longer one/,
  },
];

for (const { name, reply, path = "/v1", yaml = "", exitCode, says = /./ } of days) {
  test(`${name}: exit ${exitCode}, and what to do`, async () => {
    await using place = await Workplace.make();
    await using server = await startScripted(reply);
    await writeRows(place.file("rows"), 3);
    const url = server.url.replace(/\/v1$/, path);
    await writeFile(place.file("m.yaml"), `runner: openai\nmodel: m\nurls: ["${url}"]\nattempts: 1\n${yaml}`);
    const run = await place.run("run", "--tasks", single, "--data", "rows", "--model", "m.yaml", "--out", "out");
    expect(run.stderr).toMatch(says);
    expect(run.exitCode).toBe(exitCode);
    // Nothing that a terminal would take for a command, or a bell.
    expect(run.stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
  });
}

test.each([
  ["HTTPS_PROXY", "proxy.company:3128:no", "https://host.example/v1", /HTTPS_PROXY names no proxy/],
  ["HTTP_PROXY", "127.0.0.1:9", "http://host.example/v1", /the proxy 127\.0\.0\.1:9 \(HTTP_PROXY\) does not answer/],
  ["HTTPS_PROXY", "127.0.0.1:9", "https://host.example/v1", /the proxy 127\.0\.0\.1:9 \(HTTPS_PROXY\) does not answer/],
])("%s=%s is named", async (variable, value, url, words) => {
  await using place = await Workplace.make({ [variable]: value });
  await writeRows(place.file("rows"), 3);
  const model = `openai:m@${url}`;
  const run = await place.run("run", "--tasks", single, "--data", "rows", "--model", model, "--out", "out");
  expect(run.stderr).toMatch(words);
  expect(run.exitCode).toBe(1);
});

test.each([
  [401, /does not take this user and password \(HTTP 401\)[\s\S]*HTTP_PROXY=http:\/\/USER:PASSWORD@HOST:PORT/],
  [500, /cannot reach this address \(HTTP 500\)[\s\S]*check that the server is there/],
])("tinyproxy says %d: exit 1, and what to do", async (status, words) => {
  await using proxy = await startScripted(() => page(status, "<html></html>", { server: "tinyproxy/1.11.1" }));
  const host = new URL(proxy.url).host;
  await using place = await Workplace.make({ HTTP_PROXY: `http://alice:wrong-password@${host}` });
  await writeRows(place.file("rows"), 3);
  const model = "openai:m@http://host.example/v1";
  const run = await place.run("run", "--tasks", single, "--data", "rows", "--model", model, "--out", "out");
  expect(run.stderr).toMatch(words);
  expect(run.stderr).not.toContain("wrong-password");
  expect(run.exitCode).toBe(1);
});
