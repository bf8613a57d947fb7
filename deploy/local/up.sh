#!/bin/sh
# Starts RumiAI as it runs in a cluster, on this machine alone and without containers: RabbitMQ, an
# S3 server, the OpenTelemetry Collector, and a worker for every stage. `up.sh servers` leaves the
# workers out. Says where everything is; if it runs already, only that.
# OBJECTSTORE=bluestore keeps jobs and artifacts from one start to the next; else both begin empty.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
what=${1:-all}
root=$cache/services/trixie
collector=$cache/services/otelcol
target=${CARGO_TARGET_DIR:-$here/../../target}
rumiai=${RUMIAI:-$target/release/rumiai}
definitions=$here/../rabbitmq/definitions.json
users=$here/../rabbitmq/users.json
collector_config=$here/../telemetry/collector.yaml
bucket=rumiai
# First port tried; those in use are passed over.
port=${RUMIAI_FIRST_PORT:-27000}

say() {
    cat <<EOF
RumiAI is up.
  RabbitMQ     $amqp/rumiai (management: http://127.0.0.1:$management_port, user operator)
  S3           http://127.0.0.1:$s3_port, bucket $bucket
  collector    http://127.0.0.1:$otlp_port
  logs         $run/*.log
  settings     $run/rumiai.env, with all passwords
To hand in a video:
  set -a; . $run/rumiai.env; set +a
  $rumiai submit video.mp4
To stop: make down
EOF
}

if [ -e "$run/ports" ] && [ -n "$(running)" ] && [ -e "$run/rumiai.env" ]; then
    . "$run/ports"
    amqp=amqp://127.0.0.1:$amqp_port
    say
    exit 0
fi

[ -x "$root/ready" ] || die "the servers are not unpacked; run: make setup"
[ -x "$collector" ] || die "$collector is missing; run: make setup"
[ "$(id -u)" = 0 ] || die "root is needed for the servers' own root directory; run as root, or start workers by hand against servers of your own"
for file in "$definitions" "$users" "$collector_config"; do
    [ -f "$file" ] || die "$file is missing"
done
[ "$what" = servers ] || [ -x "$rumiai" ] || die "$rumiai is missing; run: make build"
command -v curl >/dev/null || die "curl is missing; run: make setup"

"$here/down.sh"
objectstore=${OBJECTSTORE:-memstore}
before=$(sed -n 's/^objectstore=//p' "$run/ports" 2>/dev/null || true)
[ "$before $objectstore" = "bluestore bluestore" ] ||
    rm -rf "$run/rabbitmq" "$run/ceph" "$run/ports"
mkdir -p "$pids" "$run/rabbitmq/definitions" "$run/ceph"
chmod 700 "$run"
# Whatever fails below, nothing stays half up.
trap '"$here/down.sh" >/dev/null' EXIT

listens() { # port
    awk -v port=":$(printf %04X "$1")" \
        '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }' \
        /proc/net/tcp /proc/net/tcp6
}

next_port() {
    port=$((port + 1))
    while listens $port; do port=$((port + 1)); done
    echo $port
}

secret() {
    # A letter first: nothing that reads settings takes it for a number.
    echo "s$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
}

if [ ! -e "$run/ports" ]; then
    umask 077
    for name in amqp management prometheus distribution names s3 monitor otlp otlp_grpc storage; do
        port=$(next_port)
        echo "${name}_port=$port"
    done >"$run/ports"
    {
        echo "password=$(secret)"
        echo "secret_key=$(secret)"
        echo "objectstore=$objectstore"
    } >>"$run/ports"
fi
. "$run/ports"
amqp=amqp://127.0.0.1:$amqp_port

# Becomes the server, so that its number is the one that is remembered: run it in the background.
in_name_spaces() {
    exec setsid unshare --mount --propagation private --pid --fork --kill-child sh "$@"
}

# Users have no passwords in there; here all get the same.
cp "$definitions" "$run/rabbitmq/definitions/definitions.json"
sed "s/\"password_hash\": *\"\"/\"password\": \"$password\"/" "$users" \
    >"$run/rabbitmq/definitions/users.json"
in_name_spaces "$here/rabbitmq.sh" "$root" "$run/rabbitmq" "$amqp_port" "$management_port" \
    "$distribution_port" "$names_port" >"$run/rabbitmq.log" 2>&1 </dev/null &
remember rabbitmq $!
ACCESS_KEY=rumiai SECRET_KEY=$secret_key OBJECTSTORE=$objectstore \
    in_name_spaces "$here/ceph.sh" "$root" "$run/ceph" "$s3_port" "$monitor_port" \
    "$storage_port" term >"$run/ceph.log" 2>&1 </dev/null &
remember ceph $!
OTLP_HTTP_LISTEN=127.0.0.1:$otlp_port OTLP_GRPC_LISTEN=127.0.0.1:$otlp_grpc_port \
    setsid "$collector" --config "file:$collector_config" >"$run/collector.log" 2>&1 </dev/null &
remember collector $!

wait_for() { # name seconds command…
    name=$1
    left=$(($2 * 10))
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ -n "$(process_of "$name")" ] || die "$name ended; see $run/$name.log"
        [ $left -gt 0 ] || die "$name does not answer; see $run/$name.log"
        left=$((left - 1))
        sleep 0.1
    done
}

answers() {
    curl --silent --fail --max-time 5 --output /dev/null "$@"
}

wait_for rabbitmq 60 answers --user "operator:$password" "http://127.0.0.1:$management_port/api/overview"
wait_for ceph 60 test -e "$run/ceph/ready"
wait_for collector 20 listens "$otlp_port"

# The bucket; this curl does not sign the digest of an empty body by itself.
empty=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
answers --request PUT --aws-sigv4 aws:amz:us-east-1:s3 --user "rumiai:$secret_key" \
    --header "x-amz-content-sha256: $empty" "http://127.0.0.1:$s3_port/$bucket" ||
    die "the bucket cannot be made; see $run/ceph.log"

# What every process is told; the one who hands in jobs and looks at dead letters is the operator.
cat >"$run/workers.env" <<EOF
RUMIAI_CACHE_DIR='$cache'
RUMIAI__STORE__S3__ENDPOINT=http://127.0.0.1:$s3_port
RUMIAI__STORE__S3__REGION=us-east-1
RUMIAI__STORE__S3__BUCKET=$bucket
RUMIAI__STORE__S3__ACCESS_KEY=rumiai
RUMIAI__STORE__S3__SECRET_KEY=$secret_key
OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$otlp_port
EOF
{
    cat "$run/workers.env"
    echo "RUMIAI__BROKER__URL=amqp://operator:$password@127.0.0.1:$amqp_port/rumiai"
} >"$run/rumiai.env"
chmod 600 "$run/workers.env" "$run/rumiai.env"

# Whether somebody can be asked for comments.
has_language_model() {
    case ${RUMIAI__INSIGHT__COMMENTATOR:-claude} in
        claude) [ -n "${CLAUDE_API_KEY:-}${CLAUDE_API_KEY_FILE:-}" ] ;;
        *) true ;;
    esac
}

start_worker() { # stage port
    (
        set -a
        . "$run/workers.env"
        RUMIAI__BROKER__URL=amqp://worker-$1:$password@127.0.0.1:$amqp_port/rumiai
        RUMIAI__WORKER__HEALTH_ADDRESS=127.0.0.1:$2
        exec setsid "$rumiai" worker "$1"
    ) >"$run/worker-$1.log" 2>&1 </dev/null &
    remember "worker-$1" $!
}

if [ "$what" != servers ]; then
    # Every stage has its user; they are made from the flow.
    stages=$(sed -n 's/.*"name": *"worker-\([a-z_]*\)".*/\1/p' "$users")
    [ -n "$stages" ] || die "$users names no workers"
    ready=""
    for stage in $stages; do
        port=$(next_port)
        if [ "$stage" = insight ] && ! has_language_model; then
            echo "insight is off: set CLAUDE_API_KEY, or RUMIAI__INSIGHT__COMMENTATOR=ollama"
            continue
        fi
        start_worker "$stage" "$port"
        ready="$ready $stage:$port"
    done
    for worker in $ready; do
        wait_for "worker-${worker%:*}" 120 answers "http://127.0.0.1:${worker#*:}/readyz"
    done
fi

trap - EXIT
say
