/** An endpoint of anything shaped like node:dgram. */
export const dgramEndpoint = (createSocket) => (onMessage) =>
  new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.on("message", (data, from) => onMessage(data, from.port));
    socket.bind(0, "127.0.0.1", () => {
      resolve({
        port: socket.address().port,
        send(data, port, count) {
          for (let i = 0; i < count; i++) socket.send(data, port, "127.0.0.1");
        },
        sendEach(data, ports, count) {
          for (let i = 0; i < count; i++) socket.send(data, ports[i % ports.length], "127.0.0.1");
        },
        close: () => new Promise((closed) => socket.close(closed)),
      });
    });
  });
