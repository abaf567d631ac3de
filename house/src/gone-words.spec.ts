import { expect, it } from '@jest/globals';
import ts from 'typescript';
import { goneWords } from './gone-words.js';
import { read, sourceFiles } from './source-tree.js';

/** Every identifier of a file, once. */
function identifiersOf(file: string): ReadonlySet<string> {
  const names = new Set<string>();
  const collect = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, collect);
  };
  collect(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true));
  return names;
}

it('no replaced word comes back, as an identifier or as the name of a file', () => {
  const back = sourceFiles().flatMap((file) => {
    const words = goneWords.filter(({ from }) => from.some((folder) => file.startsWith(`${folder}/`)));
    const names = words.length === 0 ? [] : [...identifiersOf(file), file];
    return words.flatMap(({ word, now }) =>
      names.filter((name) => contains(name, word)).map((name) => `${file}: ${name} (${word} is called ${now} now)`),
    );
  });
  expect(back).toEqual([]);
});

/** Whether `word` is one of the words that a name is made of: `settleAll` has `settle`, `resettle` has not. */
function contains(name: string, word: string): boolean {
  const parts = (text: string) =>
    `-${text
      .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
      .replaceAll(/[^A-Za-z0-9]+/g, '-')
      .toLowerCase()}-`;
  return parts(name).includes(parts(word));
}
