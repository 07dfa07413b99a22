import { expect, test } from 'vitest';
import { ownHierarchies } from './cgroup.ts';

const V2 = '30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
const HYBRID = [
  '25 24 0:21 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755',
  '26 25 0:22 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  '27 25 0:23 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
  '28 25 0:24 /docker/abc /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids',
  '29 25 0:25 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
].join('\n');

test.for([
  ['a unit of systemd', V2, '0::/system.slice/citrus-agent.service\n', ['2 /sys/fs/cgroup/system.slice/citrus-agent.service']],
  ['a container that sees its own place as the root', V2.replace(' / /sys', ' /lxc/7 /sys'), '0::/lxc/7\n', ['2 /sys/fs/cgroup']],
  ['both versions', HYBRID, '8:pids:/docker/abc/x\n4:memory:/m\n3:cpu,cpuacct:/\n0::/\n', ['2 /sys/fs/cgroup/unified', '1 /sys/fs/cgroup/pids/x', '1 /sys/fs/cgroup/memory/m']],
  ['a mount that shows somebody else’s place', HYBRID, '8:pids:/other\n', []],
  ['nothing', '', '', []],
] as const)('the places of the agent are found in %s', ([, mounts, own, expected]) => {
  expect(ownHierarchies(mounts, own).map(({ version, folder }) => `${version} ${folder}`)).toEqual(expected);
});
