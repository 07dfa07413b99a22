/** What the rooms of runs and schedules say beside the common words; fetched with them. */
const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);

export const words = {
  boxes: { succeeded: 'Succeeded', failed: 'Failed', running: 'Running', waiting: 'Waiting', 'not-started': 'Not started', cancelled: 'Cancelled' },
  wave: (number: number) => `Wave ${number}`, waveOf: (count: number) => plural(count, 'one server', `${count} servers`), partOf: 'What is loaded of it', noServers: 'No server of this kind',
  took: 'Time', tookOf: (elapsed: string) => `It took ${elapsed}.`, takes: (elapsed: string) => `It has taken ${elapsed} so far.`, average: (average: string, runs: number) => `Such runs took ${average} on average (${plural(runs, 'one before', `${runs} before`)}).`, noAverage: 'No such run before to compare with.', isLate: 'Longer than usual.',
  retryWhich: (failed: number, notStarted: number) => `Tries ${[failed > 0 && `${failed} that did not succeed`, notStarted > 0 && `${notStarted} not started`].filter(Boolean).join(' and ')} again, with the same inputs.`,
  show: 'Show', all: 'All', started: 'Begun by', schedule: 'its schedule',
  newSchedule: 'New schedule', noSchedules: 'No schedules', noSchedulesHint: 'A schedule begins a run again and again: a check each hour, a backup each night.',
  changeTitle: (name: string) => `Change ${name}`, unknown: 'No such schedule', unknownHint: 'There is no such schedule in this project; it may have been deleted.',
  when: 'When', now: 'Now, once', again: 'Again and again', name: 'Name', nameHelp: 'As you will find it in the list; empty for what it does.', onFilter: 'on', cron: 'Times', cronHelp: 'Choose below, or write minute, hour, day of the month, month and day of the week, as in cron.', timeZone: 'Time zone', timeZoneHelp: 'As in Europe/Berlin.',
  presets: 'Usual times', preset: { '0 * * * *': 'Each hour', '30 2 * * *': 'Each night', '0 6 * * mon': 'Each Monday', '0 4 1 * *': 'Each month' } as Readonly<Record<string, string>>,
  next: 'Next times', never: 'This day never comes. Check its day and month.', inZone: (zone: string) => `in ${zone}`,
  action: 'What to do', priority: 'Priority', save: 'Save schedule', keep: 'Save changes', runNow: 'Run now', runNowOf: (name: string) => `Run now: ${name}`, change: 'Change', changeOf: (name: string) => `Change ${name}`,
  runNowTitle: (name: string) => `Run ${name} now?`, runNowMeans: 'A run begins at once with what the schedule says. Its next time stays.', atOnce: 'At work at once', atOnceHelp: 'How many of a wave may be at work at the same time; 0 is all.',
  inWaves: (sizes: readonly number[]) => (sizes.length < 2 ? 'All in one wave.' : `In ${sizes.length} waves: ${sizes.join(', then ')} servers.`),
  matching: (count: number) => plural(count, 'Runs on one server.', `Runs on ${count} servers.`), cannot: (count: number) => plural(count, 'One cannot begin now.', `${count} cannot begin now.`), waits: (count: number) => plural(count, 'One cannot begin yet: the run waits for it.', `${count} cannot begin yet: the run waits for them.`), until: (instant: string) => `Until ${instant} at the longest.`, summary: 'The run', laterServers: 'The servers are looked up anew each time.',
} as const;
