/** The page that shows a trace, in headless Chromium: opened, zoomed, filtered, and a datagram's bytes looked at. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createNetwork } from "@x/dgram/testing";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { runtime } from "../support/child.ts";

const browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => {
  try {
    return existsSync(path);
  } catch {
    return false;
  }
});
/** The page is the same wherever it is made. */
const skip = runtime !== "node" || Number(process.versions.node.split(".")[0]) < 26
  ? "a browser is started on the newest Node alone"
  : browser === undefined && "there is no Chromium here";

async function page(count: number): Promise<string> {
  const net = createNetwork({ seed: 5, trace: true, link: { latency: "10ms" } });
  const hosts = ["client", "</script><b>", "server"].map((name) => net.host({ name }));
  net.link(hosts[0], hosts[2], { loss: { numbers: [2] } }, {});
  const sockets = hosts.map((host) => host.dgram.createSocket("udp4", () => {}));
  for (const socket of sockets) socket.bindSync({ port: 5000 });
  for (let number = 0; number < count; number++) {
    sockets[0].send(`number ${number}`, 5000, hosts[1 + number % 2].addresses[0]);
    await net.run({ for: 1 });
  }
  sockets[2].send(Uint8Array.of(0xde, 0xad, 0xbe, 0xef), 9, hosts[0].addresses[0]);
  await net.idle();
  await net.close();
  return await net.html();
}

test("a page loads nothing, and has no text that ends its script", async () => {
  const html = await page(4);
  assertEquals(html.match(/<\/script>/g)?.length, 2);
  assertEquals(html.match(/\b(?:src|href)=/g), null);
  assertStringIncludes(html, "default-src 'none'");
  assert(!html.includes("<b>"));
});

/** What the page's elements say after each of these steps, which run in it. */
function look(html: string, steps: readonly string[]): Record<string, string>[] {
  const script = `<pre id="report"></pre><script>
const at = (id) => document.getElementById(id);
const canvas = at("canvas");
const key = (key) => canvas.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const type = (text) => { at("filter").value = text; at("filter").dispatchEvent(new Event("input")); };
// With --dump-dom no frame is ever drawn.
window.requestAnimationFrame = (callback) => setTimeout(callback);
const next = () => new Promise((done) => setTimeout(done, 50));
const errors = [];
addEventListener("error", ({ message }) => errors.push(message));
(async () => {
  const seen = [];
  for (const step of [${steps.map((step) => `() => { ${step} }`).join(",")}]) {
    step();
    await next();
    seen.push({ ...canvas.dataset, status: at("status").textContent, title: at("title").textContent,
      hex: at("hex").textContent, facts: at("facts").textContent, open: String(!at("details").hidden), errors: errors.join() });
  }
  at("report").textContent = "REPORT" + btoa(unescape(encodeURIComponent(JSON.stringify(seen)))) + "END";
})();
</script>`;
  const folder = mkdtempSync(join(tmpdir(), "dgram-page-"));
  try {
    const file = join(folder, "page.html");
    writeFileSync(file, html.replace("</html>", () => `${script}</html>`));
    const flags = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--virtual-time-budget=5000",
      "--window-size=1280,800",
    ];
    const { stdout, stderr } = spawnSync(
      browser!,
      [...flags, `--user-data-dir=${folder}`, "--dump-dom", pathToFileURL(file).href],
      { encoding: "utf8", maxBuffer: 2 ** 28 },
    );
    const [, report] = /REPORT([\w+/=]+)END/.exec(stdout) ?? [];
    assert(report !== undefined, stderr.slice(-2000));
    return JSON.parse(Buffer.from(report, "base64").toString());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("the page is opened, zoomed and filtered, and shows a datagram's bytes", { skip }, async () => {
  const seen = look(await page(20), [
    "",
    'key("+")',
    'canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: -300, clientX: 600, clientY: 300, cancelable: true }))',
    'at("fit").click()',
    'type("lost")',
    'key("n")',
    'type("client refused")',
    'key("n")',
    'key("Escape")',
    'type(""); document.querySelector("#fates .delivered").click()',
  ]);
  const [opened, zoomed, wheeled, fitted, lost, loss, refused, refusal, closed, hidden] = seen;
  assertEquals([opened.count, opened.matching, opened.summed, opened.errors], ["21", "21", "false", ""]);
  assertStringIncludes(opened.status, "21 in view, 21 of 21 datagrams match");
  const span = ({ from, to }: Record<string, string>): number => Number(to) - Number(from);
  assert(span(zoomed) < span(opened) && span(wheeled) < span(zoomed), JSON.stringify([opened, zoomed, wheeled]));
  assert(Number(wheeled.count) < 21, wheeled.count);
  assertEquals(span(fitted), span(opened));
  assertEquals([lost.matching, loss.open], ["1", "true"]);
  assertEquals(loss.title, "#4 client → server");
  assertStringIncludes(loss.facts, "lost: the link lost it");
  assertStringIncludes(loss.hex, "6e 75 6d 62 65 72 20 33  number 3");
  assertEquals([refused.matching, refused.open], ["1", "false"]);
  assertEquals(refusal.title, "#21 server → client");
  assertStringIncludes(refusal.hex, "de ad be ef");
  assertEquals([closed.open, hidden.matching, hidden.errors], ["false", "2", ""]);
});

test("a host's name that is too long for its lane loses its middle", { skip }, async () => {
  const net = createNetwork({ seed: 5, trace: true });
  const [near, far] = ["near", `begin-${"of-a-name-".repeat(5)}end`].map((name) => net.host({ name }));
  near.dgram.createSocket("udp4").send("a datagram", 9, far.addresses[0]);
  await net.idle();
  await net.close();
  const [, { texts }] = look(await net.html(), [
    "const texts = []; canvas.getContext('2d').fillText = (text) => canvas.dataset.texts = texts.push(text) && texts.join(' '); key('0')",
    "",
  ]);
  assert(/ near begin-\S+…\S+-end$/.test(texts), texts);
});
