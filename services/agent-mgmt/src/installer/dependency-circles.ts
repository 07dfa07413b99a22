/** Installers that depend on each other in a circle can never be installed in any order: all of them are refused, each with the circle. */
import { MANIFEST_FILE } from '@citrus/contracts';
import { circleIn } from '../job/dependency-order.ts';
import type { InstallerSet } from './read-installers.ts';

export const withoutCircles = ({ installers, refused }: InstallerSet): InstallerSet => {
  const circle = circleIn([...installers.values()].map(({ installer }) => installer));
  if (!circle) return { installers, refused };
  const reason = `depends_on goes in a circle: ${circle.join(' → ')}`;
  const faults = circle.slice(1).map((folder) => ({ folder, file: MANIFEST_FILE, line: null, reason }));
  return withoutCircles({ installers: new Map([...installers].filter(([id]) => !circle.includes(id))), refused: [...refused, ...faults] });
};
