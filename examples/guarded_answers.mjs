// Answers each question with more than was asked, as DNS and directories do, and is of no use to who forges his address.
//
//   node examples/guarded_answers.mjs [--address 127.0.0.1] [--port 7000] [--secret TEXT] [--seconds 1]
//
// A question is `?` and text; its answer is long. To who has not shown yet that he is where he says, it is `!` and a token,
// which he sends back as `!`, the token, and the question.
import { isIPv6 } from "node:net";
import process from "node:process";
import { parseArgs } from "node:util";
import { createSocket } from "@x/dgram";
import { guard } from "@x/dgram/guard";

const TOKEN = 22;

const { values } = parseArgs({
  options: {
    address: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "0" },
    // The same in all processes that answer at one address.
    secret: { type: "string" },
    seconds: { type: "string" },
  },
});

const socket = createSocket({ type: isIPv6(values.address) ? "udp6" : "udp4", maxSendQueueCount: 1000 });
const watch = guard(socket, { token: { secret: values.secret } });

/** Whether it was sent is the client's affair: he asks again. */
const ignore = () => {};

socket.on("message", (message, from) => {
  const proof = message.subarray(1, 1 + TOKEN);
  if (message[0] === 0x21 && watch.token.check(proof, from)) message = message.subarray(1 + TOKEN);
  if (message[0] !== 0x3f) return;
  const answer = watch.isValidated(from) ? message.subarray(1).toString().repeat(100).slice(0, 1200) : null;
  if (answer === null) socket.send(["!", watch.token.make(from)], from.port, from.address, ignore);
  else socket.send(answer, from.port, from.address, ignore);
});

socket.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
  socket.close();
});

socket.bind(Number(values.port), values.address, () => {
  const { address, port } = socket.address();
  console.log(`listening on ${address} port ${port}`);
});

if (values.seconds !== undefined) {
  setTimeout(() => {
    console.log(JSON.stringify(watch.counts));
    socket.close();
  }, 1000 * Number(values.seconds));
}
