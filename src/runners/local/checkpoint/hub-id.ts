/** Two names with a slash between them, as the hub allows them. */
export const looksLikeHubId = (name: string): boolean =>
  /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(name) && !name.includes("..");
