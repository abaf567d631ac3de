#!/usr/bin/env node
// Must parse on any Node.js that knows modules, so that an old one gets a message and not a syntax error.
const version = process.versions.node.split('.').map(Number);

if (version[0] < 22 || (version[0] === 22 && version[1] < 12)) {
  process.stderr.write(
    'servicebus-emulator needs Node.js 22.12 or newer, and this is ' + process.versions.node + '.\n',
  );
  process.exitCode = 1;
} else {
  import('../dist/cli/main.js');
}
