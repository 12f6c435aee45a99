// @ts-check
// A counter that clients ask by UDP. migration_before.mjs is on node:dgram; migration_after.mjs is the same program with
// one import changed.
//
//   node examples/migration_after.mjs 127.0.0.1 0
import dgram from "@x/dgram";
import { Buffer } from "node:buffer";
import process from "node:process";

const [address = "127.0.0.1", port = "0"] = process.argv.slice(2);
const counts = new Map();

const server = dgram.createSocket({ type: "udp4", reuseAddr: false });

server.on("message", (message, from) => {
  const name = message.toString();
  counts.set(name, (counts.get(name) ?? 0) + 1);
  console.log(`server: "${name}", ${from.size} bytes, ${from.family} from ${from.address}`);
  server.send([Buffer.from(`${name} `), String(counts.get(name))], from.port, from.address);
});

server.on("listening", () => {
  const own = server.address();
  console.log(`server: listening on ${own.address}, ${own.family}`);
  ask(own.port);
});

/**
 * Asks by a connected socket, as often as there are answers to come.
 * @param {number} serverPort
 */
function ask(serverPort) {
  const questions = ["apples", "pears", "apples", "plums", "apples"];
  const client = dgram.createSocket("udp4");
  client.on("message", (message, from) => {
    console.log(`client: "${message}" from port ${from.port === serverPort ? "of the server" : from.port}`);
    const next = questions.shift();
    if (next) return client.send(next);
    client.disconnect();
    console.log("client: disconnected");
    client.close();
  });
  client.on("close", () => occupy(serverPort));
  client.connect(serverPort, address, () => {
    console.log(`client: connected to ${client.remoteAddress().address}`);
    client.send(questions.shift() ?? "", (error, bytes) => console.log(`client: sent ${bytes} bytes, error ${error}`));
  });
}

/**
 * The port is taken: an 'error' event with Node's fields.
 * @param {number} serverPort
 */
function occupy(serverPort) {
  const second = dgram.createSocket("udp4");
  second.on(
    "error",
    (/** @type {Error & { code?: string, syscall?: string, address?: string, port?: number }} */ error) => {
      const { code, syscall, address, port } = error;
      console.log(`second: ${code} of ${syscall} on ${address}, port ${port === serverPort ? "of the server" : port}`);
      second.close();
      misuse();
    },
  );
  second.bind(serverPort, address);
}

/** Mistakes throw, with Node's codes. */
function misuse() {
  const attempts = {
    "a port of 0": () => server.send("x", 0, address),
    "a second bind": () => server.bind(),
    "a TTL of 300": () => server.setTTL(300),
    "no port": () => server.send("x"),
  };
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      attempt();
    } catch (error) {
      const { code, message } = /** @type {Error & { code?: string }} */ (error);
      console.log(`${name}: ${code}: ${message}`);
    }
  }
  server.close(() => console.log("server: closed"));
}

server.bind(Number(port), address);
