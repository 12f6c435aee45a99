// This module makes sockets though something else stands in the place of node:dgram: itself, stubs, wrappers.
const own = require("node:dgram");
const shimmer = require("shimmer");
const sinon = require("sinon");

const [, , what] = process.argv;
const before = {
  stubs() {
    sinon.stub(own, "createSocket").throws(new Error("a stub was called"));
    sinon.stub(own, "Socket").throws(new Error("a stub was called"));
  },
  wrappers() {
    shimmer.wrap(own, "createSocket", (createSocket) => (...values) => createSocket(...values));
    shimmer.wrap(own, "Socket", (Socket) =>
      function (...values) {
        return new Socket(...values);
      });
  },
};
before[what]?.();
const ours = require("@x/dgram");
if (what === "itself") Object.assign(own, { createSocket: ours.createSocket, Socket: ours.Socket });

/** One datagram from a socket to itself. */
function roundTrip({ createSocket }) {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4", (message) => socket.close(() => resolve(`${message}`)));
    socket.on("error", reject);
    socket.bind(0, "127.0.0.1", () => socket.send("pong", socket.address().port, "127.0.0.1"));
  });
}

// The second is another copy of the module, and is loaded after all that.
roundTrip(ours).then(() => import("@x/dgram")).then(roundTrip).then(console.log);
