#!/usr/bin/env bash
# Makes a stand-in for the image postgres:… where no image registry can be reached: a minimal Debian 12 with its
# PostgreSQL 15, and as much of the upstream image's entrypoint as docker-compose.yml asks for.
set -euo pipefail
image=${1:?Say its tag: make-postgres-image.sh orderflow/postgres-stand-in:15}
docker=${DOCKER:-docker}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

debootstrap --variant=minbase --include=postgresql-15 bookworm "$work/root" >"$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
rm -rf "$work/root/var/lib/postgresql/15" "$work/root/etc/postgresql/15"
install -d -o 0 -g 0 "$work/root/docker-entrypoint-initdb.d"
install -m 755 "$here/postgres-entrypoint.sh" "$work/root/usr/local/bin/docker-entrypoint.sh"
chroot "$work/root" install -d -o postgres -g postgres -m 700 /var/lib/postgresql/data /run/postgresql
rm -rf "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists" "$work/root/usr/share/"{doc,man,locale}
tar -C "$work/root" -c . | "$docker" import \
  --change 'ENV PATH=/usr/local/bin:/usr/lib/postgresql/15/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data' \
  --change 'USER postgres' \
  --change 'ENTRYPOINT ["docker-entrypoint.sh"]' - "$image" >/dev/null
echo "made $image"
