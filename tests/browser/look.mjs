// Every page as it looks, at three widths, by day and by night: readable to all, within its window, nothing
// asked for elsewhere.

import assert from 'node:assert/strict';
import { administrator, desk, isFit, issuer, open, phone, register, run, signIn, tablet } from './support.mjs';

const parts = {};
for (const viewport of [desk, tablet, phone]) {
  for (const colorScheme of ['light', 'dark']) {
    parts[`${viewport.width} pixels wide, ${colorScheme}`] = (what) => look(what, { viewport, colorScheme });
  }
}
const QUERY = '/admin/semantic/queries/release_oversight/largest_releases';

await run(parts);

/** Addresses of pages, with those that lists lead to. */
async function addresses(page) {
  await page.goto(`${issuer}/admin/clients`);
  const links = await page.locator('a.name').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  assert.ok(links.length >= 3);
  const clients = [...links, `${links[0]}/edit`, `${links[0]}/secret`];
  await page.goto(`${issuer}/admin/semantic`);
  const queries = await page.locator('.links a').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  assert.ok(queries.length >= 3);
  const audit = ['', '?reason=none', '/1', '/verification', '/9999999'].map((path) => `/admin/audit${path}`);
  const action = '/admin/actions/common_actions/query';
  return ['/admin', ...clients, ...audit, '/admin/clients', '/admin/clients?search=none', '/admin/clients/new',
    '/admin/sessions', '/admin/nothing', '/admin/actions', action, `${action}/try`,
    '/admin/actions/release_oversight/set_gate/try', '/admin/semantic', queries[0],
    '/admin/semantic/tables/releases', '/admin/scopes', '/admin/keys', '/admin/administrators',
    '/admin/administrators/new', `/admin/administrators/${administrator.username}/edit`, '/admin/settings'];
}

async function look(what, options) {
  const { page, close } = await open(options);
  await page.goto(`${issuer}/admin/sign_in`);
  await isFit(`${what}: sign in`, page);
  await page.getByLabel('User name').fill('nobody');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('#mistake').waitFor();
  await isFit(`${what}: a wrong password`, page);
  await signIn(page);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).colorScheme), 'light dark');
  for (const path of await addresses(page)) {
    await page.goto(`${issuer}${path}`);
    await isFit(`${what}: ${path}`, page);
  }
  await forms(what, page);
  await outcomes(what, page);

  // The first key leads past the navigation.
  await page.goto(`${issuer}/admin/clients`);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
  if (options.viewport.width < 860) {
    await page.locator('.menu summary').click();
    await isFit(`${what}: menu`, page);
  }
  // The other theme, by choice.
  const other = options.colorScheme === 'dark' ? 'Light' : 'Dark';
  await page.getByRole('button', { name: other, exact: true }).click();
  await page.locator(`[data-theme=${other.toLowerCase()}]`).waitFor();
  await isFit(`${what}: ${other} by choice`, page);
  await close();
}

/** Forms that come back with mistakes, and what comes of them without. */
async function forms(what, page) {
  await page.goto(`${issuer}/admin/clients/new`);
  await page.locator('#client_name').fill(' ');
  await page.locator('.more summary').click();
  await page.locator('#access_token_lifetime').fill('0');
  await page.getByRole('button', { name: 'Register the client' }).click();
  await page.locator('#client_name_error').waitFor();
  await isFit(`${what}: mistakes`, page);
  await register(page, 'Shown', ['releases:read', 'warehouse:read']);
  await isFit(`${what}: secret`, page);
  await page.goto(`${issuer}/admin/administrators/new`);
  await page.locator('#username').fill('somebody');
  await page.locator('#password').fill('correct horse battery');
  await page.locator('#repeated').fill('another horse battery');
  await page.getByRole('button', { name: 'Add the administrator' }).click();
  await page.locator('#password_error').waitFor();
  await isFit(`${what}: an administrator's mistakes`, page);
}

/** Actions and queries that were run, and one that was refused. */
async function outcomes(what, page) {
  const ways = [
    ['/admin/actions/release_oversight/list_releases/try', 'answered'],
    ['/admin/actions/ticket_analysis/ticket_volume/try', 'refused'],
    [QUERY, 'a query'],
  ];
  for (const [path, outcome] of ways) {
    await page.goto(`${issuer}${path}`);
    await page.getByLabel('Act as').selectOption({ label: 'Shown' });
    await page.getByRole('button', { name: 'Run as this client' }).click();
    await page.getByRole('heading', { name: 'How it was decided' }).waitFor();
    await isFit(`${what}: ${outcome}`, page);
  }
}
