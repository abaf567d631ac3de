#!/bin/bash
# PID 1 of the RabbitMQ stand-in: says which user there is, and becomes the server.
set -euo pipefail
: "${RABBITMQ_DEFAULT_USER:?Set RABBITMQ_DEFAULT_USER}" "${RABBITMQ_DEFAULT_PASS:?Set RABBITMQ_DEFAULT_PASS}"

umask 077
cat >/etc/rabbitmq/conf.d/10-default-user.conf <<END
default_user = $RABBITMQ_DEFAULT_USER
default_pass = $RABBITMQ_DEFAULT_PASS
END
exec rabbitmq-server
