// What every script of a browser does: open a page that nothing goes wrong on, sign in, look at it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

export function variable(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is set`);
  return value;
}

export const widths = [
  { width: 1280, height: 900 },
  { width: 768, height: 1000 },
  { width: 360, height: 740 },
];

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A page of its own, and what went wrong on it. */
export async function open(browser, issuer, options) {
  const context = await browser.newContext(options);
  const complaints = [];
  context.on('page', (page) => listen(page, issuer, complaints));
  const page = await context.newPage();
  return { context, page, complaints };
}

function listen(page, issuer, complaints) {
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

/** Types a name and a password where they are asked for. */
export async function signIn(page, username, password) {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** A page fits into its window, and axe has nothing to say against it. */
export async function isFit(what, page) {
  await isWithin(what, page);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  const found = violations.map(({ id, nodes }) => (
    `${id}: ${nodes.length}, such as ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary}`
  ));
  assert.deepEqual(found, [], what);
}

/** A page fits into its window, and nothing on it is pushed out of its place. */
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
