/** What the room of server groups says; fetched with it. */
export const words = {
  title: 'Groups', create: 'New group', none: 'No server groups yet', noneHint: 'A group keeps a number of equal servers running, replaces those that fail, and can grow and shrink with the load.', nameHelp: 'Its servers are called name-1, name-2, …',
  min: 'At least', max: 'At most', target: 'Servers now', follow: 'Follow the load', metric: 'Of', metrics: { cpu: 'CPU', memory: 'memory' }, outAbove: 'One more above (%)', inBelow: 'One less below (%)', forMinutes: 'For how many minutes in a row', coolDown: 'Minutes without another change afterwards',
  active: (active: number, target: number) => `${active} of ${target} active`, bounds: (min: number, max: number) => `${min} to ${max}`, noRule: 'no rule',
  rule: (metric: string, above: number, below: number, minutes: number) => `${metric}: one more above ${above} %, one less below ${below} %, in ${minutes} min`,
  state: { paused: 'Paused', stalled: 'Given up', active: 'Active', deleting: 'Deleting', deleted: 'Deleted' }, letGo: 'let go', askedFor: 'asked for',
  more: 'One more', less: 'One less', moreOf: (name: string) => `One server more in ${name}`, lessOf: (name: string) => `One server less in ${name}`,
  pause: 'Pause', resume: 'Resume', remove: 'Delete', removeTitle: (name: string) => `Delete the group ${name}?`, keeps: 'Keep its servers as ordinary ones', removeMeans: 'Its servers are deleted with all that is on them. Protected ones stay.', keepMeans: 'Its servers stay; nobody replaces them any more.',
} as const;
