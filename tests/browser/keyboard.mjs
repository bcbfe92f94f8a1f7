// By keys alone: Tab, Enter, Space and letters. Wherever the focus is, one can see it.

import assert from 'node:assert/strict';
import { administrator, askForToken, desk, issuer, open, phone, run } from './support.mjs';

const MOST_STEPS = 150;

await run({
  'on a desk': () => work({ viewport: desk }),
  'on a phone, by night': () => work({ viewport: phone, colorScheme: 'dark' }),
  'without a script': () => work({ viewport: desk, javaScriptEnabled: false }),
});

async function work(options) {
  const { page, close } = await open(options);
  const { keyboard } = page;
  await page.goto(`${issuer}/admin/sign_in`);
  await reach(page, '#username', 'autofocus');
  await keyboard.type(administrator.username);
  await reach(page, '#password');
  await keyboard.type(administrator.password);
  await keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();

  await reach(page, 'main a[href="/admin/clients/new"]');
  await keyboard.press('Enter');
  await page.waitForURL(`${issuer}/admin/clients/new`);
  await reach(page, '#client_name');
  await keyboard.type('Made by keys');
  await reach(page, 'input[value="releases:read"]');
  await keyboard.press('Space');
  assert.ok(await page.locator('input[value="releases:read"]').isChecked());
  await reach(page, 'main form button.primary');
  await keyboard.press('Enter');
  await page.getByText('Shown this once').waitFor();
  const client = {
    clientId: await page.locator('#client_id').innerText(),
    clientSecret: await page.locator('#client_secret').innerText(),
  };
  assert.equal((await askForToken(client)).status, 200);

  const address = `/admin/clients/${client.clientId}`;
  await reach(page, `main a[href="${address}"]`);
  await keyboard.press('Enter');
  await page.waitForURL(`${issuer}${address}`);
  await reach(page, 'form[action$="/disable"] button');
  await keyboard.press('Space');
  await page.getByText('The client is disabled.').waitFor();
  assert.equal((await askForToken(client)).status, 401);
  for (const path of ['/admin', '/admin/clients', '/admin/clients/new', address, '/admin/audit',
    '/admin/actions/release_oversight/set_gate/try', '/admin/keys', '/admin/sessions']) {
    await page.goto(`${issuer}${path}`);
    await walk(page, path);
  }
  await close();
}

/** Steps on until the focus is there, and sees it all the way. */
async function reach(page, selector, begun) {
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    if (begun !== 'autofocus' || steps > 0) await page.keyboard.press('Tab');
    await isSeen(page);
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  assert.fail(`no key leads to ${selector} on ${page.url()}`);
}

/** Through the whole page, to the end, with no way that leads back without it. */
async function walk(page, path) {
  const seen = new Set();
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    await page.keyboard.press('Tab');
    const focused = await isSeen(page);
    if (focused === null || seen.has(focused)) {
      assert.ok(seen.size > 5, `${path}: only ${seen.size} stops`);
      return;
    }
    seen.add(focused);
  }
  assert.ok(seen.size >= MOST_STEPS, path);
}

/** What has the focus; nothing outside of the document is looked at. */
async function isSeen(page) {
  const focused = await page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const all = [...document.querySelectorAll('*')];
    const place = `${all.indexOf(element)} ${element.outerHTML.slice(0, 140)}`;
    // A choice in a list draws the focus around its own box, or its whole row does.
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
    const { left, top, bottom, width, height } = element.getBoundingClientRect();
    const isDrawn = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && !outlineColor.endsWith(', 0)');
    const isThere = width > 0 && height > 0 && bottom > 0 && top < innerHeight;
    // On a phone the bar stays above the page.
    const middle = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
    const there = document.elementFromPoint(left + width / 2, middle);
    const isCovered = !(there && (element.contains(there) || there.contains(element)));
    return { place, isSeen: isDrawn && isThere && !isCovered, isDrawn, isThere, isCovered };
  });
  if (focused === null) return null;
  assert.ok(focused.isSeen, `${page.url()}: ${JSON.stringify(focused)}`);
  return focused.place;
}
