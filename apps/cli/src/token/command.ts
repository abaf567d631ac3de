import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { collect } from '../options.js';
import { printToken } from './token-command.js';

export function addTokenCommand(program: Command, context: CommandContext): void {
  program
    .command('token')
    .description('ask the issuer for an access token and print it')
    .option(
      '--scope <scope>',
      'what it is to allow; may be given several times, everything possible when absent',
      collect,
    )
    .option('--customer <id>', 'whose token it is to be; of the development issuer only')
    .addHelpText('after', help)
    .action((flags: { readonly scope?: readonly string[]; readonly customer?: string }) => printToken(context, flags));
}

const help = `
It comes from AUTH_TOKEN_URL with AUTH_CLIENT_ID and AUTH_CLIENT_SECRET (or AUTH_CLIENT_SECRET_FILE), else from the
development issuer of docker compose at http://localhost:3005.

Examples:
  $ curl localhost:3000/orders -H "authorization: Bearer $(orderflow token)"
  $ orderflow token --customer ada
  $ orderflow token --scope ops:read`;
