// Takes the pictures that the README shows: a server with a day behind it, every hour of which is told by a
// clock that this script sets (libfaketime), looked at by day and by night. The same data make the same
// pictures: what is random, such as identifiers, is written over before one is taken.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const variable = (name) => {
  assert.ok(process.env[name], `${name} is set`);
  return process.env[name];
};
const binary = variable('AMBIT_TEST_BINARY');
const data = variable('AMBIT_TEST_DATA');
const target = variable('AMBIT_TEST_SCREENSHOTS');
const ISSUER = 'https://ambit.example';
const PASSWORD = 'correct horse battery staple';
const MINUTE = 60_000;
const NOW = Date.parse('2026-11-20T15:42:30Z');
const WRITTEN_DOWN = 6_000;
const MOST_BYTES = 150_000;

const folder = await mkdtemp(join(tmpdir(), 'ambit-screenshots-'));
const clock = join(folder, 'clock');
const environment = {
  PATH: process.env.PATH,
  TZ: 'UTC',
  LD_PRELOAD: variable('AMBIT_TEST_FAKETIME'),
  FAKETIME_TIMESTAMP_FILE: clock,
  FAKETIME_NO_CACHE: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  AMBIT_LISTEN: '127.0.0.1:0',
  AMBIT_ISSUER: ISSUER,
  AMBIT_ADMIN_USER: 'ada',
  AMBIT_ADMIN_PASSWORD: PASSWORD,
  AMBIT_LOG: 'warn',
};

async function setClock(time) {
  await writeFile(clock, new Date(time).toISOString().slice(0, 19).replace('T', ' '));
}

/** The server, and where it listens. */
async function start() {
  const server = spawn(binary, ['serve'], { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  const listens = new Promise((resolve, reject) => {
    const read = (piece) => {
      said.push(piece);
      const found = /listening on (http:\S+)/.exec(said.join(''));
      if (found) resolve(found[1]);
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.on('exit', () => reject(new Error(said.join(''))));
  });
  return { server, base: await listens };
}

/** One request, asked again while the server learns how late it is. */
async function ask(path, options) {
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(`${base}${path}`, options);
    if (answer.status !== 503 || tries === 50) return answer;
    await pause(100);
  }
}

const basic = (name, password) => ({ authorization: `Basic ${btoa(`${name}:${password}`)}` });

/** A minute apart, so that lists have one order. */
async function register(name, scope, more) {
  await setClock(registered += MINUTE);
  const answer = await ask('/admin/api/clients', {
    method: 'POST',
    headers: { ...basic('ada', PASSWORD), 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: name, scope, ...more }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}

async function token({ client_id: id, client_secret: secret }, given = secret) {
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  const answer = await ask('/token', { method: 'POST', headers: basic(id, given), body });
  return answer.ok ? (await answer.json()).access_token : null;
}

async function call(action, bearer) {
  return ask(`/actions/${action}`, { headers: { authorization: `Bearer ${bearer}` } });
}

/** What an agent does at one moment: a token, and so many actions, some of which it may not do. */
async function work(client, actions) {
  const bearer = await token(client);
  for (const action of actions) await call(action, bearer);
}

const RELEASES = ['release_oversight/list_gates', 'release_oversight/list_releases'];
const TICKETS = ['ticket_analysis/ticket_volume', 'ticket_analysis/sla_breaches'];

/** A day of four agents: busy by day, quiet by night, the same each time. */
async function live(clients) {
  const steps = 470;
  for (let step = 0; step < steps; step += 1) {
    const time = NOW - (steps - step) * 3 * MINUTE;
    await setClock(time);
    const hour = new Date(time).getUTCHours();
    const most = hour >= 7 && hour < 19 ? 1 + Math.round(2 * Math.sin(((hour - 6) / 14) * Math.PI)) : 0;
    const busy = most > 0 ? (step * step + step) % (most + 1) : Number(step % 9 === 0);
    for (let round = 0; round < busy; round += 1) {
      await work(clients.release, RELEASES.slice(0, 1 + (step + round) % 2));
      if ((step + round) % 3 === 0) await work(clients.ticket, TICKETS.slice(0, 1 + round % 2));
    }
    if (most > 0 && step % 23 === 0) await work(clients.ticket, ['release_oversight/list_releases']);
    if (step % 40 === 0) await work(clients.audit, ['audit/denials']);
    if (step % 60 === 5) await token(clients.release, 'a secret of last year');
    if (step % 90 === 7) await token(clients.stopped);
  }
}

/** Writes over what is random, with what is as long and always the same. */
function settle() {
  const letters = 'k7Qm2xVb9TzR4wLc8NpY3sHd';
  const numbers = new Map();
  const same = (text, make) => {
    if (!numbers.has(text)) numbers.set(text, make(numbers.size));
    return numbers.get(text);
  };
  const turned = (text, by) => text.slice(by % text.length) + text.slice(0, by % text.length);
  const rules = [
    [/client_[\w-]{22}/g, (text) => same(text, (index) => `client_${turned(letters, index * 5).slice(0, 22)}`)],
    [/…[0-9a-f]{12}/g, (text) => same(text, (index) => `…${(0x5e1a90c3b7 + index * 0x1f35a7d1).toString(16).padStart(12, '0')}`)],
    [/\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{22}\b/g, () => '019a9f3e-5b1c-7d42-8e61-3f0a9c27b5d8'],
    [/\b\d+(\.\d+)? ms\b/g, () => '4 ms'],
    // A secret's identifier.
    [/^[\w-]{12}$/g, () => 'Kq7mT2xVb9Rz'],
  ];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    let text = walker.currentNode.data;
    for (const [pattern, make] of rules) text = text.replace(pattern, make);
    if (text !== walker.currentNode.data) walker.currentNode.data = text;
  }
}

async function take(page, name) {
  await page.evaluate(settle);
  const session = await page.context().newCDPSession(page);
  const { data: bytes } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 88 });
  const picture = Buffer.from(bytes, 'base64');
  assert.ok(picture.length < MOST_BYTES, `${name} has ${picture.length} bytes`);
  await writeFile(join(target, `${name}.webp`), picture);
  console.log(`${name}.webp: ${picture.length} bytes`);
}

async function tryAs(page, action, client) {
  await page.goto(`${base}/admin/actions/${action}/try`);
  await page.getByLabel('Act as').selectOption(client.client_id);
  await page.getByRole('button', { name: 'Run as this client' }).click();
  await page.getByRole('heading', { name: 'How it was decided' }).waitFor();
}

async function look(browser, colorScheme, clients) {
  const viewport = { width: 1280, height: 800 };
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(`${base}/admin/sign_in`);
  await page.getByLabel('User name').fill('ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  // The server goes by the clock of this script.
  await page.getByText('since 30 days ago').waitFor();
  await take(page, `overview-${colorScheme}`);
  await page.goto(`${base}/admin/clients`);
  await take(page, `clients-${colorScheme}`);
  await page.goto(`${base}/admin/clients/${clients.release.client_id}`);
  await take(page, `client-${colorScheme}`);
  await page.goto(`${base}/admin/semantic/tables/releases`);
  await take(page, `semantic-layer-${colorScheme}`);
  await tryAs(page, 'release_oversight/list_releases', clients.ticket);
  await page.locator('#outcome').evaluate((part) => part.scrollIntoView({ block: 'center' }));
  await take(page, `try-${colorScheme}`);
  await page.goto(`${base}/admin/audit`);
  await page.getByText('Live', { exact: true }).waitFor();
  const rows = page.locator('#records tbody tr');
  const newest = await rows.first().locator('[data-slot=seq]').innerText();
  await work(clients.release, RELEASES);
  await work(clients.ticket, [TICKETS[0], 'release_oversight/list_releases']);
  await page.locator(`[data-slot=seq]:text-is("${Number(newest) + 6}")`).waitFor();
  await take(page, `audit-${colorScheme}`);
  await context.close();
}

let registered = NOW - 30 * 24 * 60 * MINUTE;
await setClock(registered);
const { server, base } = await start();
try {
  for (const [table, ...more] of [['releases'], ['release_changes'], ['incident_events', '--null', '?']]) {
    const file = join(data, `${table === 'incident_events' ? 'incident_event_log' : table}.csv`);
    const load = ['warehouse', 'load', file, '--table', table, ...more];
    execFileSync(binary, load, { cwd: folder, env: environment, stdio: 'ignore' });
  }
  const clients = {
    idle: await register('Contract reader', 'audit:read', { description: 'Reads what was signed.' }),
    stopped: await register('Payroll export', 'warehouse:read'),
  };
  await token(clients.idle);
  registered = NOW - 9 * 24 * 60 * MINUTE;
  clients.unused = await register('Nightly report', 'releases:read tickets:read warehouse:read');
  clients.audit = await register('Audit assistant', 'audit:read ambit:audit:read');
  clients.ticket = await register('Ticket triage', 'tickets:read warehouse:read');
  clients.release = await register('Release bot', 'releases:read releases:write warehouse:read', {
    description: 'Looks after the release train: what shipped, what is held back, and why.',
    contacts: ['release-team@ambit.example'],
  });
  const stop = `/admin/api/clients/${clients.stopped.client_id}/disable`;
  await ask(stop, { method: 'POST', headers: basic('ada', PASSWORD) });
  await live(clients);
  await setClock(NOW);
  // When a secret was used is written down a little later.
  await pause(WRITTEN_DOWN);
  const browser = await chromium.launch({ executablePath: variable('AMBIT_TEST_BROWSER') });
  try {
    for (const colorScheme of ['light', 'dark']) await look(browser, colorScheme, clients);
  } finally {
    await browser.close();
  }
} finally {
  server.removeAllListeners('exit');
  server.kill();
  await rm(folder, { recursive: true, force: true });
}
