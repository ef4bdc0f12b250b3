/** Of every command that speaks to a queue. */
export const insecureFleet = {
  type: "boolean",
  describe: "speak to a queue on another machine without TLS",
  group: "How:",
} as const;
