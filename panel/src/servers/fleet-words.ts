/** What the table of servers and what is done to several of them say; fetched with the room. */
const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);
const servers = (count: number): string => plural(count, 'one server', `${count.toLocaleString('en')} servers`);

export const fleetWords = {
  filter: 'Filter servers', filterExample: 'tag:web+prod region:fra1 !name:web-3',
  filterHelp: 'Names, or tag: region: size: image: status: label: with values. A space is “and”, a comma “or”, + joins tags, ! excludes, * stands for anything.',
  filterHow: 'How to filter', fault: (message: string, position: number) => `At character ${position + 1}: ${message}.`, widened: (word: string, found: number) => (found === 0 ? `No name of a server contains “${word}”.` : `No server is called “${word}”; these names contain it:`),
  matching: (shown: number, all: number) => `${shown.toLocaleString('en')} of ${servers(all)}`, all: servers, part: 'Not all servers are read yet.', readMore: 'Read more servers', clear: 'Clear the filter',
  noMatch: 'No server matches the filter', noMatchHint: 'Check its names and tags, or clear it to see all servers.',
  showMore: (count: number) => `Show ${count.toLocaleString('en')} more`,
  columns: { name: 'Name', state: 'State', seen: 'Agent', tags: 'Tags', apps: 'Apps', job: 'Job', cpu: 'Load', created: 'Created' },
  sortBy: (column: string) => `Sort by ${column}`, select: (name: string) => `Select ${name}`, selectAll: 'Select all that are shown',
  noApps: '–', moreApps: (count: number) => `and ${count} more`, appState: (state: string) => ` (${state})`, openJobs: (count: number) => `+${count} waiting`,
  cpu: 'CPU', memory: 'Memory', load: (cpu: number, memory: number) => `CPU ${cpu} %, memory ${memory} %`, heard: 'heard', protected: 'Protected', maintenance: 'Maintenance',
  bulk: {
    title: 'With the selected servers', selected: (count: number) => `${servers(count)} selected`, none: 'Clear selection', install: 'Install app', power: 'Power', ping: 'Ping', labels: 'Labels', maintenance: 'Maintenance', protection: 'Protection', remove: 'Delete',
    tooMany: 'Too many names for one run. Select by a filter: give these servers a label or a tag and filter by it.',
    meant: (count: number) => `This is done to ${servers(count)}:`, meantNone: 'This can be done to none of them.', left: (count: number) => `${plural(count, 'One server is', `${count} servers are`)} left out:`,
    states: { waiting: 'Waiting', working: 'Working', done: 'Done', failed: 'Failed' }, result: (done: number, failed: number) => `${done} done${failed > 0 ? `, ${failed} failed` : ''}.`, close: 'Close', again: 'Try the failed ones again',
    isDeleted: 'is being deleted', noCloud: 'joined by a command; no cloud can do it', noMachine: 'has no machine', isBusy: 'something is being done with it', isOn: 'is switched on', isOff: 'is switched off', inMaintenance: 'is in maintenance already', notInMaintenance: 'is not in maintenance', isProtected: 'is protected', isUnprotected: 'is not protected', noAgent: 'has no agent yet',
    powerTitle: 'Power', powerWhich: 'What to do', maintenanceTitle: 'Maintenance', begin: 'Begin', end: 'End', protectionTitle: 'Protection', protect: 'Protect', unprotect: 'Take protection off', which: 'What to do',
    labelsTitle: 'Labels', addLabel: 'Put on', addHelp: 'As in canary or env=prod. Runs find servers by label:canary.', removeLabel: 'Take off', removeHelp: 'The name alone, as in env.', labelNeeded: 'Say which label to put on or to take off.',
    pingTitle: 'Ping', pingMeans: 'Each agent is asked by a signed command and has two seconds to answer.', answered: (ms: number) => `answered in ${Math.round(ms)} ms`, unanswered: { offline: 'Its agent is offline.', silent: 'Its agent is connected and did not answer.', refused: 'Its agent does not obey.' },
    removeTitle: 'Delete servers', removeMeans: 'The machines are destroyed with all apps and data on them; joined machines only leave Citrus. This cannot be undone.', typeCount: 'Type how many servers are deleted', typeCountHelp: (count: number) => `It is ${count}.`, reason: 'Why',
    submit: (what: string, count: number) => `${what}: ${servers(count)}`,
  },
} as const;
