#!/bin/sh
# One private RabbitMQ from the root that deploy/setup/services.sh unpacks, on 127.0.0.1. Run it as
#   unshare --mount --propagation private --pid --fork --kill-child \
#       sh rabbitmq.sh ROOT STATE AMQP_PORT MANAGEMENT_PORT DISTRIBUTION_PORT NAMES_PORT
# so that nothing it mounts is seen outside, and all of it ends with that process.
# ROOT stays as it is: it is mounted read-only. STATE holds a folder `definitions`, all of which is
# imported, and takes data and logs. It stands until SIGTERM.
set -eu
root=$1
state=$2
amqp_port=$3
management_port=$4
distribution_port=$5
names_port=$6
inside=/mnt

mkdir -p "$state/root" "$state/db" "$state/log"
mount --bind "$root" "$state/root"
mount -o remount,bind,ro "$state/root"
mount -t proc proc "$state/root/proc"
mount --rbind /dev "$state/root/dev"
mount -t tmpfs tmpfs "$state/root/run"
mount -t tmpfs tmpfs "$state/root/tmp"
mount --bind "$state" "$state/root$inside"

echo "[rabbitmq_management,rabbitmq_prometheus]." >"$state/enabled_plugins"
cat >"$state/rabbitmq.conf" <<EOF
listeners.tcp.1 = 127.0.0.1:$amqp_port
management.tcp.ip = 127.0.0.1
management.tcp.port = $management_port
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = $((management_port + 1))
load_definitions = $inside/definitions
log.console = false
log.file.level = info
disk_free_limit.absolute = 200MB
EOF
[ -e "$state/.erlang.cookie" ] || od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$state/.erlang.cookie"
chmod 400 "$state/.erlang.cookie"

# The distribution would listen everywhere by itself.
chroot "$state/root" env -i PATH="$PATH" LANG=C.UTF-8 HOME=$inside \
    RABBITMQ_NODENAME=rumiai@localhost RABBITMQ_USE_LONGNAME=false \
    RABBITMQ_MNESIA_BASE=$inside/db RABBITMQ_LOG_BASE=$inside/log \
    RABBITMQ_PID_FILE=$inside/pid RABBITMQ_CONFIG_FILE=$inside/rabbitmq.conf \
    RABBITMQ_ADVANCED_CONFIG_FILE=$inside/none.config RABBITMQ_CONF_ENV_FILE=/dev/null \
    RABBITMQ_ENABLED_PLUGINS_FILE=$inside/enabled_plugins \
    RABBITMQ_DIST_PORT="$distribution_port" ERL_EPMD_PORT="$names_port" ERL_EPMD_ADDRESS=127.0.0.1 \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
    /usr/lib/rabbitmq/bin/rabbitmq-server &
server=$!
trap 'kill $server; wait $server; exit 0' TERM
wait $server
