/** What the palette and the help of the keys say; fetched with them. */
export const words = {
  title: 'Find and do', placeholder: 'Go to, find or do…', results: 'Results',
  found: (count: number) => (count === 0 ? 'Nothing found' : count === 1 ? 'One result' : `${count} results`),
  none: (wanted: string) => `Nothing is called like “${wanted}”`, noneHint: 'Names of servers, jobs, installers, runs, people and rooms are looked through, and what you may do.',
  footer: { choose: 'choose', open: 'open', close: 'close' },
  kinds: { recent: 'Recent', action: 'Do', room: 'Room', server: 'Server', job: 'Job', run: 'Run', installer: 'App', person: 'Person' },
  createServer: 'Create server', startRun: 'Start a run on many servers', install: (server: string) => `Install an app on ${server}`, history: (server: string) => `See ${server} as it was`, eventsOf: (server: string) => `Events about ${server}`,
  installApp: (app: string, server: string) => `Install ${app} on ${server}`, fleetThen: 'See the fleet as it was', ping: 'Ask every agent whether it is there', signOut: 'Sign out', keys: 'Keyboard shortcuts', copyLink: 'Copy the link to this page',
  theme: { system: 'Colours: as the system', light: 'Colours: light', dark: 'Colours: dark' },
  linkCopied: 'The link is copied.',
  pinged: (answered: number, asked: number) => (asked === 0 ? 'There is no agent to ask.' : `${answered} of ${asked} agents answered.`), pinging: 'Asking the agents…',
  help: {
    title: 'Keyboard shortcuts', everywhere: 'Everywhere', goTo: 'Go to a room: g, then', lists: 'In lists and tables', slider: 'On the time slider',
    palette: 'Find and do', help: 'This help', search: 'Search in the room', close: 'Close, or leave the search',
    next: 'Next row', previous: 'Row before', open: 'Open the row', event: 'One event back or on', ten: 'Ten events back or on', ends: 'The first event, or now',
    off: 'They do nothing while you type. Turn them off in', or: 'or',
  },
} as const;
