// @ts-check
// Sends each argument as a message to a syslog server (RFC 5424 in datagrams, RFC 5426).
//
//   node examples/syslog_send.mjs "backup began" "backup ended" --server 127.0.0.1 --port 514 --severity notice
import { hostname } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { connect } from "@x/dgram/promises";

const SEVERITIES = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];
const FACILITIES = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "authpriv",
  "ftp",
];
const LONGEST = 1180; // bytes that a server has to take by IPv6 in one packet (RFC 5426, 3.2)

const { positionals: messages, values } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "514" },
    facility: { type: "string", default: "user" },
    severity: { type: "string", default: "info" },
    app: { type: "string", default: "example" },
  },
});

/** @param {string} text */
const quoted = (text) => `"${text.replace(/["\\\]]/g, "\\$&")}"`;

/**
 * @param {number} priority
 * @param {string} message
 * @param {number} index
 */
function format(priority, message, index) {
  const header = `<${priority}>1 ${new Date().toISOString()} ${hostname()} ${values.app} ${process.pid} -`;
  const text = `${header} [meta sequenceId=${quoted(String(index + 1))} language=${quoted("en")}] \ufeff${message}`;
  if (new TextEncoder().encode(text).length > LONGEST) throw new Error(`longer than ${LONGEST} bytes: ${message}`);
  return text;
}

try {
  const [facility, severity] = [FACILITIES.indexOf(values.facility), SEVERITIES.indexOf(values.severity)];
  if (facility < 0) throw new Error(`not one of ${FACILITIES.join(", ")}: ${values.facility}`);
  if (severity < 0) throw new Error(`not one of ${SEVERITIES.join(", ")}: ${values.severity}`);
  if (messages.length === 0) throw new Error("there is no message");
  const datagrams = messages.map((message, index) => ({ data: format(facility * 8 + severity, message, index) }));

  const socket = await connect({ address: values.server, port: Number(values.port) });
  const sent = await socket.sendMany(datagrams).finally(() => socket.close());
  console.log(`${sent} sent`);
} catch (error) {
  console.error(`syslog_send: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 1;
}
