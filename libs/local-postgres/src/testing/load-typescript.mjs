import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

let registered = false;

/**
 * Imports a TypeScript module with Node's own type stripping (Node 22.18 and newer). Our imports end in `.js`, as the
 * compiler wants them; the hook finds the `.ts` file behind each.
 */
export function loadTypeScript(url) {
  if (!registered) {
    registerHooks({
      resolve(specifier, context, next) {
        if (!specifier.startsWith('.') || !specifier.endsWith('.js') || context.parentURL === undefined) {
          return next(specifier, context);
        }
        const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
        const found = source.protocol === 'file:' && existsSync(fileURLToPath(source));
        return found ? next(source.href, context) : next(specifier, context);
      },
    });
    registered = true;
  }
  return import(url.href);
}
