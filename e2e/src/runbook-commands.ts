/** Every different `orderflow …` that a page names in code, in its order. */
export function commandsOf(markdown: string): readonly string[] {
  const inline = [...markdown.matchAll(/`(orderflow [^`\n]+)`/g)].map(([, command]) => String(command));
  const inBlocks = [...markdown.matchAll(/^\s*(?:npx )?(orderflow [^#\n]+)/gm)].map(([, command]) => String(command));
  return [...new Set([...inline, ...inBlocks].map((command) => command.trim()))];
}

/** The words of a command as a shell splits them, with a value for each placeholder. */
export function wordsOf(command: string, values: Readonly<Record<string, string>>): readonly string[] {
  const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? String(plain));
  const filled = words.map((word) => values[word] ?? word);
  const left = filled.filter((word) => /^[A-Z]{2,}$/.test(word));
  if (left.length > 0) throw new Error(`Nothing stands for ${left.join(', ')} of: ${command}`);
  return filled;
}
