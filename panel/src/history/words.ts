/** What the rooms of the past say; fetched with them. */
const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);

export const words = {
  title: 'As it was', fleetTitle: 'The fleet as it was', timeline: 'Timeline', fleet: 'Fleet as it was', views: 'Views of what happened', history: 'History',
  slider: 'Moment', now: 'Now', back: 'Back to now', previous: 'One event back', next: 'One event on', goTo: 'Go to a moment', earlier: 'Earlier events', before: 'Before the first event',
  hint: 'Move the slider, or choose a moment, to see how it was.',
  place: (index: number, of: number, when: string, what: string) => `${when}, event ${index} of ${of}${what === '' ? '' : `: ${what}`}`,
  atNow: (of: number) => `Now, after ${of} ${plural(of, 'event', 'events')}`,
  more: (count: number) => `and ${count} more at the same moment`,
  asOf: (when: string) => `As of ${when}`, asOfHint: 'This is the past. Nothing here can be changed.', atPresent: 'This is how it is now.',
  notYet: 'It was not there yet', notYetHint: 'Its first event is later than this moment.', noEvents: 'Nothing has happened yet', noEventsHint: 'As soon as the first server is asked for, its history begins here.',
  wrongMoment: (text: string) => `“${text}” is no moment. Write an instant such as 2026-11-21T14:05:44Z, or a place in a log such as provisioning:12.`, future: 'That lies in the future, so this is now.',
  server: 'Server', jobs: 'Jobs until then', jobsNow: 'Jobs', noJobs: 'No jobs until then', noJobsNow: 'No jobs yet', apps: 'Apps', noApps: 'none', appsUnknown: 'too many jobs to say', events: 'What happened until then', eventsNow: 'What happened',
  different: 'What is different now', same: 'Nothing is different now.', field: 'What', thenColumn: 'Then', nowColumn: 'Now', raw: 'As data',
  kinds: { added: 'new', changed: 'changed', removed: 'gone' },
  nothing: 'nothing', yes: 'yes', no: 'no',
  servers: (count: number) => plural(count, 'one server', `${count} servers`), noServers: 'There was no server then', sameAsNow: 'the same', goneSince: 'deleted since', andMore: (count: number) => `and ${count} more`, details: (count: number) => plural(count, 'one detail', `${count} details`), becameNow: ', now',
  cameSince: (count: number) => plural(count, 'One server has come since', `${count} servers have come since`), wentAgain: 'came and went', cut: (count: number) => `The first ${count} servers are shown. The command line shows all: citrus history state servers.`,
  fields: {
    name: 'Name', status: 'State', provider: 'Made by', cloudId: 'Cloud', region: 'Region', size: 'Size', image: 'Image', tags: 'Tags', dropletRef: 'Droplet', ipAddress: 'Address', agentId: 'Agent', note: 'Note',
    queue: 'Place in the queue', 'queue.position': 'Place in the queue', 'queue.of': 'Length of the queue', 'queue.waitsFor': 'The queue waits for', power: 'Power', action: 'Being done', 'action.type': 'Being done', 'action.note': 'Being done',
    isProtected: 'Protected from deletion', maintenance: 'Maintenance', 'maintenance.since': 'In maintenance since', 'maintenance.reason': 'Maintenance', backups: 'Backups', createdAt: 'Created', updatedAt: 'Last changed',
    'action.id': 'Number of what is being done', 'action.since': 'Being done since',
  } as Readonly<Record<string, string>>,
} as const;
