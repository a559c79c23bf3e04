/** What axe-core finds on a page. */

import { createRequire } from 'node:module';

const AXE = createRequire(import.meta.url).resolve('axe-core');

/** Lets a page load it from its own origin, whose policy allows no other. */
export async function offerAxe(page) {
  await page.route('**/axe.js', (route) => route.fulfill({ path: AXE }));
}

/** What it finds that is serious or worse. */
export async function serious(page) {
  await page.addScriptTag({ url: 'axe.js' });
  return await page.evaluate(async () => {
    const { violations } = await axe.run(document);
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`);
  });
}
