import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { table } from '../table.js';
import { findOpsApi } from './ops-api.js';
import type { GroupChanges } from './ops-answers.js';

/** `orderflow dlq changes`. */
export function addChangesCommand(dlq: Command, context: CommandContext): void {
  dlq
    .command('changes')
    .argument('<group>', 'the id of a group, as dlq groups names it')
    .description(
      'what changed when letters of a group began to come: releases, markers, alerts, replays (asks order-api)',
    )
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExample:\n  $ orderflow dlq changes 0123456789abcdef')
    .action(async (group: string, { json }: { readonly json?: boolean }) => {
      const path = `/ops/groups/${encodeURIComponent(group)}/changes`;
      const changes = await findOpsApi(context).get<GroupChanges>(path);
      if (json === true) return console.log(JSON.stringify(changes));
      console.log(table(['at', 'what'], rowsOf(changes)));
    });
}

/** Everything in the order of time: what may be the cause stands before the first letter. */
function rowsOf({ firstSeen, versionBefore, versions, markers, alerts, replays }: GroupChanges) {
  const before = versionBefore && [
    versionBefore.lastSeen,
    `other letters so far: given up by ${versionBefore.version}`,
  ];
  return [
    ...(before ? [before] : []),
    ...markers.map(({ at, title, service, version }) => [at, `marker: ${named(title, service, version)}`]),
    ...alerts.map(({ since, kind, recoveredAt }) => [since, `alert: ${kind}, ${until(recoveredAt)}`]),
    [firstSeen, 'first letter'],
    ...versions.map((of) => [of.firstSeen, `given up by ${of.version}: ${of.letters} letters, ${until(of.lastSeen)}`]),
    ...replays.map((replay) => [
      replay.createdAt,
      `replay ${replay.id}: ${replay.state}, ${replay.confirmed} of ${replay.letters} confirmed, ${replay.failedAgain} failed again (${replay.note})`,
    ]),
  ].sort(([one = ''], [other = '']) => (one < other ? -1 : Number(one > other)));
}

function named(title: string, service = '', version = ''): string {
  const who = [service, version].filter((part) => part !== '').join(' ');
  return who === '' ? title : `${title} (${who})`;
}

function until(moment: string | undefined): string {
  return moment === undefined ? 'still so' : `until ${moment}`;
}
