/** `T` with the members that may be undefined left out where they are. */
export type Defined<T> = { [Name in keyof T as undefined extends T[Name] ? never : Name]: T[Name] } & {
  [Name in keyof T as undefined extends T[Name] ? Name : never]?: Exclude<T[Name], undefined>;
};

/**
 * The members that are not undefined, for spreading: `{ name, ...defined({ limit }) }`. An absent member and an undefined one are
 * two things here (`exactOptionalPropertyTypes`): what is absent is not written, compared or digested.
 */
export function defined<T extends object>(members: T): Defined<T> {
  const kept: Partial<T> = {};
  for (const name in members) if (members[name] !== undefined) kept[name] = members[name];
  // What is left out is what `Defined` allows to be absent; a generic type does not show it.
  return kept as unknown as Defined<T>;
}
