/**
 * Replies that real servers, gateways and proxies send, and what each becomes: collected from public bug reports (vLLM, SGLang,
 * llama.cpp, TGI, LiteLLM, OpenRouter, Mistral, DeepSeek, Z.AI, Azure, Anthropic, Gemini) and from servers that were run.
 */
import { gzipSync } from "node:zlib";

export type Outcome =
  | { readonly text: string; readonly reasoning?: string; readonly finish?: "stop" | "length" }
  | { readonly refused: RegExp }
  /** Unscored; `asked` = how often with two attempts (1: asking again was seen to be pointless). */
  | { readonly transport: RegExp; readonly asked?: 1 | 2 }
  /** No sample can work: the run ends. */
  | { readonly stops: RegExp };

export interface OddReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON unless it is text or bytes. */
  readonly body: unknown;
  readonly becomes: Outcome;
}

const chat = (message: object, finish_reason: unknown = "stop", more: object = {}) => ({
  id: "c1",
  object: "chat.completion",
  model: "m",
  choices: [{ index: 0, finish_reason, message: { role: "assistant", ...message } }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
  ...more,
});
const failed = (message: string, code: unknown, type: string | null = "invalid_request_error") => ({
  error: { message, type, param: null, code },
});
const yes = { text: "yes" } as const;
const noContent = { transport: /no answer in it: no content/ } as const;
const call = { transport: /answered with a tool call: start it without a tool parser/, asked: 1 } as const;
const nginx413 =
  "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>";

export const openAiReplies: Readonly<Record<string, OddReply>> = {
  "an answer": { body: chat({ content: "yes" }), becomes: { ...yes, finish: "stop" } },
  "an answer with a `base_resp` of success (MiniMax)": {
    body: chat({ content: "yes" }, "stop", { base_resp: { status_code: 0, status_msg: "" } }),
    becomes: yes,
  },
  "half an answer and a `base_resp` of failure (MiniMax)": {
    body: chat({ content: "ye" }, "stop", { base_resp: { status_code: 1013, status_msg: "internal service error" } }),
    becomes: { transport: /error 500 in a reply of status 200: internal service error/, asked: 2 },
  },
  "half an answer, and the provider's own word for a failure (OpenRouter)": {
    body: {
      model: "m",
      choices: [
        { finish_reason: "stop", native_finish_reason: "error", message: { role: "assistant", content: "ye" } },
      ],
    },
    becomes: { transport: /ended with "error"/, asked: 2 },
  },
  "the provider's own word for an end (OpenRouter)": {
    body: {
      model: "m",
      choices: [
        { finish_reason: "stop", native_finish_reason: "STOP", message: { role: "assistant", content: "yes" } },
      ],
    },
    becomes: yes,
  },
  "bytes that are no UTF-8": {
    body: Buffer.concat([
      Buffer.from('{"model":"m","choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"y'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('es"}}]}'),
    ]),
    becomes: { transport: /the reply is no valid UTF-8/, asked: 2 },
  },
  "a server's own U+FFFD": { body: chat({ content: "y\ufffdes" }), becomes: { text: "y\ufffdes" } },
  "an answer of 17 million letters": {
    body: chat({ content: "A".repeat(17 * 2 ** 20) }),
    becomes: { transport: /17825792 characters is no answer of a model/, asked: 2 },
  },
  "the empty answer": { body: chat({ content: "" }), becomes: { text: "", finish: "stop" } },
  "a list of text": { body: chat({ content: [{ type: "text", text: "yes" }] }), becomes: yes },
  "a list of thoughts and text (Mistral)": {
    body: chat({
      content: [
        { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
        { type: "text", text: "yes" },
      ],
    }),
    becomes: { text: "yes", reasoning: "hm" },
  },
  "two pieces of text": {
    body: chat({
      content: [
        { type: "text", text: "ye" },
        { type: "text", text: "s" },
      ],
    }),
    becomes: yes,
  },
  "an object as content": {
    body: chat({ content: { a: 1 } }),
    becomes: { transport: /content is an object/, asked: 2 },
  },
  "a number as content": { body: chat({ content: 2 }), becomes: { transport: /content is a number/, asked: 2 } },
  "a list with an image": {
    body: chat({ content: [{ type: "image_url", image_url: {} }] }),
    becomes: { transport: /a part of type "image_url"/, asked: 2 },
  },
  "null as content": { body: chat({ content: null }), becomes: { ...noContent, asked: 2 } },
  "no content": { body: chat({}), becomes: { ...noContent, asked: 2 } },
  "thoughts apart": {
    body: chat({ content: "yes", reasoning_content: "let me see. no ..." }),
    becomes: { text: "yes", reasoning: "let me see. no ..." },
  },
  "thoughts alone": {
    body: chat({ content: null, reasoning_content: "yes" }),
    becomes: { text: "", reasoning: "yes", finish: "stop" },
  },
  "thoughts cut at the budget": {
    body: chat({ content: null, reasoning: "let me think" }, "length"),
    becomes: { text: "", reasoning: "let me think", finish: "length" },
  },
  "thoughts inside the text": {
    body: chat({ content: "<think>no ...</think>yes" }),
    becomes: { text: "<think>no ...</think>yes" },
  },
  "the model's own refusal in a field of its own": {
    body: chat({ content: null, refusal: "I'm sorry, I can't help with that." }),
    becomes: { text: "I'm sorry, I can't help with that." },
  },
  "an end reason `error`, and the error in the choice (OpenRouter)": {
    body: {
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "" },
          finish_reason: "error",
          error: { code: 502, message: "Upstream provider failed" },
        },
      ],
    },
    becomes: { transport: /error 502 in a reply of status 200: Upstream provider failed/, asked: 2 },
  },
  "half an answer before an error": {
    body: {
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "no, wait" },
          finish_reason: "error",
          error: { code: 502, message: "Upstream provider failed" },
        },
      ],
    },
    becomes: { transport: /Upstream provider failed/, asked: 2 },
  },
  "an end reason `error` with words as the content": {
    body: chat({ content: "CUDA OOM" }, "error"),
    becomes: { transport: /ended with "error"/, asked: 2 },
  },
  "an aborted answer (vLLM)": { body: chat({ content: "n" }, "abort"), becomes: { transport: /"abort"/, asked: 2 } },
  "an overloaded provider (DeepSeek)": {
    body: chat({ content: "n" }, "insufficient_system_resource"),
    becomes: { transport: /"insufficient_system_resource"/, asked: 2 },
  },
  "a broken network (Z.AI)": {
    body: chat({ content: "" }, "network_error"),
    becomes: { transport: /"network_error"/, asked: 2 },
  },
  "a filter's word of its own (Z.AI)": { body: chat({ content: "" }, "sensitive"), becomes: { refused: /sensitive/ } },
  "an odd end reason": { body: chat({ content: "yes" }, "weird"), becomes: { transport: /"weird"/, asked: 2 } },
  "no end reason": { body: chat({ content: "yes" }, null), becomes: { transport: /no end reason/, asked: 2 } },
  "cut at the context (Mistral)": {
    body: chat({ content: "a long answer that" }, "model_length"),
    becomes: { text: "a long answer that", finish: "length" },
  },
  "cut at the budget, in Anthropic's word": {
    body: chat({ content: "a long answer that" }, "max_tokens"),
    becomes: { text: "a long answer that", finish: "length" },
  },
  "cut before the first word": { body: chat({ content: null }, "length"), becomes: { text: "", finish: "length" } },
  "the end token's name (TGI)": { body: chat({ content: "yes" }, "eos_token"), becomes: { ...yes, finish: "stop" } },
  "an end reason in capitals": { body: chat({ content: "yes" }, "STOP"), becomes: { ...yes, finish: "stop" } },
  "a tool call": {
    body: chat(
      {
        content: null,
        tool_calls: [{ id: "t1", type: "function", function: { name: "look", arguments: '{"x":1}' } }],
      },
      "tool_calls",
    ),
    becomes: call,
  },
  "a tool call that says it stopped": { body: chat({ content: "", tool_calls: [{ id: "1" }] }), becomes: call },
  "an empty list of tool calls (vLLM)": { body: chat({ content: "yes", tool_calls: [] }), becomes: yes },
  "a filtered answer": { body: chat({ content: "" }, "content_filter"), becomes: { refused: /content filter/ } },
  "half a filtered answer": {
    body: chat({ content: "partial tex" }, "content_filter"),
    becomes: { refused: /content filter/ },
  },
  "no usage": { body: chat({ content: "yes" }, "stop", { usage: null }), becomes: yes },
  "nonsense as usage": {
    body: chat({ content: "yes" }, "stop", { usage: { prompt_tokens: -5, completion_tokens: "x" } }),
    becomes: yes,
  },
  "choices out of order": {
    body: {
      choices: [
        { index: 1, message: { content: "second" }, finish_reason: "stop" },
        { index: 0, message: { content: "yes" }, finish_reason: "stop" },
      ],
    },
    becomes: yes,
  },
  "an error that is null beside an answer": { body: chat({ content: "yes" }, "stop", { error: null }), becomes: yes },
  "an error that is false, empty or an empty list beside an answer": {
    body: chat({ content: "yes", error: {} }, "stop", { error: false, errors: [], success: true, status: "completed" }),
    becomes: yes,
  },
  "an error that is a number": {
    body: chat({ content: "" }, "stop", { error: 503 }),
    becomes: { transport: /error 503 in a reply of status 200/, asked: 2 },
  },
  "an error that is true, its words beside it": {
    body: chat({ content: "" }, "stop", { error: true, message: "GPU fell over" }),
    becomes: { transport: /the reply is an error: GPU fell over/, asked: 2 },
  },
  "an error that is true, its status beside it": {
    body: chat({ content: "yes" }, "stop", { error: true, code: "401", message: "Incorrect API key provided" }),
    becomes: { stops: /error 401 in a reply of status 200: Incorrect API key provided/ },
  },
  "a list of errors": {
    body: chat({ content: "" }, "stop", { errors: [{ message: "CUDA OOM" }] }),
    becomes: { transport: /the reply is an error: CUDA OOM/, asked: 2 },
  },
  "a status that is a failure": {
    body: chat({ content: "" }, "stop", { status: "failed", success: false, message: "engine died" }),
    becomes: { transport: /the reply is an error: engine died/, asked: 2 },
  },
  "no success": {
    body: chat({ content: "" }, "stop", { success: false, msg: "engine died" }),
    becomes: { transport: /the reply is an error: engine died/, asked: 2 },
  },
  "a status that is a number": {
    body: chat({ content: "" }, "stop", { status: 500, msg: "engine died" }),
    becomes: { transport: /error 500 in a reply of status 200: engine died/, asked: 2 },
  },
  "an error in the message": {
    body: chat({ content: "", error: { message: "overloaded" } }),
    becomes: { transport: /the reply is an error: overloaded/, asked: 2 },
  },
  "an error of another kind of object": {
    body: chat({ content: "" }, "stop", { object: "error", message: "engine died", code: 500 }),
    becomes: { transport: /error 500 in a reply of status 200: engine died/, asked: 2 },
  },
  "words of an error and nothing else": {
    body: { code: 500, msg: "engine died" },
    becomes: { transport: /error 500 in a reply of status 200: engine died/, asked: 2 },
  },
  "a call in the old form": {
    body: chat({ content: "", function_call: { name: "look", arguments: "{}" } }),
    becomes: call,
  },
  "a tool call that is no list": { body: chat({ content: "", tool_calls: { id: "1" } }), becomes: call },
  "no call in the old form": { body: chat({ content: "yes", function_call: null, tool_calls: {} }), becomes: yes },
  "the model's own refusal beside an empty text": {
    body: chat({ content: "", refusal: "I cannot help with that" }),
    becomes: { text: "I cannot help with that", finish: "stop" },
  },
  "an empty refusal and no text": {
    body: chat({ content: null, refusal: "" }),
    becomes: { ...noContent, asked: 2 },
  },
  "a filter's result beside an empty text (Azure)": {
    body: {
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "" },
          finish_reason: "stop",
          content_filter_results: { sexual: { filtered: false }, hate: { filtered: true, severity: "high" } },
        },
      ],
    },
    becomes: { refused: /content filter/ },
  },
  "a filter's result on the prompt beside an empty text (Azure)": {
    body: chat({ content: "" }, "stop", {
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: { jailbreak: { filtered: true } } }],
    }),
    becomes: { refused: /content filter/ },
  },
  "filters that found nothing (Azure)": {
    body: chat({ content: "" }, "stop", {
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: { jailbreak: { filtered: false } } }],
    }),
    becomes: { text: "", finish: "stop" },
  },
  ...Object.fromEntries(
    (
      [
        ["SAFETY", "", { refused: /SAFETY/ }],
        ["SAFETY", "half an ans", { refused: /SAFETY/ }],
        ["STOP", "", { text: "", finish: "stop" }],
        ["completed", "", { text: "", finish: "stop" }],
        ["OTHER", "", { transport: /the answer ended with "OTHER"/, asked: 2 }],
        ["OTHER", "yes", { transport: /the answer ended with "OTHER"/, asked: 2 }],
        ["end_turn", "yes", yes],
      ] as const
    ).map(([native_finish_reason, content, becomes]) => [
      `the end reason ${native_finish_reason} of the provider behind a gateway, with the text "${content}" (OpenRouter)`,
      { body: { choices: [{ index: 0, message: { content }, finish_reason: "stop", native_finish_reason }] }, becomes },
    ]),
  ),
  "an aborted answer that says it stopped (vLLM)": {
    body: { choices: [{ index: 0, message: { content: "" }, finish_reason: "stop", stop_reason: "abort" }] },
    becomes: { transport: /the answer ended with "abort"/, asked: 2 },
  },
  "the stop string that ended an empty answer (vLLM)": {
    body: { choices: [{ index: 0, message: { content: "" }, finish_reason: "stop", stop_reason: "\n" }] },
    becomes: { text: "", finish: "stop" },
  },
  "speech beside an empty text": {
    body: chat({ content: "", audio: { data: "AA==", transcript: "no" } }),
    becomes: { transport: /no text in the message, but something in message\.audio/, asked: 2 },
  },
  "images beside an empty text (OpenRouter)": {
    body: chat({ content: "", images: [{ type: "image_url", image_url: {} }] }),
    becomes: { transport: /something in message\.images/, asked: 2 },
  },
  "a delta beside an empty message": {
    body: { choices: [{ index: 0, delta: { content: "no" }, message: { content: "" }, finish_reason: "stop" }] },
    becomes: { transport: /something in delta\.content/, asked: 2 },
  },
  "the user's message again": {
    body: chat({ role: "user", content: "yes" }),
    becomes: { transport: /a message of role "user"/, asked: 2 },
  },
  "a message of no role": { body: chat({ role: null, content: "yes" }), becomes: yes },
  "two choices, neither numbered": {
    body: {
      choices: [
        { message: { role: "assistant", content: "" }, finish_reason: "stop" },
        { message: { role: "assistant", content: "no" }, finish_reason: "stop" },
      ],
    },
    becomes: { transport: /several choices, none of them the first/, asked: 2 },
  },
  "one choice, numbered otherwise": {
    body: { choices: [{ index: 1, message: { content: "yes" }, finish_reason: "stop" }] },
    becomes: yes,
  },
  "text where the message should be": {
    body: { choices: [{ index: 0, text: "yes", finish_reason: "stop" }] },
    becomes: { transport: /a choice without a message/, asked: 2 },
  },
  "a delta where the message should be": {
    body: { choices: [{ index: 0, delta: { content: "yes" }, finish_reason: "stop" }] },
    becomes: { transport: /a choice without a message/, asked: 2 },
  },
  "a list around the reply": { body: [chat({ content: "yes" })], becomes: { transport: /empty choices/, asked: 2 } },
  "no choices": { body: { choices: [] }, becomes: { transport: /empty choices/, asked: 2 } },
  "null as choices": { body: { choices: null }, becomes: { transport: /empty choices/, asked: 2 } },
  "a number as choices": { body: { choices: 5 }, becomes: { transport: /empty choices/, asked: 2 } },
  "null as reply": { body: null, becomes: { transport: /no JSON: null/, asked: 2 } },
  "an error instead of an answer (OpenRouter)": {
    body: { error: { message: "Provider returned error", code: 502 } },
    becomes: { transport: /error 502 in a reply of status 200: Provider returned error/, asked: 2 },
  },
  "a rate limit instead of an answer (OpenRouter)": {
    body: { error: { message: "Provider returned error: rate limited upstream", code: 429 }, user_id: "u" },
    becomes: { transport: /rate limited upstream/ },
  },
  "no endpoint that takes images (OpenRouter)": {
    body: { choices: null, error: { message: "No endpoints found that support image input", code: 404 } },
    becomes: { transport: /No endpoints found that support image input/, asked: 1 },
  },
  "FastAPI's error in a 200": {
    body: { detail: "Internal error" },
    becomes: { transport: /the reply is an error: Internal error/, asked: 2 },
  },
  "a sign-in page": {
    headers: { "content-type": "text/html" },
    body: "<!doctype html><title>Sign in</title><p>Sign in to continue",
    becomes: { transport: /HTML instead of JSON/, asked: 2 },
  },
  "JSON that calls itself HTML": {
    headers: { "content-type": "text/html" },
    body: JSON.stringify(chat({ content: "yes" })),
    becomes: yes,
  },
  "a stream": {
    headers: { "content-type": "text/event-stream" },
    body: 'data: {"choices":[{"delta":{"content":"yes"}}]}\n\ndata: [DONE]\n\n',
    becomes: { transport: /a stream of events/, asked: 2 },
  },
  "white space before the JSON": { body: `\n\n   \n${JSON.stringify(chat({ content: "yes" }))}`, becomes: yes },
  "a byte-order mark": { body: `\ufeff${JSON.stringify(chat({ content: "yes" }))}`, becomes: yes },
  "latin1, said so": {
    headers: { "content-type": "application/json; charset=latin1" },
    body: Buffer.from(JSON.stringify(chat({ content: "café" })), "latin1"),
    becomes: { text: "café" },
  },
  "compressed JSON": {
    headers: { "content-encoding": "gzip" },
    body: gzipSync(JSON.stringify(chat({ content: "yes" }))),
    becomes: yes,
  },
  "compressed JSON, cut": {
    headers: { "content-encoding": "gzip" },
    body: gzipSync(JSON.stringify(chat({ content: "yes" }))).subarray(0, 40),
    becomes: { transport: /says it is gzip, and it is not/, asked: 2 },
  },
  "a coding that was not asked for": {
    headers: { "content-encoding": "zstd" },
    body: Buffer.from("28b52ffd", "hex"),
    becomes: { transport: /compressed in a way that was not asked for \(zstd\)/, asked: 2 },
  },
  bytes: { body: Buffer.from("1f8b08000000deadbeef", "hex"), becomes: { transport: /no JSON, and no text either/ } },
  "a lone surrogate": {
    body: '{"choices":[{"message":{"content":"\\ud800 yes"},"finish_reason":"stop"}]}',
    becomes: { text: "\ud800 yes" },
  },
  "a prototype that wants to be polluted": {
    body: `${JSON.stringify(chat({ content: "yes" })).slice(0, -1)},"__proto__":{"polluted":1}}`,
    becomes: yes,
  },
  "an answer of the model's choice of status": { status: 204, body: "", becomes: { transport: /an empty reply/ } },

  "a quota that is used up": {
    status: 429,
    body: failed(
      "You exceeded your current quota, please check your plan and billing details.",
      "insufficient_quota",
      "insufficient_quota",
    ),
    becomes: { stops: /exceeded your current quota[\s\S]*check the account/ },
  },
  "the same through LiteLLM": {
    status: 429,
    body: failed(
      "litellm.RateLimitError: RateLimitError: OpenAIException - You exceeded your current quota, please check your plan and billing details.",
      "429",
      "throttling_error",
    ),
    becomes: { stops: /check the account/ },
  },
  "Azure's filter": {
    status: 400,
    body: {
      error: {
        message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type: null,
        param: "prompt",
        code: "content_filter",
        status: 400,
        innererror: { code: "ResponsibleAIPolicyViolation" },
      },
    },
    becomes: { refused: /content management policy/ },
  },
  "the same through LiteLLM, its code gone": {
    status: 400,
    body: failed(
      "litellm.BadRequestError: AzureException - The response was filtered due to the prompt triggering the content management policy.",
      "400",
      null,
    ),
    becomes: { refused: /content management policy/ },
  },
  "OpenAI's filter": {
    status: 400,
    body: failed("Your request was rejected by the safety system.", "content_policy_violation"),
    becomes: { refused: /safety system/ },
  },
  "OpenAI's filter through LiteLLM": {
    status: 400,
    body: failed(
      "litellm.ContentPolicyViolationError: Your request was rejected by the safety system.",
      "400",
      "invalid_request_error",
    ),
    becomes: { refused: /safety system/ },
  },
  "a prompt that is too long": {
    status: 400,
    body: failed(
      "This model's maximum context length is 4096 tokens. However, your messages resulted in 5120 tokens.",
      "context_length_exceeded",
    ),
    becomes: { transport: /maximum context length is 4096/, asked: 1 },
  },
  "a prompt that is too long, in vLLM's old form": {
    status: 400,
    body: {
      object: "error",
      message: "This model's maximum context length is 4096 tokens. However, you requested 4212 tokens.",
      type: "BadRequestError",
      param: null,
      code: 400,
    },
    becomes: { transport: /you requested 4212 tokens/, asked: 1 },
  },
  "a prompt that is too long, TGI": {
    status: 422,
    body: {
      error: "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4080 and 1024",
      error_type: "validation",
    },
    becomes: { transport: /must be <= 4096/, asked: 1 },
  },
  "a server without its vision part (llama.cpp), as a 400": {
    status: 400,
    body: failed("image input is not supported - hint: if this is unexpected, you may need to provide the mmproj", 400),
    becomes: { transport: /you may need to provide the mmproj/, asked: 1 },
  },
  "a server without its vision part (llama.cpp), as a 500": {
    status: 500,
    body: failed("image input is not supported - hint: if this is unexpected, you may need to provide the mmproj", 500),
    becomes: { transport: /you may need to provide the mmproj/, asked: 1 },
  },
  "a text model (OpenAI)": {
    status: 400,
    body: failed("Invalid content type. image_url is only supported by certain models.", null),
    becomes: { transport: /only supported by certain models/, asked: 1 },
  },
  "max_tokens refused": {
    status: 400,
    body: {
      error: {
        message:
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        type: "invalid_request_error",
        param: "max_tokens",
        code: "unsupported_parameter",
      },
    },
    becomes: { stops: /maxTokensField: max_completion_tokens/ },
  },
  "temperature refused": {
    status: 400,
    body: {
      error: {
        message: "Unsupported value: 'temperature' does not support 0 with this model.",
        type: "invalid_request_error",
        param: "temperature",
        code: "unsupported_value",
      },
    },
    becomes: { stops: /temperature: false/ },
  },
  "seed refused (pydantic)": {
    status: 422,
    body: {
      detail: [{ type: "extra_forbidden", loc: ["body", "seed"], msg: "Extra inputs are not permitted", input: 0 }],
    },
    becomes: { stops: /body\.seed: Extra inputs are not permitted[\s\S]*seed: false/ },
  },
  "top_k refused (transformers serve)": {
    status: 422,
    body: { detail: "Unexpected fields in the request: {'top_k'}" },
    becomes: { stops: /remove topK/ },
  },
  "nginx' limit on bodies": {
    status: 413,
    headers: { "content-type": "text/html" },
    body: nginx413,
    becomes: { transport: /HTTP 413: 413 Request Entity Too Large nginx\/1\.22\.1$/, asked: 1 },
  },
  "an image that is too large": {
    status: 400,
    body: failed("image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes", null),
    becomes: { transport: /image exceeds 5 MB maximum/, asked: 1 },
  },
  "a model that is still loading": {
    status: 503,
    body: failed("Loading model", 503, "unavailable_error"),
    becomes: { transport: /HTTP 503: Loading model/, asked: 2 },
  },
  "memory that is used up": {
    status: 500,
    body: failed("CUDA out of memory", null, "server_error"),
    becomes: { transport: /HTTP 500: CUDA out of memory/, asked: 2 },
  },
  "a country that is not served": {
    status: 403,
    body: {
      error: {
        message: "Country, region, or territory not supported",
        code: "unsupported_country_region_territory",
        type: "request_forbidden",
      },
    },
    becomes: { stops: /Country, region, or territory not supported/ },
  },
  "a wrong key": {
    status: 401,
    body: failed("Incorrect API key provided", "invalid_api_key"),
    becomes: { stops: /Incorrect API key provided/ },
  },
  "an unknown model": {
    status: 404,
    body: failed("The model m does not exist", "model_not_found"),
    becomes: { stops: /does not exist[\s\S]*check the URL and the model id/ },
  },
  "a proxy's 404": {
    status: 404,
    headers: { "content-type": "text/plain" },
    body: "404 page not found",
    becomes: { stops: /404 page not found/ },
  },
  "a redirect": {
    status: 308,
    headers: { location: "https://elsewhere.example/v1/chat/completions", "content-type": "text/html" },
    body: "<html>308 Permanent Redirect</html>",
    becomes: { transport: /HTTP 308: moved to https:\/\/elsewhere\.example\/v1\/chat\/completions$/, asked: 1 },
  },
};

const message = (content: unknown, stop_reason: unknown = "end_turn") => ({
  id: "m1",
  type: "message",
  role: "assistant",
  model: "claude",
  content,
  stop_reason,
  usage: { input_tokens: 10, output_tokens: 2 },
});
const anthropicError = (type: string, words: string) => ({ type: "error", error: { type, message: words } });

export const anthropicReplies: Readonly<Record<string, OddReply>> = {
  "an answer": { body: message([{ type: "text", text: "yes" }]), becomes: { ...yes, finish: "stop" } },
  thoughts: {
    body: message([
      { type: "thinking", thinking: "no ...", signature: "s" },
      { type: "text", text: "yes" },
    ]),
    becomes: { text: "yes", reasoning: "no ..." },
  },
  "redacted thoughts": {
    body: message([
      { type: "redacted_thinking", data: "abc" },
      { type: "text", text: "yes" },
    ]),
    becomes: yes,
  },
  "two blocks": {
    body: message([
      { type: "text", text: "ye" },
      { type: "text", text: "s" },
    ]),
    becomes: yes,
  },
  "a refusal": { body: message([], "refusal"), becomes: { refused: /refusal/ } },
  "a tool call": { body: message([{ type: "tool_use", id: "t", name: "look", input: {} }], "tool_use"), becomes: call },
  "a turn without a word": { body: message([]), becomes: { text: "", finish: "stop" } },
  "no content at all": { body: message(undefined), becomes: { ...noContent, asked: 2 } },
  "an error beside a turn without a word": {
    body: { ...message([]), error: "worker died" },
    becomes: { transport: /the reply is an error: worker died/, asked: 2 },
  },
  "an error's type on a turn without a word": {
    body: { ...message([]), type: "error", message: "overloaded" },
    becomes: { transport: /the reply is an error: overloaded/, asked: 2 },
  },
  "a reply of another type": {
    body: { ...message([]), type: "ping" },
    becomes: { transport: /a reply of type "ping", not a message/, asked: 2 },
  },
  "a message of no type": { body: { ...message([{ type: "text", text: "yes" }]), type: null }, becomes: yes },
  "the user's message again": {
    body: { ...message([{ type: "text", text: "yes" }]), role: "user" },
    becomes: { transport: /a message of role "user"/, asked: 2 },
  },
  "a full context": {
    body: message([{ type: "text", text: "yes" }], "model_context_window_exceeded"),
    becomes: { ...yes, finish: "length" },
  },
  "a paused turn": {
    body: message([{ type: "text", text: "let me" }], "pause_turn"),
    becomes: { transport: /"pause_turn"/, asked: 2 },
  },
  "thoughts cut at the budget": {
    body: message([{ type: "thinking", thinking: "hm" }], "max_tokens"),
    becomes: { text: "", reasoning: "hm", finish: "length" },
  },
  "an overloaded provider": {
    status: 529,
    body: anthropicError("overloaded_error", "Overloaded"),
    becomes: { transport: /HTTP 529: Overloaded/, asked: 2 },
  },
  "an overloaded provider, in a 200": {
    body: anthropicError("overloaded_error", "Overloaded"),
    becomes: { transport: /error 529 in a reply of status 200: Overloaded/, asked: 2 },
  },
  "a prompt that is too long": {
    status: 400,
    body: anthropicError("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
    becomes: { transport: /prompt is too long/, asked: 1 },
  },
  "an image that is too large": {
    status: 400,
    body: anthropicError(
      "invalid_request_error",
      "messages.0.content.0.image.source.base64: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes",
    ),
    becomes: { transport: /image exceeds 5 MB maximum/, asked: 1 },
  },
  "a deprecated temperature": {
    status: 400,
    body: anthropicError("invalid_request_error", "`temperature` is deprecated for this model."),
    becomes: { stops: /temperature: false/ },
  },
  "an empty account": {
    status: 400,
    body: anthropicError(
      "invalid_request_error",
      "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.",
    ),
    becomes: { stops: /credit balance is too low/ },
  },
};

const candidate = (one: object | undefined, more: object = {}) => ({
  ...(one ? { candidates: [{ index: 0, ...one }] } : {}),
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 2 },
  ...more,
});
const parts = (...all: object[]) => ({ role: "model", parts: all });

export const geminiReplies: Readonly<Record<string, OddReply>> = {
  "an answer": {
    body: candidate({ content: parts({ text: "yes" }), finishReason: "STOP" }),
    becomes: { ...yes, finish: "stop" },
  },
  thoughts: {
    body: candidate({ content: parts({ text: "no ...", thought: true }, { text: "yes" }), finishReason: "STOP" }),
    becomes: { text: "yes", reasoning: "no ..." },
  },
  "a thought that is called one by a text": {
    body: candidate({ content: parts({ text: "no", thought: "true" }, { text: "yes" }), finishReason: "STOP" }),
    becomes: { transport: /"thought" is neither true nor false/, asked: 2 },
  },
  "a blocked prompt": {
    body: candidate(undefined, { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } }),
    becomes: { refused: /PROHIBITED_CONTENT/ },
  },
  "a blocked answer": { body: candidate({ finishReason: "SAFETY" }), becomes: { refused: /SAFETY/ } },
  recitation: { body: candidate({ finishReason: "RECITATION" }), becomes: { refused: /RECITATION/ } },
  "a language that is not served": {
    body: candidate({ finishReason: "LANGUAGE", finishMessage: "unsupported language" }),
    becomes: { transport: /"LANGUAGE": unsupported language/, asked: 2 },
  },
  "cut before the first word": {
    body: candidate({ content: { role: "model" }, finishReason: "MAX_TOKENS" }),
    becomes: { text: "", finish: "length" },
  },
  "an end without parts": {
    body: candidate({ content: { role: "model" }, finishReason: "STOP" }),
    becomes: { ...noContent, asked: 2 },
  },
  "no end": { body: candidate({ content: parts({ text: "n" }) }), becomes: { transport: /no end reason/, asked: 2 } },
  "a call": {
    body: candidate({ content: parts({ functionCall: { name: "look", args: {} } }), finishReason: "STOP" }),
    becomes: call,
  },
  "an end without a word, explained": {
    body: candidate({ content: parts({ text: "" }), finishReason: "STOP", finishMessage: "Model is overloaded" }),
    becomes: { transport: /no content: Model is overloaded/, asked: 2 },
  },
  "an answer, its end explained": {
    body: candidate({ content: parts({ text: "yes" }), finishReason: "STOP", finishMessage: "Done" }),
    becomes: yes,
  },
  "an error in the candidate": {
    body: candidate({ content: parts({ text: "" }), finishReason: "STOP", error: { code: 500, message: "died" } }),
    becomes: { transport: /error 500 in a reply of status 200: died/, asked: 2 },
  },
  "the user's parts again": {
    body: candidate({ content: { role: "user", parts: [{ text: "yes" }] }, finishReason: "STOP" }),
    becomes: { transport: /a message of role "user"/, asked: 2 },
  },
  "candidates of which the first has no number": {
    body: {
      candidates: [
        { index: 1, content: parts({ text: "no" }), finishReason: "STOP" },
        { content: parts({ text: "yes" }), finishReason: "STOP" },
      ],
    },
    becomes: yes,
  },
  "no candidates": { body: candidate(undefined), becomes: { transport: /empty candidates/, asked: 2 } },
  "an overloaded model": {
    status: 503,
    body: { error: { code: 503, message: "The model is overloaded. Please try again later.", status: "UNAVAILABLE" } },
    becomes: { transport: /The model is overloaded/, asked: 2 },
  },
  "a rate that is worded like an empty account": {
    status: 429,
    body: {
      error: {
        code: 429,
        message: "You exceeded your current quota, please check your plan and billing details. Please retry in 0.01s.",
        status: "RESOURCE_EXHAUSTED",
        details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "0.01s" }],
      },
    },
    becomes: { transport: /exceeded your current quota/ },
  },
};
