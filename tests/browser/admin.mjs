// An administrator at work: signs in, registers a client, hands its secret over, stops it, signs out; with
// a script and without, on a desk and on a phone, by day and by night.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

function variable(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is set`);
  return value;
}

const issuer = variable('AMBIT_ISSUER');
const username = variable('AMBIT_ADMIN_USER');
const password = variable('AMBIT_ADMIN_PASSWORD');
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const widths = [{ width: 1280, height: 900 }, { width: 360, height: 740 }];
const browser = await chromium.launch({ executablePath: variable('AMBIT_TEST_BROWSER') });
try {
  await work('with a script', { permissions: ['clipboard-read', 'clipboard-write'] });
  await work('without a script', { javaScriptEnabled: false, viewport: widths[1] });
  for (const viewport of widths) {
    for (const colorScheme of ['light', 'dark']) {
      const what = `${viewport.width} pixels wide, ${colorScheme}`;
      await look(what, { viewport, colorScheme });
      console.log(`${what}: good`);
    }
  }
} finally {
  await browser.close();
}

/** A page of its own, and what went wrong on it. */
async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on('console', (message) => {
    // That a page was refused is what some of these are for.
    const refused = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !refused) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== issuer && protocol !== 'data:') complaints.push(`asked for ${request.url()}`);
  });
  return { context, page, complaints };
}

async function signIn(page) {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The way of a secret from the form to a token, and of the client from its beginning to its end. */
async function work(what, options) {
  const { context, page, complaints } = await open(options);
  const scripted = options.javaScriptEnabled !== false;
  await page.goto(`${issuer}/admin/clients/new`);
  assert.match(page.url(), /\/admin\/sign_in\?next=/);
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The user name or the password is wrong.').waitFor();
  await signIn(page);
  // Back where the way began.
  await page.waitForURL(`${issuer}/admin/clients/new`);

  const name = `Agent ${what}`;
  await page.locator('#client_name').fill(name);
  await page.locator('input[value="releases:read"]').check();
  if (scripted) assert.equal(await page.locator('[data-count]').innerText(), '1 chosen');
  await page.getByRole('button', { name: 'Register the client' }).click();
  await page.getByText('Shown this once').waitFor();
  const here = page.url();
  const clientId = await page.locator('#client_id').innerText();
  const clientSecret = await page.locator('#client_secret').innerText();
  if (scripted) {
    await page.getByRole('button', { name: 'Copy the secret' }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), clientSecret);
  } else {
    assert.equal(await page.getByRole('button', { name: 'Copy the secret' }).count(), 0);
  }
  for (const [id, mark] of [['curl', 'curl -u'], ['python', 'requests'], ['typescript', 'fetch']]) {
    const lines = await page.locator(`#${id}`).innerText();
    assert.ok(lines.includes(clientSecret) && lines.includes(mark), lines);
  }
  assert.ok((await page.locator('#mcp').innerText()).includes(`${issuer}/mcp`));
  assert.equal((await token(clientId, clientSecret)).status, 200);
  if (scripted) await watch(context, clientId, clientSecret);

  await page.goto(here);
  await page.getByText('The secret was shown already').waitFor();
  assert.ok(!(await page.content()).includes(clientSecret), `${what}: the secret is shown again`);

  await page.goto(`${issuer}/admin/clients/${clientId}`);
  await page.locator('td', { hasText: 'token.issue' }).first().waitFor();
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('status').waitFor();
  assert.equal((await token(clientId, clientSecret)).status, 401);
  await page.getByRole('button', { name: 'Enable' }).click();
  await page.getByText('The client is enabled.').waitFor();

  const erase = page.getByRole('button', { name: 'Delete' });
  if (scripted) assert.ok(await erase.isDisabled());
  await page.locator('#confirmation').fill(name);
  await erase.click();
  await page.getByText(`${name} is deleted.`).waitFor();
  assert.equal((await token(clientId, clientSecret)).status, 401);

  if (options.viewport) await page.locator('.menu summary').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(`${issuer}/admin/sign_in`);
  await page.goBack();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.ok(!(await page.content()).includes('client_'), `${what}: back shows what was there`);
  assert.deepEqual(complaints, [], what);
  await context.close();
  console.log(`${what}: good`);
}

/** What a client does shows in the audit log while one looks at it. */
async function watch(context, clientId, clientSecret) {
  const page = await context.newPage();
  await page.goto(`${issuer}/admin/audit?client=${clientId}&event=token.issue`);
  await page.getByText('Live', { exact: true }).waitFor();
  const rows = page.locator('#records tbody tr');
  assert.equal(await rows.count(), 1);
  await token(clientId, clientSecret);
  await rows.nth(1).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await token(clientId, clientSecret);
  await page.getByRole('button', { name: 'Go on (1 new)' }).click();
  await rows.nth(2).waitFor();
  await page.close();
}

async function token(clientId, clientSecret) {
  return fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
}

/** Every page as it looks: reachable by keys, readable, within its window. */
async function look(what, options) {
  const { context, page, complaints } = await open(options);
  await page.goto(`${issuer}/admin/sign_in`);
  await isFit(`${what}: sign in`, page);
  await signIn(page);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await isFit(`${what}: overview`, page);
  await page.goto(`${issuer}/admin/clients`);
  const background = await page.evaluate(() => getComputedStyle(document.body).colorScheme);
  assert.equal(background, 'light dark');
  await isFit(`${what}: clients`, page);
  const links = page.locator('a.name');
  const paths = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  assert.ok(paths.length >= 3);
  const client = paths.flatMap((path) => [path, `${path}/edit`, `${path}/secret`]);
  const audit = ['', '?target=none', '/1', '/verification'].map((path) => `/admin/audit${path}`);
  const others = [...audit, '/admin/clients?search=none', '/admin/clients/new', '/admin/sessions', '/admin/nothing'];
  others.push('/admin/actions', '/admin/actions/common_actions/query', '/admin/actions/common_actions/query/try',
    '/admin/semantic', '/admin/semantic/tables/releases', '/admin/scopes', '/admin/keys', '/admin/administrators',
    '/admin/administrators/new', `/admin/administrators/${username}/edit`, '/admin/settings');
  for (const path of [...client, ...others]) {
    await page.goto(`${issuer}${path}`);
    await isFit(`${what}: ${path}`, page);
  }
  await page.goto(`${issuer}/admin/clients/new`);
  await page.locator('#client_name').fill(' ');
  await page.locator('.more summary').click();
  await page.locator('#access_token_lifetime').fill('0');
  await page.getByRole('button', { name: 'Register the client' }).click();
  await page.locator('#client_name_error').waitFor();
  await isFit(`${what}: mistakes`, page);
  await page.locator('#client_name').fill('Shown');
  await page.locator('#access_token_lifetime').fill('');
  await page.getByRole('button', { name: 'Register the client' }).click();
  await page.getByText('Shown this once').waitFor();
  await isFit(`${what}: secret`, page);

  // The first key leads past the navigation.
  await page.goto(`${issuer}/admin/clients`);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
  if (options.viewport.width < 500) {
    await page.locator('.menu summary').click();
    await isFit(`${what}: menu`, page);
  }
  // The other theme, by choice.
  const other = options.colorScheme === 'dark' ? 'Light' : 'Dark';
  await page.getByRole('button', { name: other, exact: true }).click();
  await page.locator(`[data-theme=${other.toLowerCase()}]`).waitFor();
  await isFit(`${what}: ${other} by choice`, page);
  assert.deepEqual(complaints, [], what);
  await context.close();
}

async function isFit(what, page) {
  const [wide, room] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth];
  });
  assert.ok(wide <= room, `${what}: ${wide} pixels in ${room}`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  const found = violations.map(({ id, nodes }) => (
    `${id}: ${nodes.length}, such as ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary}`
  ));
  assert.deepEqual(found, [], what);
}
