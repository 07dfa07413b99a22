/** What the room of one server says beside the common words; fetched with it. */
export const serverWords = {
  parts: (name: string) => `Parts of ${name}`, part: { apps: 'Apps', jobs: 'Jobs', load: 'Load', timeline: 'Timeline', machine: 'Machine', about: 'About', agent: 'Agent', danger: 'Danger zone' },
  nowRunning: 'At work', followLog: 'Follow its log', since: 'since', allJobs: (count: number) => `Show all ${count}`, fewerJobs: 'Show fewer',
  cloud: 'Cloud', hostname: 'Host name', kernel: 'Kernel', processors: 'Processors', memory: 'Memory', freeDisk: 'Free disk', addresses: 'Addresses', ports: 'Listens on', facts: 'What its agent has found', noPorts: 'no port',
  disks: 'Disks', freeOf: (free: string, size: string) => `${free} free of ${size}`, packages: 'Packages', installed: (count: number) => `${count} installed`,
  updates: (count: number) => (count === 0 ? 'none waits for an update' : count === 1 ? 'one update waits' : `${count} updates wait`), restart: 'Restart', restartWanted: 'Needed',
  network: 'Network', lastHour: 'the last hour', asTable: 'As a table', at: 'At',
  chartSays: ({ name, last, least, most, average }: { name: string; last: string; least: string; most: string; average: string }) => `${name}: ${last} now; between ${least} and ${most}, ${average} on average`,
} as const;
