#!/usr/bin/env bash
# Makes a stand-in for the image rabbitmq:…-management where no image registry can be reached: a minimal Debian 12 with its
# RabbitMQ 3.10 and the management plugin, and as much of the upstream image's entrypoint as docker-compose.yml asks for.
set -euo pipefail
image=${1:?Say its tag: make-rabbitmq-image.sh orderflow/rabbitmq-stand-in:3.10}
docker=${DOCKER:-docker}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

debootstrap --variant=minbase --include=rabbitmq-server bookworm "$work/root" >"$work/log" 2>&1 || { tail "$work/log" >&2; exit 1; }
# Whoever starts it makes its own data and its own secret.
rm -rf "$work/root/var/lib/rabbitmq" "$work/root/var/log/rabbitmq"
echo '[rabbitmq_management,rabbitmq_prometheus].' >"$work/root/etc/rabbitmq/enabled_plugins"
install -m 755 "$here/rabbitmq-entrypoint.sh" "$work/root/usr/local/bin/docker-entrypoint.sh"
chroot "$work/root" install -d -o rabbitmq -g rabbitmq -m 700 /var/lib/rabbitmq /var/log/rabbitmq
chroot "$work/root" install -d -o rabbitmq -g rabbitmq /etc/rabbitmq/conf.d
rm -rf "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists" "$work/root/usr/share/"{doc,man,locale}
tar -C "$work/root" -c . | "$docker" import \
  --change 'ENV PATH=/usr/local/bin:/usr/lib/rabbitmq/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/var/lib/rabbitmq LANG=C.UTF-8 RABBITMQ_LOGS=-' \
  --change 'USER rabbitmq' \
  --change 'VOLUME /var/lib/rabbitmq' \
  --change 'ENTRYPOINT ["docker-entrypoint.sh"]' - "$image" >/dev/null
echo "made $image"
