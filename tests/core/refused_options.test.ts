/** What is refused before a runtime is asked, which may be more lenient than the kernel: over one that takes everything. */
import { assertEquals, assertThrows } from "@std/assert";
import { createSocket, type Handle, type Host, type OpenOptions, type Socket } from "@x/dgram";
import { test } from "node:test";
import { ScriptedBackend } from "../support/scripted_backend.ts";

const GROUP = "232.1.2.3";
const GROUP6 = "ff35::1";
const MOST = 0x7fff_ffff;

/** What a bind throws, or then a call on the socket: `SYSCALL CODE`, or the message of another error; "taken" if nothing. */
function endOf(call: (socket: Socket) => unknown, type: "udp4" | "udp6" = "udp4", options: object = {}): string {
  const features = { membership: "native", sourceSpecificMembership: "native", multicastInterface: "native" } as const;
  const sizes = { recvBufferSize: "native", sendBufferSize: "native" } as const;
  const socket = createSocket({ type, ...options, backend: new ScriptedBackend({ ...features, ...sizes }) });
  try {
    socket.bindSync();
    call(socket);
    return "taken";
  } catch (error) {
    return (error as Error).message;
  } finally {
    socket.close();
  }
}

test("a membership of what is no group is refused; to leave one is left to the kernel", () => {
  for (const address of ["127.0.0.1", "223.255.255.255", "240.0.0.1"]) {
    assertEquals(endOf((socket) => socket.addMembership(address)), "addMembership EINVAL");
    assertEquals(endOf((socket) => socket.dropMembership(address)), "taken");
    assertEquals(
      endOf((socket) => socket.addSourceSpecificMembership("127.0.0.1", address)),
      "addSourceSpecificMembership EINVAL",
    );
    assertEquals(endOf((socket) => socket.dropSourceSpecificMembership("127.0.0.1", address)), "taken");
  }
  assertEquals(endOf((socket) => socket.addMembership(GROUP)), "taken");
  assertEquals(endOf((socket) => socket.addMembership("fe80::1"), "udp6"), "addMembership EINVAL");
  assertEquals(endOf((socket) => socket.addMembership(GROUP6), "udp6"), "taken");
});

test("a membership whose source or interface is of another family than its group, or no address, is refused", () => {
  for (const other of ["::1", "localhost", ""]) {
    assertEquals(endOf((socket) => socket.addMembership(GROUP, other)), "addMembership EINVAL");
    assertEquals(endOf((socket) => socket.dropMembership(GROUP, other)), "dropMembership EINVAL");
    for (const verb of ["add", "drop"] as const) {
      const method = `${verb}SourceSpecificMembership` as const;
      assertEquals(endOf((socket) => socket[method](other, GROUP)), `${method} EINVAL`);
      assertEquals(endOf((socket) => socket[method]("127.0.0.1", GROUP, other)), `${method} EINVAL`);
    }
  }
  assertEquals(endOf((socket) => socket.addSourceSpecificMembership("127.0.0.1", GROUP, "127.0.0.1")), "taken");
  assertEquals(
    endOf((socket) => socket.addSourceSpecificMembership("127.0.0.1", GROUP6), "udp6"),
    "addSourceSpecificMembership EINVAL",
  );
  assertEquals(endOf((socket) => socket.addSourceSpecificMembership("::1", GROUP6, "::%1"), "udp6"), "taken");
});

test("an IPv6 group on an IPv4 socket is ENOPROTOOPT, and an IPv4 group on an IPv6 one is left to the kernel", () => {
  assertEquals(endOf((socket) => socket.addMembership(GROUP6)), "addMembership ENOPROTOOPT");
  assertEquals(
    endOf((socket) => socket.dropSourceSpecificMembership("::1", GROUP6)),
    "dropSourceSpecificMembership ENOPROTOOPT",
  );
  assertEquals(endOf((socket) => socket.addMembership(GROUP), "udp6"), "taken");
  assertEquals(endOf((socket) => socket.setMulticastInterface("::%1")), "setMulticastInterface ENOPROTOOPT");
  assertEquals(endOf((socket) => socket.setMulticastInterface("::%1"), "udp6"), "taken");
});

test("a NUL in a membership is refused, and the error names the argument that has it", () => {
  const refusal = (name: string, value: string): string =>
    `The argument '${name}' must be a string without null bytes. Received '${value}\\x00'`;
  const call = (source: string, group: string, through?: string): string =>
    endOf((socket) => socket.addSourceSpecificMembership(source, group, through));
  assertEquals(call("127.0.0.1\0", GROUP), refusal("sourceAddress", "127.0.0.1"));
  assertEquals(call("127.0.0.1", `${GROUP}\0`), refusal("groupAddress", GROUP));
  assertEquals(call("127.0.0.1", GROUP, "127.0.0.1\0"), refusal("multicastInterface", "127.0.0.1"));
});

test("a source or a group that is no string is refused, and the error names the argument", () => {
  const call = (source: unknown, group: unknown): string =>
    endOf((socket) => socket.addSourceSpecificMembership(source as string, group as string));
  assertEquals(call(5, GROUP), 'The "sourceAddress" argument must be of type string. Received type number (5)');
  assertEquals(call("127.0.0.1", 5), 'The "groupAddress" argument must be of type string. Received type number (5)');
});

test("a buffer of 2,147,483,647 bytes is asked of the kernel, and one more byte is not", () => {
  for (const side of ["Recv", "Send"] as const) {
    const refusal =
      `Could not get or set buffer size: uv_${side.toLowerCase()}_buffer_size returned EINVAL (invalid argument)`;
    assertEquals(endOf((socket) => socket[`set${side}BufferSize`](MOST)), "taken");
    assertEquals(endOf((socket) => socket[`set${side}BufferSize`](MOST + 1)), refusal);
    const option = `${side.toLowerCase()}BufferSize`;
    assertEquals(endOf(() => {}, "udp4", { [option]: MOST }), "taken");
    assertEquals(endOf(() => {}, "udp4", { [option]: MOST + 1 }), refusal);
  }
});

test("a device's name that Linux would cut is that of no device, and is not asked for", () => {
  const asked: string[] = [];
  const backend = new ScriptedBackend({ bindToDevice: "native" });
  const bindToDevice = (device: string): number => {
    asked.push(device);
    return 0;
  };
  const open = (options: OpenOptions, host: Host): Handle =>
    Object.assign(ScriptedBackend.prototype.open.call(backend, options, host), { kernelOptions: { bindToDevice } });
  const socket = createSocket({ type: "udp4", backend: Object.assign(backend, { open }) });
  socket.bindSync();
  socket.bindToDevice("a".repeat(15));
  const error = assertThrows(() => socket.bindToDevice("a".repeat(16))) as NodeJS.ErrnoException;
  assertEquals([error.message, error.syscall], ["bindToDevice ENODEV", "bindToDevice"]);
  // Eight of two bytes each.
  assertEquals((assertThrows(() => socket.bindToDevice("ä".repeat(8))) as Error).message, "bindToDevice ENODEV");
  assertEquals(asked, ["a".repeat(15)]);
  socket.close();
});
