/** How an answer ended. */
export type End =
  | "stop" // the model came to its end
  | "length" // cut: its budget or its context was used up
  | "filter" // withheld by the provider
  | "tool"; // a call of a tool instead of an answer

/**
 * The known reasons, of all protocols together: gateways hand on the words of the provider behind them. A reason that does
 * not stand here is none (`error`, `abort`, `network_error`, `insufficient_system_resource`, `pause_turn`, `OTHER`, null):
 * the answer may be half of one, and the provider's word is kept as the failure's.
 */
const known: Readonly<Record<End, readonly string[]>> = {
  stop: [
    "stop", // OpenAI, Gemini
    "eos", // Together
    "eos_token", // TGI
    "stop_sequence", // TGI, Anthropic
    "end_turn", // Anthropic
    "complete", // Cohere
    "completed", // OpenAI's Responses behind a gateway
    // Providers' own words behind OpenRouter.
    "finished",
    "done",
    "finish_reason_stop",
  ],
  length: [
    "length", // OpenAI, TGI
    "max_tokens", // Anthropic, Gemini, Cohere
    "max_output_tokens", // OpenAI's Responses
    "model_length", // Mistral
    "max_length",
    "finish_reason_max_tokens",
    "model_context_window_exceeded", // Anthropic, Z.AI
  ],
  filter: [
    "content_filter", // OpenAI, Azure
    "content_filtered", // Bedrock
    "guardrail_intervened", // Bedrock
    "sensitive", // Z.AI
    "refusal", // Anthropic
    "error_toxic", // Cohere
    // Gemini
    "safety",
    "recitation",
    "blocklist",
    "prohibited_content",
    "spii",
    "image_safety",
    "image_prohibited_content",
    "image_recitation",
  ],
  tool: ["tool_calls", "tool_call", "function_call", "tool_use"],
};

const ends: ReadonlyMap<string, End> = new Map(
  Object.entries(known).flatMap(([end, reasons]) => reasons.map((reason) => [reason, end as End] as const)),
);

/** Undefined for whatever is not known to be an end. */
export function endOf(reason: string | undefined): End | undefined {
  return reason === undefined ? undefined : ends.get(reason.toLowerCase());
}

/** Every known reason, for the table in the documentation. */
export const knownEnds: ReadonlyMap<string, End> = ends;
