/** What can be written to a journal, a config or a result without loss. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
