/** An endpoint of Bun.udpSocket; `send(socket, data, port, count)` is true if all left. */
export const bunEndpoint = (send) => async (onMessage) => {
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: (_socket, data, port) => onMessage(data, port) },
  });
  return {
    port: socket.port,
    send(data, port, count) {
      // With this pacing the kernel always has room: if it has not, the run shall not count.
      if (!send(socket, data, port, count)) throw new Error("the kernel had no room");
    },
  };
};
