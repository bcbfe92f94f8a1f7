// Second factors in a real browser: an authenticator app, a passkey, recovery codes; with a script and
// without; and how each page of them looks at three widths, by day and by night.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { isFit, open, signIn, variable, widths } from './page.mjs';

const issuer = variable('AMBIT_ISSUER');
const password = variable('AMBIT_TEST_PASSWORD');
const pictures = process.env.AMBIT_TEST_PICTURES;
const account = `${issuer}/admin/account`;
// The issuer is a name, as passkeys need it; the server listens at a port that nobody knew before.
const listens = new URL(variable('AMBIT_TEST_ADDRESS')).host;
const browser = await chromium.launch({
  executablePath: variable('AMBIT_TEST_BROWSER'),
  args: [`--host-resolver-rules=MAP ${new URL(issuer).host} ${listens}`],
});
try {
  await withApp('app, with a script', 'app', { permissions: ['clipboard-read', 'clipboard-write'] });
  await withApp('app, without a script', 'plain', { javaScriptEnabled: false, viewport: widths[2] });
  await withPasskey('passkey');
  for (const viewport of widths) {
    for (const colorScheme of ['light', 'dark']) {
      const what = `${viewport.width} pixels wide, ${colorScheme}`;
      await look(what, `look${viewport.width}${colorScheme}`, { viewport, colorScheme });
      console.log(`${what}: good`);
    }
  }
} finally {
  await browser.close();
}

/** The code of a secret in base32, so many steps from now (RFC 6238). */
async function code(secret, steps) {
  const left = 30_000 - (Date.now() % 30_000);
  // A code that ends soon may have ended where it arrives.
  if (left < 8_000) await new Promise((resolve) => { setTimeout(resolve, left); });
  const letters = secret.replaceAll(' ', '');
  const bits = [...letters].map((letter) => (
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')
  )).join('');
  const bytes = bits.match(/.{8}/g).map((byte) => parseInt(byte, 2));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac('sha1', Buffer.from(bytes)).update(counter).digest();
  const number = hash.readUInt32BE(hash.at(-1) & 0xf) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** Adds an app as the first factor, and reads the recovery codes that come with it. */
async function addApp(page, fit = () => {}) {
  await page.goto(account);
  await page.locator('summary', { hasText: 'Add an app' }).click();
  await page.locator('#add_totp').fill(password);
  await page.getByRole('button', { name: 'Go on' }).click();
  const secret = await page.locator('#totp_secret').innerText();
  await fit('authenticator');
  await page.locator('#code').fill('000000');
  await page.getByRole('button', { name: 'Add the app' }).click();
  await page.getByText('The code is wrong, or too old.').waitFor();
  await fit('authenticator-mistake');
  await page.locator('#code').fill(await code(secret, -1));
  await page.getByRole('button', { name: 'Add the app' }).click();
  await page.getByText('Shown this once').waitFor();
  await fit('recovery-codes');
  const codes = (await page.locator('#recovery_codes').innerText()).trim().split(/\s+/);
  assert.equal(codes.length, 10);
  return { secret, codes };
}

async function signOut(page, narrow) {
  if (narrow) await page.locator('.menu summary').click();
  await page.locator('.nav-button:visible', { hasText: 'Sign out' }).click();
  await page.waitForURL(`${issuer}/admin/sign_in`);
}

async function prove(page, text) {
  await page.getByLabel('Code of your authenticator app').fill(text);
  await page.getByRole('button', { name: 'Go on' }).first().click();
}

async function withApp(what, username, options) {
  const { context, page, complaints } = await open(browser, issuer, options);
  const scripted = options.javaScriptEnabled !== false;
  await page.goto(`${issuer}/admin/keys`);
  await signIn(page, username, password);
  await page.waitForURL(`${issuer}/admin/keys`);
  const { secret, codes } = await addApp(page);
  if (scripted) {
    await page.getByRole('button', { name: 'Copy the codes' }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.deepEqual(copied.trim().split(/\s+/), codes);
  }
  await page.goto(`${account}/recovery_codes`);
  await page.getByText('The codes were shown already').waitFor();

  await signOut(page, !scripted);
  await page.goto(`${issuer}/admin/keys`);
  await signIn(page, username, password);
  await page.waitForURL(/\/admin\/second_factor\?next=/);
  await page.goto(`${issuer}/admin/clients`);
  await page.waitForURL(/\/admin\/second_factor\?next=%2Fadmin%2Fclients/);
  await prove(page, '000000');
  await page.getByText('The code is wrong, or too old.').waitFor();
  const right = await code(secret, 0);
  await prove(page, right);
  await page.waitForURL(`${issuer}/admin/clients`);

  // What was used once is used up.
  await signOut(page, !scripted);
  await signIn(page, username, password);
  await prove(page, right);
  await page.getByText('This code was used already').waitFor();
  for (const [text, way] of [[codes[0], `${issuer}/admin`], [codes[0], null]]) {
    await page.getByText('Use a recovery code').click();
    await page.getByLabel('Recovery code').fill(text);
    await page.getByRole('button', { name: 'Go on' }).last().click();
    if (!way) {
      await page.locator('#recovery_code_error').waitFor();
      break;
    }
    await page.waitForURL(way);
    await signOut(page, !scripted);
    await signIn(page, username, password);
  }
  await page.getByRole('button', { name: 'Sign in as somebody else' }).click();
  await page.waitForURL(`${issuer}/admin/sign_in`);
  await signIn(page, username, password);
  for (let attempt = 0; attempt < 12; attempt += 1) await prove(page, '000000');
  await page.getByText('Too many attempts failed').waitFor();
  assert.deepEqual(complaints, [], what);
  await context.close();
  console.log(`${what}: good`);
}

/** A device of the page's own, that makes and holds passkeys. */
async function device(context, page) {
  const session = await context.newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    agrees: (isUserVerified) => (
      session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
    ),
  };
}

async function addPasskey(page, name, fit = () => {}) {
  await page.goto(account);
  await page.getByRole('link', { name: 'Add a passkey' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Your password').fill('not the password');
  await page.getByRole('button', { name: 'Add the passkey' }).click();
  await page.getByText('This is not your password.').waitFor();
  await fit('passkey-mistake');
  await page.getByLabel('Your password').fill(password);
  await page.getByRole('button', { name: 'Add the passkey' }).click();
}

async function withPasskey(username) {
  const { context, page, complaints } = await open(browser, issuer, {});
  const own = await device(context, page);
  await page.goto(account);
  await signIn(page, username, password);
  await page.waitForURL(account);
  await addPasskey(page, 'Laptop');
  await page.getByText('Shown this once').waitFor();
  // The device has one already, and makes no second one for the same account.
  await addPasskey(page, 'Laptop again');
  await page.getByText('This device has a passkey for your account already.').waitFor();

  await signOut(page);
  await signIn(page, username, password);
  await page.waitForURL(`${issuer}/admin/second_factor`);
  await own.agrees(false);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByText('Your browser did not give a passkey.').waitFor();
  await own.agrees(true);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.waitForURL(`${issuer}/admin`);

  await page.goto(account);
  const row = page.locator('.factors li', { hasText: 'Laptop' });
  await row.getByText('used just now').waitFor();
  await row.locator('summary').click();
  await row.getByLabel('Your password').fill(password);
  await row.getByRole('button', { name: 'Remove the passkey' }).click();
  await page.getByText('The passkey is removed.').waitFor();
  await signOut(page);
  await signIn(page, username, password);
  await page.waitForURL(`${issuer}/admin`);
  assert.deepEqual(complaints, [], 'passkey');
  await context.close();
  console.log('passkey: good');
}

/** Every page of it as it looks. */
async function look(what, username, options) {
  const { context, page, complaints } = await open(browser, issuer, options);
  await device(context, page);
  const fit = async (name) => {
    await isFit(`${what}: ${name}`, page);
    if (!pictures) return;
    await mkdir(pictures, { recursive: true });
    const file = `${name}-${options.viewport.width}-${options.colorScheme}.png`;
    await page.screenshot({ path: `${pictures}/${file}`, fullPage: true });
  };
  await page.goto(account);
  await signIn(page, username, password);
  await page.waitForURL(account);
  await fit('account-bare');
  const { codes } = await addApp(page, fit);
  await page.goto(`${account}/recovery_codes`);
  await fit('recovery-codes-gone');
  await addPasskey(page, 'Laptop', fit);
  await page.getByText('The passkey is added.').waitFor();
  await page.goto(account);
  await fit('account');
  for (const fold of await page.locator('.fold summary').all()) await fold.click();
  await page.getByLabel('Current password').fill('not the password');
  await page.getByLabel('New password', { exact: true }).fill('correct horse battery');
  await page.getByLabel('New password again').fill('correct horse battery');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.locator('#current_error').waitFor();
  await fit('account-mistake');
  await signOut(page, options.viewport.width < 800);
  await signIn(page, username, password);
  await page.waitForURL(`${issuer}/admin/second_factor`);
  await fit('second-factor');
  await page.getByText('Use a recovery code').click();
  await page.getByLabel('Recovery code').fill('abcd');
  await page.getByRole('button', { name: 'Go on' }).last().click();
  await page.locator('#recovery_code_error').waitFor();
  await fit('second-factor-mistake');
  await page.getByLabel('Recovery code').fill(codes[1]);
  await page.getByRole('button', { name: 'Go on' }).last().click();
  await page.waitForURL(`${issuer}/admin`);
  assert.deepEqual(complaints, [], what);
  await context.close();
}
