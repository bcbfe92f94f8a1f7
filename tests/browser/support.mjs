// What the scripts of the first administrator share: a browser, pages of theirs, calls as an agent makes them.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import * as pages from './page.mjs';
import { variable, widths } from './page.mjs';

export { isFit, isWithin } from './page.mjs';

export const issuer = variable('AMBIT_ISSUER');
export const administrator = {
  username: variable('AMBIT_ADMIN_USER'),
  password: variable('AMBIT_ADMIN_PASSWORD'),
};
export const [desk, tablet, phone] = widths;

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
  const opened = await pages.open(browser, issuer, { viewport: desk, ...options });
  const { context, page, complaints } = opened;
  const close = async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  };
  return { context, page, close };
}

/** Signs in, on whatever page asks for it. */
export async function signIn(page, { username, password } = administrator) {
  await pages.signIn(page, username, password);
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
