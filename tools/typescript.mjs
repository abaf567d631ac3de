// Lets Node run our TypeScript: `node --import ./tools/typescript.mjs FILE.ts` (Node 22.18 and newer strip types by themselves).
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Our imports end in `.js`, as the compiler wants them; this finds the `.ts` file behind each. */
registerHooks({
  resolve(specifier, context, next) {
    const isOurs = specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.startsWith('file:');
    if (!isOurs) return next(specifier, context);
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    return next(existsSync(fileURLToPath(source)) ? source.href : specifier, context);
  },
});
