// What others make a browser do: forms of other sites, sessions that were planted, tokens from before, pages
// that somebody left behind.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { browser, desk, issuer, openSignedIn, run, signIn } from './support.mjs';

const COOKIE = 'ambit_session';
const FORMS = {
  '/admin/clients/new': { client_name: 'Forged' },
  '/admin/sign_out': {},
  '/admin/keys/rotate': { confirm: 'yes' },
  '/admin/administrators/new': { username: 'forged', role: 'owner', password: 'correct horse', repeated: 'correct horse' },
};

await run({
  'a form of another site': anotherSite,
  'a token of another session': staleToken,
  'a planted session': plantedSession,
  'a page in a frame': frame,
  'pages left behind': leftBehind,
});

/** A page with the same session, which may ask other sites: that it does is what this is about. */
async function openWith(storageState) {
  const context = await browser.newContext({ viewport: desk, storageState });
  return context.newPage();
}

async function sessionOf(context) {
  const cookies = await context.cookies(issuer);
  return cookies.find(({ name }) => name.endsWith(COOKIE));
}

/** A site that posts to this server: on the same host, so that the cookie comes along, and on another. */
async function anotherSite() {
  const { context, close } = await openSignedIn();
  const token = await formToken(context);
  const fields = (all) => Object.entries(all).map(([name, value]) => `<input name="${name}" value="${value}">`);
  const site = createServer((request, response) => {
    const path = new URL(request.url, issuer).searchParams.get('path');
    const inputs = fields({ ...FORMS[path], form_token: token }).join('');
    response.setHeader('content-type', 'text/html');
    response.end(`<form method="post" action="${issuer}${path}">${inputs}<button>Win a prize</button></form>`);
  });
  await new Promise((resolve) => { site.listen(0, '127.0.0.1', resolve); });
  try {
    for (const host of ['127.0.0.1', 'localhost']) {
      for (const path of Object.keys(FORMS)) {
        const page = await openWith(await context.storageState());
        await page.goto(`http://${host}:${site.address().port}/?path=${encodeURIComponent(path)}`);
        const answered = page.waitForResponse((response) => response.url() === `${issuer}${path}`);
        await page.getByRole('button').click();
        const answer = await answered;
        assert.equal(answer.status(), 403, `${host} ${path}`);
        await page.getByText('A request from another site is not taken').waitFor();
        await page.context().close();
      }
    }
  } finally {
    site.close();
  }
  await nothingHappened(context);
  await close();
}

async function staleToken() {
  const { context, page, close } = await openSignedIn();
  const before = await formToken(context);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(`${issuer}/admin/sign_in`);
  await signIn(page);
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  assert.notEqual(await formToken(context), before);
  await page.goto(`${issuer}/admin/clients/new`);
  await page.locator('#client_name').fill('Forged');
  await page.locator('main [name=form_token]').evaluate((field, value) => { field.value = value; }, before);
  await page.getByRole('button', { name: 'Register the client' }).click();
  await page.getByText('This form does not belong to your session.').waitFor();
  await nothingHappened(context);
  await close();
}

/** Whoever plants a session in a browser does not know the one that begins there at sign-in. */
async function plantedSession() {
  const stranger = await openSignedIn();
  const known = await sessionOf(stranger.context);
  await stranger.page.getByRole('button', { name: 'Sign out' }).click();
  await stranger.page.waitForURL(`${issuer}/admin/sign_in`);
  for (const value of [known.value, 'A'.repeat(known.value.length)]) {
    const storageState = { cookies: [{ ...known, value }], origins: [] };
    const { context, page, close } = await openSignedIn({ storageState });
    const own = await sessionOf(context);
    assert.notEqual(own.value, value);
    assert.ok(own.httpOnly && ['Lax', 'Strict'].includes(own.sameSite), JSON.stringify(own));
    const planted = await openWith(storageState);
    await planted.goto(`${issuer}/admin/clients`);
    assert.match(planted.url(), /\/admin\/sign_in/);
    await planted.context().close();
    // Signing in again makes it another once more.
    await context.addCookies([{ ...known, value }]);
    await page.goto(`${issuer}/admin/sign_in`);
    await signIn(page);
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    assert.ok(![value, own.value].includes((await sessionOf(context)).value));
    await close();
  }
  await stranger.close();
}

/** No other page shows one of these inside itself. */
async function frame() {
  const { context, close } = await openSignedIn();
  const site = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<iframe src="${issuer}/admin/clients/new" width=800 height=800></iframe>`);
  });
  await new Promise((resolve) => { site.listen(0, '127.0.0.1', resolve); });
  try {
    const page = await openWith(await context.storageState());
    await page.goto(`http://127.0.0.1:${site.address().port}/`);
    const framed = page.frameLocator('iframe');
    assert.equal(await framed.getByRole('button', { name: 'Register the client' }).count(), 0);
    await page.context().close();
  } finally {
    site.close();
  }
  await close();
}

/** After signing out, neither the way back nor the way forward shows anything. */
async function leftBehind() {
  const { page, close } = await openSignedIn();
  const left = ['/admin/clients', '/admin/audit', '/admin/sessions'];
  for (const path of left) await page.goto(`${issuer}${path}`);
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await page.waitForURL(`${issuer}/admin/sign_in`);
  for (let steps = 0; steps < left.length; steps += 1) {
    await page.goBack();
    await page.getByLabel('Password').waitFor();
    assert.ok(!(await page.content()).includes('Sign out'), page.url());
  }
  await page.goForward();
  await page.getByLabel('Password').waitFor();
  await close();
}

async function formToken(context) {
  const page = await context.newPage();
  await page.goto(`${issuer}/admin/sessions`);
  const value = await page.locator('[name=form_token]').first().inputValue();
  await page.close();
  return value;
}

/** Nothing that the forms ask for was done, and the session goes on. */
async function nothingHappened(context) {
  const page = await context.newPage();
  await page.goto(`${issuer}/admin/clients?search=Forged`);
  await page.getByText('No client fits').waitFor();
  await page.goto(`${issuer}/admin/administrators`);
  assert.equal(await page.getByText('forged').count(), 0);
  await page.goto(`${issuer}/admin/keys`);
  assert.equal(await page.locator('tbody tr').count(), 1);
  await page.close();
}
