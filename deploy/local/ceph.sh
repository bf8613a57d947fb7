#!/bin/sh
# One private S3 server: Ceph's monitor, object store and gateway from the root that
# deploy/setup/services.sh unpacks, on 127.0.0.1. Run it as
#   unshare --mount --propagation private --pid --fork --kill-child \
#       sh ceph.sh ROOT STATE S3_PORT MONITOR_PORT FIRST_PORT HOLD
# so that nothing it mounts is seen outside, and all of it ends with that process.
# ROOT stays as it is: it is mounted read-only. STATE takes data and logs. When the server answers,
# one line is printed and a file `ready` lies in STATE. ACCESS_KEY and SECRET_KEY name the one user. OBJECTSTORE is memstore,
# which forgets everything, or bluestore. HOLD says how long: `input` until standard input ends,
# `term` until the signal.
set -eu
root=$1
state=$2
s3_port=$3
monitor_port=$4
first_port=$5
hold=$6
inside=/mnt
objectstore=${OBJECTSTORE:-memstore}
fsid=11111111-2222-3333-4444-555555555555

die() {
    echo "ceph: $1; see the logs in $state, which end with" >&2
    tail -q -n 3 "$state"/*.out >&2
    exit 1
}

mkdir -p "$state/root" "$state/mon" "$state/osd" "$state/rgw" "$state/run"
rm -f "$state/ready"
mount --bind "$root" "$state/root"
mount -o remount,bind,ro "$state/root"
mount -t proc proc "$state/root/proc"
mount --rbind /dev "$state/root/dev"
mount -t tmpfs tmpfs "$state/root/run"
mount -t tmpfs tmpfs "$state/root/tmp"
mount --bind "$state" "$state/root$inside"

cat >"$state/ceph.conf" <<EOF
[global]
fsid = $fsid
mon_host = v2:127.0.0.1:$monitor_port/0
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv4 = true
ms_bind_port_min = $first_port
ms_bind_port_max = $((first_port + 200))
# Without it and without authentication the gateway waits for ever.
ms_mon_client_mode = crc
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
# Seconds instead of a quarter of a minute until everybody agrees.
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_crush_chooseleaf_type = 0
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_osd_initial_require_min_compat_client = luminous
# A disk that is nearly full is no reason not to start: little is written to it.
mon_data_avail_crit = 0
mon_data = $inside/mon
mon_cluster_log_file = $inside/cluster.log
osd_data = $inside/osd
osd_objectstore = $objectstore
osd_memory_target = 1073741824
memstore_device_bytes = 4294967296
bluestore_block_size = 21474836480
bluestore_fsck_on_mount = false
run_dir = $inside/run
admin_socket = $inside/run/\$name.asok
log_file = $inside/\$name.log
# Without tcp_nodelay every small object takes 40 ms to read.
rgw_frontends = beast endpoint=127.0.0.1:$s3_port tcp_nodelay=1
rgw_data = $inside/rgw
rgw_relaxed_s3_bucket_names = false
EOF

in_root() {
    chroot "$state/root" "$@"
}

wait_for() { # what command…
    what=$1
    shift
    for _ in $(seq 300); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    die "$what does not answer"
}

monitor() {
    in_root ceph-mon -c $inside/ceph.conf -f -i a >"$state/mon.out" 2>&1 </dev/null &
}
storage() {
    in_root ceph-osd -c $inside/ceph.conf -f -i 0 >"$state/osd.out" 2>&1 </dev/null &
}
gateway() {
    in_root radosgw -c $inside/ceph.conf -f -n client.admin >"$state/rgw.out" 2>&1 </dev/null &
}
ceph() {
    in_root ceph -c $inside/ceph.conf --connect-timeout 20 "$@"
}
storage_is_up() {
    ceph osd stat | grep -q '1 up'
}

if [ -e "$state/mon/done" ]; then
    monitor
    storage
    wait_for "the object store" storage_is_up
else
    in_root monmaptool --create --fsid $fsid --addv a "[v2:127.0.0.1:$monitor_port]" \
        $inside/monmap >/dev/null
    in_root ceph-mon -c $inside/ceph.conf -i a --mkfs --monmap $inside/monmap
    monitor
    uuid=$(cat /proc/sys/kernel/random/uuid)
    ceph osd new "$uuid" >/dev/null 2>"$state/new.out" || die "the monitor does not answer"
    in_root ceph-osd -c $inside/ceph.conf -i 0 --mkfs --osd-uuid "$uuid" >"$state/mkfs.out" 2>&1
    storage
    wait_for "the object store" storage_is_up
    in_root radosgw-admin -c $inside/ceph.conf user create --uid=rumiai --display-name=rumiai \
        --access-key="$ACCESS_KEY" --secret-key="$SECRET_KEY" >"$state/user.out" 2>&1
    : >"$state/mon/done"
fi
gateway
wait_for "the gateway" curl -sf -o /dev/null "http://127.0.0.1:$s3_port/"
: >"$state/ready"
echo ready

trap 'kill $(jobs -p) 2>/dev/null; wait; exit 0' TERM
case $hold in
input) cat >/dev/null ;;
*) wait ;;
esac
