import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe finds that would keep somebody out. Evaluated by the debugger, so the page's content policy stays in force. */
export const seriousFaultsOf = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>('axe.run()');
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
};
