/**
 * Runs as the first process of the new namespaces: builds the droplet's view of the file system, waits until the network
 * was put in, turns its back on the host and becomes systemd. It speaks plain sh and util-linux only. When the local
 * cloud dies before it says "go", the read fails and nothing is left.
 *
 * $1 the droplet's folder, $2 its host name, then one word an overlay: <layer>=<place in the droplet>=<lower folders>
 */
export const launchScript = `
set -eu
dir=$1 name=$2; shift 2
root=$dir/mount

mount --make-rprivate /
for overlay in "$@"; do
  layer=\${overlay%%=*} rest=\${overlay#*=}
  place=\${rest%%=*} lower=\${rest#*=}
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$dir/disk/$layer/upper,workdir=$dir/disk/$layer/work" "$root$place"
done

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount --rbind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
for entry in sysrq-trigger irq bus fs; do
  [ -e "$root/proc/$entry" ] || continue
  mount --bind "$root/proc/$entry" "$root/proc/$entry"
  mount -o remount,bind,ro "$root/proc/$entry"
done
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"

mount -t tmpfs -o mode=755,nosuid,size=8m tmpfs "$root/dev"
umask 0
for device in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "$root/dev/\${device%:*}" c 1 "\${device#*:}"; done
mknod -m 666 "$root/dev/tty" c 5 0
umask 022
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5,nosuid,noexec devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"; ln -s fd/1 "$root/dev/stdout"; ln -s fd/2 "$root/dev/stderr"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
hostname "$name"

read -r go
[ "$go" = go ]

mkdir -p "$root/.host"
cd "$root"
pivot_root . .host
cd /
umount -l /.host
rmdir /.host
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=citrus \\
  setpriv --bounding-set -sys_module,-sys_rawio,-sys_boot,-mknod --inh-caps -all \\
  /lib/systemd/systemd --system < /dev/null
`;

/** Enters the droplet's control groups ($1: a list of files, up to "--"), then makes the namespaces. */
export const enterScript = `
set -eu
while [ "$1" != -- ]; do echo $$ > "$1"; shift; done
shift
exec unshare --net --mount --pid --uts --ipc --cgroup --fork /bin/sh -c "$@"
`;
