import type { Migrations } from '@citrus/kit-event-store';
import { up as first } from './2026-11-21-first.ts';
import { up as secrets } from './2026-11-22-secrets.ts';
import { up as jobs } from './2026-11-24-jobs.ts';
import { up as schedules } from './2026-11-24-schedules.ts';
import { up as maintenance } from './2026-11-23-maintenance.ts';
import { up as runs } from './2026-11-23-runs.ts';
import { up as apps } from './2026-11-24-known-apps.ts';
import { up as log } from './2026-11-25-log.ts';
import { up as upgrades } from './2026-11-24-upgrades.ts';
import { up as beats } from './2026-11-25-beats.ts';
import { up as logArchives } from './2026-11-25-log-archives.ts';
import { up as bundles } from './2026-11-25-bundles.ts';
import { up as installerSources } from './2026-11-26-installer-sources.ts';
import { up as appsPropose } from './2026-11-27-apps-propose.ts';
import { up as runsWait } from './2026-11-27-runs-wait.ts';

export const migrations: Migrations = {
  '2026-11-21-first': { up: first },
  '2026-11-22-secrets': { up: secrets },
  '2026-11-23-maintenance': { up: maintenance },
  '2026-11-23-runs': { up: runs },
  '2026-11-24-jobs': { up: jobs },
  '2026-11-24-known-apps': { up: apps },
  '2026-11-24-upgrades': { up: upgrades },
  '2026-11-24-schedules': { up: schedules },
  '2026-11-25-log': { up: log },
  '2026-11-25-bundles': { up: bundles },
  '2026-11-25-beats': { up: beats },
  '2026-11-25-log-archives': { up: logArchives },
  '2026-11-26-installer-sources': { up: installerSources },
  '2026-11-27-apps-propose': { up: appsPropose },
  '2026-11-27-runs-wait': { up: runsWait },
};
