// A program with two copies of a version, an ES module and a CommonJS one, and with another version that a dependency brings.
import { createRequire } from "node:module";
import { MessageChannel } from "node:worker_threads";

const require = createRequire(import.meta.url);
const HOST = "127.0.0.1";
const copies = {
  "ES module": (entry) => import(`@x/dgram${entry}`),
  "CommonJS": (entry) => require(`@x/dgram${entry}`),
  "another version": (entry) => import(`@x/other-dgram${entry}`),
};
const findings = [];

/** Whatever a call does: it works, or it fails with one of these codes. */
async function expect(what, call, codes) {
  try {
    await call();
    if (codes.length > 0) findings.push(`${what}: worked`);
  } catch (error) {
    if (!codes.includes(error.code)) findings.push(`${what}: ${error.stack}`);
  }
}

/** Each socket sends to the next, whichever copy that is of. */
async function exchange(sockets) {
  const heard = sockets.map((socket) => new Promise((done) => socket.once("message", done)));
  sockets.forEach((socket, i) => socket.send("x", sockets[(i + 1) % sockets.length].address().port, HOST));
  await Promise.all(heard);
}

function bound({ createSocket }) {
  const socket = createSocket("udp4");
  socket.bindSync({ address: HOST });
  return socket;
}

const UNAVAILABLE = "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM";

for (const [name, load] of Object.entries(copies)) {
  const main = await load("");
  for (const [other, loadOther] of Object.entries(copies)) {
    const { Socket } = await loadOther("");
    const codes = Socket === main.Socket ? [] : ["ERR_INVALID_ARG_TYPE"];
    const [{ observe }, { guard }, { ancillarySupport, replyTo, sendWith }, { sendSocket }] = await Promise.all(
      ["/observe", "/guard", "/ancillary", "/handoff"].map(loadOther),
    );
    const call = (entry, use) => expect(`${entry} of ${other} with a socket of ${name}`, use, codes);
    const unbound = main.createSocket("udp4");
    await call("observe", () => observe(unbound).read());
    await call("guard", () => guard(unbound));
    unbound.close();
    const socket = bound(main);
    const to = { data: "x", port: socket.address().port, address: HOST };
    await call("ancillary support", () => ancillarySupport(socket));
    await call("a reply", () => replyTo(socket, to, "x"));
    if (codes.length > 0 || ancillarySupport(socket).support === "native") {
      await call("sendWith", () => sendWith(socket, [{ ...to, hopLimit: 3 }]));
    }
    const { port1 } = new MessageChannel();
    if (codes.length > 0) await call("handoff", () => sendSocket(socket, port1));
    port1.close();
    const neighbour = bound(await loadOther(""));
    await exchange([socket, neighbour]);
    socket.close();
    neighbour.close();
  }
}

// One channel has one receiver, whosever it is: two would adopt one descriptor.
const { port1, port2 } = new MessageChannel();
const stops = [];
let receivers = 0;
/** Not on Deno without FFI. */
const travels = (await copies.CommonJS("/handoff")).handoffCapabilities.features.handoffToThread !== "unavailable";
for (const load of Object.values(copies)) {
  const { receiveSockets } = await load("/handoff");
  await expect("a receiver", () => {
    stops.push(receiveSockets(port2, () => {}));
    receivers++;
  }, !travels ? [UNAVAILABLE] : stops.length === 0 ? [] : ["ERR_SOCKET_DGRAM_HANDOFF"]);
}
if (receivers !== (travels ? 1 : 0)) findings.push(`${receivers} receivers`);
for (const stop of stops) stop();
port1.close();

// A socket goes from one version to the other.
if (travels) {
  const way = new MessageChannel();
  const { receiveSockets } = await copies["another version"]("/handoff");
  const { sendSocket } = await copies.CommonJS("/handoff");
  const leaving = bound(copies.CommonJS(""));
  const { port } = leaving.address();
  const arrived = new Promise((done) => {
    const stop = receiveSockets(way.port2, (socket) => {
      socket.once("message", () => done(socket.close()));
      stop();
    });
  });
  await sendSocket(leaving, way.port1);
  const sender = bound(await copies["ES module"](""));
  sender.send("x", port, HOST);
  await arrived;
  sender.close();
  way.port1.close();
  way.port2.close();
}

console.log(findings.length === 0 ? "pong" : findings.join("\n"));
