// Drives Debian's Chromium by the DevTools protocol over a pipe (--remote-debugging-pipe): no package, no port.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const flags = [
  '--headless=new', '--no-sandbox', '--no-first-run', '--disable-quic', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--hide-scrollbars', '--remote-debugging-pipe',
];

/** How pages are drawn: by WebGL in software, or without a graphics card at all, as on a plain office machine. */
export const webglInSoftware = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
export const noGraphicsCard = ['--disable-gpu'];

export const wait = ms => new Promise(done => { setTimeout(done, ms); });

/** Starts a browser; CHROMIUM names another programme than chromium. */
export function launch(extra = noGraphicsCard) {
  const profile = mkdtempSync(join(tmpdir(), 'citybrain-browser-'));
  const child = spawn(process.env.CHROMIUM ?? 'chromium', [...flags, ...extra, `--user-data-dir=${profile}`, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const waiting = new Map(), listeners = [];
  let lastId = 0, rest = '';
  child.stdio[4].setEncoding('utf8').on('data', text => {
    const parts = (rest + text).split('\0');
    rest = parts.pop();
    for (const part of parts) take(JSON.parse(part));
  });
  function take(message) {
    const call = waiting.get(message.id);
    if (!call) { for (const hear of listeners) hear(message); return; }
    waiting.delete(message.id);
    if (message.error) call.fail(new Error(`${call.method}: ${message.error.message}`));
    else call.done(message.result);
  }
  const send = (method, params = {}, sessionId) => new Promise((done, fail) => {
    const id = ++lastId;
    waiting.set(id, { done, fail, method });
    child.stdio[3].write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`);
  });
  return {
    pid: child.pid,
    page: options => openPage(send, listeners, options),
    async close() {
      child.kill('SIGTERM');
      await new Promise(done => { child.once('exit', done); setTimeout(done, 5000); });
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

/** A page of its own context: size in CSS pixels, locale, dark or light, headers of its requests. */
async function openPage(send, listeners, { width, height, scale = 1, locale = 'en-GB', dark = true, cookie = null }) {
  const { browserContextId } = await send('Target.createBrowserContext');
  const { targetId } = await send('Target.createTarget', { url: 'about:blank', browserContextId });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const ask = (method, params) => send(method, params, sessionId);
  await ask('Page.enable');
  await ask('Runtime.enable');
  await ask('Network.enable');
  await ask('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: scale, mobile: width < 500 });
  await ask('Emulation.setLocaleOverride', { locale });
  await ask('Emulation.setEmulatedMedia', { features: [
    { name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }, { name: 'prefers-reduced-motion', value: 'reduce' }] });
  await ask('Network.setExtraHTTPHeaders', { headers: { 'Accept-Language': locale } });
  await ask('Page.addScriptToEvaluateOnNewDocument', { source:
    `Object.defineProperty(navigator,'language',{get:()=>'${locale}'});Object.defineProperty(navigator,'languages',{get:()=>['${locale}']});` });
  if (cookie) await ask('Network.setCookie', cookie);
  const on = (method, hear) => listeners.push(m => { if (m.method === method && m.sessionId === sessionId) hear(m.params); });
  const evaluate = async expression => {
    const { result, exceptionDetails } = await ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  return {
    ask, on, evaluate,
    goto: url => ask('Page.navigate', { url }),
    async until(expression, limitMs = 60_000) {
      const end = Date.now() + limitMs;
      while (Date.now() < end) {
        if (await evaluate(expression).catch(() => false)) return true;
        await wait(200);
      }
      throw new Error(`waited in vain for ${expression}`);
    },
    async picture(whole = false) {
      const { data } = await ask('Page.captureScreenshot', { format: 'png', captureBeyondViewport: whole,
        ...(whole ? { clip: { ...(await ask('Page.getLayoutMetrics')).cssContentSize, scale: 1 } } : {}) });
      return Buffer.from(data, 'base64');
    },
    close: () => send('Target.disposeBrowserContext', { browserContextId }),
  };
}
