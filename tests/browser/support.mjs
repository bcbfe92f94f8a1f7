// What every script here needs: a browser, pages that tell what went wrong on them, calls as an agent makes
// them.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export function variable(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is set`);
  return value;
}

export const issuer = variable('AMBIT_ISSUER');
export const administrator = {
  username: variable('AMBIT_ADMIN_USER'),
  password: variable('AMBIT_ADMIN_PASSWORD'),
};
export const desk = { width: 1280, height: 900 };
export const tablet = { width: 768, height: 1024 };
export const phone = { width: 360, height: 740 };

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const browser = await chromium.launch({ executablePath: variable('AMBIT_TEST_BROWSER') });

/** Runs each of these, by name, and closes the browser whatever comes of it. */
export async function run(parts) {
  try {
    for (const [name, part] of Object.entries(parts)) {
      await part(name);
      console.log(`${name}: good`);
    }
  } finally {
    await browser.close();
  }
}

/** A page in a browser of its own. `close` closes it, and fails if anything went wrong on it. */
export async function open(options = {}) {
  const context = await browser.newContext({ viewport: desk, ...options });
  const complaints = [];
  context.on('page', (page) => listen(page, complaints));
  const page = await context.newPage();
  const close = async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  };
  return { context, page, close };
}

function listen(page, complaints) {
  page.setDefaultTimeout(30_000);
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
}

/** Signs in, on whatever page asks for it. */
export async function signIn(page, { username, password } = administrator) {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** A page whose administrator is signed in, at the overview. */
export async function openSignedIn(options = {}, account = administrator) {
  const opened = await open(options);
  await opened.page.goto(`${issuer}/admin/sign_in`);
  await signIn(opened.page, account);
  await opened.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  return opened;
}

/** Fills in and sends the form of a new client: its identifier and its secret. */
export async function register(page, name, scopes = []) {
  await page.goto(`${issuer}/admin/clients/new`);
  await page.locator('#client_name').fill(name);
  for (const scope of scopes) await page.locator(`input[name=scope][value="${scope}"]`).check();
  await page.getByRole('button', { name: 'Register the client' }).click();
  await page.getByText('Shown this once').waitFor();
  return {
    clientId: await page.locator('#client_id').innerText(),
    clientSecret: await page.locator('#client_secret').innerText(),
  };
}

/** What `/token` answers to a client. */
export async function askForToken({ clientId, clientSecret }, parameters = {}) {
  return fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...parameters }),
  });
}

/** The token itself. */
export async function token(client, parameters) {
  const answer = await askForToken(client, parameters);
  assert.equal(answer.status, 200);
  return (await answer.json()).access_token;
}

/** Calls an action that only reads. */
export async function call(action, bearer) {
  return fetch(`${issuer}/actions/${action}`, { headers: { authorization: `Bearer ${bearer}` } });
}

/** Makes an account, as an owner does by the API. */
export async function makeAdministrator(username, role) {
  const password = `correct horse ${username}`;
  const { username: owner, password: secret } = administrator;
  const answer = await fetch(`${issuer}/admin/api/administrators`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${owner}:${secret}`)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ username, password, role }),
  });
  assert.equal(answer.status, 201, await answer.text());
  return { username, password };
}

/** That a page stays within its window, and that axe finds nothing on it. */
export async function isFit(what, page) {
  await isWithin(what, page);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  const found = violations.map(({ id, nodes }) => (
    `${id}: ${nodes.length}, such as ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary}`
  ));
  assert.deepEqual(found, [], what);
}

/** That a page stays within its window, and no text is pushed out of its box. */
export async function isWithin(what, page) {
  const { wide, room, outside } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const scrolls = (element) => element && (
      ['auto', 'scroll', 'hidden'].includes(getComputedStyle(element).overflowX)
      || scrolls(element.parentElement)
    );
    const isOutside = (element) => {
      const { right, left, width, height } = element.getBoundingClientRect();
      return width > 1 && height > 1 && (right > clientWidth + 1 || left < -1) && !scrolls(element);
    };
    const all = [...document.querySelectorAll('main *')].filter(isOutside);
    return { wide: scrollWidth, room: clientWidth, outside: all.map((one) => one.outerHTML.slice(0, 120)) };
  });
  assert.ok(wide <= room, `${what}: ${wide} pixels in ${room}`);
  assert.deepEqual(outside, [], what);
}
