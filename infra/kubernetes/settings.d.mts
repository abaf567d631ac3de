export declare function settingsOf(
  outputs: Readonly<Record<string, { readonly value: unknown }>>,
  imagePrefix?: string,
  release?: string,
): Readonly<Record<string, string>>;
