#!/bin/sh
# Puts the servers that the distributed tests and `make up` need into the cache, outside of the
# system: a Debian trixie root with RabbitMQ, Ceph, Redis and PostgreSQL, an OpenTelemetry Collector
# built from Debian's Go libraries, and an AMQP client for Python. Says nothing and does nothing when
# they are there. A root that an earlier version left is extended where it is: what runs in it goes on.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${RUMIAI_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/rumiai}
services=$cache/services
root=$services/trixie
collector=$services/otelcol

die() {
    echo "services: $1" >&2
    exit 1
}

python=$services/python
# The AMQP client of README's example in Python.
pika="pika==1.4.4"

# All servers of the root. Whoever adds one adds its package here, and roots that lack it get it.
packages="rabbitmq-server radosgw ceph-mon ceph-osd ceph-common redis-server postgresql-17"
# Which of them a root has; written last.
has_all() {
    [ -x "$1/ready" ] && [ "$(cat "$1/packages" 2>/dev/null)" = "$packages" ]
}

has_all "$root" && [ -x "$collector" ] && [ -e "$python/ready" ] && exit 0
[ "$(id -u)" = 0 ] || die "root is needed to unpack the servers; run as root, or point the settings at servers of your own"
command -v debootstrap >/dev/null || die "debootstrap is missing; run: make setup"
mkdir -p "$services"
# Two that unpack at once would be in each other's way; who waited finds the work done.
exec 9>"$services/lock"
flock 9

# Another suite than the machine's, from the same archive.
mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 '/debian/*$' ||
        die "apt knows no Debian archive; check /etc/apt"
}

# A root is built beside its place and renamed, so that a half-built one is never used.
bootstrap() { # suite folder packages…
    suite=$1
    building=$2
    shift 2
    rm -rf "$building"
    debootstrap --variant=minbase "$suite" "$building" "$(mirror)" >"$building.log" 2>&1 ||
        die "debootstrap of $suite failed; see $building.log"
    echo force-unsafe-io >"$building/etc/dpkg/dpkg.cfg.d/unsafe-io"
    printf 'path-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\n' \
        >"$building/etc/dpkg/dpkg.cfg.d/nodoc"
    install "$building" "$building.log" "$@"
}

# Puts packages into a root. What is there stays, also if the last try was cut off.
install() { # root log packages…
    into=$1
    log=$2
    shift 2
    # Nothing starts by itself in here, and no database is made.
    ln -sf /bin/true "$into/usr/local/sbin/systemctl"
    printf '#!/bin/sh\nexit 101\n' >"$into/usr/sbin/policy-rc.d"
    chmod +x "$into/usr/sbin/policy-rc.d"
    mkdir -p "$into/etc/postgresql-common"
    echo "create_main_cluster = false" >"$into/etc/postgresql-common/createcluster.conf"
    chroot "$into" env DEBIAN_FRONTEND=noninteractive sh -c '
        dpkg --configure -a &&
        apt-get update -qq -o Acquire::Check-Valid-Until=false &&
        apt-get install -y --no-upgrade --no-install-recommends \
            -o Dpkg::Options::=--force-confold "$@" && apt-get clean' install "$@" \
        >>"$log" 2>&1 9>&- || die "cannot install $*; see $log"
}

if [ ! -x "$root/ready" ]; then
    echo "services: unpacking RabbitMQ, Ceph, Redis and PostgreSQL"
    # shellcheck disable=SC2086 # a list of words
    bootstrap trixie "$root.building" $packages
    printf '#!/bin/sh\n' >"$root.building/ready"
    chmod +x "$root.building/ready"
    echo "$packages" >"$root.building/packages"
    rm -rf "$root"
    mv "$root.building" "$root"
elif ! has_all "$root"; then
    echo "services: adding servers to those that are there"
    # shellcheck disable=SC2086 # a list of words
    install "$root" "$root.adding.log" $packages
    echo "$packages" >"$root/packages.new"
    mv "$root/packages.new" "$root/packages"
fi

if [ ! -x "$collector" ]; then
    echo "services: building the OpenTelemetry Collector"
    # The only suite with the collector's libraries; needed for the build alone.
    builder=$services/sid.building
    bootstrap sid "$builder" golang-go golang-opentelemetry-collector-dev
    mkdir -p "$builder/opt/go/src/otelcol"
    cp "$here/../telemetry/otelcol/main.go" "$builder/opt/go/src/otelcol/"
    mount -t proc proc "$builder/proc"
    chroot "$builder" env HOME=/opt GO111MODULE=off GOPATH=/opt/go:/usr/share/gocode GOCACHE=/opt/gocache CGO_ENABLED=0 \
        sh -c 'cd /opt/go/src/otelcol && go build -trimpath -ldflags=-s -o /opt/otelcol .' \
        >>"$builder.log" 2>&1 || {
        umount "$builder/proc"
        die "the collector does not build; see $builder.log"
    }
    umount "$builder/proc"
    mv "$builder/opt/otelcol" "$collector"
    rm -rf "$builder"
fi

if [ ! -e "$python/ready" ]; then
    echo "services: installing an AMQP client for Python"
    rm -rf "$python"
    python3 -m venv "$python" || die "python3 -m venv failed"
    "$python/bin/pip" install --quiet --disable-pip-version-check "$pika" || die "pip could not install $pika"
    : >"$python/ready"
fi
